"""The verifier against requests that botocore signed, and against thousands of spoiled ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.context import Principal
from emulator.errors import AwsError, Fault
from emulator.sigv4 import verify
from tests.emulator.signing import (
    ACCOUNT,
    KEY_ID,
    NOW,
    SERVICES,
    Request,
    Table,
    outcome,
    row,
    signed,
    with_authorization,
    with_header,
)

KEYS = Table().keys()


SEGMENT = st.text("abcXYZ019-_.~", max_size=6) | st.sampled_from(
    ["%2F", "%3A", "%C3%A9", "a%20b%2Bc", "arn%3Aaws", "..", ".", ""]
)


VALUE = st.text("abcXYZ019-_.~", max_size=8) | st.sampled_from(["%2B", "%20", "a%3Db", "%E2%82%AC"])


NAME = st.sampled_from(["foo", "foo-bar", "Foo", "a", "b%20c", "uploads", "list-type", "z~"])


HEADER = st.text("abc xyz,;=:/019\"'", max_size=20)


@st.composite
def requests(draw: Any, service: str) -> Request:
    """An unsigned request of a service."""
    path = "/" + "/".join(draw(st.lists(SEGMENT, max_size=4)))
    if service not in ("s3", "s3control"):
        # clients normalise before they send; empty and dotted segments are tested by themselves
        path = "/" + path.strip("/")
    pairs = draw(st.lists(st.tuples(NAME, VALUE), max_size=4))
    extra = {f"X-Amz-Meta-{i}": draw(HEADER) for i in range(draw(st.integers(0, 2)))}
    return Request(
        service,
        draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"])),
        path,
        "&".join(f"{name}={value}" for name, value in pairs),
        draw(st.binary(max_size=64)),
        extra,
        region=draw(st.sampled_from(["us-east-1", "ap-southeast-2", "mx-central-1"])),
    )


Spoiled = Iterator[tuple[str, Request, set[str]]]
BAD, PARSE = {"bad_signature"}, {"incomplete_signature"}
SCOPE, UNSIGNED, UNSUPPORTED = {"wrong_scope"}, {"unsigned_header"}, {"unsupported_algorithm"}


def spoiled(good: Request, draw: Any) -> Spoiled:
    """Ways to spoil a header-signed request, with the kinds of fault each may be."""
    yield from spoiled_around_the_signature(good)
    yield from spoiled_signatures(good, draw(st.integers(0, 63)))
    yield from spoiled_dates_and_headers(good)
    yield from spoiled_scopes_and_keys(good)
    yield from spoiled_by_a_second_mechanism(good)


def spoiled_around_the_signature(good: Request) -> Spoiled:
    yield "method", replace(good, method="PATCH"), BAD
    yield "path", replace(good, path=good.path.rstrip("/") + "/other"), BAD
    yield "query", replace(good, query=good.query + "&x=1" if good.query else "x=1"), BAD
    yield "body", replace(good, body=good.body + b"!"), {"bad_signature", "body_hash_mismatch"}
    yield "host", with_header(good, "Host", "localhost:4567"), BAD
    yield "no host", with_header(good, "Host", None), BAD


def spoiled_signatures(good: Request, at: int) -> Spoiled:
    edited = partial(with_authorization, good)
    sign = good.headers["Authorization"][-64:]
    other = sign[:at] + ("0" if sign[at] != "0" else "1") + sign[at + 1 :]
    yield "digit", edited(lambda a: a[:-64] + other), BAD
    yield "short", edited(lambda a: a[:-1]), BAD
    yield "long", edited(lambda a: a + "0"), BAD
    if sign != sign.upper():
        yield "upper", edited(lambda a: a[:-64] + sign.upper()), BAD
    yield "not ascii", edited(lambda a: a[:-1] + "\xe9"), BAD
    yield "label", edited(lambda a: a.replace("SHA256", "SHA512")), UNSUPPORTED
    ecdsa = "ECDSA-P256-SHA256"
    yield "ecdsa", edited(lambda a: a.replace("HMAC-SHA256", ecdsa)), UNSUPPORTED
    yield "no mechanism", edited(lambda a: "Bearer abc"), {"missing_token"}
    yield "nothing", with_header(good, "Authorization", None), {"missing_token"}
    yield "twice", edited(lambda a: f"{a},{a}"), PARSE
    yield "two signatures", edited(lambda a: f"{a}, Signature={sign}"), PARSE
    yield "unknown part", edited(lambda a: f"{a}, Extra=1"), PARSE
    yield "no credential", edited(lambda a: a.replace("Credential=", "Cred=")), PARSE


def spoiled_dates_and_headers(good: Request) -> Spoiled:
    edited = partial(with_authorization, good)
    yield "no date", with_header(good, "X-Amz-Date", None), PARSE
    date = good.headers["X-Amz-Date"]
    arabic = "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in date)
    for form in (arabic, date[:-1], date.lower(), "2026-03-04T12:30:00Z", "", "99999999T999999Z"):
        yield f"date {form!r}", with_header(good, "X-Amz-Date", form), PARSE
    yield "moved date", with_header(good, "X-Amz-Date", date[:-3] + "01Z"), BAD
    yield "x-amz unsigned", with_header(good, "X-Amz-Unsigned", "1"), UNSIGNED
    yield "signed one gone", edited(lambda a: a.replace("host;", "host;nowhere;")), BAD
    yield "host twice", edited(lambda a: a.replace("host;", "host;host;")), PARSE
    yield "host unsigned", edited(lambda a: a.replace("host;", "")), UNSIGNED


def spoiled_scopes_and_keys(good: Request) -> Spoiled:
    edited = partial(with_authorization, good)
    scope = f"/{good.region}/{SERVICES[good.service][0]}/"
    elsewhere = scope.replace(good.region, "ap-east-2")
    yield "region", edited(lambda a: a.replace(scope, elsewhere)), BAD
    signed = good.headers["Authorization"]
    for nowhere in ("nowhere", "eu-west-9", "cn-north-1", "us-east-1a"):
        away = signed.replace(good.region, nowhere)
        yield f"no region {nowhere}", with_header(good, "Authorization", away), SCOPE
    yield "service", edited(lambda a: a.replace(scope, f"/{good.region}/iam/")), SCOPE
    yield "terminator", edited(lambda a: a.replace("aws4_request", "aws5_request")), SCOPE
    yield "day", edited(lambda a: a.replace("/20260304/", "/20260303/")), SCOPE
    yield "parts", edited(lambda a: a.replace("/20260304/", "/")), PARSE
    signed_line = good.headers["Authorization"]
    for key in ("AKIANOBODY", "a\x00b", "x" * 200, "\xe9", "'or'1", "ASIA" + KEY_ID[4:]):
        spoilt = with_header(good, "Authorization", signed_line.replace(KEY_ID, key))
        yield f"key {key!r}", spoilt, {"unknown_key"}


def spoiled_by_a_second_mechanism(good: Request) -> Spoiled:
    sign = good.headers["Authorization"][-64:]
    both = "X-Amz-Signature=" + sign
    query = f"{good.query}&{both}" if good.query else both
    yield "both", replace(good, query=query), {"two_mechanisms"}
    hidden = "X-Amz-Sign%61ture=" + sign
    yield "hidden", replace(good, query=hidden), {"two_mechanisms"}
    yield "token", with_header(good, "X-Amz-Security-Token", "abc"), UNSIGNED


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_header_signatures(service: str, data: st.DataObject) -> None:
    good = signed(data.draw(requests(service)))
    who = await outcome(good, KEYS)
    assert isinstance(who, Principal), (who, good)
    assert (who.access_key_id, who.account_id, who.name) == (KEY_ID, ACCOUNT, "agent")
    for what, bad, kinds in spoiled(good, data.draw):
        told = await outcome(bad, KEYS)
        assert told in kinds, (what, told, bad)
    for minutes, kind in ((15.1, "expired"), (-15.1, "not_yet_valid"), (60 * 24, "expired")):
        assert await outcome(good, KEYS, later=timedelta(minutes=minutes)) == kind
    for minutes in (14.9, -14.9):
        assert isinstance(await outcome(good, KEYS, later=timedelta(minutes=minutes)), Principal)


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_presigned_urls(service: str, data: st.DataObject) -> None:
    made = replace(data.draw(requests(service)), headers={}, body=b"")
    good = signed(made, expires=600)
    assert isinstance(await outcome(good, KEYS), Principal), good
    s3 = SERVICES[service][0] == "s3"
    query = good.query

    def edited(old: str, new: str) -> Request:
        assert old in query
        return replace(good, query=query.replace(old, new))

    signature = query[-64:]
    cases = [
        ("method", replace(good, method="PATCH"), "bad_signature"),
        ("path", replace(good, path=good.path.rstrip("/") + "/other"), "bad_signature"),
        ("more", replace(good, query="a=b&" + query), "bad_signature"),
        ("longer", edited("X-Amz-Expires=600", "X-Amz-Expires=601"), "bad_signature"),
        ("twice", replace(good, query=query + "&X-Amz-Expires=1"), "incomplete_signature"),
        ("two signatures", replace(good, query=f"{query}&X-Amz-Signature={signature}"),
         "incomplete_signature"),
        ("words", edited("X-Amz-Expires=600", "X-Amz-Expires=ten"), "incomplete_signature"),
        ("negative", edited("X-Amz-Expires=600", "X-Amz-Expires=-1"), "incomplete_signature"),
        ("arabic", edited("X-Amz-Expires=600", "X-Amz-Expires=%D9%A6"), "incomplete_signature"),
        ("label", edited("HMAC-SHA256", "HMAC-SHA1"), "unsupported_algorithm"),
        ("scope", edited(f"%2F{SERVICES[service][0]}%2F", "%2Fiam%2F"), "wrong_scope"),
        ("key", edited(KEY_ID, "AKIANOBODY"), "unknown_key"),
        ("nul", edited(KEY_ID, "AKIA%00"), "unknown_key"),
        ("host", edited("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=date"), "unsigned_header"),
        ("x-amz", with_header(good, "X-Amz-Target", "Other"), "unsigned_header"),
        ("no signature", edited(f"&X-Amz-Signature={signature}", ""), "incomplete_signature"),
        ("upper", edited(signature, signature[:-1] + "G"), "bad_signature"),
    ]  # fmt: skip
    if not s3:
        # S3 leaves the body of a presigned URL unsigned
        cases.append(("body", replace(good, body=b"x"), "bad_signature"))
    for what, bad, kind in cases:
        assert await outcome(bad, KEYS) == kind, (what, bad)
    assert await outcome(good, KEYS, later=timedelta(seconds=601)) == "expired"
    assert await outcome(good, KEYS, later=timedelta(minutes=-16)) == "not_yet_valid"


async def test_presigned_limits() -> None:
    week = signed(Request("s3", "GET", "/b/k"), expires=604800)
    assert isinstance(await outcome(week, KEYS, later=timedelta(days=6.9)), Principal)
    longer = signed(Request("s3", "GET", "/b/k"), expires=604801)
    assert await outcome(longer, KEYS) == "incomplete_signature"
    hour = signed(Request("sts", "GET", "/", "Action=GetCallerIdentity"), expires=3600)
    assert isinstance(await outcome(hour, KEYS, later=timedelta(minutes=14)), Principal)
    assert await outcome(hour, KEYS, later=timedelta(minutes=16)) == "expired"
    old = Request("s3", "GET", "/b/k", "AWSAccessKeyId=a&Signature=b&Expires=1",
                  headers={"Host": "localhost"})  # fmt: skip
    assert await outcome(old, KEYS) == "unsupported_algorithm"
    old = Request("s3", "GET", "/b/k", headers={"Authorization": "AWS a:b"})
    assert await outcome(old, KEYS) == "unsupported_algorithm"


async def test_date_header_in_place_of_x_amz_date() -> None:
    good = signed(Request("logs", headers={"Date": "whatever"}))
    assert "X-Amz-Date" not in good.headers
    assert isinstance(await outcome(good, KEYS), Principal)
    assert await outcome(with_header(good, "Date", "Wed, 04 Mar 2026 12:30:01 GMT"), KEYS) == (
        "bad_signature"
    )
    assert await outcome(with_header(good, "Date", "4 March"), KEYS) == "incomplete_signature"


async def test_order_and_separators_of_the_header_do_not_matter() -> None:
    good = signed(Request("ec2", body=b"Action=DescribeRegions"))
    algorithm, credential, names, signature = good.headers["Authorization"].replace(",", "").split()
    for parts in ([signature, names, credential], [names, signature, credential]):
        for separator in (",", ", ", " "):
            value = f"{algorithm} {separator.join(parts)}"
            assert isinstance(
                await outcome(with_header(good, "Authorization", value), KEYS), Principal
            )
    # a head known from a proven request lends itself to no other
    value = f"{algorithm} {signature}"
    assert await outcome(with_header(good, "Authorization", value), KEYS) == "incomplete_signature"


async def test_messages() -> None:
    async def told(request: Request, **later: float) -> AwsError:
        with pytest.raises(AwsError) as caught:
            await verify(request.context(NOW + timedelta(**later)), request.route, KEYS)
        return caught.value

    good = signed(Request("sts"))
    assert (await told(good, minutes=16)).message == (
        "Signature expired: 20260304T123000Z is now earlier than 20260304T123100Z "
        "(20260304T124600Z - 15 min.)"
    )
    bad = with_authorization(good, lambda a: a.replace("/sts/", "/iam/"))
    assert (await told(bad)).message == "Credential should be scoped to correct service: 'sts'."
    bad = with_authorization(good, lambda a: a.replace("Credential=", "C="))
    assert (await told(bad)).message.startswith(
        "Authorization header requires 'Credential' parameter. Authorization header knows no 'C' "
    )
    twice = with_authorization(good, lambda a: f"{a}, SignedHeaders=host")
    assert "'SignedHeaders' more than once." in (await told(twice)).message
    bad = with_authorization(good, lambda a: "AWS4-HMAC-SHA256 Signature=1")
    assert (await told(bad)).message == (
        "Authorization header requires 'Credential' parameter. Authorization header requires "
        "'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Signature=1"
    )
    s3 = signed(Request("s3", "GET", "/b/k\x01"))
    error = await told(with_authorization(s3, lambda a: a[:-4] + "beef"))
    assert error.fields["AWSAccessKeyId"] == KEY_ID
    assert error.fields["StringToSign"].startswith("AWS4-HMAC-SHA256\n20260304T123000Z\n")
    assert "\x01" not in error.fields["CanonicalRequest"]
    assert bytes.fromhex(error.fields["CanonicalRequestBytes"]).startswith(b"GET\n/b/k")


async def test_the_body_is_not_read_before_the_head_is_proven() -> None:
    asked: list[int] = []

    async def read_body(cap: int) -> bytes:
        asked.append(cap)
        return b"hello"

    good = signed(Request("s3", "PUT", "/b/k", body=b"hello", operation="PutObject"))
    bad = with_authorization(good, lambda a: a[:-4] + "beef")
    with pytest.raises(Fault):
        await verify(bad.context(), bad.route, KEYS, read_body=read_body)
    assert asked == []
    ctx = good.context()
    ctx.body = b""
    await verify(ctx, good.route, KEYS, read_body=read_body)
    assert asked == [64 * 1024 * 1024]
    assert (ctx.body, ctx.region) == (b"hello", "eu-west-1")


async def test_operations_without_a_signature_are_refused_clearly() -> None:
    request = Request("sts", operation="AssumeRoleWithWebIdentity", headers={"Host": "localhost"})
    assert await outcome(request, KEYS) == "not_emulated"


async def test_keys_that_do_not_sign() -> None:
    good = signed(Request("ec2"))
    for changes, kind in (
        ({"status": "disabled"}, "disabled_key"),
        ({"expires_at": NOW - timedelta(seconds=1)}, "disabled_key"),
        ({"secret": "other"}, "bad_signature"),
    ):
        assert await outcome(good, Table({KEY_ID: row(**changes)}).keys()) == kind
    table = Table({KEY_ID: row(expires_at=NOW + timedelta(seconds=1))})
    assert isinstance(await outcome(good, table.keys()), Principal)
