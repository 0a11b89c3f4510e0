"""Policies: the customer's managed ones with their versions, attachments, and inline policies."""

from collections.abc import Sequence
from typing import Any

_OWN = "account_id = (select driftcloud_account())"
_USES = """
(select count(*) from policy_attachments a where a.policy_arn = p.arn) as attachments,
(select count(*) from users u where u.permissions_boundary = p.arn)
  + (select count(*) from roles r where r.permissions_boundary = p.arn) as boundaries
"""
_FIND = f"select p.*, {_USES} from policies p where p.{_OWN} and p.arn = $1"
_LIST = f"select p.*, {_USES} from policies p where p.{_OWN} order by p.arn"
# How often AWS's own policies are used in this account.
_AWS_USES = f"""
select arn, sum(attached)::int as attachments, sum(bounds)::int as boundaries from (
    select policy_arn as arn, 1 as attached, 0 as bounds from policy_attachments where {_OWN}
    union all select permissions_boundary, 0, 1 from users where {_OWN}
    union all select permissions_boundary, 0, 1 from roles where {_OWN}) as u
 where arn like 'arn:aws:iam::aws:%' group by arn
"""
_CREATE = """
with made as (
    insert into policies (account_id, policy_id, name, path, arn, description, tags, created_at,
                          changed_at)
    values (driftcloud_account(), driftcloud_iam_id('ANPA', driftcloud_uuid()::text), $1, $2, $3,
            $4, $5::jsonb, $6, $6)
    on conflict do nothing returning id, account_id
)
insert into policy_versions (account_id, policy_id, version, document, created_at)
select account_id, id, 1, $7, $6 from made returning id
"""
_VERSIONS = "select * from policy_versions where policy_id = $1 order by version desc"
_ADD_VERSION = """
with changed as (
    update policies set last_version = last_version + 1, changed_at = $3,
           default_version = case when $4 then last_version + 1 else default_version end
     where id = $1 returning id, account_id, last_version
)
insert into policy_versions (account_id, policy_id, version, document, created_at)
select account_id, id, last_version, $2, $3 from changed returning version
"""
_CHOOSE = "update policies set default_version = $2, changed_at = $3 where id = $1"
_ATTACH = """
insert into policy_attachments (account_id, entity_type, entity_id, policy_arn, created_at)
values (driftcloud_account(), $1, $2, $3, $4) on conflict do nothing returning id
"""
_DETACH = f"""
delete from policy_attachments where {_OWN} and entity_id = $1 and policy_arn = $2 returning id
"""
_ATTACHED = f"""
select policy_arn from policy_attachments where {_OWN} and entity_id = $1 order by policy_arn
"""
_ENTITIES = """
select 'user' as kind, u.name, u.user_id as id, u.path from policy_attachments a
  join users u on u.id = a.entity_id where a.policy_arn = $1
union all
select 'group', g.name, g.group_id, g.path from policy_attachments a
  join user_groups g on g.id = a.entity_id where a.policy_arn = $1
union all
select 'role', r.name, r.role_id, r.path from policy_attachments a
  join roles r on r.id = a.entity_id where a.policy_arn = $1
 order by 1, 2
"""
_BOUNDED = """
select 'user' as kind, name, user_id as id, path from users where permissions_boundary = $1
union all select 'role', name, role_id, path from roles where permissions_boundary = $1
 order by 1, 2
"""
_PUT_INLINE = """
insert into inline_policies (account_id, entity_type, entity_id, name, document, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5)
on conflict (entity_id, name) do update set document = excluded.document
"""
_INLINE = f"select * from inline_policies where {_OWN} and entity_id = $1 order by name"
_DELETE_INLINE = f"""
delete from inline_policies where {_OWN} and entity_id = $1 and name = $2 returning id
"""


async def find(db: Any, arn: str) -> Any | None:
    """The customer's policy of an ARN, with how often it is used."""
    return await db.fetchrow(_FIND, arn)


async def listed(db: Any) -> list[Any]:
    """Every policy of the customer's own, by ARN."""
    rows: list[Any] = await db.fetch(_LIST)
    return rows


async def uses_of_aws(db: Any) -> dict[str, Any]:
    """How often AWS's policies are used in the account, by ARN."""
    return {row["arn"]: row for row in await db.fetch(_AWS_USES)}


async def create(
    db: Any, name: str, path: str, arn: str, description: str | None, tags: Any, now: Any, text: str
) -> bool:
    """A new policy with its first version; False: the name is taken."""
    return bool(await db.write(_CREATE, name, path, arn, description, tags, now, text))


async def delete(db: Any, policy_id: Any) -> None:
    """Delete a policy with its versions."""
    await db.write(f"delete from policies where {_OWN} and id = $1", policy_id)


async def versions(db: Any, policy_id: Any) -> list[Any]:
    """The versions of a policy, the newest first."""
    rows: list[Any] = await db.fetch(_VERSIONS, policy_id)
    return rows


async def add_version(db: Any, policy_id: Any, text: str, now: Any, default: bool) -> int:
    """A further version; its number."""
    rows = await db.write(_ADD_VERSION, policy_id, text, now, default)
    return int(rows[0]["version"])


async def choose_version(db: Any, policy_id: Any, version: int, now: Any) -> None:
    """Make a version the one that holds."""
    await db.write(_CHOOSE, policy_id, version, now)


async def delete_version(db: Any, policy_id: Any, version: int) -> None:
    """Delete a version."""
    await db.write(
        f"delete from policy_versions where {_OWN} and policy_id = $1 and version = $2",
        policy_id, version,
    )  # fmt: skip


async def attach(db: Any, kind: str, entity_id: Any, arn: str, now: Any) -> None:
    """Attach a managed policy; what is attached already stays."""
    await db.write(_ATTACH, kind, entity_id, arn, now)


async def detach(db: Any, entity_id: Any, arn: str) -> bool:
    """Detach a managed policy; False: it was not attached."""
    return bool(await db.write(_DETACH, entity_id, arn))


async def attached(db: Any, entity_id: Any) -> list[str]:
    """The ARNs of what is attached to an identity."""
    return [row["policy_arn"] for row in await db.fetch(_ATTACHED, entity_id)]


async def entities(db: Any, arn: str, bounded: bool) -> Sequence[Any]:
    """The identities that a policy is attached to, or which it bounds."""
    rows: list[Any] = await db.fetch(_BOUNDED if bounded else _ENTITIES, arn)
    return rows


async def put_inline(db: Any, kind: str, entity_id: Any, name: str, text: str, now: Any) -> None:
    """Write an inline policy, over what had its name."""
    await db.write(_PUT_INLINE, kind, entity_id, name, text, now)


async def inline(db: Any, entity_id: Any) -> list[Any]:
    """The inline policies of an identity, by name."""
    rows: list[Any] = await db.fetch(_INLINE, entity_id)
    return rows


async def delete_inline(db: Any, entity_id: Any, name: str) -> bool:
    """Delete an inline policy; False: there is none of that name."""
    return bool(await db.write(_DELETE_INLINE, entity_id, name))
