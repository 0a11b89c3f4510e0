"""Operations of MSK clusters, in the shapes of both versions of the API.

Source: https://docs.aws.amazon.com/msk/1.0/apireference/operations-clusteroperationarn.html.
"""

from typing import Any

from emulator.context import Context
from emulator.rows import Rows, View
from handlers.kafka.refusals import not_found, page
from handlers.kafka.streaming_clusters import find
from models import streaming_operations
from models.listing import Condition

NOUN = "streaming_clusters"


async def describe_cluster_operation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One operation, with what the cluster was and became."""
    row = await _find(ctx, params)
    return {"ClusterOperationInfo": FIRST_VIEW.show(row)}


async def describe_cluster_operation_v2(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One operation, in the second version's shape."""
    row = await _find(ctx, params)
    changed = {"SourceClusterInfo": row["source"], "TargetClusterInfo": row["target"]}
    return {"ClusterOperationInfo": {**SECOND_VIEW.show(row), "Provisioned": changed}}


async def list_cluster_operations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The operations of a cluster."""
    shown, token = await _listed(ctx, params)
    return {"ClusterOperationInfoList": Rows(FIRST_VIEW, shown), "NextToken": token}


async def list_cluster_operations_v2(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The operations of a cluster, in the second version's shape."""
    shown, token = await _listed(ctx, params)
    return {"ClusterOperationInfoList": Rows(SECOND_VIEW, shown), "NextToken": token}


async def _find(ctx: Context, params: dict[str, Any]) -> Any:
    arn = params["ClusterOperationArn"]
    row = await streaming_operations.find_one(ctx.db, ctx.region, arn)
    if row is None:
        raise not_found("The requested cluster operation does not exist.", "clusterOperationArn")
    return row


async def _listed(ctx: Context, params: dict[str, Any]) -> Any:
    asked = page(ctx, params)
    cluster = await find(ctx, params["ClusterArn"])
    rows = await streaming_operations.LISTING.page(
        ctx.db, [Condition("cluster", (cluster["arn"],))], after=asked.after, limit=asked.fetch
    )
    return asked.cut(rows, "arn")


FIRST_VIEW = View(
    {
        "ClusterArn": "cluster_arn",
        "CreationTime": "started_at",
        "EndTime": "ended_at",
        "OperationArn": "arn",
        "OperationState": "state",
        "OperationType": "kind",
        "SourceClusterInfo": "source",
        "TargetClusterInfo": "target",
    }
)
SECOND_VIEW = View(
    {
        "ClusterArn": "cluster_arn",
        "ClusterType": "cluster_type",
        "StartTime": "started_at",
        "EndTime": "ended_at",
        "OperationArn": "arn",
        "OperationState": "state",
        "OperationType": "kind",
    }
)
