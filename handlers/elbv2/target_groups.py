"""Target groups.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html
and the pages of the operations. Health checks and targets have modules of their own.
"""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Each, Rows, View, When
from handlers.elbv2 import attribute_tables, attributes, health_checks, identifiers, lists, tags
from handlers.elbv2.identifiers import BALANCER, TARGET_GROUP, invalid, not_found
from models import load_balancers, target_groups
from models.listing import Condition

_ANY = ("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC")
_PROTOCOLS = {"instance": _ANY, "ip": _ANY, "alb": ("TCP",)}
_FIXED = ("TCP", "TLS", "UDP", "TCP_UDP")
_VERSIONS = ("HTTP1", "HTTP2", "GRPC")
GENEVE_PORT = 6081


async def describe_target_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Target groups of the region, of a load balancer, or by ARN or name."""
    lists.one_of(params, "LoadBalancerArn", "TargetGroupArns", "Names")
    page = lists.page(ctx, params)
    arns, names = params.get("TargetGroupArns"), params.get("Names")
    balancer = params.get("LoadBalancerArn")
    for one in arns or ():
        identifiers.checked(TARGET_GROUP, one)
    where = []
    if balancer:
        identifiers.checked(BALANCER, balancer)
        if await load_balancers.find_one(ctx.db, ctx.region, balancer) is None:
            raise not_found(BALANCER, balancer)
        where.append(Condition("load_balancer_arn", (balancer,)))
    if names:
        where.append(Condition("name", tuple(names)))
    rows = await target_groups.LISTING.page(
        ctx.db, where, region=ctx.region, ids=arns or None, after=page.after, limit=page.fetch
    )
    wanted = set(arns or names or ())
    if page.after is None and len(rows) < len(wanted) <= (page.limit or 0):
        raise not_found(TARGET_GROUP)
    shown, marker = page.cut(rows, "arn")
    return {"TargetGroups": Rows(GROUP_VIEW, shown), "NextMarker": marker}


async def create_target_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new target group; asked for again with the same settings, the one that is there."""
    name, target_type = params["Name"], params.get("TargetType") or "instance"
    identifiers.check_name("target group", name)
    if params.get("TargetControlPort"):
        raise invalid("TargetControlPort is not supported here")
    given = tags.given(params)
    row = {
        "name": name,
        "region": ctx.region,
        "arn": arn(ctx, "elasticloadbalancing", f"targetgroup/{name}/{identifiers.digits()}"),
        "target_type": target_type,
        "ip_address_type": params.get("IpAddressType") or "ipv4",
        "tags": given,
        "created_at": ctx.now,
        **await _place(ctx, params, target_type),
    }
    row |= health_checks.of_new(
        {**params, "ProtocolVersion": row["protocol_version"]}, target_type, row["protocol"]
    )
    async with ctx.db.transaction():
        if not await target_groups.insert(ctx.db, row):
            rows = await target_groups.LISTING.page(
                ctx.db, [Condition("name", (name,))], region=ctx.region
            )
            return {"TargetGroups": [_the_same(rows[0], row)]}
    return {"TargetGroups": [GROUP_VIEW.show({**row, "load_balancer_arns": []})]}


async def modify_target_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change how the targets of a group are checked."""
    async with ctx.db.transaction():
        row = await find(ctx, params["TargetGroupArn"])
        if params.get("HealthCheckEnabled") is False and row["target_type"] != "lambda":
            raise invalid(
                "Health check enabled must be true for target groups with target type"
                f" '{row['target_type']}'"
            )
        checked_by = params.get("HealthCheckProtocol") or row["health_check_protocol"]
        if checked_by != row["health_check_protocol"] and row["protocol"] in _FIXED:
            raise AwsError(
                "InvalidConfigurationRequest",
                "You cannot change the health check protocol for a target group with the"
                f" {row['protocol']} protocol",
            )
        changes = health_checks.changed(params, row)
        await target_groups.update(ctx.db, ctx.region, row["arn"], changes)
    return {"TargetGroups": [GROUP_VIEW.show({**dict(row), **changes})]}


async def delete_target_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a target group that no rule names; one that is gone already is not missed."""
    group_arn = identifiers.checked(TARGET_GROUP, params["TargetGroupArn"])
    async with ctx.db.transaction():
        await target_groups.delete(ctx.db, ctx.region, group_arn)
        if await target_groups.find_one(ctx.db, ctx.region, group_arn) is not None:
            raise AwsError(
                "ResourceInUse",
                f"Target group '{group_arn}' is currently in use by a listener or a rule",
            )
    return {}


async def describe_target_group_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All attributes of a target group."""
    group_arn = identifiers.checked(TARGET_GROUP, params["TargetGroupArn"])
    row = await target_groups.find_one(ctx.db, ctx.region, group_arn)
    if row is None:
        raise not_found(TARGET_GROUP)
    return {"Attributes": attributes.shown(_table(row), row["attributes"])}


async def modify_target_group_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change some attributes; the answer has all of them."""
    async with ctx.db.transaction():
        row = await find(ctx, params["TargetGroupArn"])
        table, wanted = _table(row), params["Attributes"]
        whose = "The provided target group attribute is not supported"
        if row["target_type"] == "lambda":
            whose = "A target group with target type 'lambda' does not support the attribute {}"
        attributes.check_stickiness(row["protocol"], wanted)
        own = attributes.changed("Target group", table, row["attributes"], wanted, whose)
        if own and row["target_type"] == "alb":
            raise attributes.unsupported(
                f"A target group with target type 'alb' does not support the attribute {min(own)}"
            )
        attributes.check_group(table, own, row["protocol"])
        await target_groups.update(ctx.db, ctx.region, row["arn"], {"attributes": own})
    return {"Attributes": attributes.shown(_table(row), own)}


async def find(ctx: Context, group_arn: str) -> Any:
    """The target group of a request, held until the transaction ends."""
    row = await target_groups.find_one(
        ctx.db, ctx.region, identifiers.checked(TARGET_GROUP, group_arn), lock=True
    )
    if row is None:
        raise not_found(TARGET_GROUP)
    return row


def _table(row: Mapping[str, Any]) -> attribute_tables.Table:
    return attribute_tables.of_target_group(row["target_type"], row["protocol"])


async def _place(ctx: Context, params: Mapping[str, Any], target_type: str) -> dict[str, Any]:
    """Protocol, port and network of a new target group."""
    protocol, port, vpc_id = params.get("Protocol"), params.get("Port"), params.get("VpcId")
    version = params.get("ProtocolVersion")
    if target_type == "lambda":
        for word, value in (("Protocol", protocol), ("Port", port), ("VPC", vpc_id)):
            if value is not None:
                raise invalid(
                    f"{word} cannot be specified for target groups with target type 'lambda'"
                )
        return {"protocol": None, "port": None, "vpc_id": None, "protocol_version": None}
    if not protocol:
        raise invalid("A protocol must be specified")
    if protocol not in _PROTOCOLS[target_type]:
        raise invalid(
            f"Protocol '{protocol}' is not supported for target groups with target type"
            f" '{target_type}'"
        )
    if protocol == "GENEVE" and port != GENEVE_PORT:
        raise invalid(f"The port must be {GENEVE_PORT} for target groups with protocol 'GENEVE'")
    if port is None:
        raise invalid("A port must be specified")
    if not vpc_id:
        raise invalid("A VPC ID must be specified")
    if not await target_groups.has_network(ctx.db, ctx.region, vpc_id):
        raise invalid(f"The VPC ID '{vpc_id}' is not found")
    if version and (protocol not in ("HTTP", "HTTPS") or version not in _VERSIONS):
        raise invalid(f"Protocol version '{version}' is not supported for protocol '{protocol}'")
    if protocol in ("HTTP", "HTTPS"):
        version = version or "HTTP1"
    return {"protocol": protocol, "port": port, "vpc_id": vpc_id, "protocol_version": version}


def _the_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    if any(old[name] != new[name] for name in new if name not in ("arn", "created_at", "tags")):
        raise AwsError(
            "DuplicateTargetGroupName",
            f"A target group with the same name '{new['name']}' exists, but with different"
            " settings",
        )
    return GROUP_VIEW.show(old)


def _matcher(codes: str | None, version: str | None) -> dict[str, str] | None:
    return None if codes is None else {"GrpcCode" if version == "GRPC" else "HttpCode": codes}


GROUP_VIEW = View(
    {
        "TargetGroupArn": "arn",
        "TargetGroupName": "name",
        "Protocol": "protocol",
        "Port": "port",
        "VpcId": "vpc_id",
        "HealthCheckProtocol": "health_check_protocol",
        "HealthCheckPort": "health_check_port",
        "HealthCheckEnabled": "health_check_enabled",
        "HealthCheckIntervalSeconds": "health_check_interval_seconds",
        "HealthCheckTimeoutSeconds": "health_check_timeout_seconds",
        "HealthyThresholdCount": "healthy_threshold",
        "UnhealthyThresholdCount": "unhealthy_threshold",
        "HealthCheckPath": "health_check_path",
        "Matcher": Computed(_matcher, "matcher", "protocol_version"),
        "LoadBalancerArns": Each("load_balancer_arns"),
        "TargetType": "target_type",
        "ProtocolVersion": "protocol_version",
        "IpAddressType": When("vpc_id", "ip_address_type"),
    }
)
