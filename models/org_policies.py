"""Policies of an organization: stored, attached, and what of them holds for an account."""

import uuid
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson

from models import single_rows
from models.listing import Condition, Database, Listing

SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
# AWS's own, which every root, unit and account begins with. It is shared by all and has no row.
FULL_ACCESS = "p-FullAWSAccess"
FULL_ACCESS_DOCUMENT: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
# Told to whoever keeps policies in mind when any of them, or whom they concern, changed.
CHANGED = "org_policies_changed"

_OWN = "p.account_id = (select driftcloud_account())"
LISTING = Listing(
    "p.policy_id, p.arn, p.type, p.name, p.description, p.content, false as aws_managed, p.tags",
    "org_policies as p",
    key="p.policy_id",
    columns={
        "type": "p.type",
        "name": "p.name",
        "target": "exists (select 1 from org_policy_attachments as t"
        " where t.account_id = p.account_id and t.policy_id = p.policy_id and t.target_id {match})",
    },
    always=_OWN,
)
_UPDATE = f"""
update org_policies as p
   set name = coalesce($2, p.name), description = coalesce($3, p.description),
       content = coalesce($4, p.content)
 where {_OWN} and p.policy_id = $1
"""
_DELETE = f"""
delete from org_policies as p where {_OWN} and p.policy_id = $1
   and not exists (select from org_policy_attachments as t
                    where t.account_id = p.account_id and t.policy_id = p.policy_id)
returning p.id
"""
_ATTACH = """
insert into org_policy_attachments (account_id, target_id, policy_id, attached_at)
values (driftcloud_account(), $1, $2, $3) on conflict do nothing returning policy_id
"""
_DETACH = """
delete from org_policy_attachments
 where account_id = (select driftcloud_account()) and target_id = $1 and policy_id = $2
returning policy_id
"""
_ATTACHED = """
select policy_id, target_id from org_policy_attachments
 where account_id = (select driftcloud_account())
   and ($1::text is null or target_id = $1) and ($2::text is null or policy_id = $2)
 order by target_id, policy_id
"""
_DETACH_ALL = """
delete from org_policy_attachments
 where account_id = (select driftcloud_account()) and target_id = $1
"""
_APPLICABLE = "select * from driftcloud_service_control_policies($1)"


async def applicable(db: Any, account_id: uuid.UUID) -> list[list[dict[str, Any]]]:
    """The service control policies of an account, as documents, level by level.

    The first level is the root's, then every unit's on the way, the last one the account's own: a
    call is allowed when on each level some policy allows it, and none on any level denies it. An
    empty list: no such policy holds for the account, because it is in no organization, manages
    one, or its root has them disabled. `db` is a session of that account or its management
    account's, or the owner's connection. Keep what it says until CHANGED is notified.
    (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html)
    """
    rows = await db.fetch(_APPLICABLE, account_id)
    return [
        [_document(row) for row in level if row["policy_id"] is not None]
        for _, level in groupby(rows, key=lambda row: row["depth"])
    ]


def _document(row: Any) -> dict[str, Any]:
    if row["content"] is None:
        return FULL_ACCESS_DOCUMENT
    found: dict[str, Any] = orjson.loads(row["content"])
    return found


async def create(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new policy; False when there is one of that type and name."""
    return await single_rows.insert(db, "org_policies", row)


async def find(db: Database, policy_id: str) -> Any | None:
    """A policy of the caller's organization; None where there is none."""
    rows = await LISTING.page(db, ids=[policy_id], limit=1)
    return rows[0] if rows else None


async def named(db: Database, kind: str, name: str) -> Any | None:
    """The policy of that type and name."""
    where = [Condition("type", (kind,)), Condition("name", (name,))]
    rows = await LISTING.page(db, where, limit=1)
    return rows[0] if rows else None


async def update(
    db: Any, policy_id: str, name: str | None, description: str | None, content: str | None
) -> None:
    """Change what is given of a policy."""
    await db.write(_UPDATE, policy_id, name, description, content)


async def delete(db: Any, policy_id: str) -> bool:
    """Delete a policy that is attached to nothing; False when it is."""
    return bool(await db.write(_DELETE, policy_id))


async def attach(db: Any, target_id: str, policy_id: str, now: Any) -> bool:
    """Attach a policy; False when it was."""
    return bool(await db.write(_ATTACH, target_id, policy_id, now))


async def detach(db: Any, target_id: str, policy_id: str) -> bool:
    """Detach a policy; False when it was not attached."""
    return bool(await db.write(_DETACH, target_id, policy_id))


async def detach_all(db: Any, target_id: str) -> None:
    """Detach everything from a target that goes away."""
    await db.write(_DETACH_ALL, target_id)


async def attached(
    db: Database, *, target_id: str | None = None, policy_id: str | None = None
) -> Sequence[Any]:
    """Attachments (policy_id, target_id), of one target or policy or all."""
    return await db.fetch(_ATTACHED, target_id, policy_id)
