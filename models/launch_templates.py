"""Launch templates and their versions: kept descriptions of what to launch."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.listing import Column, Database, Listing

LISTING = Listing(
    "t.launch_template_id, t.name, t.default_version, t.latest_version, t.created_by, t.tags,"
    " t.created_at",
    "launch_templates as t",
    key="t.launch_template_id",
    columns={
        "region": "t.region",
        "launch_template_id": "t.launch_template_id",
        "name": "t.name",
        "created_at": Column("t.created_at", "time"),
    },
    tagged="launch_template",
)

# The key of a version pages newest first: DescribeLaunchTemplateVersions shows it so.
_KEY = "(v.launch_template_id || lpad((1000000000 - v.version_number)::text, 10, '0'))"
VERSIONS = Listing(
    f"{_KEY} as page_key, v.launch_template_id, t.name, v.version_number, v.description, v.data,"
    " v.created_by, v.created_at, (v.version_number = t.default_version) as is_default",
    "launch_template_versions as v"
    " join launch_templates as t on t.launch_template_id = v.launch_template_id",
    key=_KEY,
    columns={
        "region": "t.region",
        "launch_template_id": "v.launch_template_id",
        "version": "v.version_number::text",
        "is_default": Column("(v.version_number = t.default_version)", "bool"),
        "is_latest": Column("(v.version_number = t.latest_version)", "bool"),
        "is_latest_or_default": Column(
            "(v.version_number in (t.latest_version, t.default_version))", "bool"
        ),
        "created_at": Column("v.created_at", "time"),
        "ebs_optimized": Column("coalesce((v.data ->> 'EbsOptimized')::boolean, false)", "bool"),
        "http_endpoint": "(v.data -> 'MetadataOptions' ->> 'HttpEndpoint')",
        "http_tokens": "(v.data -> 'MetadataOptions' ->> 'HttpTokens')",
        "iam_instance_profile": "(v.data -> 'IamInstanceProfile' ->> 'Arn')",
        "image_id": "(v.data ->> 'ImageId')",
        "instance_type": "(v.data ->> 'InstanceType')",
        "kernel_id": "(v.data ->> 'KernelId')",
        "ram_disk_id": "(v.data ->> 'RamDiskId')",
        "license_configuration_arn": (
            "exists (select 1 from jsonb_array_elements(coalesce(v.data -> 'LicenseSpecifications',"
            " '[]'::jsonb)) as one where one ->> 'LicenseConfigurationArn' {match})"
        ),
        "network_card_index": (
            "exists (select 1 from jsonb_array_elements(coalesce(v.data -> 'NetworkInterfaces',"
            " '[]'::jsonb)) as one where one ->> 'NetworkCardIndex' {match})"
        ),
        "host_resource_group_arn": "(v.data -> 'Placement' ->> 'HostResourceGroupArn')",
    },
)

_FIND = """
select launch_template_id, name, default_version, latest_version from launch_templates
 where account_id = driftcloud_account() and region = $1
   and case when $2::text is null then name = $3 else launch_template_id = $2 end
"""
_INSERT = """
with made as (
    insert into launch_templates (account_id, launch_template_id, name, region, created_by,
                                  client_token, tags, created_at)
    values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7)
    on conflict (account_id, region, name) do nothing
    returning launch_template_id
)
insert into launch_template_versions (account_id, launch_template_id, version_number, region,
                                      description, data, created_by, created_at)
select driftcloud_account(), launch_template_id, 1, $3, $8, $9, $4, $7 from made
returning launch_template_id
"""
# The template's row is locked by its update, so that each version has a number of its own.
_ADD = """
with counted as (
    update launch_templates set latest_version = latest_version + 1
     where launch_template_id = $1 and region = $2
    returning launch_template_id, latest_version
)
insert into launch_template_versions (account_id, launch_template_id, version_number, region,
                                      description, data, created_by, created_at)
select driftcloud_account(), launch_template_id, latest_version, $2, $3, $4, $5, $6 from counted
returning version_number
"""
_DELETE = "delete from launch_templates where launch_template_id = $1 and region = $2"
_DELETE_VERSIONS = """
delete from launch_template_versions as v using launch_templates as t
 where v.launch_template_id = $1 and v.version_number = any($2::int[])
   and t.launch_template_id = v.launch_template_id and t.default_version <> v.version_number
returning v.version_number
"""
_SET_DEFAULT = """
update launch_templates as t set default_version = $3
 where t.launch_template_id = $1 and t.region = $2
   and exists (select from launch_template_versions as v
                where v.launch_template_id = $1 and v.version_number = $3)
returning t.launch_template_id
"""
_VERSION = """
select version_number, data from launch_template_versions
 where launch_template_id = $1 and version_number = $2
"""


async def find(
    db: Database, region: str, template_id: str | None = None, name: str | None = None
) -> Any | None:
    """The template of that id, or of that name; None when there is none."""
    rows = await db.fetch(_FIND, region, template_id, name)
    return rows[0] if rows else None


async def find_version(db: Database, template_id: str, number: int) -> Any | None:
    """One version's `version_number` and `data`, or None."""
    rows = await db.fetch(_VERSION, template_id, number)
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new template with its first version; False when the name is taken."""
    return bool(
        await db.write(
            _INSERT, row["launch_template_id"], row["name"], row["region"], row["created_by"],
            row["client_token"], row["tags"], row["created_at"], row["description"], row["data"],
        )
    )  # fmt: skip


async def add_version(db: Any, region: str, template_id: str, row: Mapping[str, Any]) -> int:
    """Store the next version of a template; its number."""
    [made] = await db.write(
        _ADD, template_id, region, row["description"], row["data"], row["created_by"],
        row["created_at"],
    )  # fmt: skip
    number: int = made["version_number"]
    return number


async def set_default(db: Any, region: str, template_id: str, number: int) -> bool:
    """Make a version the default one; False when there is no such version."""
    return bool(await db.write(_SET_DEFAULT, template_id, region, number))


async def delete_versions(db: Any, template_id: str, numbers: Sequence[int]) -> set[int]:
    """Delete versions but the default one; the numbers of those that were there."""
    rows = await db.write(_DELETE_VERSIONS, template_id, list(numbers))
    return {row["version_number"] for row in rows}


async def delete(db: Any, region: str, template_id: str) -> None:
    """Delete a template with all its versions."""
    await db.write(_DELETE, template_id, region)
