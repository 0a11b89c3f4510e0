"""Actions of rules: where a request goes.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elbv2 import identifiers
from handlers.elbv2.identifiers import TARGET_GROUP, invalid, not_found
from models import target_groups

_REDIRECT = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
_CONFIGS = {
    "redirect": "RedirectConfig",
    "fixed-response": "FixedResponseConfig",
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "jwt-validation": "JwtValidationConfig",
}
_LAST = ("forward", "redirect", "fixed-response")
MOST_GROUPS, HEAVIEST = 5, 999
# What a target group's protocol may be behind a listener of a type of load balancer.
_PROTOCOLS = {
    "application": ("HTTP", "HTTPS"),
    "network": ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    "gateway": ("GENEVE",),
}


async def checked(
    ctx: Context, listener: Mapping[str, Any], actions: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The actions of a request as AWS shows them, and the target groups that they forward to.

    `listener` has the `type` of the load balancer, its ARN `lb_arn` and the `protocol`. The target
    groups are the caller's, speak what the listener does, and serve no other load balancer.
    """
    if not actions:
        raise invalid("An action must be specified")
    shown = [_shown(one, listener["type"]) for one in actions]
    if sum(one["Type"] in _LAST for one in shown) > 1:
        raise AwsError(
            "TooManyActions", "The maximum number of actions of a rule is one of each kind"
        )
    if not any(one["Type"] in _LAST for one in shown):
        raise AwsError(
            "InvalidLoadBalancerAction",
            "The last action must be one of: forward, redirect, fixed-response",
        )
    for one in shown:
        if one["Type"].startswith("authenticate") and listener["protocol"] != "HTTPS":
            raise AwsError(
                "InvalidLoadBalancerAction",
                f"Actions of type '{one['Type']}' are supported only on HTTPS listeners",
            )
    arns = [group["TargetGroupArn"] for one in shown for group in _groups(one)]
    await _check_groups(ctx, listener, arns)
    return shown, list(dict.fromkeys(arns))


def _shown(action: Mapping[str, Any], balancer: str) -> dict[str, Any]:
    kind = action["Type"]
    found = {"Type": kind}
    if action.get("Order") is not None:
        found["Order"] = action["Order"]
    if balancer != "application" and kind != "forward":
        raise AwsError(
            "InvalidLoadBalancerAction",
            f"Actions of type '{kind}' are not supported for load balancers with type '{balancer}'",
        )
    if kind == "forward":
        return found | _forward(action)
    config = action.get(_CONFIGS[kind])
    if not config:
        raise invalid(f"A {_CONFIGS[kind]} must be specified for an action of type '{kind}'")
    if kind == "redirect":
        config = _REDIRECT | {name: value for name, value in config.items() if value is not None}
        if all(config[name] == value for name, value in _REDIRECT.items()):
            raise AwsError(
                "InvalidLoadBalancerAction",
                "The redirect configuration is not valid because it creates a loop.",
            )
    return found | {_CONFIGS[kind]: dict(config)}


def _forward(action: Mapping[str, Any]) -> dict[str, Any]:
    config = action.get("ForwardConfig") or {}
    single = action.get("TargetGroupArn")
    groups = [dict(one) for one in config.get("TargetGroups") or ()]
    if not groups and single:
        groups = [{"TargetGroupArn": single}]
    if not groups:
        raise invalid("A target group ARN must be specified")
    if len(groups) > MOST_GROUPS:
        raise AwsError(
            "TooManyTargetGroups",
            f"An action can forward to {MOST_GROUPS} target groups at most",
        )
    if single and [one.get("TargetGroupArn") for one in groups] != [single]:
        raise invalid(
            "You can specify both a target group ARN and a forward configuration only if both name"
            " the same target group"
        )
    for one in groups:
        one["Weight"] = 1 if one.get("Weight") is None else one["Weight"]
        if not 0 <= one["Weight"] <= HEAVIEST:
            raise invalid(f"Weight '{one['Weight']}' must be between 0 and {HEAVIEST}")
    sticky = {"Enabled": False, **(config.get("TargetGroupStickinessConfig") or {})}
    shown = {"ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}}
    return shown if len(groups) > 1 else {"TargetGroupArn": groups[0]["TargetGroupArn"], **shown}


def _groups(action: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    return found


async def _check_groups(ctx: Context, listener: Mapping[str, Any], arns: Sequence[str]) -> None:
    if not arns:
        return
    for arn in arns:
        identifiers.checked(TARGET_GROUP, arn or "")
    known = await target_groups.known(ctx.db, ctx.region, list(arns))
    for arn in arns:
        group = known.get(arn)
        if group is None:
            raise not_found(TARGET_GROUP)
        if group["lb_arn"] not in (None, listener["lb_arn"]):
            raise AwsError(
                "TargetGroupAssociationLimit",
                "The following target groups cannot be associated with more than one load"
                f" balancer: {arn}",
            )
        if group["target_type"] == "lambda" and listener["type"] == "application":
            continue
        if group["protocol"] not in _PROTOCOLS[listener["type"]]:
            raise AwsError(
                "InvalidConfigurationRequest",
                f"The target group protocol '{group['protocol']}' is not supported for load"
                f" balancers with type '{listener['type']}'",
            )
        if group["vpc_id"] != listener["vpc_id"]:
            raise AwsError(
                "InvalidConfigurationRequest",
                f"The target group '{arn}' is not in the VPC of the load balancer",
            )
