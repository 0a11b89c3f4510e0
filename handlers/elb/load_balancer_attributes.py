"""Attributes of classic load balancers: logs, draining, timeouts, zones.

Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/
API_LoadBalancerAttributes.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elb.errors import find, invalid
from models import load_balancers

NOUN = "load_balancers"
_DESYNC = "elb.http.desyncmitigationmode"
_DEFAULTS: dict[str, Any] = {
    "CrossZoneLoadBalancing": {"Enabled": False},
    "AccessLog": {"Enabled": False},
    "ConnectionDraining": {"Enabled": False, "Timeout": 300},
    "ConnectionSettings": {"IdleTimeout": 60},
    "AdditionalAttributes": [{"Key": _DESYNC, "Value": "defensive"}],
}
LONGEST_SECONDS = {"IdleTimeout": 4000, "Timeout": 3600}


async def describe_load_balancer_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All attributes of a load balancer."""
    row = await find(ctx, params["LoadBalancerName"])
    return {"LoadBalancerAttributes": _DEFAULTS | row["attributes"]}


async def modify_load_balancer_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change some attributes; the answer has those alone."""
    given = {name: value for name, value in params["LoadBalancerAttributes"].items() if value}
    for value in given.values():
        for name, most in LONGEST_SECONDS.items():
            seconds = value.get(name) if isinstance(value, dict) else None
            if seconds is not None and not 1 <= seconds <= most:
                raise invalid(f"{name} must be between 1 and {most}")
    log = given.get("AccessLog")
    if log and log.get("Enabled"):
        if not log.get("S3BucketName"):
            raise AwsError(
                "InvalidConfigurationRequest", "S3BucketName must be specified to enable AccessLog"
            )
        given["AccessLog"] = {"EmitInterval": 60, "S3BucketPrefix": "", **log}
    if "ConnectionDraining" in given:
        given["ConnectionDraining"] = {"Timeout": 300, **given["ConnectionDraining"]}
    for one in given.get("AdditionalAttributes") or ():
        if one.get("Key") != _DESYNC:
            raise AwsError("LoadBalancerAttributeNotFound", f"{one.get('Key')} is not an attribute")
        if one.get("Value") not in ("monitor", "defensive", "strictest"):
            raise invalid(f"{one.get('Value')} is no value of {_DESYNC}")
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        own = {**row["attributes"], **given}
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], {"attributes": own})
    return {"LoadBalancerName": row["name"], "LoadBalancerAttributes": given}
