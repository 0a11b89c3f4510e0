"""Apps: the machines on which people work in a studio.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeApp.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.sagemaker import faults, lists
from models import managed_services
from models.sagemaker_machines import APPS

NOUN = "managed_services"


async def list_apps(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Apps of the region, of one domain, user or space."""
    rows, token = await lists.page(
        ctx,
        params,
        APPS,
        order="Ascending",
        equal={
            "domain_id": params.get("DomainIdEquals"),
            "user_profile": params.get("UserProfileNameEquals"),
            "space": params.get("SpaceNameEquals"),
        },
    )
    return {"Apps": [_summary(row) for row in rows], "NextToken": token}


async def describe_app(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One app."""
    row = await _find(ctx, params)
    found = _summary(row)
    return {
        **found,
        "AppArn": row["arn"],
        "LastUserActivityTimestamp": row["modified_at"],
        "LastHealthCheckTimestamp": row["modified_at"],
    }


async def delete_app(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an app: its machine goes, what its user wrote stays."""
    async with ctx.db.transaction():
        row = await _find(ctx, params)
        await managed_services.lock(ctx.db, row["arn"])
        row = await _find(ctx, params)
        if row["status"] == "Deleting":
            raise faults.invalid(f"App [{row['name']}] is already being deleted.")
        await managed_services.delete(
            ctx.db, ctx.region, row["arn"], ctx.now, faults.takes(ctx), shown="Deleting"
        )
    return {}


async def _find(ctx: Context, params: Mapping[str, Any]) -> dict[str, Any]:
    profile, space = params.get("UserProfileName"), params.get("SpaceName")
    if bool(profile) == bool(space):
        raise faults.invalid("Exactly one of UserProfileName and SpaceName must be specified.")
    owner = {"user_profile": profile} if profile else {"space": space}
    row = await APPS.find_one(
        ctx.db,
        ctx.region,
        name=params["AppName"],
        domain_id=params["DomainId"],
        app_type=params["AppType"],
        **owner,
    )
    if row is None:
        raise faults.absent(f"App [{params['AppName']}] does not exist.")
    return dict(row)


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "DomainId": row["domain_id"],
        "UserProfileName": row["user_profile"],
        "SpaceName": row["space"],
        "AppType": row["app_type"],
        "AppName": row["name"],
        "Status": row["status"],
        "CreationTime": row["created_at"],
        "ResourceSpec": {"InstanceType": row["instance_type"]},
    }
    return {name: value for name, value in found.items() if value is not None}
