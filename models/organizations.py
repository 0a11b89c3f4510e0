"""Organizations: accounts that are billed together, in a tree of units under one root."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from models import org_policies
from models.listing import Condition, Database, Listing

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

_UNITS = Listing(
    "u.ou_id, u.arn, u.name, u.parent_id, u.tags",
    "organizational_units as u",
    key="u.ou_id",
    columns={"parent": "u.parent_id", "name": "u.name"},
    always="u.account_id = (select driftcloud_account())",
)
_OWN = "select * from driftcloud_organization()"
_ACCOUNTS = "select * from driftcloud_org_accounts() order by account_number"
_FOUND = """
insert into organizations (account_id, organization_id, root_id, feature_set, created_at)
values ($1, $2, $3, $4, $5) on conflict do nothing returning organization_id
"""
_JOIN = """
insert into org_members (account_id, management_id, parent_id, joined_method, joined_at)
values ($1, $2, $3, $4, $5) on conflict (account_id) do nothing returning account_id
"""
_NAME_IT = "update cloud_accounts set organization = $2 where id = $1"
_ATTACH = """
insert into org_policy_attachments (account_id, target_id, policy_id, attached_at)
values ($1, $2, $3, $4) on conflict do nothing
"""
_UNIT = """
insert into organizational_units (account_id, ou_id, arn, parent_id, name, created_at)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing
"""
_OF_NUMBER = """
select o.account_id, o.organization_id, o.root_id
  from organizations as o join cloud_accounts as a on a.id = o.account_id
 where a.account_number = $1
"""
_SETTLE = """
update account_creations set state = $2, new_account_number = $3, failure_reason = $4,
       completed_at = $5
 where request_id = $1
"""
_EMAIL = "select exists (select from cloud_accounts where lower(email) = lower($1))"
_OF = "select organization_id, root_id from organizations where account_id = $1"
_DISSOLVE = """
delete from organizations where account_id = (select driftcloud_account())
   and (select count(*) from org_members as m where m.management_id = driftcloud_account()) <= 1
returning organization_id
"""
_SET_TYPES = """
update organizations set policy_types = $1 where account_id = (select driftcloud_account())
"""
_RENAME_UNIT = """
update organizational_units set name = $2
 where account_id = (select driftcloud_account()) and ou_id = $1
"""
_DELETE_UNIT = """
delete from organizational_units as u
 where u.account_id = (select driftcloud_account()) and u.ou_id = $1
   and not exists (select from organizational_units as c
                    where c.account_id = u.account_id and c.parent_id = u.ou_id)
   and not exists (select from org_members as m
                    where m.management_id = u.account_id and m.parent_id = u.ou_id)
returning u.ou_id
"""
_CREATIONS = Listing(
    "c.request_id, c.account_name, c.state, c.new_account_number, c.failure_reason,"
    " c.created_at, c.completed_at",
    "account_creations as c",
    key="c.request_id",
    columns={"state": "c.state"},
    always="c.account_id = (select driftcloud_account())",
)
_SERVICES = """
select service_principal, enabled_at from org_services
 where account_id = (select driftcloud_account()) order by service_principal
"""
_ENABLE_SERVICE = """
insert into org_services (account_id, service_principal, enabled_at)
values (driftcloud_account(), $1, $2) on conflict do nothing
"""
_DISABLE_SERVICE = """
delete from org_services
 where account_id = (select driftcloud_account()) and service_principal = $1
"""
_ADMINISTRATORS = """
select member_number, service_principal, enabled_at from org_administrators
 where account_id = (select driftcloud_account()) order by member_number, service_principal
"""
_REGISTER = """
insert into org_administrators (account_id, member_number, service_principal, enabled_at)
values (driftcloud_account(), $1, $2, $3) on conflict do nothing returning member_number
"""
_DEREGISTER = """
delete from org_administrators where account_id = (select driftcloud_account())
   and member_number = $1 and service_principal = $2 returning member_number
"""


def derived(length: int, *parts: str) -> str:
    """Letters and digits that always belong to `parts`."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=length).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest)


def unit_arn(management: str, organization_id: str, ou_id: str) -> str:
    """The ARN of a unit."""
    return f"arn:aws:organizations::{management}:ou/{organization_id}/{ou_id}"


# --- by the owner -----------------------------------------------------------------------------


async def found(
    connection: Any, management_id: uuid.UUID, number: str, now: Any, feature_set: str = "ALL"
) -> tuple[str, str]:
    """The organization that an account manages, made if there is none: its id and its root's.

    Its ids follow from the account's number. `connection` is the owner's, here and below.
    """
    organization_id, root_id = f"o-{derived(10, 'o', number)}", f"r-{derived(4, 'r', number)}"
    await connection.fetch(_FOUND, management_id, organization_id, root_id, feature_set, now)
    row = await connection.fetchrow(_OF, management_id)
    organization_id, root_id = row["organization_id"], row["root_id"]
    await connection.execute(_ATTACH, management_id, root_id, org_policies.FULL_ACCESS, now)
    await join(connection, management_id, number, management_id, root_id, now, "INVITED")
    return organization_id, root_id


async def join(
    connection: Any,
    account_id: uuid.UUID,
    number: str,
    management_id: uuid.UUID,
    parent_id: str,
    now: Any,
    method: str = "CREATED",
) -> bool:
    """Make an account a member; False when it is one of some organization."""
    rows = await connection.fetch(_JOIN, account_id, management_id, parent_id, method, now)
    if not rows:
        return False
    await connection.execute(_ATTACH, management_id, number, org_policies.FULL_ACCESS, now)
    row = await connection.fetchrow(_OF, management_id)
    await connection.execute(_NAME_IT, account_id, row["organization_id"])
    return True


async def unit(
    connection: Any, management_id: uuid.UUID, number: str, parent_id: str, name: str, now: Any
) -> str:
    """A unit of that name in a root or unit; its id follows from both."""
    row = await connection.fetchrow(_OF, management_id)
    ou_id = f"ou-{row['root_id'].removeprefix('r-')}-{derived(8, parent_id, name)}"
    arn = unit_arn(number, row["organization_id"], ou_id)
    await connection.execute(_UNIT, management_id, ou_id, arn, parent_id, name, now)
    await connection.execute(_ATTACH, management_id, ou_id, org_policies.FULL_ACCESS, now)
    return ou_id


async def found_estate(
    connection: Any, made: Sequence[tuple[uuid.UUID, str, str]], now: Any
) -> None:
    """One organization of an estate's accounts (id, number, name): the first one manages it."""
    management_id, number, _ = made[0]
    _, root_id = await found(connection, management_id, number, now)
    if len(made) == 1:
        return
    workloads = await unit(connection, management_id, number, root_id, "Workloads", now)
    for account_id, member, name in made[1:]:
        place = await unit(connection, management_id, number, workloads, name.capitalize(), now)
        await join(connection, account_id, member, management_id, place, now)


async def of_number(connection: Any, number: str) -> Any | None:
    """Account id, organization and root of the organization that an account manages."""
    return await connection.fetchrow(_OF_NUMBER, number)


async def knows_email(connection: Any, email: str) -> bool:
    """Whether some account has that address."""
    return bool(await connection.fetchval(_EMAIL, email))


async def settle_creation(
    connection: Any, request_id: str, number: str | None, failure: str | None, now: Any
) -> None:
    """End a request for an account: it is there, or why it is not."""
    state = "FAILED" if failure else "SUCCEEDED"
    await connection.execute(_SETTLE, request_id, state, number, failure, now)


# --- by an account ----------------------------------------------------------------------------


async def own(db: Any) -> Any | None:
    """The organization that the caller is in; None: none."""
    return await db.fetchrow(_OWN)


async def members(db: Any) -> list[Any]:
    """The accounts of the organization that the caller manages, by number."""
    rows: list[Any] = await db.fetch(_ACCOUNTS)
    return rows


async def units(db: Database, parent_id: str | None = None) -> list[Any]:
    """Its units, of one parent or all, by id."""
    where = [Condition("parent", (parent_id,))] if parent_id else []
    return await _UNITS.page(db, where)


async def dissolve(db: Any) -> bool:
    """End the caller's organization; False when it has other members still."""
    return bool(await db.write(_DISSOLVE))


async def enter_founder(db: Any) -> None:
    """Make the caller a member of the organization that it has just made."""
    await db.write("select driftcloud_found_organization()")


async def set_policy_types(db: Any, types: Sequence[str]) -> None:
    """Which types of policies hold."""
    await db.write(_SET_TYPES, list(types))


async def rename_unit(db: Any, ou_id: str, name: str) -> None:
    """Call a unit otherwise."""
    await db.write(_RENAME_UNIT, ou_id, name)


async def delete_unit(db: Any, ou_id: str) -> bool:
    """Delete a unit with nothing in it; False when there is something."""
    return bool(await db.write(_DELETE_UNIT, ou_id))


async def move(db: Any, number: str, destination: str) -> bool:
    """Put a member elsewhere; False when it, or the destination, is not in the organization."""
    rows = await db.write("select driftcloud_move_account($1, $2) as moved", number, destination)
    return bool(rows[0]["moved"])


async def close(db: Any, number: str) -> bool:
    """Suspend a member; False when it is no active one."""
    rows = await db.write("select driftcloud_close_account($1) as closed", number)
    return bool(rows[0]["closed"])


async def leave(db: Any, number: str) -> bool:
    """Let a member go; False when it was none."""
    rows = await db.write("select driftcloud_leave_organization($1) as gone", number)
    return bool(rows[0]["gone"])


async def creations(
    db: Database, states: Sequence[str] = (), request_id: str | None = None
) -> list[Any]:
    """Requests for accounts, by id."""
    where = [Condition("state", tuple(states))] if states else []
    return await _CREATIONS.page(db, where, ids=[request_id] if request_id else None)


async def services(db: Any) -> list[Any]:
    """Services that may look into the organization's accounts."""
    rows: list[Any] = await db.fetch(_SERVICES)
    return rows


async def enable_service(db: Any, principal: str, now: Any) -> None:
    """Let a service look into the accounts."""
    await db.write(_ENABLE_SERVICE, principal, now)


async def disable_service(db: Any, principal: str) -> None:
    """Stop letting it."""
    await db.write(_DISABLE_SERVICE, principal)


async def administrators(db: Any) -> list[Any]:
    """Members that administer services: member_number, service_principal, enabled_at."""
    rows: list[Any] = await db.fetch(_ADMINISTRATORS)
    return rows


async def register(db: Any, number: str, principal: str, now: Any) -> bool:
    """Let a member administer a service; False when it does."""
    return bool(await db.write(_REGISTER, number, principal, now))


async def deregister(db: Any, number: str, principal: str) -> bool:
    """Stop letting it; False when it did not."""
    return bool(await db.write(_DEREGISTER, number, principal))


def children_of(parent_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of accounts or units that are directly in a parent."""
    return [row for row in rows if row["parent_id"] == parent_id]
