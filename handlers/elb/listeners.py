"""Listeners of classic load balancers.

Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_Listener.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elb.errors import find, invalid
from handlers.elb.policies import known
from models import load_balancers
from models.ssl_policies import DEFAULT

NOUN = "load_balancers"
_LAYERS = {"HTTP": "web", "HTTPS": "web", "TCP": "transport", "SSL": "transport"}
LAST_PORT = 65535


async def create_load_balancer_listeners(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add listeners; those that are there with the same settings stay."""
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        held = {one["Listener"]["LoadBalancerPort"]: one for one in row["classic_listeners"]}
        both = [*held.values(), *checked(params["Listeners"], held)]
        changes = {"classic_listeners": both}
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], changes)
    return {}


async def delete_load_balancer_listeners(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take listeners away by their ports; a port that has none is not missed."""
    unwanted = set(params["LoadBalancerPorts"])
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        rest = [
            one
            for one in row["classic_listeners"]
            if one["Listener"]["LoadBalancerPort"] not in unwanted
        ]
        changes = {"classic_listeners": rest}
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], changes)
    return {}


async def set_load_balancer_policies_of_listener(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Put policies on a listener in place of those that it has."""
    port, names = params["LoadBalancerPort"], params["PolicyNames"]
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        held = [dict(one) for one in row["classic_listeners"]]
        own = [one for one in held if one["Listener"]["LoadBalancerPort"] == port]
        if not own:
            raise AwsError(
                "ListenerNotFound",
                f"LoadBalancer '{row['name']}' does not have a listener configured for port {port}",
            )
        for name in names:
            known(row, name)
        own[0]["PolicyNames"] = list(names)
        changes = {"classic_listeners": held}
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], changes)
    return {}


def checked(
    wanted: Sequence[Mapping[str, Any]], held: Mapping[int, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """New listeners as AWS describes them, beside those that are held by port."""
    if not wanted:
        raise invalid("Listeners must not be empty")
    found: dict[int, dict[str, Any]] = {}
    for one in wanted:
        listener = _listener(one)
        port = listener["LoadBalancerPort"]
        old = found.get(port) or held.get(port)
        if old is not None and old["Listener"] != listener:
            raise AwsError(
                "DuplicateListener",
                f"A listener already exists for port {port} with a different configuration",
            )
        if old is None:
            secure = listener["Protocol"] in ("HTTPS", "SSL")
            found[port] = {"Listener": listener, "PolicyNames": [DEFAULT] if secure else []}
    return list(found.values())


def _listener(given: Mapping[str, Any]) -> dict[str, Any]:
    protocol = given["Protocol"].upper()
    inside = (given.get("InstanceProtocol") or protocol).upper()
    for one in (protocol, inside):
        if one not in _LAYERS:
            raise invalid(f"Unsupported protocol: {one}")
    if _LAYERS[protocol] != _LAYERS[inside]:
        raise invalid(
            "Protocol and InstanceProtocol must both be of the application layer (HTTP, HTTPS) or"
            " both of the transport layer (TCP, SSL)"
        )
    for name in ("LoadBalancerPort", "InstancePort"):
        if not 1 <= given[name] <= LAST_PORT:
            raise invalid(f"{name} must be between 1 and {LAST_PORT}")
    certificate = given.get("SSLCertificateId")
    secure = protocol in ("HTTPS", "SSL")
    if secure and not certificate:
        raise AwsError("CertificateNotFound", f"{protocol} listeners need an SSLCertificateId")
    if certificate and not secure:
        raise invalid("SSLCertificateId can only be specified for HTTPS and SSL listeners")
    if certificate and not certificate.startswith(("arn:aws:acm:", "arn:aws:iam:")):
        raise AwsError(
            "CertificateNotFound", f"Server Certificate not found for the key: {certificate}"
        )
    found = {
        "Protocol": protocol,
        "LoadBalancerPort": given["LoadBalancerPort"],
        "InstanceProtocol": inside,
        "InstancePort": given["InstancePort"],
    }
    return {**found, "SSLCertificateId": certificate} if certificate else found
