"""Taking part in Compute Optimizer."""

from typing import Any

from emulator.context import Context
from handlers.compute_optimizer.questions import invalid, page_of
from models.recommendations import enrollments

SERVICE = enrollments.COMPUTE_OPTIMIZER


async def get_enrollment_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether the account takes part; one that never said so does."""
    row = await enrollments.find(ctx.db, SERVICE)
    return {
        "status": row["status"],
        "memberAccountsEnrolled": row["include_members"],
        "lastUpdatedTimestamp": row["updated_at"],
        "numberOfMemberAccountsOptedIn": 0,
    }


async def update_enrollment_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Opt in or out."""
    if params["status"] not in ("Active", "Inactive"):
        raise invalid("The status must be Active or Inactive.")
    if params.get("includeMemberAccounts"):
        raise invalid(
            "Member accounts can be included only by the management account of an organization."
        )
    await enrollments.enrol(ctx.db, SERVICE, params["status"], None, ctx.now)
    return {"status": params["status"]}


async def get_enrollment_statuses_for_organization(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Who of the organisation takes part: the account itself."""
    page = page_of(ctx, params)
    row = await enrollments.find(ctx.db, SERVICE)
    shown = [
        {
            "accountId": row["account_number"],
            "status": row["status"],
            "lastUpdatedTimestamp": row["updated_at"],
        }
    ]
    for one in params.get("filters") or ():
        if one.get("name") == "Status":
            shown = [account for account in shown if account["status"] in one.get("values", ())]
    cut, token = page.cut_items(shown, lambda one: str(one["accountId"]))
    return {"accountEnrollmentStatuses": list(cut), "nextToken": token}
