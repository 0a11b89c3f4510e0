"""Facts about resources that policies ask for: their tags and a few of their columns."""

from collections.abc import Sequence
from typing import Any

from models import resource_arns

_TAGS = """
select resource_id, jsonb_object_agg(key, value) as tags from resource_tags
 where account_id = (select driftcloud_account()) and resource_type = any($1::text[])
   and resource_id = any($2::text[]) group by resource_id
"""
# Columns of a row as keys of a request, by resource type; $2 is the account's number.
_VPC = "'arn:aws:ec2:' || region || ':' || $2::text || ':vpc/' || vpc_id"
_COLUMNS = {
    "instance": """
select instance_id as id, jsonb_build_object('ec2:instancetype', instance_type,
       'ec2:availabilityzone', availability_zone, 'ec2:tenancy', tenancy,
       'ec2:ebsoptimized', ebs_optimized::text, 'ec2:instanceid', instance_id,
       'ec2:instanceprofile', iam_instance_profile_arn, 'ec2:rootdevicetype', 'ebs',
       'ec2:instancemarkettype', coalesce(instance_lifecycle, 'on-demand')) as keys
  from instances where instance_id = any($1::text[]) and $2::text is not null""",
    "volume": """
select volume_id as id, jsonb_build_object('ec2:volumetype', volume_type, 'ec2:volumesize',
       size_gib::text, 'ec2:availabilityzone', availability_zone, 'ec2:volumeid', volume_id,
       'ec2:volumeiops', iops::text, 'ec2:volumethroughput', throughput::text,
       'ec2:encrypted', encrypted::text) as keys
  from volumes where volume_id = any($1::text[]) and $2::text is not null""",
    "snapshot": """
select snapshot_id as id, jsonb_build_object('ec2:volumesize', size_gib::text,
       'ec2:owner', $2::text, 'ec2:encrypted', encrypted::text, 'ec2:parentvolume',
       'arn:aws:ec2:' || region || ':' || $2::text || ':volume/' || source_volume_id) as keys
  from snapshots where snapshot_id = any($1::text[])""",
    "image": """
select image_id as id, jsonb_build_object('ec2:owner', coalesce(owner_alias, owner_number),
       'ec2:public', public::text, 'ec2:imagetype', image_type,
       'ec2:rootdevicetype', root_device_type) as keys
  from images where image_id = any($1::text[]) and $2::text is not null""",
    "subnet": f"""
select subnet_id as id, jsonb_build_object('ec2:availabilityzone', availability_zone,
       'ec2:subnetid', subnet_id, 'ec2:vpc', {_VPC}) as keys
  from subnets where subnet_id = any($1::text[])""",
    "security_group": f"""
select group_id as id, jsonb_build_object('ec2:vpc', {_VPC}) as keys
  from security_groups where group_id = any($1::text[])""",
    "rds_instance": """
select db_instance_id as id, jsonb_build_object('rds:databaseclass', instance_class,
       'rds:databaseengine', engine, 'rds:multiaz', multi_az::text,
       'rds:storagesize', allocated_storage_gib::text) as keys
  from rds_instances where db_instance_id = any($1::text[]) and $2::text is not null""",
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
    # images of others are no resources of the account's, but can be launched
    found |= {
        arn: ("image", arn.rpartition("/")[2])
        for arn in written
        if arn not in found and arn.startswith(f"arn:aws:ec2:{region}:{number}:image/")
    }
    if not found:
        return {}
    kinds = sorted({kind for kind, _ in found.values()})
    ids = [one for _, one in found.values()]
    tags = {row["resource_id"]: row["tags"] for row in await db.fetch(_TAGS, kinds, ids)}
    keys: dict[str, dict[str, str]] = {}
    for kind in kinds:
        if kind in _COLUMNS:
            those = [one for k, one in found.values() if k == kind]
            rows = await db.fetch(_COLUMNS[kind], those, number)
            keys |= {row["id"]: {k: v for k, v in row["keys"].items() if v} for row in rows}
    return {written[arn]: (tags.get(one, {}), keys.get(one, {})) for arn, (_, one) in found.items()}
