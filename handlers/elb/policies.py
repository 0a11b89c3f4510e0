"""Policies of classic load balancers: stickiness, ciphers, the proxy protocol.

Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/
API_CreateLoadBalancerPolicy.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elb.errors import find
from models import load_balancers
from models.ssl_policies import CIPHERS, CLASSIC, POLICIES, PREFIX, PROTOCOLS

NOUN = "load_balancers"
_SECURE = "SSLNegotiationPolicyType"
_APP, _COOKIE = "AppCookieStickinessPolicyType", "LBCookieStickinessPolicyType"
# The attribute that a type must be given; None: any.
_TYPES = {
    _SECURE: None,
    _APP: "CookieName",
    _COOKIE: None,
    "ProxyProtocolPolicyType": "ProxyProtocol",
    "PublicKeyPolicyType": "PublicKey",
    "BackendServerAuthenticationPolicyType": "PublicKeyPolicyName",
}


async def create_load_balancer_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new policy, which works once a listener has it."""
    name, kind = params["PolicyName"], params["PolicyTypeName"]
    if kind not in _TYPES:
        raise AwsError("PolicyTypeNotFound", f"There is no policy type named '{kind}'")
    attributes = [dict(one) for one in params.get("PolicyAttributes") or ()]
    needed = _TYPES[kind]
    if needed and needed not in {one.get("AttributeName") for one in attributes}:
        raise AwsError(
            "InvalidConfigurationRequest", f"Policy type '{kind}' needs the attribute {needed}"
        )
    if kind == _SECURE:
        attributes = _negotiated(attributes)
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        if name in {one["PolicyName"] for one in row["policies"]}:
            raise AwsError(
                "DuplicatePolicyName",
                f"Policy '{name}' already exists for load balancer '{row['name']}'",
            )
        new = {"PolicyName": name, "PolicyTypeName": kind, "Attributes": attributes}
        await _keep(ctx, row, [*row["policies"], new])
    return {}


async def delete_load_balancer_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy that no listener has."""
    name = params["PolicyName"]
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        if any(name in one["PolicyNames"] for one in row["classic_listeners"]):
            raise AwsError(
                "InvalidConfigurationRequest", f"Policy '{name}' is in use and cannot be deleted"
            )
        await _keep(ctx, row, [one for one in row["policies"] if one["PolicyName"] != name])
    return {}


async def describe_load_balancer_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The policies of a load balancer, or without one the security policies of AWS."""
    named, wanted = params.get("LoadBalancerName"), params.get("PolicyNames")
    if named:
        row = await find(ctx, named)
        found = [_shown(one) for one in row["policies"]]
        held = {one["PolicyName"] for one in found}
        used = {name for one in row["classic_listeners"] for name in one["PolicyNames"]}
        found += [_predefined(name) for name in sorted(used - held) if _is_predefined(name)]
    else:
        found = [_predefined(f"{PREFIX}{name}") for name in CLASSIC]
    if wanted:
        there = {one["PolicyName"]: one for one in found}
        for name in wanted:
            if name not in there:
                raise _not_found(name)
        found = [there[name] for name in wanted]
    return {"PolicyDescriptions": found}


def known(row: Mapping[str, Any], name: str) -> None:
    """Refuse a policy that neither the load balancer nor AWS has."""
    if name not in {one["PolicyName"] for one in row["policies"]} and not _is_predefined(name):
        raise _not_found(name)


def grouped(
    policies: Sequence[Mapping[str, Any]], listeners: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The policies of a load balancer by kind, as its description has them."""
    sticky, cookies, others = [], [], []
    for one in policies or ():
        values = {each["AttributeName"]: each.get("AttributeValue") for each in one["Attributes"]}
        if one["PolicyTypeName"] == _APP:
            sticky.append({"PolicyName": one["PolicyName"], "CookieName": values["CookieName"]})
        elif one["PolicyTypeName"] == _COOKIE:
            period = values.get("CookieExpirationPeriod")
            more = {"CookieExpirationPeriod": int(period)} if period else {}
            cookies.append({"PolicyName": one["PolicyName"], **more})
        else:
            others.append(one["PolicyName"])
    held = {one["PolicyName"] for one in policies or ()}
    used = {name for one in listeners or () for name in one["PolicyNames"]}
    return {
        "AppCookieStickinessPolicies": sticky,
        "LBCookieStickinessPolicies": cookies,
        "OtherPolicies": [*others, *sorted(used - held)],
    }


async def _keep(ctx: Context, row: Mapping[str, Any], policies: list[Any]) -> None:
    await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], {"policies": policies})


def _is_predefined(name: str) -> bool:
    return name.startswith(PREFIX) and name.removeprefix(PREFIX) in CLASSIC


def _negotiated(attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Protocols and ciphers of a policy, those of the one that it refers to included."""
    given = {one["AttributeName"]: one.get("AttributeValue") for one in attributes}
    named = given.get("Reference-Security-Policy")
    if named is None:
        return attributes
    if not _is_predefined(named):
        raise _not_found(named)
    taken = _predefined(named)["PolicyAttributeDescriptions"]
    return [one for one in taken if one["AttributeName"] not in given] + attributes


def _shown(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "PolicyName": policy["PolicyName"],
        "PolicyTypeName": policy["PolicyTypeName"],
        "PolicyAttributeDescriptions": policy["Attributes"],
    }


def _predefined(name: str) -> dict[str, Any]:
    protocols, ciphers = POLICIES[name.removeprefix(PREFIX)]
    values = [("Reference-Security-Policy", name)]
    values += [(f"Protocol-{one}", str(one in protocols).lower()) for one in PROTOCOLS]
    values += [("Server-Defined-Cipher-Order", "true")]
    values += [(one, str(one in ciphers).lower()) for one in CIPHERS]
    return {
        "PolicyName": name,
        "PolicyTypeName": _SECURE,
        "PolicyAttributeDescriptions": [
            {"AttributeName": key, "AttributeValue": value} for key, value in values
        ],
    }


def _not_found(name: str) -> AwsError:
    return AwsError("PolicyNotFound", f"There is no policy with name '{name}'")
