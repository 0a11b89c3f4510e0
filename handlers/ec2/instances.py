"""Instances: what there is, and turning it on and off.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html and the pages of
the operations. Launching stands in launches.py, attributes in instance_attributes.py.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from emulator import fragments, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Each, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.derived_filters import Names, conditions
from handlers.ec2.identifiers import INSTANCE
from handlers.ec2.instance_filters import (
    FILTERS,
    STATUS_FILTERS,
    STATUS_TOLD_ALIKE,
    TOLD_ALIKE,
)
from handlers.ec2.instance_view import INSTANCE_MEMBERS
from models import costs, instances
from models.instance_columns import STATE_CODES
from models.regions import zone_id


async def describe_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Instances of the region by reservation, by id, filter and page (of instances)."""
    asked = params.get("InstanceIds")
    if asked and params.get("MaxResults"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    shelf = ctx.server.fragments.shelf(ctx)
    rows, token = await _found(ctx, params, FILTERS, TOLD_ALIKE, shelf)
    by_reservation = itemgetter("reservation_id")
    if len(set(map(by_reservation, rows))) == len(rows):
        return {
            "Reservations": Rows(ALONE_VIEW, rows, shelf, "instance_id"),
            "NextToken": token,
        }
    whole = await fragments.whole(ctx, instances.LISTING, rows)
    reservations = [
        {"reservation_id": key, "owner": ctx.principal.account_number, "instances": list(members)}
        for key, members in groupby(sorted(whole, key=by_reservation), key=by_reservation)
    ]
    return {"Reservations": Rows(RESERVATION_VIEW, reservations), "NextToken": token}


async def describe_instance_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The health of instances: of running ones, or of all with IncludeAllInstances."""
    everyone = bool(params.get("IncludeAllInstances"))
    running = None if everyone else ("running",)
    shelf = ctx.server.fragments.shelf(ctx)
    rows, token = await _found(
        ctx, params, STATUS_FILTERS, STATUS_TOLD_ALIKE, shelf, states=running
    )
    shown = Rows(STATUS_VIEW, rows, shelf, "instance_id")
    return {"InstanceStatuses": shown, "NextToken": token}


async def start_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Start stopped instances; the clock of their cost runs from now."""
    rows = await _change(ctx, instances.START, params["InstanceIds"], associated=True)
    for row in rows:
        if not row["allowed"] and row["previous"] not in instances.STARTABLE:
            raise _wrong_state(row, "started")
    return {"StartingInstances": [_changed(row, "pending", "running") for row in rows]}


async def stop_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop running instances; their volumes and addresses go on costing."""
    if params.get("Hibernate"):
        await _check_hibernation(ctx, params["InstanceIds"])
    rows = await _change(ctx, instances.STOP, params["InstanceIds"])
    for row in rows:
        if row["allowed"]:
            break
        if row["disable_api_stop"] and not _ended(row):
            raise AwsError(
                "OperationNotPermitted",
                f"The instance '{row['instance_id']}' may not be stopped. Modify its"
                " 'disableApiStop' instance attribute and try again.",
            )
        if _ended(row):
            raise _wrong_state(row, "stopped")
    return {"StoppingInstances": [_changed(row, "stopping", "stopped") for row in rows]}


async def terminate_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Terminate instances: volumes not marked to go with them stay, and so do addresses."""
    rows = await _change(ctx, instances.TERMINATE, params["InstanceIds"])
    for row in rows:
        guard = next((name for name, aws in _GUARDS.items() if row[name]), None)
        if not row["allowed"] and guard is not None:
            raise AwsError(
                "OperationNotPermitted",
                f"The instance '{row['instance_id']}' may not be terminated. Modify its"
                f" '{_GUARDS[guard]}' instance attribute and try again.",
            )
    return {"TerminatingInstances": [_changed(row, "shutting-down", "terminated") for row in rows]}


async def reboot_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Restart running instances; nothing about them changes."""
    asked = params["InstanceIds"]
    identifiers.check(INSTANCE, asked)
    rows = await instances.LISTING.page(ctx.db, region=ctx.region, ids=asked)
    identifiers.check_found(INSTANCE, asked, (row["instance_id"] for row in rows))
    for row in rows:
        if row["state"] != "running":
            raise _wrong_state(row, "rebooted")
    return {}


async def monitor_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Turn detailed monitoring on."""
    return await _monitoring(ctx, params, "enabled", "pending")


async def unmonitor_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Turn detailed monitoring off."""
    return await _monitoring(ctx, params, "disabled", "disabling")


async def _found(
    ctx: Context,
    params: dict[str, Any],
    filters: dict[str, str],
    derived: Names,
    shelf: fragments.Shelf,
    states: Sequence[str] | None = None,
) -> tuple[Sequence[Any], str | None]:
    """The rows a description asks for, and the token of the next page."""
    asked = params.get("InstanceIds")
    identifiers.check(INSTANCE, asked or ())
    page = pages.page(ctx, params)
    given = list(params.get("Filters") or ())
    if states is not None:
        given.append({"Name": "instance-state-name", "Values": list(states)})
    where = await conditions(ctx, instances.LISTING, filters, derived, given)
    rows = await fragments.page(ctx, instances.LISTING, where, shelf, page, ids=asked)
    if asked and len(rows) < len(set(asked)) and not params.get("Filters"):
        await _check_exist(ctx, asked)
    return page.cut(rows, "instance_id")


async def _check_exist(ctx: Context, asked: Sequence[str]) -> None:
    rows = await instances.LISTING.page(ctx.db, region=ctx.region, ids=asked)
    identifiers.check_found(INSTANCE, asked, (row["instance_id"] for row in rows))


async def _change(
    ctx: Context, statement: str, asked: Sequence[str], *, associated: bool = False
) -> list[Any]:
    identifiers.check(INSTANCE, asked)
    takes = [timedelta(seconds=ctx.server.settings.transition_seconds)]
    hourly = costs.elastic_ip_hourly(associated, ctx.region)
    rows = await instances.change_state(
        ctx.db,
        statement,
        ctx.region,
        asked,
        ctx.now,
        hourly,
        *(takes if statement is not instances.TERMINATE else ()),
    )
    identifiers.check_found(INSTANCE, asked, (row["instance_id"] for row in rows))
    return rows


def _ended(row: Any) -> bool:
    return bool(row["previous"] in ("terminated", "shutting-down"))


def _wrong_state(row: Any, done: str) -> AwsError:
    return AwsError(
        "IncorrectInstanceState",
        f"The instance '{row['instance_id']}' is not in a state from which it can be {done}.",
    )


def _changed(row: Any, passing: str, final: str) -> dict[str, Any]:
    """An InstanceStateChange; what had arrived already stays where it was."""
    previous = row["previous"]
    current = previous if previous == final else passing
    return {
        "InstanceId": row["instance_id"],
        "CurrentState": {"Code": STATE_CODES[current], "Name": current},
        "PreviousState": {"Code": STATE_CODES[previous], "Name": previous},
    }


async def _check_hibernation(ctx: Context, asked: Sequence[str]) -> None:
    identifiers.check(INSTANCE, asked)
    rows = await instances.LISTING.page(ctx.db, region=ctx.region, ids=asked)
    identifiers.check_found(INSTANCE, asked, (row["instance_id"] for row in rows))
    for row in rows:
        if not row["hibernation"]:
            raise AwsError(
                "UnsupportedHibernationConfiguration",
                f"Instance {row['instance_id']} is not configured for hibernation",
            )


async def _monitoring(
    ctx: Context, params: dict[str, Any], state: str, told: str
) -> dict[str, Any]:
    asked = params["InstanceIds"]
    identifiers.check(INSTANCE, asked)
    found = await instances.set_monitoring(ctx.db, ctx.region, asked, state)
    identifiers.check_found(INSTANCE, asked, found)
    return {
        "InstanceMonitorings": [
            {"InstanceId": instance_id, "Monitoring": {"State": told}} for instance_id in found
        ]
    }


RESERVATION_VIEW = View(
    {
        "ReservationId": "reservation_id",
        "OwnerId": "owner",
        "Groups": Constant([]),
        "Instances": Each("instances", INSTANCE_MEMBERS),
    }
)

# Instances that were launched one by one, which is most: a flat view is written twice as fast.
ALONE_VIEW = View(
    {
        "ReservationId": "reservation_id",
        "OwnerId": "owner_number",
        "Groups": Constant([]),
        "Instances": [INSTANCE_MEMBERS],
    }
)


# What protects from termination: who may not stop an instance may not end it either.
_GUARDS = {"disable_api_stop": "disableApiStop", "disable_api_termination": "disableApiTermination"}


def _status(state: str, launch: Any) -> dict[str, Any]:
    well = state == "running"
    name = "passed" if well else "not-applicable"
    summary: dict[str, Any] = {"Status": "ok" if well else "not-applicable"}
    if well:
        summary["Details"] = [{"Name": "reachability", "Status": name}]
    return summary


STATUS_VIEW = View(
    {
        "InstanceId": "instance_id",
        "AvailabilityZone": "availability_zone",
        "AvailabilityZoneId": Computed(zone_id, "availability_zone", "owner_number"),
        "InstanceState": {"Code": "state_number", "Name": "state"},
        "InstanceStatus": Computed(_status, "state", "launch_time"),
        "SystemStatus": Computed(_status, "state", "launch_time"),
        "AttachedEbsStatus": Computed(_status, "state", "launch_time"),
        "Operator": Constant({"Managed": False}),
    }
)
