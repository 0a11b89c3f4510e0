"""Global clusters: clusters of several regions, which no operation here makes.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeGlobalClusters.html
Terraform asks for the global cluster of every Aurora cluster that it reads.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import lists

NOUN = "rds_clusters"
FILTERS = ("db-cluster-id", "region")


async def describe_global_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's global clusters: one that is named is not there, and a list has none."""
    name = params.get("GlobalClusterIdentifier")
    if name:
        raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {name} not found")
    lists.wanted(FILTERS, params.get("Filters"))
    lists.page(ctx, params)
    return {"GlobalClusters": []}
