"""What a request says of its own signature: the claim that the verifier judges.

Read from the Authorization header or from the query string of a presigned URL, never from both.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from emulator.canonical import ALGORITHM, query_pairs
from emulator.context import Context
from emulator.errors import Fault

S3_SERVICES: Final = frozenset(("s3", "s3control"))

_MECHANISM = frozenset(("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"))
_QUERY_REQUIRED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)
_HEADER_REQUIRED = ("Credential", "Signature", "SignedHeaders")
_MOST_HEADS = 4096
_LONGEST_ECHO = 512

_BASIC_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
# botocore signs RFC 5322's -0000, others RFC 1123's GMT; both are UTC
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|[+-]0000)"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SEPARATORS = re.compile(r"[,\s]+")
_SIGNATURE_V2 = frozenset(("AWSAccessKeyId", "Signature", "Expires"))


@dataclass(slots=True, frozen=True)
class Head:
    """The part of a claim that a client repeats from request to request of one day."""

    algorithm: str
    credential: str
    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    # the credential without its key: date, region, service and terminator
    scope: str
    names: str
    signed: tuple[str, ...]


@dataclass(slots=True)
class Claim:
    """A request's claim: who signed it, when, for how long, over what, and the signature.

    `timestamp` is ISO 8601 basic form, `instant` the same in seconds since the epoch; `pairs`
    are the encoded query parameters that the signature covers; `expires` is in seconds.
    """

    head: Head
    signature: str
    timestamp: str
    instant: float
    presigned: bool = False
    expires: str | None = None
    token: str = ""
    content_hash: str | None = None
    pairs: list[tuple[str, str]] = field(default_factory=list)
    # the text the head was read from, and whether a true signature has come with it before
    text: str = ""
    proven: bool = False


_heads: dict[str, Head] = {}


def remember(claim: Claim) -> None:
    """Keep the parsed head of a claim that proved true; unproven ones would crowd it out."""
    if len(_heads) >= _MOST_HEADS:
        _heads.clear()
    _heads[claim.text] = claim.head


def read(ctx: Context, s3: bool) -> Claim:
    """The claim of a request; Fault when there is none, there are two, or it is malformed."""
    header = ctx.headers.get("authorization")
    if not ctx.query:
        if header is None:
            raise Fault("missing_token")
        return _from_header(ctx, header, s3, [])
    pairs = query_pairs(ctx.query)
    names = {name for name, _ in pairs}
    if _MECHANISM.isdisjoint(names):
        if header is not None:
            return _from_header(ctx, header, s3, pairs)
        if s3 and names >= _SIGNATURE_V2:
            raise Fault("unsupported_algorithm")
        raise Fault("missing_token")
    if header is not None:
        raise Fault("two_mechanisms")
    return _from_query(ctx, pairs, s3)


def _from_header(ctx: Context, header: str, s3: bool, pairs: list[tuple[str, str]]) -> Claim:
    text, _, signature = header.rpartition("Signature=")
    head = _heads.get(text)
    proven = head is not None and len(signature) == 64
    if head is None or not proven:
        head, parsed = _parse_header(ctx, header, s3)
        # only a header that ends in its signature can be known again by what stands before it
        text = text if parsed == signature else ""
        signature = parsed
    timestamp, instant = _date(ctx, s3)
    token = ctx.headers.get("x-amz-security-token", "")
    content_hash = ctx.headers.get("x-amz-content-sha256")
    return Claim(
        head, signature, timestamp, instant, False, None, token, content_hash, pairs, text, proven
    )


def _parse_header(ctx: Context, header: str, s3: bool) -> tuple[Head, str]:
    algorithm, _, rest = header.partition(" ")
    if not algorithm.startswith("AWS4-"):
        if s3 and algorithm == "AWS":
            raise Fault("unsupported_algorithm")
        raise Fault("missing_token")
    given: dict[str, str] = {}
    wrong: list[str] = []
    for part in _SEPARATORS.split(rest.strip()):
        name, equals, value = part.partition("=")
        if part and not equals:
            raise _incomplete(f"'{_plain(part)}' not a valid key=value pair (missing equal-sign) "
                              f"in Authorization header: '{_plain(header)}'.", s3)  # fmt: skip
        if name in given:
            wrong.append(f"Authorization header has '{_plain(name)}' more than once.")
        if part:
            given[name] = value
    wrong += [f"Authorization header requires '{n}' parameter." for n in _HEADER_REQUIRED
              if not given.get(n)]  # fmt: skip
    if "x-amz-date" not in ctx.headers and "date" not in ctx.headers:
        wrong.append("Authorization header requires existence of either a 'X-Amz-Date' or a "
                     "'Date' header.")  # fmt: skip
    wrong += [f"Authorization header knows no '{_plain(n)}' parameter." for n in given
              if n not in _HEADER_REQUIRED]  # fmt: skip
    if wrong:
        raise _incomplete(" ".join([*wrong, f"Authorization={_plain(header)}"]), s3)
    head = _head(algorithm, given["Credential"], given["SignedHeaders"], s3, False)
    return head, given["Signature"]


def _from_query(ctx: Context, pairs: list[tuple[str, str]], s3: bool) -> Claim:
    given: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith("X-Amz-"):
            # the canonical form and the checks below must not read different ones
            if name in given:
                raise _incomplete(f"Duplicate query parameter '{_plain(name)}'.", s3, True)
            given[name] = unquote(value, errors="replace")
    if s3 and (missing := [n for n in (*_QUERY_REQUIRED, "X-Amz-Expires") if not given.get(n)]):
        raise _incomplete(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters.", True, True,
        )  # fmt: skip
    if missing := [n for n in _QUERY_REQUIRED if not given.get(n)]:
        parts = [f"AWS query-string parameters must include '{name}'." for name in missing]
        raise _incomplete(" ".join([*parts, "Re-examine the query-string parameters."]), s3)
    head = _head(
        given["X-Amz-Algorithm"], given["X-Amz-Credential"], given["X-Amz-SignedHeaders"], s3, True
    )
    timestamp = given["X-Amz-Date"]
    instant = _basic(timestamp)
    if instant is None:
        raise _bad_date(timestamp, s3, True)
    header_token = ctx.headers.get("x-amz-security-token", "")
    token = given.get("X-Amz-Security-Token", "")
    if header_token and token:
        raise Fault("bad_session_token")
    return Claim(
        head,
        given["X-Amz-Signature"],
        timestamp,
        instant,
        True,
        given.get("X-Amz-Expires"),
        token or header_token,
        _one_hash(given.get("X-Amz-Content-Sha256"), ctx.headers.get("x-amz-content-sha256")),
        [pair for pair in pairs if pair[0] != "X-Amz-Signature"],
    )


def _one_hash(parameter: str | None, header: str | None) -> str | None:
    if parameter is not None and header is not None and parameter != header:
        raise Fault("body_hash_mismatch")
    return header if parameter is None else parameter


def _head(algorithm: str, credential: str, names: str, s3: bool, presigned: bool) -> Head:
    parts = credential.split("/")
    if len(parts) != 5:
        if s3:
            message = (
                'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/'
                'aws4_request".'
            )
        else:
            message = (
                "Credential must have exactly 5 slash-delimited elements, e.g. "
                f"keyid/date/region/service/term, got '{_plain(credential)}'"
            )
        raise _incomplete(message, s3, presigned)
    signed = tuple(names.split(";"))
    if len(set(signed)) != len(signed):
        raise _incomplete(f"SignedHeaders names a header twice: '{_plain(names)}'", s3, presigned)
    key, date, region, service, terminator = parts
    scope = credential.partition("/")[2]
    return Head(algorithm, credential, key, date, region, service, terminator, scope, names, signed)


def _date(ctx: Context, s3: bool) -> tuple[str, float]:
    """The time of a header-signed request: X-Amz-Date, else Date in either of its forms."""
    given = ctx.headers.get("x-amz-date")
    if given is None:
        given = ctx.headers.get("date")
        if given is None:
            raise _incomplete("Authorization header requires existence of either a 'X-Amz-Date' "
                              "or a 'Date' header.", s3)  # fmt: skip
        if spelled := _HTTP_DATE.fullmatch(given.strip(" \t")):
            day, month, year, hour, minute, second = spelled.groups()
            if month in _MONTHS:
                number = _MONTHS.index(month) + 1
                given = f"{year}{number:02}{day}T{hour}{minute}{second}Z"
    given = given.strip(" \t")
    instant = _basic(given)
    if instant is None:
        raise _bad_date(given, s3, False)
    return given, instant


@lru_cache(maxsize=256)
def _basic(text: str) -> float | None:
    """Seconds since the epoch of `YYYYMMDDTHHMMSSZ`, in ASCII digits only; else None."""
    if not _BASIC_DATE.fullmatch(text):
        return None
    numbers = (text[0:4], text[4:6], text[6:8], text[9:11], text[11:13], text[13:15])
    try:
        year, month, day, hour, minute, second = map(int, numbers)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _bad_date(given: str, s3: bool, presigned: bool) -> Fault:
    if s3 and presigned:
        message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
    else:
        message = f"Date must be in ISO-8601 'basic format'. Got '{_plain(given)}'."
    return _incomplete(message, s3, presigned)


def _incomplete(message: str, s3: bool, presigned: bool = False) -> Fault:
    if s3 and not presigned:
        message = f"The authorization header is malformed; {message}"
    return Fault("incomplete_signature", message, presigned=presigned)


def _plain(text: str) -> str:
    """Text of the client's, fit to be shown: short and printable."""
    return "".join(c if " " <= c <= "~" else "?" for c in text[:_LONGEST_ECHO])


def check_algorithm(claim: Claim) -> None:
    """Only AWS4-HMAC-SHA256: a relabelled request, or SigV4A, is not what was signed."""
    if claim.head.algorithm != ALGORITHM:
        raise Fault(
            "unsupported_algorithm",
            f"Unsupported AWS 'algorithm': '{_plain(claim.head.algorithm)}' "
            f"(only {ALGORITHM} for now).",
        )
