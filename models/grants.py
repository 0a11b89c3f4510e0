"""Grants: every policy that bears on a user or role, read at once."""

from typing import Any

# How a policy bears on the entity $1 (an ARN): attached, inline, boundary, control; and rows
# about the entity itself and about the organization of its account.
_LOAD = """
with entity as (
    select 'user' as kind, id, name, permissions_boundary, tags from users where arn = $1
    union all
    select 'role', id, name, permissions_boundary, tags from roles where arn = $1
), holders as (
    select kind, id, name from entity
    union all
    select 'group', g.id, g.name from entity e
      join group_members m on m.user_id = e.id join user_groups g on g.id = m.group_id
), managed as (
    select p.arn, p.name, v.document from policies p
      join policy_versions v on v.policy_id = p.id and v.version = p.default_version
)
select 'entity' as how, kind as holder, name as held_by, null as arn, name, null as document,
       tags, 0 as level from entity
union all
select 'attached', h.kind, h.name, a.policy_arn, m.name, m.document, null, 0
  from holders h join policy_attachments a on a.entity_id = h.id
  left join managed m on m.arn = a.policy_arn
union all
select 'inline', h.kind, h.name, null, i.name, i.document, null, 0
  from holders h join inline_policies i on i.entity_id = h.id
union all
select 'boundary', e.kind, e.name, e.permissions_boundary, m.name, m.document, null, 0
  from entity e left join managed m on m.arn = e.permissions_boundary
 where e.permissions_boundary is not null
union all
select 'control', 'organization', null, c.arn, c.name, c.document, null, c.level
  from driftcloud_control_policies((select driftcloud_account())) c
union all
select 'organization', null, null, null, o.organization_id, null, null, 0
  from driftcloud_organization() o
order by 1, 8, 4, 5
"""
_DOCUMENTS = """
select p.arn, p.name, v.document from policies p
  join policy_versions v on v.policy_id = p.id and v.version = p.default_version
 where p.arn = any($1::text[])
"""
_NOTE_USES = """
insert into service_uses (account_id, entity_arn, service, region, last_used_at)
select u.account_id, u.entity_arn, u.service, u.region, u.used_at
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
       as u (account_id, entity_arn, service, region, used_at)
  join cloud_accounts a on a.id = u.account_id
on conflict (account_id, entity_arn, service) do update
   set region = excluded.region, last_used_at = excluded.last_used_at
 where service_uses.last_used_at < excluded.last_used_at
"""
_NOTE_KEYS = """
update api_clients k set last_used_service = u.service, last_used_region = u.region
  from unnest($1::text[], $2::text[], $3::text[]) as u (access_key_id, service, region)
 where k.access_key_id = u.access_key_id
   and (k.last_used_service, k.last_used_region) is distinct from (u.service, u.region)
"""


async def load(db: Any, arn: str) -> list[Any]:
    """Rows of policies that bear on an entity of the session's account."""
    rows: list[Any] = await db.fetch(_LOAD, arn)
    return rows


async def documents(db: Any, arns: list[str]) -> dict[str, Any]:
    """Customer managed policies of the account by ARN: name and document."""
    return {row["arn"]: row for row in await db.fetch(_DOCUMENTS, arns)}


async def note_uses(connection: Any, uses: list[tuple[Any, ...]]) -> None:
    """Write down who used which service: (account id, entity, service, region, time, key)."""
    if uses:
        newest = {(one[0], one[1], one[2]): one for one in uses}
        await connection.execute(
            _NOTE_USES, *zip(*[one[:5] for one in newest.values()], strict=True)
        )
        keys = {one[5]: one for one in uses if one[5]}
        if keys:
            columns = [(key, one[2], one[3]) for key, one in keys.items()]
            await connection.execute(_NOTE_KEYS, *zip(*columns, strict=True))
