"""Facts about resources that policies ask for: their tags and a few of their columns."""

from collections.abc import Sequence
from typing import Any

from models import resource_arns

_TAGS = """
select resource_id, jsonb_object_agg(key, value) as tags from resource_tags
 where account_id = (select driftcloud_account()) and resource_type = any($1::text[])
   and resource_id = any($2::text[]) group by resource_id
"""
# Columns of a row as keys of a request, by resource type.
_COLUMNS = {
    "instance": """
select instance_id as id, jsonb_build_object('ec2:instancetype', instance_type,
       'ec2:availabilityzone', availability_zone) as keys
  from instances where instance_id = any($1::text[])""",
    "volume": """
select volume_id as id, jsonb_build_object('ec2:volumetype', volume_type, 'ec2:volumesize',
       size_gib::text, 'ec2:availabilityzone', availability_zone) as keys
  from volumes where volume_id = any($1::text[])""",
    "rds_instance": """
select db_instance_id as id, jsonb_build_object('rds:databaseclass', instance_class,
       'rds:databaseengine', engine) as keys
  from rds_instances where db_instance_id = any($1::text[])""",
}


async def of(
    db: Any, number: str, region: str, arns: Sequence[str]
) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Tags and keys of each of the resources that there is, by ARN."""
    # EC2 leaves the account out of the ARNs of images and snapshots
    written = {
        arn.replace(":ec2:" + region + "::", f":ec2:{region}:{number}:"): arn for arn in arns
    }
    found = await resource_arns.find(db, number, region, list(written))
    if not found:
        return {}
    kinds = sorted({kind for kind, _ in found.values()})
    ids = [one for _, one in found.values()]
    tags = {row["resource_id"]: row["tags"] for row in await db.fetch(_TAGS, kinds, ids)}
    keys: dict[str, dict[str, str]] = {}
    for kind in kinds:
        if kind in _COLUMNS:
            rows = await db.fetch(_COLUMNS[kind], [one for k, one in found.values() if k == kind])
            keys |= {row["id"]: {k: v for k, v in row["keys"].items() if v} for row in rows}
    return {written[arn]: (tags.get(one, {}), keys.get(one, {})) for arn, (_, one) in found.items()}
