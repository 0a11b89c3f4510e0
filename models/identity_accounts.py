"""What IAM knows of an account as a whole: alias, password policy, counts, reports."""

from typing import Any

_OWN = "account_id = (select driftcloud_account())"
_SUMMARY = f"""
select (select count(*) from users where {_OWN}) as "Users",
       (select count(*) from user_groups where {_OWN}) as "Groups",
       (select count(*) from roles where {_OWN}) as "Roles",
       (select count(*) from policies where {_OWN}) as "Policies",
       (select count(*) from instance_profiles where {_OWN}) as "InstanceProfiles",
       (select count(*) from policy_versions where {_OWN}) as "PolicyVersionsInUse",
       (select count(*) from server_certificates where {_OWN}) as "ServerCertificates",
       (select count(*) from identity_providers where {_OWN}) as "Providers",
       (select count(*) from mfa_devices where {_OWN}) as "MFADevices",
       (select count(*) from mfa_devices where {_OWN} and user_id is not null) as "MFADevicesInUse",
       (select global_token_version from cloud_accounts where id = (select driftcloud_account()))
           as "GlobalEndpointTokenVersion"
"""
_SET_ALIAS = """
update cloud_accounts set alias = $1 where id = driftcloud_account() returning alias
"""
_SET_TOKENS = """
update cloud_accounts set global_token_version = $1 where id = driftcloud_account()
"""
_PUT_PASSWORDS = """
insert into password_policies (account_id, settings) values (driftcloud_account(), $1::jsonb)
on conflict (account_id) do update set settings = excluded.settings
"""
# Each user with its keys and certificates, the oldest first, as the credential report shows them.
_CREDENTIALS = """
select u.*, coalesce((select jsonb_agg(jsonb_build_object('active', k.status = 'active',
           'created', k.created_at, 'used', k.last_used_at, 'region', k.last_used_region,
           'service', k.last_used_service) order by k.created_at, k.id)
        from api_clients k where k.account_id = u.account_id
         and lower(k.user_name) = lower(u.name)), '[]') as keys,
       coalesce((select jsonb_agg(jsonb_build_object('active', c.status = 'Active',
           'created', c.created_at) order by c.created_at, c.credential_id)
        from user_credentials c where c.user_id = u.id and c.kind = 'signing_certificate'), '[]')
           as certificates,
       exists (select from mfa_devices m where m.user_id = u.id) as mfa
  from users u where u.account_id = (select driftcloud_account()) order by u.name
"""
_PUT_REPORT = """
insert into credential_reports (account_id, content, generated_at)
values (driftcloud_account(), $1, $2)
on conflict (account_id) do update
   set content = excluded.content, generated_at = excluded.generated_at
"""
_USES = f"select * from service_uses where {_OWN} and entity_arn = any($1::text[])"
_HOLDERS = """
select u.arn from policy_attachments a join users u on u.id = a.entity_id where a.policy_arn = $1
union select u.arn from policy_attachments a join group_members m on m.group_id = a.entity_id
        join users u on u.id = m.user_id where a.policy_arn = $1
union select r.arn from policy_attachments a join roles r on r.id = a.entity_id
       where a.policy_arn = $1
union select u.arn from user_groups g join group_members m on m.group_id = g.id
        join users u on u.id = m.user_id where g.arn = $1
"""


async def summary(db: Any) -> dict[str, int]:
    """How many of each kind there are."""
    return dict(await db.fetchrow(_SUMMARY))


async def alias(db: Any) -> str | None:
    """The alias of the account."""
    found: str | None = await db.fetchval(
        "select alias from cloud_accounts where id = driftcloud_account()"
    )
    return found


async def set_alias(db: Any, name: str | None) -> None:
    """Give the account an alias, or none. Raises UniqueViolationError for one that is taken."""
    await db.write(_SET_ALIAS, name)


async def set_token_version(db: Any, version: int) -> None:
    """Say of which version tokens of STS's global endpoint are."""
    await db.write(_SET_TOKENS, version)


async def password_policy(db: Any) -> dict[str, Any] | None:
    """What passwords must be like, as IAM words it."""
    found: dict[str, Any] | None = await db.fetchval(
        f"select settings from password_policies where {_OWN}"
    )
    return found


async def put_password_policy(db: Any, settings: dict[str, Any]) -> None:
    """Set what passwords must be like."""
    await db.write(_PUT_PASSWORDS, settings)


async def delete_password_policy(db: Any) -> bool:
    """Forget what passwords must be like; False: nothing was said."""
    return bool(await db.write(f"delete from password_policies where {_OWN} returning id"))


async def credentials(db: Any) -> list[Any]:
    """Every user with its keys."""
    rows: list[Any] = await db.fetch(_CREDENTIALS)
    return rows


async def put_report(db: Any, content: str, now: Any) -> None:
    """Keep the newest credential report."""
    await db.write(_PUT_REPORT, content, now)


async def report(db: Any) -> Any | None:
    """The newest credential report."""
    return await db.fetchrow(f"select * from credential_reports where {_OWN}")


async def start_job(db: Any, arn: str, granularity: str, now: Any) -> str:
    """Note that somebody asks for last accesses; the job's id."""
    rows = await db.write(
        "insert into access_jobs (account_id, arn, granularity, created_at)"
        " values (driftcloud_account(), $1, $2, $3) returning id",
        arn, granularity, now,
    )  # fmt: skip
    return str(rows[0]["id"])


async def job(db: Any, job_id: Any) -> Any | None:
    """A job of last accesses."""
    return await db.fetchrow(f"select * from access_jobs where {_OWN} and id = $1", job_id)


async def holders(db: Any, arn: str) -> list[str]:
    """The users and roles that a policy's or group's permissions reach."""
    return [row["arn"] for row in await db.fetch(_HOLDERS, arn)]


async def uses(db: Any, arns: list[str]) -> list[Any]:
    """When these users and roles last called which service."""
    rows: list[Any] = await db.fetch(_USES, arns)
    return rows
