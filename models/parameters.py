"""Parameters of Systems Manager: the account's own, and those of AWS that name images."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import Database, Listing

# AWS's own parameters are in no account.
_PUBLIC = """
select i.ssm_alias as name, 'arn:aws:ssm:' || i.region || '::parameter' || i.ssm_alias as arn,
       i.region, 'String' as kind, i.image_id as value, 1 as version, null::text as description,
       'Standard' as tier, 'aws:ec2:image' as data_type, null::text as modified_by,
       i.created_at as modified_at, true as is_public
  from images as i where i.account_id is null and i.ssm_alias is not null
"""
_OWN = """
select name, arn, region, kind, value, version, description, tier, data_type, modified_by,
       modified_at, false as is_public
  from parameters where account_id = (select driftcloud_account())
"""
LISTING = Listing(
    "p.*",
    f"({_OWN} union all {_PUBLIC}) as p",
    key="p.name",
    columns={
        "region": "p.region",
        "name": "p.name",
        "kind": "p.kind",
        "tier": "p.tier",
        "data_type": "p.data_type",
    },
)
OWN = Listing(
    "p.*",
    f"({_OWN}) as p",
    key="p.name",
    columns=LISTING.columns,
)

_CHANGE = """
update parameters
   set value = $3, kind = $4, version = version + 1, description = coalesce($5, description),
       tier = $6, data_type = $7, modified_by = $8, modified_at = $9
 where account_id = driftcloud_account() and region = $1 and name = $2
returning version
"""
_DELETE = """
delete from parameters
 where account_id = driftcloud_account() and region = $1 and name = any($2::text[])
returning name
"""

# Every instance that runs an image with the agent in it, and may speak to the service.
INSTANCES = Listing(
    f"i.instance_id, i.name, i.platform, i.private_ip_address, i.region, {NOW} as pinged_at,"
    " i.iam_instance_profile_arn, m.name as image_name, i.launch_time, i.state",
    "instances as i left join images as m on m.image_id = i.image_id",
    key="i.instance_id",
    columns={
        "region": "i.region",
        "instance_id": "i.instance_id",
        "platform_type": "(case i.platform when 'windows' then 'Windows' else 'Linux' end)",
        "ping_status": "(case i.state when 'running' then 'Online' else 'ConnectionLost' end)",
        "resource_type": "'EC2Instance'::text",
    },
    tagged="instance",
    always=(
        "i.state in ('running', 'stopped') and i.iam_instance_profile_arn is not null"
        " and (m.name is null or m.name ~* '^(al2023|amzn2|ubuntu|windows)' or"
        " m.account_id is not null)"
    ),
)


async def found(db: Database, region: str, names: Sequence[str]) -> list[Any]:
    """The parameters of these names, the account's own or AWS's."""
    return await LISTING.page(db, region=region, ids=names)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new parameter; False when its name is taken."""
    return await single_rows.insert(db, "parameters", row)


async def change(db: Any, region: str, name: str, *values: Any) -> int | None:
    """Give a parameter its next version; the number of it, or None: there is no such."""
    rows = await db.write(_CHANGE, region, name, *values)
    return int(rows[0]["version"]) if rows else None


async def delete(db: Any, region: str, names: Sequence[str]) -> set[str]:
    """Delete parameters; the names of those that there were."""
    rows = await db.write(_DELETE, region, list(names))
    return {row["name"] for row in rows}
