"""Targets: registered, deregistered, and how they are.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
and API_TargetHealth.html.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elbv2 import identifiers
from handlers.elbv2.identifiers import BALANCER, TARGET_GROUP, invalid, not_found
from handlers.elbv2.target_groups import find
from models import load_balancers, target_groups, targets

NOUN = "target_groups"
ALL_ZONES = "all"
_INSTANCE = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
_PRIVATE = [
    ipaddress.ip_network(block)
    for block in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
]
Named = Sequence[Mapping[str, Any]]


async def register_targets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Register targets; those that are registered already stay as they are."""
    async with ctx.db.transaction():
        group = await find(ctx, params["TargetGroupArn"])
        wanted = params["Targets"]
        for one in wanted:
            if one.get("QuicServerId"):
                raise invalid("QuicServerId is not supported here")
        placed = await _PLACES[group["target_type"]](ctx, group, wanted)
        rows = {
            (one["Id"], port): {"target_id": one["Id"], "port": port, "availability_zone": zone}
            for one, zone in zip(wanted, placed, strict=True)
            for port in [one.get("Port") or group["port"]]
        }
        await targets.register(
            ctx.db, "target_group_id", group["id"], list(rows.values()), settled(ctx), ctx.now
        )
    return {}


async def deregister_targets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Deregister targets; without a port, from all of their ports."""
    async with ctx.db.transaction():
        group = await find(ctx, params["TargetGroupArn"])
        rows = [{"target_id": one["Id"], "port": one.get("Port")} for one in params["Targets"]]
        # What has no request under way is gone at once, whatever the delay; and nothing has.
        await targets.deregister(ctx.db, "target_group_id", group["id"], rows, settled(ctx))
    return {}


async def describe_target_health(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How the targets of a group are, all of them or those that are asked for."""
    arn = identifiers.checked(TARGET_GROUP, params["TargetGroupArn"])
    group = await target_groups.find_one(ctx.db, ctx.region, arn)
    if group is None:
        raise not_found(TARGET_GROUP)
    rows = [dict(row) for row in await targets.of_group(ctx.db, group["id"])]
    if params.get("Targets"):
        rows = _asked(rows, params["Targets"], group["port"])
    include = params.get("Include") or ()
    anomalies = bool({"AnomalyDetection", "All"} & set(include)) and group["protocol"] in (
        "HTTP",
        "HTTPS",
    )
    return {"TargetHealthDescriptions": [_shown(row, group, anomalies) for row in rows]}


def settled(ctx: Context) -> datetime | None:
    """When what begins now has come to its end; None: at once."""
    seconds = ctx.server.settings.transition_seconds
    return ctx.now + timedelta(seconds=seconds) if seconds else None


def _asked(rows: list[dict[str, Any]], wanted: Named, usual: int | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in wanted:
        own = [
            row for row in rows
            if row["target_id"] == one["Id"] and one.get("Port") in (None, row["port"])
        ]  # fmt: skip
        found += own or [{
            "target_id": one["Id"], "port": one.get("Port") or usual, "availability_zone": None,
            "state": "unused", "reason": "Target.NotRegistered",
            "description": "Target is not registered to the target group",
        }]  # fmt: skip
    return found


def _shown(row: Mapping[str, Any], group: Mapping[str, Any], anomalies: bool) -> dict[str, Any]:
    target = {"Id": row["target_id"], "Port": row["port"]}
    # Instances are in the zone that they are in: AWS tells that of addresses and functions alone.
    if group["target_type"] != "instance":
        target["AvailabilityZone"] = row["availability_zone"]
    health = {
        "State": row["state"],
        "Reason": row["reason"],
        "Description": row["description"],
    }
    checked = group["health_check_port"]
    shown: dict[str, Any] = {
        "Target": {name: value for name, value in target.items() if value is not None},
        "HealthCheckPort": str(row["port"]) if checked == "traffic-port" else checked,
        "TargetHealth": {name: value for name, value in health.items() if value is not None},
    }
    if anomalies:
        shown["AnomalyDetection"] = {"Result": "normal", "MitigationInEffect": "no"}
    return {name: value for name, value in shown.items() if value is not None}


async def _instances(ctx: Context, group: Mapping[str, Any], wanted: Named) -> list[str | None]:
    """The zones of instances that run in the group's network."""
    for one in wanted:
        if not _INSTANCE.fullmatch(one["Id"]):
            raise invalid(f"Instance ID '{one['Id']}' is not valid")
        if one.get("AvailabilityZone"):
            raise invalid("You cannot specify an Availability Zone for target type 'instance'")
    named = [one["Id"] for one in wanted]
    found = await targets.machines(ctx.db, ctx.region, named, ctx.now)
    _refuse(
        "The following targets do not exist and cannot be registered",
        [one for one in named if one not in found],
    )
    _refuse(
        "The following targets are not in a running state and cannot be registered",
        [one for one in named if found[one]["state"] not in ("running", "pending")],
    )
    _refuse(
        f"The following targets are not in the target group VPC '{group['vpc_id']}'",
        [one for one in named if found[one]["vpc_id"] != group["vpc_id"]],
    )
    return [found[one]["availability_zone"] for one in named]


async def _addresses(ctx: Context, group: Mapping[str, Any], wanted: Named) -> list[str | None]:
    """The zones of addresses: those of their subnets, or all for an address outside the network."""
    blocks = [
        (ipaddress.ip_network(row["cidr_block"]), row["availability_zone"])
        for row in await targets.subnets(ctx.db, group["vpc_id"])
    ]
    zones: list[str | None] = []
    for one in wanted:
        try:
            address = ipaddress.ip_address(one["Id"])
        except ValueError:
            raise invalid(f"The IP address '{one['Id']}' is not a valid IPv4 address") from None
        zone = next((zone for block, zone in blocks if address in block), None)
        if zone is None and not any(address in block for block in _PRIVATE):
            raise invalid(
                f"The IP address '{one['Id']}' is publicly routable and cannot be registered"
            )
        if zone is None and one.get("AvailabilityZone") != ALL_ZONES:
            raise invalid(
                "You must specify an Availability Zone of 'all' for the IP address"
                f" '{one['Id']}', which is outside the target group VPC"
            )
        zones.append(one.get("AvailabilityZone") or zone)
    return zones


async def _functions(ctx: Context, group: Mapping[str, Any], wanted: Named) -> list[str | None]:
    """Everywhere: a function is in no zone; a group has one at most."""
    arn = wanted[0]["Id"]
    others = [row for row in await targets.of_group(ctx.db, group["id"]) if row["target_id"] != arn]
    if others or len(wanted) > 1:
        raise AwsError(
            "TooManyTargets", "A target group with target type 'lambda' can have one target only"
        )
    if wanted[0].get("Port"):
        raise invalid("You cannot specify a port for target type 'lambda'")
    if not await targets.has_function(ctx.db, ctx.region, arn):
        raise AwsError("InvalidTarget", f"The Lambda function '{arn}' does not exist")
    return [ALL_ZONES]


async def _balancers(ctx: Context, group: Mapping[str, Any], wanted: Named) -> list[str | None]:
    """Everywhere: an application load balancer of the same network; a group has one at most."""
    arn = identifiers.checked(BALANCER, wanted[0]["Id"])
    others = [row for row in await targets.of_group(ctx.db, group["id"]) if row["target_id"] != arn]
    if others or len(wanted) > 1:
        raise AwsError(
            "TooManyTargets", "A target group with target type 'alb' can have one target only"
        )
    row = await load_balancers.find_one(ctx.db, ctx.region, arn)
    if row is None or row["type"] != "application" or row["vpc_id"] != group["vpc_id"]:
        raise AwsError(
            "InvalidTarget", f"The target '{arn}' is no application load balancer of the VPC"
        )
    return [ALL_ZONES]


def _refuse(words: str, named: Sequence[str]) -> None:
    if named:
        shown = ", ".join(f"'{one}'" for one in named)
        raise AwsError("InvalidTarget", f"{words}: {shown}")


_PLACES = {"instance": _instances, "ip": _addresses, "lambda": _functions, "alb": _balancers}
