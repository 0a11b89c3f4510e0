"""Resource policies: which services may write into the region's log groups.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.logs import lists, times
from handlers.logs.identifiers import invalid
from models import log_resource_policies

NOUN = "log_groups"
MOST_POLICIES = 10


async def put_resource_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a policy of the account, or change one."""
    if params.get("resourceArn") or params.get("expectedRevisionId"):
        raise invalid("Policies of single resources are not supported by this emulator.")
    name, document = params.get("policyName"), params.get("policyDocument")
    if not name or not document:
        raise invalid("policyName and policyDocument must be specified.")
    try:
        policy = orjson.loads(document)
    except orjson.JSONDecodeError:
        policy = None
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise invalid("Invalid policy document.")
    if not await log_resource_policies.put(
        ctx.db, ctx.region, name, document, ctx.now, MOST_POLICIES
    ):
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    row = {"name": name, "document": document, "modified_at": ctx.now}
    return {"resourcePolicy": _shown(ctx, row)}


async def describe_resource_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Policies of the account; single resources have none."""
    page = lists.page(ctx, params)
    if params.get("resourceArn") or params.get("policyScope") == "RESOURCE":
        return {"resourcePolicies": []}
    rows = await log_resource_policies.LISTING.page(
        ctx.db, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {"resourcePolicies": [_shown(ctx, row) for row in shown], "nextToken": token}


async def delete_resource_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy of the account."""
    if params.get("resourceArn") or params.get("expectedRevisionId"):
        raise invalid("Policies of single resources are not supported by this emulator.")
    name = params.get("policyName") or ""
    if not await log_resource_policies.delete(ctx.db, ctx.region, name):
        raise AwsError("ResourceNotFoundException", f"Policy with name [{name}] does not exist.")
    return {}


def _shown(ctx: Context, row: Any) -> dict[str, Any]:
    return {
        "policyName": row["name"],
        "policyDocument": row["document"],
        "lastUpdatedTime": times.shown(ctx, row["modified_at"]),
        "policyScope": "ACCOUNT",
    }
