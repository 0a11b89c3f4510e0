"""Account settings of ECS: listed and put.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html.
"""

from typing import Any

from emulator.context import Context
from handlers.ecs import identifiers
from handlers.ecs.identifiers import invalid
from models import container_settings

# What is in force where nobody has put anything; the long ARNs can no longer be turned off.
DEFAULTS = {
    "awsvpcTrunking": "disabled",
    "containerInsights": "disabled",
    "containerInstanceLongArnFormat": "enabled",
    "dualStackIPv6": "enabled",
    "fargateFIPSMode": "disabled",
    "fargateTaskRetirementWaitPeriod": "7",
    "fargateEventWindows": "disabled",
    "guardDutyActivate": "off",
    "serviceLongArnFormat": "enabled",
    "tagResourceAuthorization": "off",
    "taskLongArnFormat": "enabled",
    "defaultLogDriverMode": "non-blocking",
}
FIXED = ("containerInstanceLongArnFormat", "serviceLongArnFormat", "taskLongArnFormat",
         "guardDutyActivate")  # fmt: skip
VALUES = {
    "containerInsights": ("enabled", "disabled", "enhanced"),
    "fargateTaskRetirementWaitPeriod": ("0", "7", "14"),
    "tagResourceAuthorization": ("on", "off"),
    "defaultLogDriverMode": ("blocking", "non-blocking"),
}


async def list_account_settings(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The settings of a principal: its own, or with effectiveSettings what holds for it."""
    page = identifiers.page(ctx, params, default=10)
    principal = params.get("principalArn") or ctx.principal.arn
    everyone = identifiers.root(ctx)
    rows = await container_settings.listed(ctx.db, ctx.region, [principal, everyone])
    put = {(row["name"], row["principal_arn"]): row["value"] for row in rows}
    found = []
    for name, usual in DEFAULTS.items():
        own, shared = put.get((name, principal)), put.get((name, everyone))
        if own is not None:
            found.append(_shown(name, own, principal))
        elif params.get("effectiveSettings"):
            found.append(_shown(name, shared or usual, principal))
    if params.get("name"):
        found = [one for one in found if one["name"] == params["name"]]
    if params.get("value"):
        found = [one for one in found if one["value"] == params["value"]]
    shown, token = page.cut_items(sorted(found, key=_name), _name)
    return {"settings": list(shown), "nextToken": token}


async def put_account_setting(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put a setting of the caller, or of another principal of the account."""
    return await _put(ctx, params, params.get("principalArn") or ctx.principal.arn)


async def put_account_setting_default(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put a setting for everyone who has none of his own."""
    return await _put(ctx, params, identifiers.root(ctx))


async def _put(ctx: Context, params: dict[str, Any], principal: str) -> dict[str, Any]:
    name, value = params["name"], params["value"]
    if name not in DEFAULTS:
        raise invalid(f"The setting name is not valid: {name}")
    if name in FIXED and value != DEFAULTS[name]:
        raise invalid(f"The setting {name} cannot be changed.")
    if value not in VALUES.get(name, ("enabled", "disabled")) and name not in FIXED:
        raise invalid(f"The setting value is not valid for {name}: {value}")
    if f":{ctx.principal.account_number}:" not in principal:
        raise invalid("The principalArn does not belong to the account.")
    await container_settings.put(ctx.db, ctx.region, name, principal, value)
    return {"setting": _shown(name, value, principal)}


def _name(setting: dict[str, str]) -> str:
    return setting["name"]


def _shown(name: str, value: str, principal: str) -> dict[str, str]:
    kind = "aws_managed" if name == "guardDutyActivate" else "user"
    return {"name": name, "value": value, "principalArn": principal, "type": kind}
