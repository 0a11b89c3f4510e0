"""The gateway: which refusal wins, in whose words, and what is counted and logged of it."""

import asyncio
import gc
import logging
import socket
from typing import Any

import pytest

from emulator.context import Context
from tests.fixtures.server import Cloud
from tests.journeys.wire import FORM, Answer, Call, Wire, ec2, error_code, text_of


async def heard(cloud: Cloud, call: Call, *, secret: str = "") -> Answer:
    """The answer to a signed call."""
    key = secret or cloud.secret_access_key
    async with Wire(cloud.running.url, cloud.access_key_id, key) as wire:
        return await wire.call(call)


async def test_a_bad_signature_wins_over_an_unknown_operation(cloud: Cloud) -> None:
    unknown = ec2("DescribeEverything")
    assert error_code(await heard(cloud, unknown, secret="wrong")) == "AuthFailure"
    answer = await heard(cloud, unknown)
    assert (answer.status, error_code(answer)) == (400, "InvalidAction")


async def test_bad_input_wins_over_a_missing_permission(cloud: Cloud) -> None:
    reader = await asyncio.to_thread(cloud.with_scopes, "read:*")
    answer = await heard(reader, ec2("DeleteVolume"))
    assert error_code(answer) == "MissingParameter"
    answer = await heard(reader, ec2("DeleteVolume", VolumeId="vol-00000000000000000"))
    assert error_code(answer) == "UnauthorizedOperation"


async def test_a_missing_permission_wins_over_any_state(cloud: Cloud) -> None:
    reader = await asyncio.to_thread(cloud.with_scopes, "read:volumes")
    absent = ec2("DeleteVolume", VolumeId="vol-00000000000000000")
    assert error_code(await heard(cloud, absent)) == "InvalidVolume.NotFound"
    assert error_code(await heard(reader, absent)) == "UnauthorizedOperation"
    assert error_code(await heard(reader, ec2("DescribeInstances"))) == "UnauthorizedOperation"
    assert (await heard(reader, ec2("DescribeVolumes"))).status == 200


async def test_a_refused_call_leaves_nothing_for_the_collector(cloud: Cloud) -> None:
    def contexts() -> int:
        return sum(type(one) is Context for one in gc.get_objects())

    read = ec2("DescribeVolumes", **{"VolumeId.1": "vol-00000000000000000"})
    write = ec2("DeleteVolume", VolumeId="vol-00000000000000000")
    tried = ec2("DeleteVolume", VolumeId="vol-00000000000000000", DryRun="true")
    async with Wire(cloud.running.url, cloud.access_key_id, cloud.secret_access_key) as wire:
        for call in (read, write, tried):
            await wire.call(call)
            gc.collect()
            gc.disable()
            try:
                before = contexts()
                for _ in range(5):
                    assert error_code(await wire.call(call)) == "InvalidVolume.NotFound"
                # the last one may not have been let go of yet
                assert contexts() <= before + 1
            finally:
                gc.enable()


async def test_what_aws_has_and_we_have_not_is_501_and_counted(cloud: Cloud) -> None:
    target = "DynamoDB_20120810.DescribeLimits"
    headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.0"}
    call = Call("dynamodb", headers=headers, body=b"{}")
    before = cloud.running.server.counters.not_emulated["dynamodb", "DescribeLimits"]
    answer = await heard(cloud, call)
    assert answer.status == 501
    assert b"DescribeLimits" in answer.body
    assert "NotImplemented" in str(error_code(answer))
    after = cloud.running.server.counters.not_emulated["dynamodb", "DescribeLimits"]
    assert after == before + 1


LARGE_FORM: dict[str, Any] = {"headers": {"content-type": FORM}, "body": b"a" * (7 << 20)}
LARGE_JSON: dict[str, Any] = {
    "headers": {
        "x-amz-target": "AmazonEC2ContainerServiceV20141113.ListClusters",
        "content-type": "application/x-amz-json-1.1",
    },
    "body": b"{" * (2 << 20),
}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (Call("ec2", **LARGE_FORM), "RequestEntityTooLarge"),
        (Call("rds", **LARGE_FORM), "RequestEntityTooLarge"),
        (Call("ecs", **LARGE_JSON), "RequestEntityTooLargeException"),
    ],
)
async def test_too_large_a_body_is_refused_in_the_callers_protocol(
    cloud: Cloud, call: Call, code: str
) -> None:
    answer = await heard(cloud, call)
    assert answer.status == 413
    assert error_code(answer) == code
    if call.service == "ec2":
        assert answer.body.rstrip().endswith(b"</Response>")


async def test_refusals_are_counted_by_the_code_that_was_answered(cloud: Cloud) -> None:
    refused = cloud.running.server.counters.refused
    before = refused["ec2", "AuthFailure"]
    await heard(cloud, ec2("DescribeVolumes"), secret="wrong")
    assert refused["ec2", "AuthFailure"] == before + 1


async def test_a_hang_up_is_no_failure_of_ours(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    host, _, port = cloud.running.url.removeprefix("http://").partition(":")
    refused = cloud.running.server.counters.refused
    before = sum(count for (_, code), count in refused.items() if code == "disconnected")
    head = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {FORM}\r\nContent-Length: 500\r\n\r\n"
    with caplog.at_level(logging.ERROR):
        for part in (b"", b"Action=DescribeVolumes&Vers"):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(head.encode() + part)
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
    assert [record for record in caplog.records if record.name.startswith("driftcloud")] == []
    after = sum(count for (_, code), count in refused.items() if code == "disconnected")
    assert after == before + 2


async def test_a_dry_run_changes_nothing_and_says_what_would_be(cloud: Cloud) -> None:
    create = {"AvailabilityZone": "us-east-1a", "Size": "1", "DryRun": "true"}
    answer = await heard(cloud, ec2("CreateVolume", **create))
    assert (answer.status, error_code(answer)) == (412, "DryRunOperation")
    answer = await heard(cloud, ec2("DescribeVolumes"))
    assert b"<volumeId>" not in answer.body


async def test_a_client_token_does_its_work_once(cloud: Cloud) -> None:
    create = {"AvailabilityZone": "us-east-1a", "Size": "1", "ClientToken": "once"}
    several = await asyncio.gather(*(heard(cloud, ec2("CreateVolume", **create)) for _ in range(6)))
    assert {answer.status for answer in several} == {200}
    assert len({text_of(answer, "volumeId") for answer in several}) == 1
    answer = await heard(cloud, ec2("CreateVolume", **{**create, "Size": "2"}))
    assert error_code(answer) == "IdempotentParameterMismatch"
