"""Feature groups: what models are fed with.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeFeatureGroup.html.
"""

from typing import Any

from emulator.context import Context
from handlers.sagemaker import faults, lists
from handlers.sagemaker.sagemaker_resources import find, remove
from models import sagemaker_resources

NOUN = "managed_services"
GROUP = "feature-group"
_LISTING = sagemaker_resources.listing(GROUP)


async def list_feature_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Feature groups of the region."""
    wanted = params.get("FeatureGroupStatusEquals")
    offline = params.get("OfflineStoreStatusEquals")
    if params.get("SortBy") == "OfflineStoreStatus":
        raise faults.invalid("Sorting by OfflineStoreStatus is not supported here.")
    rows, token = await lists.page(
        ctx,
        params,
        _LISTING,
        equal={"status": wanted, "offline_store": offline},
    )
    found = []
    for row in rows:
        one = {
            "FeatureGroupName": row["name"],
            "FeatureGroupArn": row["arn"],
            "CreationTime": row["created_at"],
            "FeatureGroupStatus": row["status"],
        }
        if row["offline_store"]:
            one["OfflineStoreStatus"] = {"Status": row["offline_store"]}
        found.append(one)
    return {"FeatureGroupSummaries": found, "NextToken": token}


async def describe_feature_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One feature group with all its features."""
    row = await _need(ctx, params["FeatureGroupName"])
    if params.get("NextToken"):
        raise lists.bad_token()
    answer = {
        **row["settings"],
        "FeatureGroupName": row["name"],
        "FeatureGroupArn": row["arn"],
        "FeatureGroupStatus": row["status"],
        "CreationTime": row["created_at"],
        "LastModifiedTime": row["modified_at"],
        "NextToken": "",
    }
    if row["offline_store"]:
        answer["OfflineStoreStatus"] = {"Status": row["offline_store"]}
    return answer


async def delete_feature_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a feature group; what its offline store wrote stays in S3."""
    async with ctx.db.transaction():
        row = await _need(ctx, params["FeatureGroupName"], lock=True)
        await remove(ctx, row, shown="Deleting")
    return {}


async def _need(ctx: Context, name: str, *, lock: bool = False) -> dict[str, Any]:
    row = await find(ctx, GROUP, name, lock=lock)
    if row is None:
        raise faults.absent(
            f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}"
        )
    return row
