"""Browsers and strangers: whom a server does not answer, though they know a key."""

import pytest

from tests.fixtures.server import Cloud
from tests.journeys.wire import Call, Wire, ec2, sign

LIST = ec2("DescribeRegions")
OWN = ("/_driftcloud/health", "/_localstack/health", "/metrics", "/_driftcloud/tick")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_pages_of_other_origins_are_refused(cloud: Cloud, headers: dict[str, str]) -> None:
    async with Wire(cloud.running.url, cloud.access_key_id, cloud.secret_access_key) as wire:
        signed = sign(LIST, wire.access_key_id, wire.secret, wire.name)
        assert (await wire.send(LIST, signed)).status == 200
        for call in (LIST, *(Call("", "GET", path) for path in OWN)):
            given = signed if call is LIST else {"host": wire.name}
            answer = await wire.send(call, {**given, **headers})
            assert answer.status == 403, call
            assert answer.headers["content-type"] == "text/plain"
        preflight = Call("", "OPTIONS", "/", headers={"access-control-request-method": "POST"})
        answer = await wire.send(preflight, {"host": wire.name, **preflight.headers, **headers})
        assert answer.status == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_our_own_pages_are_answered_without_cors(cloud: Cloud) -> None:
    async with Wire(cloud.running.url) as wire:
        headers = {
            "host": wire.name,
            "origin": f"http://{wire.name}",
            "sec-fetch-site": "same-origin",
        }
        answer = await wire.send(Call("", "GET", "/_driftcloud/health"), headers)
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:4566", 200),
        ("127.0.0.1", 200),
        ("[::1]:4566", 200),
        ("s3.localhost:4566", 200),
        ("ec2.us-east-1.amazonaws.com", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example:4566", 403),
        ("10.0.0.8:4566", 403),
        ("amazonaws.com.evil.example", 403),
        ("localhost:port", 403),
    ],
)
async def test_a_rebound_name_reaches_nothing(cloud: Cloud, host: str, status: int) -> None:
    async with Wire(cloud.running.url) as wire:
        signed = sign(LIST, cloud.access_key_id, cloud.secret_access_key, host)
        assert (await wire.send(LIST, signed)).status == status
        health = await wire.send(Call("", "GET", "/_driftcloud/health"), {"host": host})
        assert health.status == status


async def test_what_anybody_may_read_tells_no_secret(cloud: Cloud) -> None:
    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=7)
    told = b""
    async with Wire(cloud.running.url) as wire:
        for path in OWN[:3]:
            answer = await wire.send(Call("", "GET", path), {"host": wire.name})
            assert answer.status == 200, path
            told += answer.body
    assert b"CreateVolume" in told
    for secret in (cloud.access_key_id, cloud.secret_access_key, "postgresql://", "vol-"):
        assert secret.encode() not in told
