"""Rates at which AWS lets an account call its APIs, and the buckets that hold callers to them.

Every figure is documented by AWS; what AWS documents no rate of is not limited. An API's bucket is
its account's and region's own (S3's limits, which are a prefix's, count for the whole account).
"""

import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple


class Rate(NamedTuple):
    """A bucket: what it holds when full, and what comes back each second."""

    capacity: float
    refill: float

    def times(self, scale: float) -> "Rate":
        """The same for a share, or a multiple, of the calls; a bucket holds one token at least."""
        return Rate(max(self.capacity * scale, 1.0), self.refill * scale)


# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
_EC2_READ, _EC2_UNFILTERED, _EC2_WRITE = Rate(100, 20), Rate(50, 10), Rate(50, 5)
_EC2_PAGED: Final = frozenset(
    ("DescribeInstances", "DescribeInstanceStatus", "DescribeNetworkInterfaces",
     "DescribeSecurityGroups", "DescribeSnapshots", "DescribeSpotInstanceRequests",
     "DescribeVolumes")
)  # fmt: skip
_EC2_NARROWING: Final = frozenset(
    ("Filters", "MaxResults", "NextToken", "InstanceIds", "VolumeIds", "SnapshotIds", "GroupIds",
     "GroupNames", "NetworkInterfaceIds", "SpotInstanceRequestIds")
)  # fmt: skip
_EC2: dict[str, Rate] = {
    **dict.fromkeys(("AttachVolume", "CreateSnapshot", "CreateSnapshots", "CreateVolume",
                     "DeleteSnapshot", "DeleteVolume", "DetachVolume", "ModifyVolume",
                     "TerminateInstances", "AssociateAddress", "DisassociateAddress"),
                    Rate(100, 5)),
    **dict.fromkeys(("CreateTags", "DeleteTags"), Rate(100, 10)),
    "RunInstances": Rate(5, 2),
    "StartInstances": Rate(5, 2),
    "CreateVpcEndpoint": Rate(4, 0.3),
    "DescribeMovingAddresses": Rate(1, 1),
}  # fmt: skip
# How many instances a call may take up, beside how often it may be called.
RESOURCES: Final[dict[str, Rate]] = {
    "RunInstances": Rate(1000, 2),
    "StartInstances": Rate(1000, 2),
    "StopInstances": Rate(1000, 20),
    "TerminateInstances": Rate(1000, 20),
}


def _every_second(count: float, *names: str) -> dict[str, Rate]:
    return dict.fromkeys(names, Rate(max(count, 1), count))


# By service and operation; "*" is one bucket for all other operations of the service together.
_DOCUMENTED: Final[dict[str, dict[str, Rate]]] = {
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
    "cloudtrail": _every_second(2, "LookupEvents")
    | _every_second(10, "GetTrail", "GetTrailStatus", "GetEventSelectors", "ListTrails",
                    "DescribeTrails"),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
    "cloudwatch": _every_second(9, "DescribeAlarms")
    | _every_second(3, "DeleteAlarms", "DescribeAlarmHistory", "DisableAlarmActions",
                    "EnableAlarmActions", "PutMetricAlarm", "SetAlarmState")
    | _every_second(10, "DeleteDashboards", "GetDashboard", "ListDashboards", "PutDashboard")
    | _every_second(50, "GetMetricData")
    | _every_second(400, "GetMetricStatistics")
    | _every_second(25, "ListMetrics")
    | _every_second(500, "PutMetricData"),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
    "logs": _every_second(10, "CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups")
    | _every_second(50, "CreateLogStream")
    | _every_second(15, "DeleteLogStream")
    | _every_second(25, "DescribeLogStreams", "GetLogEvents")
    | _every_second(10, "FilterLogEvents", "StartQuery", "GetQueryResults")
    | _every_second(5, "PutMetricFilter", "DescribeMetricFilters", "ListTagsLogGroup"),
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    "lambda": _every_second(100, "GetFunction") | _every_second(15, "GetPolicy", "*"),
    # https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
    "kinesis": _every_second(5, "CreateStream", "DeleteStream", "ListStreams", "SplitShard",
                             "MergeShards", "AddTagsToStream", "RemoveTagsFromStream",
                             "ListTagsForStream")
    | _every_second(10, "DescribeStream")
    | _every_second(20, "DescribeStreamSummary"),
    # https://docs.aws.amazon.com/general/latest/gr/ssm.html
    "ssm": _every_second(40, "GetParameter", "GetParameters")
    | _every_second(3, "PutParameter")
    | _every_second(20, "GetParametersByPath"),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    "sts": _every_second(600, "*"),
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
    "s3": _every_second(5500, "GetObject", "HeadObject", "ListObjectsV2", "ListObjects")
    | _every_second(3500, "PutObject", "CopyObject", "DeleteObject"),
}  # fmt: skip
_NOT_CONTROL: Final = frozenset(("Invoke", "InvokeAsync", "InvokeWithResponseStream"))
_READS: Final = ("Describe", "Get", "List", "Search")


def rate_of(service: str, operation: str, params: Mapping[str, object]) -> tuple[str, Rate] | None:
    """The name of the bucket that a call is drawn from, and its rate; None: AWS names none."""
    if service == "ec2":
        return _ec2(operation, params)
    known = _DOCUMENTED.get(service)
    if known is None or operation in _NOT_CONTROL:
        return None
    if operation in known:
        return operation, known[operation]
    return ("*", known["*"]) if "*" in known else None


def _ec2(operation: str, params: Mapping[str, object]) -> tuple[str, Rate]:
    if operation in _EC2:
        return operation, _EC2[operation]
    if operation.startswith(_READS):
        if operation in _EC2_PAGED and _EC2_NARROWING.isdisjoint(params):
            return f"{operation} unfiltered", _EC2_UNFILTERED
        return operation, _EC2_READ
    return operation, _EC2_WRITE


class Buckets:
    """Token buckets by name, full at first; they live as long as the process."""

    MOST = 20_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, ...], tuple[float, float]] = {}

    def take(self, name: tuple[str, ...], rate: Rate, tokens: float = 1.0) -> float:
        """Take tokens: 0.0, or the seconds until there will be enough (nothing is taken then).

        Whoever asks for more than a bucket can ever hold gets it when the bucket is full.
        """
        now = self._clock()
        level, since = self._kept.get(name, (rate.capacity, now))
        level = min(rate.capacity, level + (now - since) * rate.refill)
        wanted = min(tokens, rate.capacity)
        if level >= wanted:
            level, wait = level - wanted, 0.0
        else:
            wait = (wanted - level) / rate.refill
        if len(self._kept) >= self.MOST and name not in self._kept:
            self._kept.clear()
        self._kept[name] = (level, now)
        return wait

    def clear(self) -> None:
        """Fill all buckets."""
        self._kept.clear()
