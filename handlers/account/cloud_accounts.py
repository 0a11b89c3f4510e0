"""The account: its regions, its name, and its contacts.

Source: https://docs.aws.amazon.com/accounts/latest/reference/API_Operations.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models import account_contacts, regions

ALTERNATE = ("Name", "Title", "EmailAddress", "PhoneNumber")
ENABLED, DISABLED = "ENABLED_BY_DEFAULT", "DISABLED"
DEFAULT_REGIONS = 50


async def list_regions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every region, and whether the account may use it."""
    _check_account(ctx, params)
    page = pages.page(ctx, params, default=DEFAULT_REGIONS, invalid=_bad_token)
    asked = params.get("RegionOptStatusContains")
    shown = [
        {"RegionName": region.name, "RegionOptStatus": _status(region)}
        for region in sorted(regions.all_regions().values())
        if not asked or _status(region) in asked
    ]
    found, token = page.cut_items(shown, lambda one: one["RegionName"])
    return {"Regions": list(found), "NextToken": token}


async def get_region_opt_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether the account may use one region."""
    _check_account(ctx, params)
    region = regions.find(params["RegionName"])
    if region is None:
        raise AwsError("ValidationException", f"{params['RegionName']} is not a valid region.")
    return {"RegionName": region.name, "RegionOptStatus": _status(region)}


async def get_account_information(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's name, and since when it exists."""
    _check_account(ctx, params)
    row = await account_contacts.account(ctx.db)
    return {
        "AccountId": row["account_number"],
        "AccountName": row["name"],
        "AccountCreatedDate": row["created_at"],
        "AccountState": "ACTIVE",
    }


async def put_account_name(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Call the account by another name."""
    _check_account(ctx, params)
    await account_contacts.rename(ctx.db, params["AccountName"])
    return {}


async def get_contact_information(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whom the account belongs to, if that was ever told."""
    _check_account(ctx, params)
    details = await account_contacts.find(ctx.db, "PRIMARY")
    if details is None:
        raise AwsError(
            "ResourceNotFoundException", "No contact information was found for the account."
        )
    return {"ContactInformation": details}


async def put_contact_information(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tell whom the account belongs to."""
    _check_account(ctx, params)
    await account_contacts.put(ctx.db, "PRIMARY", params["ContactInformation"])
    return {}


async def get_alternate_contact(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whom to write to about billing, operations or security."""
    _check_account(ctx, params)
    kind = params["AlternateContactType"]
    details = await account_contacts.find(ctx.db, kind)
    if details is None:
        raise _no_contact()
    return {"AlternateContact": {**details, "AlternateContactType": kind}}


async def put_alternate_contact(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Name whom to write to about billing, operations or security."""
    _check_account(ctx, params)
    details = {name: params[name] for name in ALTERNATE}
    await account_contacts.put(ctx.db, params["AlternateContactType"], details)
    return {}


async def delete_alternate_contact(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Forget whom to write to about billing, operations or security."""
    _check_account(ctx, params)
    if not await account_contacts.delete(ctx.db, params["AlternateContactType"]):
        raise _no_contact()
    return {}


def _status(region: regions.Region) -> str:
    return DISABLED if region.opt_in else ENABLED


def _check_account(ctx: Context, params: Mapping[str, Any]) -> None:
    """Refuse other accounts: nobody here may speak for the members of an organisation.

    AWS also refuses the caller's own number, which only a management account may spell out; that
    is let through, since it asks for the same.
    """
    number = params.get("AccountId")
    if number is not None and number != ctx.principal.account_number:
        raise AwsError(
            "AccessDeniedException",
            f"User: {ctx.principal.arn} is not authorized to act on the account {number}",
        )


def _no_contact() -> AwsError:
    return AwsError(
        "ResourceNotFoundException", "No contact of the inputted alternate contact type found."
    )


def _bad_token() -> AwsError:
    return AwsError("ValidationException", "The NextToken is not valid.")
