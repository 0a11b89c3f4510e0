"""Counters: what was answered, as health tells it and as Prometheus reads it."""

import re

from emulator.counters import BOUNDS, Counters

LINE = re.compile(
    r'(?P<name>[a-z_]+)(\{(?P<labels>[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*)\})?'
    r" (?P<value>[0-9.e+-]+)"
)


def answered() -> Counters:
    counters = Counters()
    counters.answer("ec2", "DescribeVolumes", "", 0.0004)
    counters.answer("ec2", "DescribeVolumes", "", 0.3)
    counters.answer("ec2", "CreateVolume", "InvalidParameterValue", 0.002)
    counters.answer("s3", "GetObject", "NotImplemented", 0.001)
    counters.answer("", "", 'Bad"Code\n{}', 99.0)
    return counters


def test_successes_and_refusals_are_told_apart() -> None:
    counters = answered()
    assert counters.served == {("ec2", "DescribeVolumes"): 2}
    assert counters.refused["ec2", "InvalidParameterValue"] == 1
    assert counters.not_emulated == {("s3", "GetObject"): 1}
    assert counters.answers == 5


def test_prometheus_can_read_every_line() -> None:
    types: dict[str, str] = {}
    values: dict[str, float] = {}
    for line in answered().prometheus():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in types
            types[name] = kind
        elif not line.startswith("# HELP "):
            found = LINE.fullmatch(line)
            assert found, line
            base = re.sub(r"_(bucket|sum|count)$", "", found["name"])
            assert found["name"] in types or types[base] == "histogram"
            key = f"{found['name']}{{{found['labels']}}}"
            assert key not in values, "a series twice"
            values[key] = float(found["value"])
    assert values['driftcloud_requests_total{service="ec2",operation="DescribeVolumes"}'] == 2
    assert values['driftcloud_refusals_total{service="",code="BadCode"}'] == 1
    assert values['driftcloud_request_seconds_count{service="ec2"}'] == 3


def test_buckets_only_grow() -> None:
    lines = [one for one in answered().prometheus() if '_bucket{service="ec2"' in one]
    counts = [int(one.rpartition(" ")[2]) for one in lines]
    assert len(counts) == len(BOUNDS) + 1
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 3)
