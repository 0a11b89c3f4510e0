"""Resource policies: what resources of an account say of who may use them."""

from typing import Any

# Of the account $1 (a number): ARN, document, and what blocks the public.
_OF = """
with owner as (select id from cloud_accounts where account_number = $1)
select 'arn:aws:s3:::' || b.name as arn, b.policy as document, b.public_access_block
  from owner o join s3_buckets b on b.account_id = o.id where b.policy is not null
union all
select q.arn, q.attributes ->> 'Policy', null
  from owner o join queues q on q.account_id = o.id where q.attributes ? 'Policy'
union all
select f.arn || case when p.qualifier = '' then '' else ':' || p.qualifier end,
       jsonb_build_object('Version', '2012-10-17',
                          'Statement', jsonb_agg(p.statement order by p.created_at, p.id))::text,
       null
  from owner o join lambda_permissions p on p.account_id = o.id
  join lambda_functions f on f.id = p.function_id group by f.arn, p.qualifier
union all
select b.arn, b.policy::text, null
  from owner o join event_buses b on b.account_id = o.id where b.policy is not null
union all
select v.arn, jsonb_build_object('Version', '2012-10-17', 'Statement', v.policy)::text, null
  from owner o join lambda_layer_versions v on v.account_id = o.id
 where v.policy <> '[]' and v.deleted_at is null
"""
_BUCKETS = """
select b.name, a.account_number from s3_buckets b join cloud_accounts a on a.id = b.account_id
 where b.policy is not null
"""
_PLACE = """
select a.account_number, b.region from s3_buckets b join cloud_accounts a on a.id = b.account_id
 where b.name = $1
"""
_ACCOUNT = "select id from cloud_accounts where account_number = $1"

CHANGED = "driftcloud_resource_policies"


async def of_account(connection: Any, number: str) -> list[Any]:
    """Every resource policy of an account: ARN, document (text) and public_access_block."""
    rows: list[Any] = await connection.fetch(_OF, number)
    return rows


async def account_id(connection: Any, number: str) -> Any | None:
    """The id of the account of that number."""
    return await connection.fetchval(_ACCOUNT, number)


async def place(connection: Any, bucket: str) -> Any | None:
    """Whose a bucket is (account_number) and where (region); None: there is no such bucket."""
    return await connection.fetchrow(_PLACE, bucket)


async def buckets(connection: Any) -> dict[str, str]:
    """Whose the buckets are that have a policy: the account's number by name."""
    return {row["name"]: row["account_number"] for row in await connection.fetch(_BUCKETS)}
