"""Security policies: the protocols and ciphers of HTTPS and TLS listeners.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elbv2 import lists
from models.ssl_policies import POLICIES, PREFIX

NOUN = "listeners"
_KINDS = ["application", "network"]


async def describe_ssl_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Security policies, all of them or by name."""
    page = lists.page(ctx, params)
    for name in params.get("Names") or ():
        checked(name)
    wanted = params.get("Names") or [f"{PREFIX}{name}" for name in POLICIES]
    if params.get("LoadBalancerType") == "gateway":
        wanted = []
    shown, marker = page.cut_items(sorted(wanted), str)
    return {"SslPolicies": [_shown(name) for name in shown], "NextMarker": marker}


def checked(name: str | None) -> str | None:
    """The name of a policy that there is; AwsError for another."""
    if name and name.removeprefix(PREFIX) not in POLICIES:
        raise AwsError("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    return name


def _shown(name: str) -> dict[str, Any]:
    protocols, ciphers = POLICIES[name.removeprefix(PREFIX)]
    return {
        "Name": name,
        "SslProtocols": list(protocols),
        "Ciphers": [{"Name": one, "Priority": at} for at, one in enumerate(ciphers, 1)],
        "SupportedLoadBalancerTypes": _KINDS,
    }
