"""Rows: the compiled way gives the bytes of the plain walk, for every protocol."""

import asyncio
import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import api, protocols
from emulator.protocols import MANY_ROWS
from emulator.protocols.response import Pieces
from emulator.rows import Computed, Constant, Each, Rows, View, ViewError, When

SHIFT = timedelta(days=17)

VOLUMES = View(
    {
        "VolumeId": "volume_id",
        "Size": "size_gib",
        "Encrypted": Constant(False),
        "CreateTime": "created_at",
        "State": Computed(lambda attached: "in-use" if attached else "available", "instance_id"),
        "Attachments": [{"InstanceId": "instance_id", "AttachTime": "attached_at"}],
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
        "KmsKeyId": When("size_gib", "kms_key_id"),
        "Iops": When("kms_key_id", Constant(3000)),
        "MultiAttachEnabled": "shared",
    }
)
FUNCTIONS = View(
    {
        "FunctionName": "volume_id",
        "CodeSize": "size_gib",
        "LastModified": "kms_key_id",
        "VpcConfig": {"VpcId": "instance_id", "SubnetIds": Each("names")},
        "Environment": {"Variables": "tags"},
        "Layers": Each("layers", {"Arn": "arn", "CodeSize": "size"}),
        "TracingConfig": {"Mode": Constant("Active")},
        "Architectures": Constant(["x86_64"]),
    }
)
GROUPS = View(
    {
        "AutoScalingGroupName": "volume_id",
        "MinSize": "size_gib",
        "CreatedTime": "created_at",
        "AvailabilityZones": Each("names"),
        "Instances": Each("layers", {"InstanceId": "arn", "ProtectedFromScaleIn": Constant(True)}),
        "Tags": Each("tags", {"Key": "key", "Value": "value", "ResourceId": Constant("a'b\\{}")}),
        "LaunchTemplate": {"LaunchTemplateId": "instance_id", "Version": Constant("1")},
        "SuspendedProcesses": [{"ProcessName": "kms_key_id"}],
    }
)
OBJECTS = View({"Key": "volume_id", "Size": "size_gib", "LastModified": "created_at"})
ALARMS = View(
    {
        "AlarmName": "volume_id",
        "Threshold": "size_gib",
        "StateUpdatedTimestamp": "created_at",
        "ActionsEnabled": "shared",
        "AlarmActions": Each("names"),
        "Dimensions": Each("tags", {"Name": "key", "Value": "value"}),
    }
)
LISTS = (
    ("ec2", "ec2", "DescribeVolumes", "Volumes", VOLUMES),
    ("query", "autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups", GROUPS),
    ("query", "cloudwatch", "DescribeAlarms", "MetricAlarms", ALARMS),
    ("json", "cloudwatch", "DescribeAlarms", "MetricAlarms", ALARMS),
    ("smithy-rpc-v2-cbor", "cloudwatch", "DescribeAlarms", "MetricAlarms", ALARMS),
    ("rest-json", "lambda", "ListFunctions", "Functions", FUNCTIONS),
    ("rest-xml", "s3", "ListObjectsV2", "Contents", OBJECTS),
)
TEXTS = (
    "plain",
    "a&b",
    "<x>",
    'say "hi"',
    "back\\slash",
    "{braces}",
    "é",
    "日本\u2028",
    "\x01",
    "",
)


def record(dice: random.Random, nulls: float, texts: tuple[str, ...]) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return None if dice.random() < nulls else value

    return {
        "volume_id": dice.choice(texts),
        "size_gib": maybe(dice.randrange(1000)),
        "created_at": maybe(datetime(2024, 1, dice.randrange(1, 28), 5, 6, 7, 123456, UTC)),
        "attached_at": maybe(datetime(2024, 2, 1, tzinfo=UTC)),
        "instance_id": maybe(dice.choice(texts)),
        "kms_key_id": maybe(dice.choice(texts)),
        "shared": maybe(dice.random() < 0.5),
        "names": maybe([dice.choice(texts) for _ in range(dice.randrange(3))]),
        "layers": maybe([{"arn": dice.choice(texts), "size": 5}, {"arn": None}, {"size": 1}]),
        "tags": maybe({dice.choice(texts): dice.choice(texts) for _ in range(dice.randrange(3))}),
    }


@pytest.mark.parametrize(("protocol", "service", "name", "member", "view"), LISTS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.sampled_from((0, 1, 7, 60, 130)),
    nulls=st.sampled_from((0.0, 0.0, 0.3, 1.0)),
    clean=st.booleans(),
)
def test_the_compiled_way_gives_the_bytes_of_the_plain_walk(
    protocol: str,
    service: str,
    name: str,
    member: str,
    view: View,
    seed: int,
    count: int,
    nulls: float,
    clean: bool,
) -> None:
    dice = random.Random(seed)
    texts = TEXTS[:1] if clean else TEXTS
    records = [record(dice, nulls, texts) for _ in range(count)]
    operation = api.service(service).operations[name]
    codec = protocols.by_name(protocol)
    compiled = codec.write(operation, {member: Rows(view, records)}, request_id="i", shift=SHIFT)
    plain = codec.write(
        operation, {member: Rows(view, records).plain()}, request_id="i", shift=SHIFT
    )
    assert compiled == plain


@pytest.mark.parametrize(("protocol", "service", "name", "member", "view"), LISTS)
async def test_writing_in_turns_gives_the_same_bytes(
    protocol: str, service: str, name: str, member: str, view: View
) -> None:
    dice = random.Random(1)
    records = [record(dice, 0.2, TEXTS) for _ in range(350)]
    operation = api.service(service).operations[name]
    codec = protocols.by_name(protocol)
    rows = Rows(view, records)
    at_once = codec.write(operation, {member: rows}, request_id="i", shift=SHIFT)
    in_turns = await codec.awrite(operation, {member: rows}, request_id="i", shift=SHIFT)
    # CBOR's lists are written in one piece
    assert isinstance(in_turns.body, Pieces) == (codec.dialect is not None)
    assert len(in_turns.body) == len(at_once.body)
    assert in_turns._replace(body=bytes(in_turns.body)) == at_once


async def test_the_longest_lists_take_turns_and_others_pass_them_by() -> None:
    dice = random.Random(1)
    records = [record(dice, 0.2, TEXTS) for _ in range(MANY_ROWS + 1)]
    operation = api.service("ec2").operations["DescribeVolumes"]
    codec, turn, done = protocols.by_name("ec2"), asyncio.Semaphore(1), []

    async def write(name: str, count: int) -> None:
        result = {"Volumes": Rows(VOLUMES, records[:count])}
        await codec.awrite(operation, result, request_id="i", shift=SHIFT, turn=turn)
        done.append(name)

    names = {"longest": MANY_ROWS + 1, "next": MANY_ROWS + 1, "many": MANY_ROWS, "few": 101}
    await asyncio.gather(*(write(name, count) for name, count in names.items()))
    # a hundred rows at a time, and of "next" none before "longest" is written
    assert done == ["few", "many", "longest", "next"]


def test_plain_rows_are_aws_structures() -> None:
    row = {
        "volume_id": "vol-1", "size_gib": 8, "created_at": None, "attached_at": None,
        "instance_id": None, "kms_key_id": None, "shared": None, "names": None, "layers": None,
        "tags": '{"env": "prod"}',
    }  # fmt: skip
    assert Rows(VOLUMES, [row]).plain() == [
        {
            "VolumeId": "vol-1",
            "Size": 8,
            "Encrypted": False,
            "State": "available",
            "Tags": [{"Key": "env", "Value": "prod"}],
        }
    ]


def test_values_of_other_python_types_are_written_as_their_text() -> None:
    operation = api.service("ec2").operations["DescribeVolumes"]
    name = uuid.UUID(int=1)
    rows = Rows(View({"VolumeId": "id", "Size": "size"}), [{"id": name, "size": Decimal(8)}] * 60)
    body = protocols.by_name("ec2").write(operation, {"Volumes": rows}, request_id="i").body
    assert bytes(body).count(f"<volumeId>{name}</volumeId><size>8</size>".encode()) == 60


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"VolumId": "a"}, "did you mean VolumeId"),
        ({"Attachments": [{"InstancId": "a"}]}, "did you mean InstanceId"),
        ({"VolumeId": {"a": "b"}}, "not a structure"),
        ({"VolumeId": [{"a": "b"}]}, "is a string"),
        ({"VolumeId": Each("tags", {"a": "b"})}, "not a list"),
    ],
)
def test_a_view_that_does_not_fit_its_shape_is_told(members: dict[str, Any], words: str) -> None:
    operation = api.service("ec2").operations["DescribeVolumes"]
    with pytest.raises(ViewError, match=words):
        protocols.by_name("ec2").write(
            operation, {"Volumes": Rows(View(members), [])}, request_id="i"
        )


def test_a_result_with_an_unknown_member_is_told() -> None:
    operation = api.service("ec2").operations["DescribeVolumes"]
    with pytest.raises(ViewError, match="did you mean Volumes"):
        protocols.by_name("ec2").write(operation, {"Volume": []}, request_id="i")
