"""Security policies: the protocols and ciphers of HTTPS and TLS listeners.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elbv2 import lists

NOUN = "listeners"
DEFAULT = "ELBSecurityPolicy-2016-08"
_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_GCM = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384")  # fmt: skip
_CBC2 = ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256",
         "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384")  # fmt: skip
_CBC = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA",
        "ECDHE-ECDSA-AES256-SHA")  # fmt: skip
_RSA2 = ("AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256")
_RSA = ("AES128-SHA", "AES256-SHA")
_V10, _V11, _V12, _V13 = "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"
_ALL = _GCM + _CBC2 + _CBC + _RSA2 + _RSA
_FORWARD = _GCM + _CBC2 + _CBC
_POLICIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "2016-08": ((_V10, _V11, _V12), _ALL),
    "TLS13-1-2-2021-06": ((_V12, _V13), _TLS13 + _GCM + _CBC2),
    "TLS13-1-2-Res-2021-06": ((_V12, _V13), _TLS13 + _GCM),
    "TLS13-1-2-Ext1-2021-06": ((_V12, _V13), _TLS13 + _GCM + _CBC2 + _RSA2),
    "TLS13-1-2-Ext2-2021-06": ((_V12, _V13), _TLS13 + _ALL),
    "TLS13-1-1-2021-06": ((_V11, _V12, _V13), _TLS13 + _ALL),
    "TLS13-1-0-2021-06": ((_V10, _V11, _V12, _V13), _TLS13 + _ALL),
    "TLS13-1-3-2021-06": ((_V13,), _TLS13),
    "TLS-1-2-2017-01": ((_V12,), _GCM + _CBC2 + _RSA2),
    "TLS-1-1-2017-01": ((_V11, _V12), _ALL),
    "TLS-1-2-Ext-2018-06": ((_V12,), _ALL),
    "FS-2018-06": ((_V10, _V11, _V12), _FORWARD),
    "FS-1-1-2019-08": ((_V11, _V12), _FORWARD),
    "FS-1-2-2019-08": ((_V12,), _FORWARD),
    "FS-1-2-Res-2019-08": ((_V12,), _GCM + _CBC2),
    "FS-1-2-Res-2020-10": ((_V12,), _GCM),
    "TLS-1-0-2015-04": ((_V10, _V11, _V12), (*_ALL, "DES-CBC3-SHA")),
    "2015-05": ((_V10, _V11, _V12), _ALL),
}
_KINDS = ["application", "network"]


async def describe_ssl_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Security policies, all of them or by name."""
    page = lists.page(ctx, params)
    for name in params.get("Names") or ():
        checked(name)
    wanted = params.get("Names") or [f"ELBSecurityPolicy-{name}" for name in _POLICIES]
    if params.get("LoadBalancerType") == "gateway":
        wanted = []
    shown, marker = page.cut_items(sorted(wanted), str)
    return {"SslPolicies": [_shown(name) for name in shown], "NextMarker": marker}


def checked(name: str | None) -> str | None:
    """The name of a policy that there is; AwsError for another."""
    if name and name.removeprefix("ELBSecurityPolicy-") not in _POLICIES:
        raise AwsError("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    return name


def _shown(name: str) -> dict[str, Any]:
    protocols, ciphers = _POLICIES[name.removeprefix("ELBSecurityPolicy-")]
    return {
        "Name": name,
        "SslProtocols": list(protocols),
        "Ciphers": [{"Name": one, "Priority": at} for at, one in enumerate(ciphers, 1)],
        "SupportedLoadBalancerTypes": _KINDS,
    }
