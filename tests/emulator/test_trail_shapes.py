"""What the trail tells of values: compiled per shape as a plain walk tells it, names and all."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator import api
from emulator.api import Ref, Shape
from emulator.trail_shapes import HIDDEN, Style, structure

SHIFT = timedelta(hours=5)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TEXTS = ("", "a name", "i-0123456789abcdef0", "vol-01234567", "sg-0123456789abcdef0", "vol-xyz")
KEYS = ("Password", "items", "KeyName", "Department")
ASKED = [
    ("ec2", "RunInstances"), ("ec2", "CreateTags"), ("ec2", "StopInstances"), ("iam", "CreateUser"),
    ("rds", "CreateDBInstance"), ("lambda", "CreateFunction"), ("dynamodb", "TransactWriteItems"),
    ("s3", "CreateBucket"), ("events", "PutTargets"), ("ssm", "PutParameter"),
]  # fmt: skip


def sample(shape: Shape, chance: random.Random, depth: int = 0) -> Any:
    """Some value of a shape."""
    if shape.type == "structure":
        names = chance.sample(list(shape.members), min(len(shape.members), 9 - 2 * min(depth, 4)))
        return {name: sample(shape.members[name].shape, chance, depth + 1) for name in names}
    if shape.type == "list":
        return [sample(shape.member.shape, chance, depth + 1) for _ in range(chance.randint(0, 2))]
    if shape.type == "map":
        return {key: sample(shape.value.shape, chance, depth + 1) for key in chance.sample(KEYS, 2)}
    plain = {"timestamp": NOON, "blob": b"\x01", "boolean": True, "integer": 7, "long": 8}
    return plain.get(shape.type, chance.choice(TEXTS))


class Walk:
    """The plain walk, value by value."""

    def __init__(self, style: Style) -> None:
        self.style = style

    def structure(self, shape: Shape, value: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
        told = {}
        for name, one in value.items():
            ref = shape.members[name]
            small = name[:1].lower() + name[1:]
            if self.style == Style(ec2=True, request=True) and name == "InstanceIds":
                told["instancesSet"] = {"items": [{"instanceId": each} for each in one]}
                continue
            if self.style == Style(ec2=True, request=False):
                small = ref.location_name or small
            told[small] = self.value(ref, name, one, depth + 1)
        return told

    def value(self, ref: Ref, name: str, value: Any, depth: int) -> Any:
        secret = any(word in name.lower() for word in ("password", "userdata", "zipfile"))
        if secret or (ref.traits.get("sensitive") and ref.type not in ("structure", "list")):
            return HIDDEN
        if depth > 12:
            return None
        if ref.type == "structure":
            return self.structure(ref.shape, value, depth)
        if ref.type == "list":
            items = [self.value(ref.shape.member, name, one, depth + 1) for one in value]
            return {"items": items} if self.style.ec2 else items
        if ref.type == "map":
            inner = ref.shape.value
            return {key: self.value(inner, key, one, depth + 1) for key, one in value.items()}
        if value is NOON:
            return "May 4, 2026, 5:00:00 PM"
        return None if isinstance(value, bytes) else value


@pytest.mark.parametrize(("service", "name"), ASKED)
def test_values_are_told_as_a_plain_walk_tells_them(service: str, name: str) -> None:
    chance = random.Random(name)
    operation = api.service(service).operations[name]
    for shape, request in ((operation.input, True), (operation.output, False)):
        if shape is None:
            continue
        style = Style(service == "ec2", request)
        for _ in range(50):
            value = sample(shape, chance)
            found: dict[str, str] = {}
            told = structure(shape, style)(value, 0, SHIFT, found)
            assert told == Walk(style).structure(shape, value)
            assert all(text in str(told) for text in found)


def test_resources_are_known_by_their_ids_and_by_their_members() -> None:
    found: dict[str, str] = {}
    volume = {"VolumeId": "vol-01234567", "InstanceId": "no-id", "Device": "/dev/sdf"}
    shape = api.service("ec2").shape("AttachVolumeRequest")
    structure(shape, Style(ec2=True, request=True))(volume, 0, SHIFT, found)
    key = {"KeyName": "me", "Tags": [{"Key": "host", "Value": "i-0123456789abcdef0"}]}
    shape = api.service("ec2").shape("KeyPair")
    structure(shape, Style(ec2=True, request=False))(key, 0, SHIFT, found)
    assert found == {
        "vol-01234567": "AWS::EC2::Volume",
        "me": "AWS::EC2::KeyPair",
        "i-0123456789abcdef0": "AWS::EC2::Instance",
    }
