"""Instance profiles: what hands a role to EC2 instances."""

from typing import Any

_ROLE = """
case when r.id is null then '[]'::jsonb else jsonb_build_array(to_jsonb(r)) end as roles
"""
_SELECT = f"""
select p.*, {_ROLE} from instance_profiles p left join roles r on r.id = p.role_id
 where p.account_id = (select driftcloud_account())
"""
_PAGE = f"""{_SELECT}
   and ($1::text is null or starts_with(p.path, $1)) and ($2::text is null or p.name > $2)
   and ($4::uuid is null or p.role_id = $4) order by p.name limit $3::int
"""


async def find(db: Any, name: str) -> Any | None:
    """The profile of a name with its role, or None."""
    return await db.fetchrow(f"{_SELECT} and lower(p.name) = lower($1)", name)


async def listed(
    db: Any, prefix: str | None, after: str | None, limit: int | None, role_id: Any = None
) -> list[Any]:
    """Profiles under a path, or of a role, by name."""
    rows: list[Any] = await db.fetch(_PAGE, prefix, after, limit, role_id)
    return rows


async def set_role(db: Any, profile_id: Any, role_id: Any | None) -> None:
    """Put a role into a profile, or take it out."""
    await db.write("update instance_profiles set role_id = $2 where id = $1", profile_id, role_id)


async def delete(db: Any, profile_id: Any) -> None:
    """Delete a profile."""
    await db.write("delete from instance_profiles where id = $1", profile_id)
