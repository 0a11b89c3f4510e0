"""Flow logs.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html and the
pages of the operations beside it. No traffic is told: a destination that is there stays empty.
"""

import re
from typing import Any

from emulator import arns, ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.idempotency import once
from emulator.rows import Constant, Each, Rows, View
from handlers.ec2 import identifiers, lists
from handlers.ec2.identifiers import FLOW_LOG
from handlers.ec2.tag_specifications import check_types, tags_for
from models import flow_logs, log_groups, s3_buckets
from models.flow_logs import LISTING

NOUNS = {
    "VPC": identifiers.VPC,
    "Subnet": identifiers.SUBNET,
    "NetworkInterface": identifiers.NETWORK_INTERFACE,
    "TransitGateway": identifiers.TRANSIT_GATEWAY,
    "TransitGatewayAttachment": identifiers.TRANSIT_GATEWAY_ATTACHMENT,
}
MOST_RESOURCES = 1000
INTERVALS = (60, 600)
_ROLE = re.compile(r"arn:aws:iam::[0-9]{12}:role/.+")
_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport}"
    " ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)
_TRANSIT_FORMAT = (
    "${version} ${resource-type} ${account-id} ${tgw-id} ${tgw-attachment-id}"
    " ${tgw-src-vpc-account-id} ${tgw-dst-vpc-account-id} ${tgw-src-vpc-id} ${tgw-dst-vpc-id}"
    " ${tgw-src-subnet-id} ${tgw-dst-subnet-id} ${tgw-src-eni} ${tgw-dst-eni} ${tgw-src-az-id}"
    " ${tgw-dst-az-id} ${tgw-pair-attachment-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport}"
    " ${protocol} ${packets} ${bytes} ${start} ${end} ${log-status} ${type}"
    " ${packets-lost-no-route} ${packets-lost-blackhole} ${packets-lost-mtu-exceeded}"
    " ${packets-lost-ttl-expired} ${tcp-flags} ${region} ${flow-direction}"
    " ${pkt-src-aws-service} ${pkt-dst-aws-service}"
)


async def describe_flow_logs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Flow logs of the region, by id, filter and page."""
    asked = params.get("FlowLogIds")
    given = {**params, "Filters": params.get("Filter")}
    shown, token = await lists.found(ctx, given, LISTING, FLOW_LOG, asked, FILTERS)
    return {"FlowLogs": Rows(LOG_VIEW, shown), "NextToken": token}


async def create_flow_logs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tell the traffic of resources, each for itself, to a log group or a bucket."""
    check_types(params, ("vpc-flow-log",))
    kind, resources = params["ResourceType"], list(dict.fromkeys(params["ResourceIds"]))
    if kind not in NOUNS:
        raise AwsError("UnsupportedOperation", f"Flow logs of a {kind} are not emulated.")
    if len(resources) > MOST_RESOURCES:
        raise AwsError("InvalidParameterValue", f"At most {MOST_RESOURCES} resources can be named.")
    identifiers.check(NOUNS[kind], resources)
    row = await _row(ctx, params, kind)
    tags = tags_for(params, "vpc-flow-log")
    failed: list[dict[str, Any]] = []

    async def work() -> list[str]:
        if row["log_group_name"]:
            await _make_group(ctx, row["log_group_name"])
        named = {one: ids.new("fl") for one in resources}
        made = await flow_logs.insert(ctx.db, ctx.region, kind, named, row, tags, ctx.now)
        for one in made:
            if one["flow_log_id"] is None:
                failed.append(_unsuccessful(NOUNS[kind], one))
        return [one["flow_log_id"] for one in made if one["flow_log_id"]]

    found = await once(ctx, params.get("ClientToken"), work)
    return {
        "ClientToken": params.get("ClientToken"),
        "FlowLogIds": found,
        "Unsuccessful": failed,
    }


async def delete_flow_logs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete flow logs, all of them or none; what they told stays."""
    asked = params["FlowLogIds"]
    identifiers.check(FLOW_LOG, asked)
    found = await flow_logs.delete(ctx.db, ctx.region, asked)
    identifiers.check_found(FLOW_LOG, asked, found)
    return {"Unsuccessful": []}


async def _row(ctx: Context, params: dict[str, Any], kind: str) -> dict[str, Any]:
    """What all flow logs of a request share, with a destination that is there."""
    transit = kind.startswith("TransitGateway")
    interval = params.get("MaxAggregationInterval") or (60 if transit else 600)
    if interval not in ((60,) if transit else INTERVALS):
        raise AwsError("InvalidParameter", f"Invalid MaxAggregationInterval: {interval}.")
    traffic = params.get("TrafficType")
    if bool(traffic) is transit:
        raise AwsError(
            "InvalidParameter" if transit else "MissingParameter",
            "TrafficType is not supported for transit gateways."
            if transit
            else "The request must contain the parameter trafficType",
        )
    row = {
        "traffic_type": traffic,
        "log_destination_type": params.get("LogDestinationType") or "cloud-watch-logs",
        "log_format": params.get("LogFormat") or (_TRANSIT_FORMAT if transit else _FORMAT),
        "max_aggregation_interval": interval,
        "log_group_name": None,
        "role_arn": params.get("DeliverLogsPermissionArn"),
        "destination_options": None,
    }
    if params.get("DeliverCrossAccountRole"):
        raise AwsError("UnsupportedOperation", "DeliverCrossAccountRole is not emulated.")
    if row["log_destination_type"] == "cloud-watch-logs":
        return row | _to_group(ctx, params)
    if row["log_destination_type"] == "s3":
        return row | await _to_bucket(ctx, params)
    raise AwsError("UnsupportedOperation", "Flow logs to Firehose are not emulated.")


def _to_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    name, destination = params.get("LogGroupName"), params.get("LogDestination")
    if bool(name) is bool(destination):
        raise AwsError(
            "InvalidParameter",
            "Please only provide LogGroupName or only provide LogDestination."
            if name
            else "LogDestination can't be empty if LogGroupName is not provided.",
        )
    role = params.get("DeliverLogsPermissionArn")
    if not role or not _ROLE.fullmatch(role):
        raise AwsError(
            "InvalidParameter",
            "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs."
            if not role
            else f"The DeliverLogsPermissionArn {role} is not the ARN of a role.",
        )
    if params.get("DestinationOptions"):
        raise AwsError("InvalidParameter", "DestinationOptions are for Amazon S3 alone.")
    head = arns.arn(ctx, "logs", "log-group:")
    if destination:
        if not destination.startswith(head):
            raise AwsError(
                "InvalidParameter", f"LogDestination {destination} is not a log group of here."
            )
        name = destination.removeprefix(head).removesuffix(":*")
    return {"log_group_name": name, "log_destination": f"{head}{name}"}


async def _to_bucket(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    destination = params.get("LogDestination") or ""
    if params.get("LogGroupName") or params.get("DeliverLogsPermissionArn"):
        raise AwsError(
            "InvalidParameter",
            "LogGroupName and DeliverLogsPermissionArn are not for the destination type s3.",
        )
    name = destination.removeprefix("arn:aws:s3:::").partition("/")[0]
    if not destination.startswith("arn:aws:s3:::") or not name:
        raise AwsError(
            "InvalidParameter", "LogDestination must be the ARN of a bucket, with or without path."
        )
    if await s3_buckets.find_one(ctx.db, name) is None:
        raise AwsError("LogDestinationNotFoundException", f"LogDestination: {name} does not exist.")
    options = params.get("DestinationOptions") or {}
    return {
        "log_destination": destination,
        "destination_options": {
            "FileFormat": options.get("FileFormat") or "plain-text",
            "HiveCompatiblePartitions": bool(options.get("HiveCompatiblePartitions")),
            "PerHourPartition": bool(options.get("PerHourPartition")),
        },
    }


async def _make_group(ctx: Context, name: str) -> None:
    """A log group that is not there is made by what tells it first."""
    if await log_groups.find(ctx.db, ctx.region, name) is None:
        await log_groups.insert(ctx.db, {"name": name, "region": ctx.region, "created_at": ctx.now})


def _unsuccessful(noun: identifiers.Noun, one: Any) -> dict[str, Any]:
    if one["there"]:
        code = "FlowLogAlreadyExists"
        message = (
            "Error. There is an existing Flow Log with the same configuration and log destination."
        )
    else:
        error = identifiers.not_found(noun, [one["id"]])
        code, message = error.code, error.message
    return {"ResourceId": one["id"], "Error": {"Code": code, "Message": message}}


LOG_VIEW = View(
    {
        "CreationTime": "created_at",
        "DeliverLogsPermissionArn": "role_arn",
        "DeliverLogsStatus": Constant("SUCCESS"),
        "FlowLogId": "id",
        "FlowLogStatus": Constant("ACTIVE"),
        "LogGroupName": "log_group_name",
        "ResourceId": "resource_id",
        "TrafficType": "traffic_type",
        "LogDestinationType": "log_destination_type",
        "LogDestination": "log_destination",
        "LogFormat": "log_format",
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
        "MaxAggregationInterval": "max_aggregation_interval",
        "DestinationOptions": "destination_options",
    }
)
FILTERS = TAGS | {
    "deliver-log-status": "delivery",
    "flow-log-id": "id",
    "log-destination-type": "log_destination_type",
    "log-group-name": "log_group_name",
    "resource-id": "resource_id",
    "traffic-type": "traffic_type",
}
