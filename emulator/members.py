"""Member accounts: opened for an organization, as its management account or an operator asks."""

import random
import uuid
from datetime import UTC, datetime
from typing import Any

from emulator import worlds
from emulator.context import Principal
from emulator.control import Answer, ControlError, World
from models import accounts, organizations, roles
from models.accounts import Account, AccountError


async def open_member(
    world: World,
    caller: Principal,
    root_id: str,
    *,
    name: str,
    email: str,
    role: str,
    request_id: str,
    now: datetime,
) -> str | None:
    """The number of a new account in the caller's organization; None when it cannot be.

    What became of it is written with the request, in the same transaction.
    """
    async with world.database.owner() as connection, connection.transaction():
        if await organizations.knows_email(connection, email):
            failure = "EMAIL_ALREADY_EXISTS"
            await organizations.settle_creation(connection, request_id, None, failure, now)
            return None
        made = await _open(connection, name, "", email)
        await _enter(connection, made, caller.account_id, caller.account_number, root_id, now, role)
        await organizations.settle_creation(connection, request_id, made.number, None, now)
    return made.number


async def create(world: World, *, name: str, number: str, email: str, management: str) -> Answer:
    """An operator's new account, in the organization of a management account if one is named."""
    async with world.database.owner() as connection, connection.transaction():
        made = await _open(connection, name, number, email)
        told = {}
        if management:
            org = await organizations.of_number(connection, management)
            if org is None:
                raise ControlError(f"the account {management} manages no organization")
            await _enter(connection, made, org["account_id"], management, org["root_id"],
                         datetime.now(UTC), roles.ORGANIZATION_ROLE)  # fmt: skip
            told["organization"] = org["organization_id"]
    answer: dict[str, Any] = {"account": made.number, "name": made.name}
    return answer | told


async def _open(connection: Any, name: str, number: str, email: str) -> Account:
    number = number or str(random.SystemRandom().randrange(10**11, 10**12))
    try:
        made = await accounts.create(connection, number, name, email=email or None)
    except AccountError as error:
        raise ControlError(str(error)) from None
    await worlds.furnish(connection, made)
    return made


async def _enter(
    connection: Any,
    made: Account,
    management_id: uuid.UUID,
    management: str,
    root_id: str,
    now: Any,
    role: str,
) -> None:
    await organizations.join(connection, made.id, made.number, management_id, root_id, now)
    # the organization's own role is there already, but trusts the usual management account
    await roles.create_organization_role(connection, made.id, made.number, role, management)
