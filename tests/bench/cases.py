"""The requests that are measured, made for whatever instances a server has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.replay import Signer, client
from tests.bench.servers import ServerProcess

SAMPLE = "bench-sample"
SAMPLE_SHARE = 20  # one instance in so many bears the tag that is filtered by
TRACKS = 16
IMAGE = "ami-12c6146b"  # moto insists on one that it knows


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a server has that requests can be about."""

    all_ids: Sequence[str]
    running: Sequence[str]
    available: int

    def each(self, count: int) -> Sequence[str]:
        """So many running instances."""
        return self.running[:count]


def populate(server: ServerProcess, instances: int, available: int) -> Fleet:
    """Launch instances and volumes until a server that was empty has so many, and tag a share."""
    ec2 = client("ec2", server.url)
    left = instances
    while left > 0:
        count = min(left, 500)
        ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="m5.large",
            MinCount=count,
            MaxCount=count,
            TagSpecifications=[{"ResourceType": "instance", "Tags": _TAGS}],
        )
        left -= count
    return survey(server, available)


_TAGS = [
    {"Key": key, "Value": value}
    for key, value in (("Name", "bench"), ("Environment", "prod"), ("Team", "platform"))
]


def survey(server: ServerProcess, available: int = 0) -> Fleet:
    """Find out what a server has; add the sample's tag and, up to `available`, volumes."""
    ec2 = client("ec2", server.url)
    found: list[tuple[str, str]] = []
    pages = ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000})
    for page in pages:
        for reservation in page["Reservations"]:
            for one in reservation["Instances"]:
                found.append((one["InstanceId"], one["State"]["Name"]))
    found = list(dict(found).items())
    names = [name for name, _ in found]
    sample = names[::SAMPLE_SHARE]
    for start in range(0, len(sample), 200):
        tags = [{"Key": SAMPLE, "Value": "yes"}]
        ec2.create_tags(Resources=sample[start : start + 200], Tags=tags)
    have = _available(ec2)
    for _ in range(available - have):
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, VolumeType="gp3")
    return Fleet(names, [n for n, state in found if state == "running"], max(have, available))


def _available(ec2: Any) -> int:
    filters = [{"Name": "status", "Values": ["available"]}]
    return len(ec2.describe_volumes(Filters=filters)["Volumes"])


Make = Callable[[Signer, Fleet], list[list[bytes]]]


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request: tracks of raw requests, which connections walk over and over."""

    name: str
    kind: str  # small, describe, write, filtered, page: what goals are set for
    make: Make
    at_least: int = 0  # instances that a fleet must have


def _one(sign: Signer, fleet: Fleet) -> list[list[bytes]]:
    ids = fleet.each(64)
    requests = [sign("ec2", "describe_instances", InstanceIds=[one]) for one in ids]
    return [requests[n:] + requests[:n] for n in range(min(TRACKS, len(requests)))]


def _stop_start(sign: Signer, fleet: Fleet) -> list[list[bytes]]:
    return [
        [
            sign("ec2", "stop_instances", InstanceIds=[one]),
            sign("ec2", "start_instances", InstanceIds=[one]),
        ]
        for one in fleet.each(TRACKS)
    ]


def _tag(sign: Signer, fleet: Fleet) -> list[list[bytes]]:
    return [
        [
            sign("ec2", "create_tags", Resources=[one], Tags=[{"Key": "touched", "Value": value}])
            for value in ("odd", "even")
        ]
        for one in fleet.each(TRACKS)
    ]


def _same(service: str, method: str, **params: Any) -> Make:
    return lambda sign, fleet: [[sign(service, method, **params)]]


CASES = (
    Case("sts GetCallerIdentity", "small", _same("sts", "get_caller_identity")),
    Case("ec2 DescribeRegions", "small", _same("ec2", "describe_regions")),
    Case("DescribeInstances, one id", "describe", _one),
    Case("StopInstances / StartInstances", "write", _stop_start),
    Case("CreateTags", "write", _tag),
    Case(
        "DescribeVolumes status=available",
        "filtered",
        _same("ec2", "describe_volumes", Filters=[{"Name": "status", "Values": ["available"]}]),
    ),
    Case(
        "DescribeInstances tag filter, 5 %",
        "filtered",
        _same("ec2", "describe_instances", Filters=[{"Name": f"tag:{SAMPLE}", "Values": ["yes"]}]),
    ),
    Case(
        "DescribeInstances, page of 100",
        "list",
        _same("ec2", "describe_instances", MaxResults=100),
        100,
    ),
    Case(
        "DescribeInstances, page of 1,000",
        "page",
        _same("ec2", "describe_instances", MaxResults=1000),
        1000,
    ),
)
