"""What SSH keys, signing certificates and credentials of services of a user have in common."""

from collections.abc import Callable, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam.identities import find, limit_exceeded, list_page, no_such, own_name, paged
from models import iam_rows, single_rows

TABLE = "user_credentials"


async def of(ctx: Context, user: Any, kind: str) -> list[Any]:
    """A user's credentials of a kind."""
    return await iam_rows.listed(ctx.db, TABLE, "credential_id", user_id=user["id"], kind=kind)


async def one(ctx: Context, user: Any, kind: str, credential_id: str, missing: str) -> Any:
    """A user's credential of an id; `missing` says with {} for the id that there is none."""
    row = await iam_rows.find(
        ctx.db, TABLE, credential_id=credential_id, user_id=user["id"], kind=kind
    )
    if row is None:
        raise no_such(missing.format(credential_id))
    return row


async def listed(
    ctx: Context, params: dict[str, Any], kind: str, member: str, show: Callable[[Any], Any]
) -> dict[str, Any]:
    """A page of a user's credentials, by their ids."""
    user = await find(ctx, "user", await own_name(ctx, params))
    asked = list_page(ctx, params)
    rows = await iam_rows.listed(
        ctx.db, TABLE, "credential_id", asked.after, asked.fetch, user_id=user["id"], kind=kind
    )
    shown, token = asked.cut(rows, "credential_id")
    return paged(member, [show(row) for row in shown], token)


async def uploaded(
    ctx: Context, user: Any, row: dict[str, Any], *, most: int, quota: str, known: AwsError
) -> Any:
    """A further credential of a user, of which it may have `most`; `known` refuses one it has."""
    has = await of(ctx, user, row["kind"])
    if any(one["fingerprint"] == row["fingerprint"] for one in has):
        raise known
    check_room(has, most, quota)
    row = row | {"user_id": user["id"], "status": "Active", "created_at": ctx.now}
    await single_rows.insert(ctx.db, TABLE, row)
    return row | {"user_name": user["name"]}


async def set_status(ctx: Context, row: Any, status: str) -> dict[str, Any]:
    """The empty answer, once a credential can be used or cannot."""
    await iam_rows.update(ctx.db, TABLE, row["id"], {"status": status})
    return {}


async def deleted(ctx: Context, row: Any) -> dict[str, Any]:
    """The empty answer, once a credential is gone."""
    await iam_rows.delete(ctx.db, TABLE, row["id"])
    return {}


def check_room(has: Sequence[Any], most: int, quota: str) -> None:
    """Make sure that a user may have one more."""
    if len(has) >= most:
        raise limit_exceeded(quota, most)
