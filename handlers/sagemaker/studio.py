"""Studio: domains, and the user profiles and spaces in them.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeDomain.html,
API_DescribeUserProfile.html and API_DescribeSpace.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.sagemaker import faults, lists
from models import sagemaker_resources

NOUN = "managed_services"
_DOMAINS = sagemaker_resources.listing("domain")
_PROFILES = sagemaker_resources.listing("user-profile")
_SPACES = sagemaker_resources.listing("space")


async def list_domains(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Domains of the region."""
    rows, token = await lists.page(ctx, params, _DOMAINS)
    return {"Domains": [_domain(row) for row in rows], "NextToken": token}


async def describe_domain(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One domain."""
    row = await _DOMAINS.find_one(ctx.db, ctx.region, name=params["DomainId"])
    if row is None:
        raise faults.absent(f"Domain [{params['DomainId']}] does not exist.")
    return {**row["settings"], **_domain(row)}


async def list_user_profiles(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """User profiles of the region, or of one domain."""
    rows, token = await lists.page(
        ctx,
        params,
        _PROFILES,
        order="Ascending",
        equal={"parent": params.get("DomainIdEquals")},
        contains={"name": params.get("UserProfileNameContains")},
    )
    return {"UserProfiles": [_profile(row) for row in rows], "NextToken": token}


async def describe_user_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One user profile."""
    name, domain = params["UserProfileName"], params["DomainId"]
    row = await _PROFILES.find_one(ctx.db, ctx.region, name=name, parent=domain)
    if row is None:
        raise faults.absent(f"UserProfile [{name}] does not exist.")
    return {
        **row["settings"],
        **_profile(row),
        "UserProfileArn": row["arn"],
        "HomeEfsFileSystemUid": _uid(row),
    }


async def list_spaces(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Spaces of the region, or of one domain."""
    rows, token = await lists.page(
        ctx,
        params,
        _SPACES,
        order="Ascending",
        equal={"parent": params.get("DomainIdEquals")},
        contains={"name": params.get("SpaceNameContains")},
    )
    return {"Spaces": [_space(row) for row in rows], "NextToken": token}


async def describe_space(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One space."""
    name, domain = params["SpaceName"], params["DomainId"]
    row = await _SPACES.find_one(ctx.db, ctx.region, name=name, parent=domain)
    if row is None:
        raise faults.absent(f"Space [{name}] does not exist.")
    shown = _space(row)
    shown.pop("SpaceSettingsSummary", None)
    shown.pop("SpaceSharingSettingsSummary", None)
    shown.pop("OwnershipSettingsSummary", None)
    return {**row["settings"], **shown, "SpaceArn": row["arn"], "HomeEfsFileSystemUid": _uid(row)}


def _times(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Status": row["status"],
        "CreationTime": row["created_at"],
        "LastModifiedTime": row["modified_at"],
    }


def _domain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "DomainId": row["name"],
        "DomainArn": row["arn"],
        "DomainName": row["settings"]["DomainName"],
        "Url": f"https://{row['name']}.studio.{row['region']}.sagemaker.aws",
        **_times(row),
    }


def _profile(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"DomainId": row["parent"], "UserProfileName": row["name"], **_times(row)}


def _space(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = row["settings"]
    found = {"DomainId": row["parent"], "SpaceName": row["name"], **_times(row)}
    settings = kept.get("SpaceSettings") or {}
    summary = {
        name: settings[name] for name in ("AppType", "SpaceStorageSettings") if name in settings
    }
    if summary:
        found["SpaceSettingsSummary"] = summary
    for name in ("SpaceSharingSettings", "OwnershipSettings"):
        if kept.get(name):
            found[f"{name}Summary"] = kept[name]
    return found


def _uid(row: Mapping[str, Any]) -> str:
    """The user id on the file system, from 200000 on."""
    return str(200_000 + row["id"].int % 100_000)
