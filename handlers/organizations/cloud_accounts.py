"""Accounts of an organization: listed, made, moved, closed and let go."""

from typing import Any

from emulator import members
from emulator.context import Context
from emulator.errors import AwsError
from handlers.organizations import tree
from models import draws, organizations, single_rows, tags
from models.roles import ORGANIZATION_ROLE

TAGGED = "organization_account"


async def list_accounts(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All accounts of the organization."""
    org = await tree.managed(ctx)
    return await _listed(ctx, params, org, await organizations.members(ctx.db))


async def list_accounts_for_parent(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The accounts directly in a root or unit."""
    org = await tree.managed(ctx)
    parent = await tree.parent(ctx, org, params["ParentId"])
    rows = organizations.children_of(parent, await organizations.members(ctx.db))
    return await _listed(ctx, params, org, rows)


async def describe_account(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One account."""
    org = await tree.managed(ctx)
    row = await member(ctx, params["AccountId"])
    parents = {one["ou_id"]: one["parent_id"] for one in await organizations.units(ctx.db)}
    return {"Account": _shown(org, row, parents)}


async def create_account(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Ask for a new member account. It is a real one: it can be entered through its role.

    The answer is still in progress; DescribeCreateAccountStatus tells of the end.
    """
    org = await tree.managed(ctx)
    marks = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
    role = params.get("RoleName") or ORGANIZATION_ROLE
    request_id = f"car-{draws.hexadecimal(32)}"
    asked = {
        "request_id": request_id,
        "account_name": params["AccountName"],
        "state": "IN_PROGRESS",
        "created_at": ctx.now,
    }
    await single_rows.insert(ctx.db, "account_creations", asked)
    number = await members.open_member(
        ctx.server.world, ctx.principal, org["root_id"], name=params["AccountName"],
        email=params["Email"], role=role, request_id=request_id, now=ctx.now,
    )  # fmt: skip
    if number is not None and marks:
        async with ctx.db.transaction():
            await tags.merge(ctx.db, TAGGED, number, marks)
    unknown = dict.fromkeys(("new_account_number", "failure_reason", "completed_at"))
    return {"CreateAccountStatus": _status({**asked, **unknown})}


async def describe_create_account_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What became of a request for an account."""
    await tree.managed(ctx)
    rows = await organizations.creations(ctx.db, request_id=params["CreateAccountRequestId"])
    if not rows:
        raise AwsError(
            "CreateAccountStatusNotFoundException",
            "We can't find an create account request with the CreateAccountRequestId that you"
            " specified.",
        )
    return {"CreateAccountStatus": _status(rows[0])}


async def list_create_account_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All requests for accounts."""
    await tree.managed(ctx)
    rows = await organizations.creations(ctx.db, params.get("States") or ())
    shown, token = tree.paged(ctx, params, rows, lambda row: str(row["request_id"]))
    return {"CreateAccountStatuses": [_status(row) for row in shown], "NextToken": token}


async def move_account(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put an account into another unit, or the root."""
    org = await tree.managed(ctx)
    row = await member(ctx, params["AccountId"])
    source, destination = params["SourceParentId"], params["DestinationParentId"]
    known = {org["root_id"], *(one["ou_id"] for one in await organizations.units(ctx.db))}
    if source not in known or row["parent_id"] != source:
        raise AwsError(
            "SourceParentNotFoundException",
            "We can't find a source root or OU with the ParentId that you specified.",
        )
    if destination not in known:
        raise AwsError(
            "DestinationParentNotFoundException",
            "We can't find the destination container (a root or OU) with the ParentId that you"
            " specified.",
        )
    if destination == source:
        raise AwsError(
            "DuplicateAccountException",
            "That account is already present in the specified destination.",
        )
    await organizations.move(ctx.db, params["AccountId"], destination)
    return {}


async def close_account(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Suspend a member; its resources stay until somebody deletes them."""
    org = await tree.managed(ctx)
    row = await member(ctx, params["AccountId"])
    if row["account_number"] == org["management_number"]:
        raise AwsError(
            "ConstraintViolationException",
            "You cannot close the management account.",
            Reason="CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        )
    if not await organizations.close(ctx.db, row["account_number"]):
        raise AwsError("AccountAlreadyClosedException", "Your account is already closed.")
    return {}


async def remove_account_from_organization(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a member stand alone."""
    org = await tree.managed(ctx)
    row = await member(ctx, params["AccountId"])
    if row["account_number"] == org["management_number"]:
        raise AwsError(
            "MasterCannotLeaveOrganizationException",
            "You can't remove a management account from an organization.",
        )
    await organizations.leave(ctx.db, row["account_number"])
    return {}


async def member(ctx: Context, number: str) -> Any:
    """A member of the caller's organization; AccountNotFoundException."""
    for row in await organizations.members(ctx.db):
        if row["account_number"] == number:
            return row
    raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist.")


async def _listed(ctx: Context, params: dict[str, Any], org: Any, rows: Any) -> dict[str, Any]:
    parents = {one["ou_id"]: one["parent_id"] for one in await organizations.units(ctx.db)}
    shown, token = tree.paged(ctx, params, rows, lambda row: str(row["account_number"]))
    return {"Accounts": [_shown(org, row, parents) for row in shown], "NextToken": token}


def _shown(org: Any, row: Any, parents: dict[str, str]) -> dict[str, Any]:
    number = row["account_number"]
    way, at = [number], row["parent_id"]
    while at is not None:
        way.append(at)
        at = parents.get(at)
    return {
        "Id": number,
        "Arn": tree.account_arn(org, number),
        "Email": row["email"],
        "Name": row["name"],
        "Status": row["state"],
        "State": row["state"],
        "Paths": ["/".join([org["organization_id"], *reversed(way)]) + "/"],
        "JoinedMethod": row["joined_method"],
        "JoinedTimestamp": row["joined_at"],
    }


def _status(row: Any) -> dict[str, Any]:
    return {
        "Id": row["request_id"],
        "AccountName": row["account_name"],
        "State": row["state"],
        "RequestedTimestamp": row["created_at"],
        "CompletedTimestamp": row["completed_at"],
        "AccountId": row["new_account_number"],
        "FailureReason": row["failure_reason"],
    }
