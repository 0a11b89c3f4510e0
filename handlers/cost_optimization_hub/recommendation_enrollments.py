"""Taking part in Cost Optimization Hub, and how savings are to be told."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from models.recommendations import enrollments, purchases

SERVICE = enrollments.HUB
COMMITMENT = "preferredCommitment"
MODE, VISIBILITY = "savingsEstimationMode", "memberAccountDiscountVisibility"


async def list_enrollment_statuses(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether the account takes part; one that never said so does."""
    _check_account(ctx, params.get("accountId"))
    row = await enrollments.find(ctx.db, SERVICE)
    item = {
        "accountId": row["account_number"],
        "status": row["status"],
        "createdTimestamp": row["created_at"],
        "lastUpdatedTimestamp": row["updated_at"],
    }
    return {"items": [item], "includeMemberAccounts": row["include_members"]}


async def update_enrollment_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take part, or no longer."""
    if params.get("includeMemberAccounts"):
        raise AwsError(
            "ValidationException",
            "Only the management account of an organization can include member accounts.",
        )
    await enrollments.enrol(ctx.db, SERVICE, params["status"], None, ctx.now)
    return {"status": "Enrolled" if params["status"] == "Active" else "Unenrolled"}


async def get_preferences(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How savings are told."""
    row = await enrollments.find(ctx.db, SERVICE)
    kept = dict(row["preferences"])
    commitment = purchases.DEFAULT | (kept.get(COMMITMENT) or {})
    return {MODE: "AfterDiscounts", VISIBILITY: "All"} | kept | {COMMITMENT: commitment}


async def update_preferences(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tell savings before discounts or after, and which commitments are preferred."""
    if params.get(VISIBILITY):
        raise AwsError(
            "ValidationException",
            "Only the management account of an organization can set the visibility of discounts.",
        )
    given = {name: params[name] for name in (MODE, COMMITMENT) if params.get(name)}
    if not given:
        raise AwsError("ValidationException", "At least one preference must be specified.")
    await enrollments.prefer(ctx.db, SERVICE, given, ctx.now)
    return await get_preferences(ctx, params)


def _check_account(ctx: Context, number: str | None) -> None:
    if number not in (None, ctx.principal.account_number):
        raise AwsError(
            "AccessDeniedException", f"You are not authorized to access account {number}."
        )
