"""Security policies of load balancers: the protocols and ciphers of HTTPS and TLS listeners.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html.
"""

PREFIX = "ELBSecurityPolicy-"
DEFAULT = f"{PREFIX}2016-08"
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
# Protocols and ciphers by name, without the prefix.
POLICIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
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
# Those that classic load balancers know too.
CLASSIC = ("2016-08", "TLS-1-2-2017-01", "TLS-1-1-2017-01", "2015-05")
PROTOCOLS = (_V10, _V11, _V12)
CIPHERS = (*_ALL, "DES-CBC3-SHA")
