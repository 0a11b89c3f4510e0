"""Quotas of RDS: how much an account may have in a region, and has.

Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html, whose defaults
these are, and API_DescribeAccountAttributes.html.
"""

from typing import Any

from emulator.context import Context
from models import rds_quotas

NOUN = "rds_instances"
# Quota: what it allows; what is used of it is counted where there is a column of that name.
QUOTAS = {
    "DBInstances": (40, "instances"),
    "ReservedDBInstances": (40, "reserved"),
    "AllocatedStorage": (100_000, "storage_gib"),
    "DBSecurityGroups": (25, None),
    "AuthorizationsPerDBSecurityGroup": (20, None),
    "DBParameterGroups": (50, "parameter_groups"),
    "ManualSnapshots": (100, "snapshots"),
    "EventSubscriptions": (20, None),
    "DBSubnetGroups": (50, "subnet_groups"),
    "OptionGroups": (20, None),
    "SubnetsPerDBSubnetGroup": (20, "subnets"),
    "ReadReplicasPerMaster": (15, "replicas"),
    "DBClusters": (40, "clusters"),
    "DBClusterParameterGroups": (50, "cluster_parameter_groups"),
    "DBClusterRoles": (5, None),
    "ManualClusterSnapshots": (100, "cluster_snapshots"),
}


async def describe_account_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every quota of the region with what is used of it."""
    used = await rds_quotas.used(ctx.db, ctx.region)
    return {
        "AccountQuotas": [
            {"AccountQuotaName": name, "Used": used[column] if column else 0, "Max": most}
            for name, (most, column) in QUOTAS.items()
        ]
    }
