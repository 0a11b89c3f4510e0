"""Identities: users, groups and roles, which policies are attached to and part of."""

from typing import Any

TABLES = {"user": "users", "group": "user_groups", "role": "roles"}
_OWN = "account_id = (select driftcloud_account())"
# When a role was last used is told by its sessions' calls.
_MORE = {
    "user": "",
    "group": "",
    "role": ", (select jsonb_build_array(s.last_used_at, s.region) from service_uses s"
    " where s.entity_arn = r.arn order by s.last_used_at desc limit 1) as last_use",
}
_PAGE = """
select r.*{more} from {table} r
 where {own} and ($1::text is null or starts_with(r.path, $1)) and ($2::text is null or r.name > $2)
   {where} order by r.name limit $3::int
"""
_POLICIES = """
coalesce((select jsonb_agg(jsonb_build_object('PolicyArn', a.policy_arn, 'PolicyName',
          regexp_replace(a.policy_arn, '^.*/', '')) order by a.policy_arn)
            from policy_attachments a where a.entity_id = r.id), '[]') as attached,
coalesce((select jsonb_agg(jsonb_build_object('PolicyName', i.name, 'PolicyDocument', i.document)
                           order by i.name)
            from inline_policies i where i.entity_id = r.id), '[]') as inline
"""
_DETAILS = {
    "user": f"""
select r.*, {_POLICIES},
       coalesce((select jsonb_agg(g.name order by g.name) from group_members m
                   join user_groups g on g.id = m.group_id where m.user_id = r.id), '[]') as groups
  from users r where r.{_OWN} order by r.name""",
    "group": f"select r.*, {_POLICIES} from user_groups r where r.{_OWN} order by r.name",
    "role": f"""
select r.*, {_POLICIES} {_MORE["role"]},
       coalesce((select jsonb_agg(jsonb_build_object('InstanceProfileName', p.name, 'Path', p.path,
                   'InstanceProfileId', p.instance_profile_id, 'Arn', p.arn,
                   'CreateDate', p.created_at) order by p.name)
                   from instance_profiles p where p.role_id = r.id), '[]') as profiles
  from roles r where r.{_OWN} order by r.name""",
}
# What still hangs on an identity, which AWS wants taken away before it goes.
_HOLDINGS = {
    kind: f"""
select (select count(*) from policy_attachments where entity_id = $1) as attached,
       (select count(*) from inline_policies where entity_id = $1) as inline,
       (select count(*) from group_members where {member} = $1) as members,
       (select count(*) from instance_profiles where role_id = $1) as profiles,
       (select count(*) from api_clients k join users u on u.account_id = k.account_id
          and lower(u.name) = lower(k.user_name) where u.id = $1) as keys,
       (select count(*) from users where id = $1 and password_created_at is not null) as passwords,
       (select count(*) from mfa_devices where user_id = $1) as devices,
       (select count(*) from user_credentials
         where user_id = $1 and kind = 'signing_certificate') as certificates,
       (select count(*) from user_credentials
         where user_id = $1 and kind = 'ssh_public_key') as ssh,
       (select count(*) from user_credentials
         where user_id = $1 and kind = 'service_specific') as services
"""
    for kind, member in (("user", "user_id"), ("group", "group_id"), ("role", "user_id"))
}
_JOIN = """
insert into group_members (account_id, group_id, user_id)
values (driftcloud_account(), $1, $2) on conflict do nothing returning id
"""
_LEAVE = "delete from group_members where group_id = $1 and user_id = $2 returning id"


async def find(db: Any, kind: str, name: str) -> Any | None:
    """The user, group or role of a name, in whatever case of letters; None: there is none."""
    return await db.fetchrow(
        f"select r.*{_MORE[kind]} from {TABLES[kind]} r"
        f" where r.{_OWN} and lower(r.name) = lower($1)",
        name,
    )


async def find_by_arn(db: Any, arn: str) -> tuple[str, Any] | None:
    """The identity of an ARN, and its kind."""
    for kind, table in TABLES.items():
        row = await db.fetchrow(f"select * from {table} where {_OWN} and arn = $1", arn)
        if row is not None:
            return kind, row
    return None


async def listed(
    db: Any, kind: str, prefix: str | None, after: str | None, limit: int | None
) -> list[Any]:
    """Identities under a path, by name."""
    sql = _PAGE.format(table=TABLES[kind], more=_MORE[kind], own=f"r.{_OWN}", where="")
    rows: list[Any] = await db.fetch(sql, prefix, after, limit)
    return rows


async def members(db: Any, group_id: Any, after: str | None, limit: int | None) -> list[Any]:
    """The users of a group, by name."""
    where = "and r.id in (select user_id from group_members where group_id = $4)"
    sql = _PAGE.format(table="users", more="", own=f"r.{_OWN}", where=where)
    rows: list[Any] = await db.fetch(sql, None, after, limit, group_id)
    return rows


async def groups_of(db: Any, user_id: Any, after: str | None, limit: int | None) -> list[Any]:
    """The groups of a user, by name."""
    where = "and r.id in (select group_id from group_members where user_id = $4)"
    sql = _PAGE.format(table="user_groups", more="", own=f"r.{_OWN}", where=where)
    rows: list[Any] = await db.fetch(sql, None, after, limit, user_id)
    return rows


async def details(db: Any, kind: str) -> list[Any]:
    """All identities of a kind with everything that hangs on them."""
    rows: list[Any] = await db.fetch(_DETAILS[kind])
    return rows


async def holdings(db: Any, kind: str, identity_id: Any) -> Any:
    """How many policies, members, keys … hang on an identity."""
    return await db.fetchrow(_HOLDINGS[kind], identity_id)


async def update(db: Any, kind: str, identity_id: Any, changes: dict[str, Any]) -> None:
    """Change columns of an identity."""
    if changes:
        sets = ", ".join(f'"{key}" = ${n + 2}' for n, key in enumerate(changes))
        await db.write(
            f"update {TABLES[kind]} set {sets} where {_OWN} and id = $1",
            identity_id,
            *changes.values(),
        )


async def delete(db: Any, kind: str, identity_id: Any) -> None:
    """Delete an identity."""
    await db.write(f"delete from {TABLES[kind]} where {_OWN} and id = $1", identity_id)


async def join(db: Any, group_id: Any, user_id: Any) -> None:
    """Make a user a member of a group, if it is none yet."""
    await db.write(_JOIN, group_id, user_id)


async def leave(db: Any, group_id: Any, user_id: Any) -> bool:
    """Take a user out of a group; False: it was no member."""
    return bool(await db.write(_LEAVE, group_id, user_id))
