"""Whom the server answers to at all: the names it is called by, and browsers' pages."""

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")


def allowed_host(host: str, configured: Iterable[str] = ()) -> bool:
    """Whether a Host header names this server, so that no rebound DNS name reaches it.

    Loopback names and addresses, *.localhost, AWS's own names, and the `configured` ones with
    all below them; any port.
    """
    return _allowed_host(host, tuple(configured))


@lru_cache(maxsize=1024)
def _allowed_host(host: str, configured: tuple[str, ...]) -> bool:
    name = host.lower()
    if name.startswith("["):
        name, bracket, port = name[1:].partition("]")
        if not bracket or (port and not _port(port)):
            return False
    else:
        name, colon, port = name.partition(":")
        if colon and not _port(colon + port):
            return False
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        name = name.removesuffix(".")
        known = any(name == one or name.endswith("." + one) for one in map(_bare, configured))
        return known or name == "localhost" or name.endswith((".localhost", *_AWS_DOMAINS))
    return address.is_loopback or name in map(_bare, configured)


def _bare(configured: str) -> str:
    return configured.lower().removeprefix("*").strip(".")


def _port(text: str) -> bool:
    return text[:1] == ":" and text[1:].isascii() and text[1:].isdigit() and len(text) <= 6


def foreign_origin(headers: Mapping[str, str]) -> bool:
    """Whether a web page of somebody else sent this request through its visitor's browser.

    `headers` are lower-cased. Browsers name the page's Origin, or say what the page is to us;
    AWS clients send neither. Our own pages have the origin that the Host header names.
    """
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    scheme, _, place = origin.lower().partition("://")
    return scheme not in ("http", "https") or place != headers.get("host", "").lower()
