"""The tree of an organization, as its operations need it: who is in it, and what is where.

Sources, here and in the modules beside: https://docs.aws.amazon.com/organizations/latest/APIReference/.
"""

from collections.abc import Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models import organizations

SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
# The types that AWS names in every organization with all features; others are not offered here.
AVAILABLE = ("SERVICE_CONTROL_POLICY", "TAG_POLICY", "BACKUP_POLICY", "AISERVICES_OPT_OUT_POLICY")
PAGE_ITEMS = 20


async def find(ctx: Context) -> Any:
    """The organization of the caller; AWSOrganizationsNotInUseException."""
    row = await organizations.own(ctx.db)
    if row is None:
        raise AwsError(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        )
    return row


async def managed(ctx: Context) -> Any:
    """The organization that the caller manages; AccessDeniedException for mere members."""
    row = await find(ctx)
    if not row["is_management"]:
        raise AwsError(
            "AccessDeniedException", "You don't have permissions to access this resource."
        )
    return row


def root_arn(org: Any) -> str:
    """The ARN of the root."""
    return (
        f"arn:aws:organizations::{org['management_number']}:root/{org['organization_id']}"
        f"/{org['root_id']}"
    )


def account_arn(org: Any, number: str) -> str:
    """The ARN of an account in the organization."""
    return (
        f"arn:aws:organizations::{org['management_number']}:account/{org['organization_id']}"
        f"/{number}"
    )


def policy_types(org: Any) -> list[dict[str, str]]:
    """The enabled types of policies."""
    return [{"Type": kind, "Status": "ENABLED"} for kind in org["policy_types"]]


async def target(ctx: Context, org: Any, target_id: str) -> dict[str, str]:
    """A root, unit or account as something that policies hold for; TargetNotFoundException."""
    if target_id == org["root_id"]:
        return {"TargetId": target_id, "Arn": root_arn(org), "Name": "Root", "Type": "ROOT"}
    for row in await organizations.units(ctx.db):
        if row["ou_id"] == target_id:
            return {"TargetId": target_id, "Arn": row["arn"], "Name": row["name"],
                    "Type": "ORGANIZATIONAL_UNIT"}  # fmt: skip
    for row in await organizations.members(ctx.db):
        if row["account_number"] == target_id:
            arn = account_arn(org, target_id)
            return {"TargetId": target_id, "Arn": arn, "Name": row["name"], "Type": "ACCOUNT"}
    raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")


async def parent(ctx: Context, org: Any, parent_id: str) -> str:
    """The id of a root or unit; ParentNotFoundException."""
    known = {org["root_id"], *(row["ou_id"] for row in await organizations.units(ctx.db))}
    if parent_id not in known:
        raise AwsError("ParentNotFoundException", "You specified parent that doesn't exist.")
    return parent_id


def paged(
    ctx: Context, params: dict[str, Any], items: Sequence[Any], key: Any
) -> tuple[list[Any], str | None]:
    """A page of items that are few enough to be at hand, in the order of their keys."""
    page = pages.page(ctx, params, default=PAGE_ITEMS, invalid=_bad_token)
    shown, token = page.cut_items(sorted(items, key=key), key)
    return list(shown), token


def _bad_token() -> AwsError:
    return invalid("INVALID_NEXT_TOKEN", "You specified an invalid value for the NextToken.")


def invalid(reason: str, message: str) -> AwsError:
    """A parameter that cannot be."""
    return AwsError("InvalidInputException", message, Reason=reason)
