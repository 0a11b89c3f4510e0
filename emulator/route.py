"""The route of a request: its service, protocol and operation, read from the request's shape.

Nothing here says which protocol a service "has". Services list several, clients choose, and the
lists change between releases, so the request itself is asked, in this order: a target header
(JSON), the Smithy RPC v2 marker (CBOR), an `Action` in a form or query string (query, ec2), and
else method and URI (REST). The credential scope's signing name says whose request it is; where
services share a signing name, the target, the `Version` or the URI tells them apart.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol
from urllib.parse import unquote, unquote_plus

from emulator import api, uris
from emulator.errors import Fault


class Request(Protocol):
    """What routing reads of a request; `emulator.context.Context` is one."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True, frozen=True)
class Route:
    """Where a request goes, as far as it is known.

    `protocol` is always known (ec2, query, json, rest_json, rest_xml or cbor), so that any error
    can be written in the caller's words. `service` is a botocore service name. `path` is the path
    to parse by: S3's virtual-host style is rewritten to path style; empty means the request's own
    path. `json_version` is "1.0" or "1.1" for JSON. `fault` is what keeps the request from having
    an operation: the caller raises it when AWS would, after the signature has been verified.
    """

    protocol: str
    service: str | None = None
    operation: str | None = None
    path: str = ""
    signing_name: str = ""
    json_version: str = ""
    fault: Fault | None = None


# Routes by what decides them. Only routes that lead to an operation are kept, and every operation
# has one key per version of JSON or per signing name, so the tables cannot grow without end.
_targets: dict[tuple[str, str], Route] = {}
_forms: dict[tuple[str, bytes], Route] = {}
_signing: dict[str, tuple[str, ...]] = {}

# Signing names beside `s3` under which endpoints of their own speak S3's API.
_SIGNING_ALIASES = {"s3express": "s3", "s3-object-lambda": "s3", "s3-outposts": "s3"}

# No name of an action is longer: what is longer is cut before it is looked up or echoed.
_LONGEST_NAME = 128
# How far into a body an Action that is not its first parameter is looked for, in bytes.
_FARTHEST_ACTION = 1 << 20
_LONGEST_HOST = 320
_VERSION_LENGTH = len("&Version=2016-11-15")


def route(request: Request) -> Route:
    """Find service, protocol and operation of a request; what is wrong stands in `fault`."""
    headers = request.headers
    target = headers.get("x-amz-target")
    if target:
        return _by_target(request, target)
    if "smithy-protocol" in headers and "/operation/" in request.path:
        return _by_rpc_path(request)
    found = None
    if request.method == "POST" and (request.body.startswith(b"Action=") or _is_form(headers)):
        found = _by_action(request, request.body)
    if found is None and "Action=" in request.query:
        found = _by_action(request, request.query.encode("latin-1", "replace"))
    return found or _by_uri(request)


def needs_body(request: Request) -> bool:
    """Whether the request can only be routed with its body at hand: a form may name its action.

    All other requests are routed by their head, before a byte of the body has been read.
    """
    headers = request.headers
    return request.method == "POST" and "x-amz-target" not in headers and _is_form(headers)


def signing_name(request: Request) -> str:
    """Name of the service in the credential scope, of header or presigned URL; else empty.

    Only the shape is looked at: whether the credential is true is the signature's business.
    """
    scope = request.headers.get("authorization", "")
    start = scope.find("Credential=")
    if start < 0:
        scope = request.query
        start = scope.find("X-Amz-Credential=")
        if start < 0:
            return ""
        scope = unquote(scope[start : start + 512].partition("&")[0])
        start = 0
    end = scope.find("/aws4_request", start)
    return scope[scope.rfind("/", start, end) + 1 : end] if end > 0 else ""


def _services_signing_as(name: str) -> tuple[str, ...]:
    """The services of a signing name, the one that is called by it first."""
    known = _signing.get(name)
    if known is None:
        own = _SIGNING_ALIASES.get(name, name)
        known = tuple(sorted(api.services_signing_as(own), key=lambda one: (one != own, one)))
        if known:
            _signing[name] = known
    return known


def _namesake(signed: str) -> api.Service | None:
    """The service that is called by its own signing name, as most are.

    It is asked first, because the index of all signing names takes a quarter of a second to
    build, which the first answer should not wait for.
    """
    if not signed or not api.has_service(signed):
        return None
    model = api.service(signed)
    return model if model.signing_name == signed else None


def _unknown(action: str, version: str = "") -> Fault:
    return Fault("unknown_operation", action=action[:_LONGEST_NAME], version=version)


# --- json and cbor: the request names its target ----------------------------------------------


def _by_target(request: Request, target: str) -> Route:
    version = "1.0" if "json-1.0" in request.headers.get("content-type", "") else "1.1"
    known = _targets.get((target, version))
    if known is not None:
        return known
    prefix, _, name = target.rpartition(".")
    found = _named(request, "json", prefix, name)
    found = replace(found, json_version=version)
    if found.fault is None:
        _targets[target, version] = found
    return found


def _by_rpc_path(request: Request) -> Route:
    # The path is /service/<target>/operation/<name>, after whatever prefix an endpoint has.
    before, _, name = request.path.rpartition("/operation/")
    return _named(request, "cbor", before.rpartition("/service/")[2], name)


def _named(request: Request, protocol: str, prefix: str, name: str) -> Route:
    signed = signing_name(request)
    if (own := _namesake(signed)) and own.target_prefix == prefix and name in own.operations:
        return Route(protocol, signed, name, signing_name=signed)
    services = api.services_targeting(prefix) if prefix else ()
    for service in services:
        model = api.service(service)
        if name in model.operations:
            return Route(protocol, service, name, signing_name=model.signing_name)
    services = services or _services_signing_as(signed)
    return Route(protocol, services[0] if services else None, fault=_unknown(name))


# --- query and ec2: the request names its action ----------------------------------------------


def _is_form(headers: dict[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _by_action(request: Request, form: bytes) -> Route | None:
    """Route by Action; None when the form has none, or its service takes no forms."""
    signed = signing_name(request)
    key = (signed, _head(form))
    if key[1]:
        known = _forms.get(key)
        if known is not None:
            return known
    action = _value(form, b"Action")
    version = _value(form, b"Version")
    own = _namesake(signed)
    if own and version == own.api_version and action in own.operations and _takes_forms(own):
        names: tuple[str, ...] = (signed,)
    else:
        names = _services_signing_as(signed) or _unsigned_services(request, version)
    service = _form_service(names, action, version)
    if service is None:
        # Whoever sends an Action speaks query, though to a service that nobody knows.
        if action and not _services_signing_as(signed):
            return Route("query", fault=_unknown(action, version))
        return None
    model = api.service(service)
    protocol = "ec2" if "ec2" in model.protocols else "query"
    if action not in model.operations:
        fault = _unknown(action, version) if action else Fault("missing_parameter", name="Action")
        return Route(protocol, service, signing_name=model.signing_name, fault=fault)
    found = Route(protocol, service, action, signing_name=model.signing_name)
    if key[1] and signed == model.signing_name and version == model.api_version:
        _forms[key] = found
    return found


def _head(form: bytes) -> bytes:
    """The beginning Action=<name>&Version=<date>, as nearly every client writes it; else empty."""
    if not form.startswith(b"Action="):
        return b""
    at = form.find(b"&", 7, 7 + _LONGEST_NAME)
    end = at + _VERSION_LENGTH
    if at < 0 or not form.startswith(b"&Version=", at) or form[end : end + 1] not in b"&":
        return b""
    return form[:end]


def _value(form: bytes, name: bytes) -> str:
    """First value of a parameter in a form, found without parsing the rest."""
    start = len(name) + 1
    if not form.startswith(name + b"="):
        at = form.find(b"&" + name + b"=", 0, _FARTHEST_ACTION)
        if at < 0:
            return ""
        start += at + 1
    text = form[start : start + _LONGEST_NAME].partition(b"&")[0].strip()
    return unquote_plus(text.decode("latin-1"))


def _form_service(names: tuple[str, ...], action: str, version: str) -> str | None:
    """The service that a form is for: of those it could be, the likeliest."""
    best, best_rank = None, (False, False)
    for name in names:
        model = api.service(name)
        if _takes_forms(model):
            rank = (version == model.api_version, action in model.operations)
            if best is None or rank > best_rank:
                best, best_rank = name, rank
    return best


def _takes_forms(model: api.Service) -> bool:
    # A service that moved from query to JSON still answers clients older than the move; its
    # model says so by promising them their error codes.
    protocols = model.protocols
    return "query" in protocols or "ec2" in protocols or "awsQueryCompatible" in model.metadata


# --- rest_json and rest_xml: method and URI ---------------------------------------------------


def _by_uri(request: Request) -> Route:
    signed = signing_name(request)
    names = _services_signing_as(signed) or _unsigned_services(request, "")
    best: uris.Match | None = None
    best_name, path = "", request.path
    for name in names:
        matcher = _rest_matcher(name)
        if matcher is None:
            continue
        own_path = request.path
        if name == "s3":
            own_path = path_style(own_path, request.headers.get("host", ""))
        match = matcher.match(request, own_path)
        if match is not None and (best is None or match.rank > best.rank):
            best, best_name, path = match, name, own_path
    if best is None:
        return _no_match(request, names)
    model = api.service(best_name)
    operation = best.operation
    if signed == "s3express" and operation == "ListBuckets":
        # Both are GET /; the endpoint, and so the scope, is all that tells them apart.
        operation = "ListDirectoryBuckets"
    return Route(
        _rest_protocol(model) or "",
        best_name,
        operation,
        path if path != request.path else "",
        signed if _SIGNING_ALIASES.get(signed) == model.signing_name else model.signing_name,
        fault=best.fault,
    )


@cache
def _rest_matcher(name: str) -> uris.Matcher | None:
    return uris.matcher(name) if _rest_protocol(api.service(name)) else None


def _rest_protocol(model: api.Service) -> str | None:
    if "rest-json" in model.protocols:
        return "rest_json"
    return "rest_xml" if "rest-xml" in model.protocols else None


def _no_match(request: Request, names: tuple[str, ...]) -> Route:
    """A request that is no operation of anybody: the protocol to say so in."""
    fault = _unknown(f"{request.method} {request.path}")
    content_type = request.headers.get("content-type", "")
    service = names[0] if names else None
    if content_type.startswith("application/x-amz-json-1."):
        return Route("json", service, json_version=content_type[18:21], fault=fault)
    if service is not None:
        listed = api.service(service).protocols
        for protocol in ("rest-xml", "rest-json", "ec2", "query", "json"):
            if protocol in listed:
                return Route(protocol.replace("-", "_"), service, fault=fault)
        return Route("cbor", service, fault=fault)
    return Route("rest_json" if "json" in content_type else "rest_xml", fault=fault)


# --- unsigned requests and S3's addresses -----------------------------------------------------

_VERSION = re.compile(r"/v?(\d{4})-?(\d\d)-?(\d\d)(?:/|$)")
_BUCKET = r"(?P<bucket>[a-zA-Z0-9][a-zA-Z0-9.-]{1,61}[a-zA-Z0-9])"
_PORT = r"(?::\d+)?"
# <bucket>.s3.<region>.amazonaws.com and its kin, and <bucket>.localhost.
_S3_HOST = re.compile(_BUCKET + r"\.s3(?:[.-][a-zA-Z0-9.-]*)?" + _PORT)
_LOCAL_HOST = re.compile(_BUCKET + r"\.localhost" + _PORT)


def _unsigned_services(request: Request, version: str) -> tuple[str, ...]:
    """Services that a request without a known scope may be for.

    The host's first label may name one; a form's Version or a URI's leading date belongs to few.
    A plain GET without anything is a reader of a public S3 object.
    """
    label = request.headers.get("host", "")[:_LONGEST_HOST].partition(".")[0]
    names = _services_signing_as(label)
    if names:
        return names
    if not version:
        dated = _VERSION.match(request.path)
        version = "-".join(dated.groups()) if dated else ""
    if version:
        return _by_version().get(version, ())
    if signing_name(request) or "json" in request.headers.get("content-type", ""):
        return ()
    return _services_signing_as("s3")


@cache
def _by_version() -> dict[str, tuple[str, ...]]:
    """Services by the date of their API."""
    found: dict[str, tuple[str, ...]] = {}
    for name, metadata in api.index().items():
        version = str(metadata["apiVersion"])
        found[version] = (*found.get(version, ()), name)
    return found


def path_style(path: str, host: str) -> str:
    """S3's path with the bucket in it, wherever the client wrote the bucket.

    `bucket.s3.us-east-1.amazonaws.com`, `bucket.s3.localhost:4566` and `bucket.localhost` carry
    it in the host; a host that is an address or names S3 itself carries none.
    """
    if "." not in host or len(host) > _LONGEST_HOST:
        return path
    at = _S3_HOST.fullmatch(host) or _LOCAL_HOST.fullmatch(host)
    if at is None or at["bucket"].startswith(("s3.", "s3-")):
        return path
    return f"/{at['bucket']}{path}"
