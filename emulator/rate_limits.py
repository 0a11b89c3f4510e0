"""Rates at which AWS lets an account call its APIs, and the buckets that hold callers to them.

Every figure is documented by AWS; what AWS documents no rate of is not limited. An API's bucket is
its account's and region's own (S3's limits, which are a prefix's, count for the whole account).
"""

import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol


class Rate(NamedTuple):
    """A bucket: what it holds when full, and what comes back each second."""

    capacity: float
    refill: float

    def times(self, scale: float) -> "Rate":
        """The same for a share, or a multiple, of the calls; a bucket holds one token at least."""
        return Rate(max(self.capacity * scale, 1.0), self.refill * scale)

    def drawn(self, level: float, seconds: float, tokens: float) -> tuple[float, float]:
        """The level after `seconds` of filling and a draw of `tokens`, and the wait for it.

        Where there are too few, nothing is taken, and the wait is in seconds. Whoever asks for
        more than a bucket can ever hold gets it when the bucket is full.
        """
        level = min(self.capacity, level + seconds * self.refill)
        wanted = min(tokens, self.capacity)
        if level >= wanted:
            return level - wanted, 0.0
        return level, (wanted - level) / self.refill


# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html: categories of actions,
# and below them the actions that have buckets of their own
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
    name: rate
    for rate, names in {
        Rate(100, 5): (
            "AssignIpv6Addresses", "AssignPrivateIpAddresses", "AssociateIamInstanceProfile",
            "CreateLaunchTemplateVersion", "CreateNetworkInterface", "CreateSnapshot",
            "CreateSnapshots", "CreateVolume", "DeleteNetworkInterface", "DeleteSnapshot",
            "DeleteVolume", "DeregisterImage", "DescribeSpotFleetInstances",
            "DescribeSpotFleetRequestHistory", "DisassociateIamInstanceProfile",
            "ModifyImageAttribute", "ModifyInstanceMetadataOptions", "ModifyLaunchTemplate",
            "ModifyNetworkInterfaceAttribute", "ModifySnapshotAttribute", "TerminateInstances",
            "UnassignPrivateIpAddresses"),
        Rate(100, 10): ("CreateTags", "DeleteTags"),
        Rate(100, 13): ("DescribeSpotDatafeedSubscription",),
        Rate(100, 1): ("CopyImage",),
        Rate(50, 3): (
            "CreateSpotDatafeedSubscription", "DeleteSpotDatafeedSubscription",
            "DescribeSpotFleetRequests"),
        Rate(50, 0.5): ("DescribeStoreImageTasks",),
        Rate(50, 0.1): ("CreateRestoreImageTask", "CreateStoreImageTask"),
        Rate(20, 5): ("DescribeSecurityGroupReferences", "DescribeStaleSecurityGroups"),
        Rate(10, 10): (
            "DescribeAggregateIdFormat", "DescribeIdentityIdFormat", "DescribeIdFormat",
            "DescribePrincipalIdFormat", "DescribeReservedInstancesOfferings"),
        Rate(10, 1): (
            "AcceptVpcEndpointConnections", "AssignPrivateNatGatewayAddress",
            "AssociateNatGatewayAddress", "CreateNatGateway",
            "CreateVpcEndpointServiceConfiguration", "DeleteNatGateway",
            "DeleteVpcEndpointServiceConfigurations", "DisassociateNatGatewayAddress",
            "ModifyVpcEndpointServiceConfiguration", "RejectVpcEndpointConnections",
            "UnassignPrivateNatGatewayAddress"),
        Rate(10, 0.15): (
            "DescribeCapacityBlockExtensionOfferings", "DescribeCapacityBlockOfferings",
            "PurchaseCapacityBlock", "PurchaseCapacityBlockExtension"),
        Rate(5, 5): (
            "DeleteQueuedReservedInstances", "DescribeDeclarativePoliciesReports",
            "GetDeclarativePoliciesReportSummary", "PurchaseReservedInstancesOffering"),
        Rate(5, 2): (
            "DescribeHostReservationOfferings", "DescribeHostReservations", "DisableFastLaunch",
            "EnableFastLaunch", "GetHostReservationPurchasePreview", "PurchaseHostReservation",
            "RunInstances", "StartInstances"),
        Rate(5, 1): ("CreateSubnetCidrReservation", "DeleteSubnetCidrReservation"),
        Rate(4, 0.3): ("CreateVpcEndpoint", "DeleteVpcEndpoints", "ModifyVpcEndpoint"),
        Rate(2, 2): ("ModifyInstanceMetadataDefaults",),
        Rate(1, 1): (
            "CreateDefaultSubnet", "CreateDefaultVpc", "DescribeInstanceTopology",
            "DescribeMovingAddresses", "MoveAddressToVpc", "RestoreAddressToClassic"),
        Rate(1, 0.5): ("DescribeByoipCidrs",),
        Rate(1, 0.1): (
            "DisableImageBlockPublicAccess", "DisableSnapshotBlockPublicAccess",
            "EnableImageBlockPublicAccess", "EnableSnapshotBlockPublicAccess"),
    }.items()
    for name in names
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


_PARAMETER_READS: Final = ("GetParameter", "GetParameters", "GetParametersByPath")
_OBJECT_READS: Final = ("GetObject", "HeadObject", "ListObjectsV2", "ListObjects",
                        "ListObjectVersions")  # fmt: skip
_OBJECT_WRITES: Final = ("PutObject", "CopyObject", "DeleteObject", "DeleteObjects",
                         "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
                         "AbortMultipartUpload")  # fmt: skip
# Operations that draw from one bucket, named by the first of them.
_TOGETHER: Final = {
    name: together[0]
    for together in (_PARAMETER_READS, _OBJECT_READS, _OBJECT_WRITES)
    for name in together
}
# By service and operation; "*" is one bucket for all other operations of the service together.
_DOCUMENTED: Final[dict[str, dict[str, Rate]]] = {
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
    "cloudtrail": _every_second(2, "LookupEvents")
    | _every_second(10, "GetTrail", "GetTrailStatus", "GetEventSelectors", "GetInsightSelectors",
                    "ListTrails", "ListTags", "DescribeTrails")
    | _every_second(1, "CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging",
                    "PutEventSelectors", "AddTags", "RemoveTags"),
    # https://docs.aws.amazon.com/general/latest/gr/cw_region.html
    "cloudwatch": _every_second(9, "DescribeAlarms", "DescribeAlarmsForMetric")
    | _every_second(3, "DeleteAlarms", "DisableAlarmActions", "EnableAlarmActions",
                    "PutCompositeAlarm", "PutMetricAlarm", "SetAlarmState")
    | _every_second(5, "DeleteAnomalyDetector")
    | _every_second(10, "DeleteDashboards", "GetDashboard", "ListDashboards", "PutDashboard",
                    "DescribeAnomalyDetectors", "PutAnomalyDetector", "ListMetricStreams",
                    "ListTagsForResource")
    | _every_second(20, "DescribeAlarmHistory", "DescribeInsightRules", "GetMetricWidgetImage",
                    "TagResource", "UntagResource")
    | _every_second(25, "ListMetrics")
    | _every_second(400, "GetMetricStatistics")
    | _every_second(500, "GetMetricData", "PutMetricData"),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
    "logs": _every_second(10, "CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups",
                          "FilterLogEvents", "GetQueryResults", "StartQuery")
    | _every_second(50, "CreateLogStream")
    | _every_second(15, "DeleteLogStream")
    | _every_second(25, "DescribeLogStreams", "GetLogEvents")
    | _every_second(5000, "PutLogEvents")
    | _every_second(5, "DeleteMetricFilter", "DeleteRetentionPolicy", "DeleteSubscriptionFilter",
                    "DescribeDestinations", "DescribeExportTasks", "DescribeMetricFilters",
                    "DescribeSubscriptionFilters", "ListTagsForResource", "ListTagsLogGroup",
                    "PutDestination", "PutMetricFilter", "PutRetentionPolicy",
                    "PutSubscriptionFilter", "TagLogGroup", "TagResource", "TestMetricFilter",
                    "UntagLogGroup", "UntagResource"),
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    "lambda": _every_second(100, "GetFunction") | _every_second(15, "GetPolicy", "*"),
    # the operations' own pages: https://docs.aws.amazon.com/kinesis/latest/APIReference/
    "kinesis": _every_second(5, "CreateStream", "DeleteStream", "ListStreams", "SplitShard",
                             "MergeShards", "AddTagsToStream", "RemoveTagsFromStream",
                             "ListTagsForStream", "RegisterStreamConsumer")
    | _every_second(1, "DescribeLimits")
    | _every_second(10, "DescribeStream", "UpdateShardCount")
    | _every_second(20, "DescribeStreamSummary"),
    # https://docs.aws.amazon.com/general/latest/gr/ssm.html: reading parameters is one bucket.
    # Writing them: what AWS Support says, https://github.com/github-aws-runners/
    # terraform-aws-github-runner/issues/2944.
    "ssm": _every_second(40, *_PARAMETER_READS) | _every_second(3, "PutParameter"),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    "sts": _every_second(600, "*"),
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html: 5,500 GET
    # and HEAD, 3,500 PUT, COPY, POST and DELETE requests for each prefix
    "s3": _every_second(5500, *_OBJECT_READS) | _every_second(3500, *_OBJECT_WRITES),
}  # fmt: skip
# Where a region's rate is another: what the page on CloudWatch Logs gives.
_IN_REGIONS: Final[dict[tuple[str, str, str], Rate]] = {
    ("logs", operation, region): Rate(count, count)
    for operation, count, regions in (
        ("FilterLogEvents", 25, ("us-east-1",)),
        ("FilterLogEvents", 5, ("ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1",
                                "il-central-1")),
        ("GetLogEvents", 10, ("us-west-2", "ap-northeast-3", "ap-southeast-3", "ca-west-1",
                              "eu-central-1", "eu-west-1", "il-central-1")),
        ("GetLogEvents", 30, ("eu-west-3",)),
    )
    for region in regions
}  # fmt: skip
_NOT_CONTROL: Final = frozenset(("Invoke", "InvokeAsync", "InvokeWithResponseStream"))
_READS: Final = ("Describe", "Get", "List", "Search")


def rate_of(
    service: str, operation: str, params: Mapping[str, object], region: str = ""
) -> tuple[str, Rate] | None:
    """The name of the bucket that a call is drawn from, and its rate; None: AWS names none."""
    if service == "ec2":
        return _ec2(operation, params)
    if (service, operation, region) in _IN_REGIONS:
        return operation, _IN_REGIONS[service, operation, region]
    known = _DOCUMENTED.get(service)
    if known is None or operation in _NOT_CONTROL:
        return None
    if operation in known:
        return _TOGETHER.get(operation, operation), known[operation]
    return ("*", known["*"]) if "*" in known else None


def _ec2(operation: str, params: Mapping[str, object]) -> tuple[str, Rate]:
    if operation in _EC2:
        return operation, _EC2[operation]
    if operation.startswith(_READS):
        if operation in _EC2_PAGED and _EC2_NARROWING.isdisjoint(params):
            return f"{operation} unfiltered", _EC2_UNFILTERED
        return operation, _EC2_READ
    return operation, _EC2_WRITE


class Drawing(Protocol):
    """What calls are drawn from."""

    def take(self, name: tuple[str, ...], rate: Rate, tokens: float = 1.0) -> float:
        """Take tokens: 0.0, or the seconds until there will be enough (nothing is taken then)."""


class Buckets:
    """Token buckets by name, full at first; they live as long as the process."""

    MOST = 20_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, ...], tuple[float, float]] = {}

    def take(self, name: tuple[str, ...], rate: Rate, tokens: float = 1.0) -> float:
        """Take tokens: 0.0, or the seconds until there will be enough (nothing is taken then)."""
        now = self._clock()
        level, since = self._kept.get(name, (rate.capacity, now))
        level, wait = rate.drawn(level, now - since, tokens)
        if len(self._kept) >= self.MOST and name not in self._kept:
            self._kept.clear()
        self._kept[name] = (level, now)
        return wait
