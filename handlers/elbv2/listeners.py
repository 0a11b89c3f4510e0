"""Listeners: the ports that load balancers answer on.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Listener.html and
the pages of the operations.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Each, Rows, View, When
from handlers.elbv2 import actions, attributes, identifiers, lists, ssl_policies, tags
from handlers.elbv2.attribute_tables import Table
from handlers.elbv2.identifiers import BALANCER, LISTENER, invalid, not_found
from handlers.elbv2.load_balancers import find as find_balancer
from models import draws, listener_rules, listeners, load_balancers
from models.listing import Condition
from models.ssl_policies import DEFAULT

_PROTOCOLS = {
    "application": ("HTTP", "HTTPS"),
    "network": ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    "gateway": (None,),
}
_SECURE = ("HTTPS", "TLS")
_ALPN = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")


async def describe_listeners(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Listeners of a load balancer, or by ARN."""
    lists.one_of(params, "LoadBalancerArn", "ListenerArns")
    page = lists.page(ctx, params)
    balancer, arns = params.get("LoadBalancerArn"), params.get("ListenerArns")
    if not balancer and not arns:
        raise invalid("You must specify either listener ARNs or a load balancer ARN")
    lists.few("listeners", arns)
    for one in arns or ():
        identifiers.checked(LISTENER, one)
    if balancer:
        identifiers.checked(BALANCER, balancer)
        if await load_balancers.find_one(ctx.db, ctx.region, balancer) is None:
            raise not_found(BALANCER, balancer)
    rows = await listeners.LISTING.page(
        ctx.db,
        [Condition("lb_arn", (balancer,))] if balancer else (),
        region=ctx.region,
        ids=arns or None,
        after=page.after,
        limit=page.fetch,
    )
    if arns and page.after is None and len(rows) < len(set(arns)) <= (page.limit or 0):
        raise not_found(LISTENER)
    shown, marker = page.cut(rows, "arn")
    return {"Listeners": Rows(LISTENER_VIEW, shown), "NextMarker": marker}


async def create_listener(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new listener with its default rule."""
    given = tags.given(params)
    async with ctx.db.transaction():
        balancer = await find_balancer(ctx, params["LoadBalancerArn"])
        columns = _columns(params, balancer["type"], {})
        place = {**dict(balancer), "protocol": columns["protocol"]}
        what, groups = await actions.checked(ctx, place, params["DefaultActions"])
        arn = identifiers.below(balancer["lb_arn"], LISTENER)
        row = {
            "id": draws.uuid4(),
            "arn": arn,
            "load_balancer_id": balancer["id"],
            "region": ctx.region,
            "tags": given,
            "created_at": ctx.now,
            **columns,
        }
        if not await listeners.insert(ctx.db, row):
            raise _duplicate()
        rule = {
            "arn": identifiers.below(arn, identifiers.RULE),
            "listener_id": row["id"],
            "region": ctx.region,
            "actions": what,
            "target_group_arns": groups,
            "created_at": ctx.now,
        }
        await listener_rules.insert(ctx.db, rule)
        made = await listeners.find_one(ctx.db, ctx.region, arn)
    return {"Listeners": [LISTENER_VIEW.show(made)]}


async def modify_listener(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a listener, or what it does with requests that no rule matches."""
    async with ctx.db.transaction():
        row = await find(ctx, params["ListenerArn"])
        columns = _columns(params, row["type"], row)
        if columns["port"] != row["port"] and await listeners.taken(ctx.db, row, columns["port"]):
            raise _duplicate()
        changed = {name: value for name, value in columns.items() if value != row[name]}
        await listeners.update(ctx.db, ctx.region, row["arn"], changed)
        if params.get("DefaultActions"):
            place = {**dict(row), "protocol": columns["protocol"]}
            what, groups = await actions.checked(ctx, place, params["DefaultActions"])
            await listener_rules.set_default_actions(ctx.db, row["id"], what, groups)
        made = await listeners.find_one(ctx.db, ctx.region, row["arn"])
    return {"Listeners": [LISTENER_VIEW.show(made)]}


async def delete_listener(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a listener with its rules; the target groups stay."""
    arn = identifiers.checked(LISTENER, params["ListenerArn"])
    async with ctx.db.transaction():
        if not await listeners.delete(ctx.db, ctx.region, arn):
            raise not_found(LISTENER)
    return {}


async def describe_listener_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All attributes of a listener."""
    arn = identifiers.checked(LISTENER, params["ListenerArn"])
    row = await listeners.find_one(ctx.db, ctx.region, arn)
    if row is None:
        raise not_found(LISTENER)
    return {"Attributes": attributes.shown(_table(row), row["attributes"])}


async def modify_listener_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change some attributes; the answer has all of them."""
    async with ctx.db.transaction():
        row = await find(ctx, params["ListenerArn"])
        whose = f"Listener attribute key '{{}}' is not supported on {row['protocol']} listeners"
        own = attributes.changed(
            "Listener", _table(row), row["attributes"], params["Attributes"], whose
        )
        await listeners.update(ctx.db, ctx.region, row["arn"], {"attributes": own})
    return {"Attributes": attributes.shown(_table(row), own)}


async def find(ctx: Context, arn: str) -> Any:
    """The listener of a request, held until the transaction ends."""
    row = await listeners.find_one(
        ctx.db, ctx.region, identifiers.checked(LISTENER, arn), lock=True
    )
    if row is None:
        raise not_found(LISTENER)
    return row


def _table(row: Mapping[str, Any]) -> Table:
    return attributes.of_listener(row["type"], row["protocol"])


def _columns(params: Mapping[str, Any], kind: str, old: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new listener, or of an `old` one as a request changes it."""
    protocol, port = params.get("Protocol"), params.get("Port")
    old = dict(old)
    protocol = old.get("protocol") if protocol is None else protocol
    port = old.get("port") if port is None else port
    if kind == "gateway":
        if protocol or port:
            raise invalid("A port or protocol cannot be specified for a gateway load balancer")
    elif protocol not in _PROTOCOLS[kind]:
        if protocol is None:
            raise invalid("A listener protocol must be specified")
        raise invalid(
            f"Listener protocol '{protocol}' must be one of"
            f" '{', '.join(map(str, _PROTOCOLS[kind]))}'"
        )
    elif port is None:
        raise invalid("A listener port must be specified")
    return {"protocol": protocol, "port": port, **_security(params, protocol, old)}


def _security(
    params: Mapping[str, Any], protocol: str | None, old: dict[str, Any]
) -> dict[str, Any]:
    given, policy = params.get("Certificates"), params.get("SslPolicy")
    alpn, mutual = params.get("AlpnPolicy"), params.get("MutualAuthentication")
    if mutual and mutual.get("Mode", "off") == "verify":
        raise AwsError(
            "TrustStoreNotFound", f"Trust store '{mutual.get('TrustStoreArn')}' not found"
        )
    if protocol not in _SECURE:
        if given or policy:
            what = "Certificates" if given else "SSL policies"
            raise invalid(f"{what} cannot be specified for {protocol} listeners")
        return {"certificates": [], "ssl_policy": None, "alpn_policy": None,
                "mutual_authentication": None}  # fmt: skip
    if given and len(given) > 1:
        raise AwsError("TooManyCertificates", "Only one certificate can be specified")
    if alpn and (len(alpn) > 1 or alpn[0] not in _ALPN or protocol != "TLS"):
        raise AwsError("ALPNPolicyNotFound", f"ALPN policy '{', '.join(alpn)}' is not supported")
    own = certificates(given) or old.get("certificates") or []
    if not own:
        raise AwsError(
            "CertificateNotFound", f"A certificate must be specified for {protocol} listeners"
        )
    if given and old:
        own = [*own, *(one for one in old["certificates"][1:] if one != own[0])]
    chosen = ssl_policies.checked(policy) or old.get("ssl_policy") or DEFAULT
    return {
        "certificates": own,
        "ssl_policy": chosen,
        "alpn_policy": list(alpn) if alpn is not None else old.get("alpn_policy"),
        "mutual_authentication": dict(mutual) if mutual else old.get("mutual_authentication"),
    }


def certificates(given: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The certificates of a request by ARN, in its order."""
    found = []
    for one in given or ():
        arn = one.get("CertificateArn") or ""
        service = arn.split(":")[2] if arn.count(":") >= 5 else ""
        if service not in ("acm", "iam"):
            raise AwsError("CertificateNotFound", f"Certificate '{arn}' not found")
        found.append(arn)
    return found


def _duplicate() -> AwsError:
    return AwsError(
        "DuplicateListener", "A listener already exists on this port for this load balancer"
    )


def _default(arns: Any) -> list[dict[str, str]] | None:
    return [{"CertificateArn": arns[0]}] if arns else None


LISTENER_VIEW = View(
    {
        "ListenerArn": "arn",
        "LoadBalancerArn": "lb_arn",
        "Port": "port",
        "Protocol": "protocol",
        "Certificates": Computed(_default, "certificates"),
        "SslPolicy": "ssl_policy",
        "DefaultActions": Computed(lambda found: list(found or ()), "default_actions"),
        "AlpnPolicy": When("alpn_policy", Each("alpn_policy")),
        "MutualAuthentication": Computed(lambda found: found or None, "mutual_authentication"),
    }
)
