"""Lambda functions: listed with their published versions, stored, priced."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from models import costs, single_rows
from models.callers import NOW
from models.listing import Database, Listing

# Account limits of a region (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
CONCURRENT_EXECUTIONS, LEAST_UNRESERVED = 1000, 100
TOTAL_CODE_BYTES, UNZIPPED_BYTES, ZIPPED_BYTES = 80_530_636_800, 262_144_000, 52_428_800
MEAN_WEEKS_A_MONTH = Decimal(30) / 7
MODIFIED = '\'YYYY-MM-DD"T"HH24:MI:SS.MS"+0000"\''

_COLUMNS = (
    "name", "region", "env", "runtime", "handler", "description", "role_arn", "architecture",
    "package_type", "code_size", "code_sha256", "memory_mb", "timeout_seconds",
    "ephemeral_storage_mb", "environment", "vpc_id", "subnet_ids", "security_group_ids",
    "ipv6_dual_stack", "dead_letter_arn", "tracing_mode", "kms_key_arn", "image_uri",
    "image_config", "file_systems", "snap_start", "logging", "runtime_version_arn",
    "runtime_update",
)  # fmt: skip
_LAYERS = (
    "(select jsonb_agg(jsonb_build_object('arn', u.arn, 'size', l.code_size) order by u.at)"
    " from unnest(f.layers) with ordinality as u(arn, at)"
    " left join lambda_layer_versions as l on l.arn = u.arn)"
)
_SHOWN = (
    ", ".join(f"f.{name}" for name in _COLUMNS)
    + f", {_LAYERS} as layers, md5(f.id::text || '/' || f.current_revision)::uuid::text as revision"
    ", to_char((coalesce(f.last_modified, f.created_at) + {shift}) at time zone 'utc',"
    f" {MODIFIED}) as modified"
)
_LATEST = (
    f"{_SHOWN}, f.id, '$LATEST' as version, f.name || ':0000000000' as position, f.arn,"
    f" case when f.settles_at > {NOW} then f.state_transition end as transition,"
    " f.reserved_concurrency, f.provisioned_concurrency, f.current_provisioned_mb,"
    " f.invocations_7d, f.avg_duration_ms_7d, f.current_version, f.recursive_loop,"
    " f.code_signing_config_arn"
)
_VERSION = (
    f"{_SHOWN}, v.function_id as id, v.version::text as version,"
    " f.name || ':' || lpad(v.version::text, 10, '0') as position, v.arn,"
    f" case when v.settles_at > {NOW} then 'creating' end as transition,"
    " null::int as reserved_concurrency, null::int as provisioned_concurrency,"
    " null::bigint as current_provisioned_mb, null::bigint as invocations_7d,"
    " null::numeric as avg_duration_ms_7d, null::int as current_version,"
    " null::text as recursive_loop, null::text as code_signing_config_arn"
)
_OF_VERSIONS = (
    "lambda_versions as v cross join lateral"
    " jsonb_populate_record(null::lambda_functions, v.configuration) as f"
)

LATEST = Listing(
    _LATEST, "lambda_functions as f", key="f.name",
    columns={
        "region": "f.region",
        "code_signing_config_arn": "f.code_signing_config_arn",
    },
    tagged="lambda_function", tagged_by="f.arn",
)  # fmt: skip
VERSIONS = Listing(
    "r.*",
    f"(select {_LATEST} from lambda_functions as f"
    f" union all select {_VERSION} from {_OF_VERSIONS}) as r",
    key="r.position",
    columns={"region": "r.region", "name": "r.name"},
)
_ONE_VERSION = Listing(
    _VERSION, _OF_VERSIONS, key="v.arn", columns={"region": "v.region"},
)  # fmt: skip

_LOCK = """
select * from lambda_functions
 where account_id = driftcloud_account() and region = $1 and name = $2 for update
"""
_PUBLISH = """
insert into lambda_versions (account_id, function_id, version, region, arn, configuration,
                             settles_at, created_at)
select account_id, id, current_version + 1, region, '',
       case when $2::text is null then '{}' else jsonb_build_object('description', $2::text) end,
       $3, $4
  from lambda_functions where id = $1
returning version
"""
_NEWEST = """
select v.version::text as version, v.configuration ->> 'code_sha256' = f.code_sha256 and
       (v.configuration - $2::text[]) = (to_jsonb(f) - $2::text[]) - $3::text[] as same
  from lambda_functions as f
  join lambda_versions as v on v.function_id = f.id and v.version = f.current_version
 where f.id = $1
"""
# What may differ between a version and its function although nothing was changed since.
_APART = ["description", "current_revision", "current_version", "last_modified", "updated_at"]
_NEVER_KEPT = [
    "tags", "invocations_7d", "avg_duration_ms_7d", "estimated_monthly_cost",
    "provisioned_concurrency", "max_memory_used_mb", "max_concurrency_7d", "reserved_concurrency",
    "state_transition", "settles_at", "current_provisioned_mb", "current_invocations",
    "current_invocation_errors",
]  # fmt: skip
_CONCURRENCY = """
select coalesce(sum(greatest(f.reserved_concurrency, 0)), 0)
           + coalesce(sum(f.provisioned_concurrency)
                      filter (where f.reserved_concurrency is null), 0) as held,
       coalesce(sum(f.code_size), 0)
           + (select coalesce(sum((v.configuration ->> 'code_size')::bigint), 0)
           from lambda_versions as v where v.region = $1) + (select coalesce(sum(l.code_size), 0)
           from lambda_layer_versions as l where l.region = $1 and l.deleted_at is null) as bytes,
       count(*) as functions
  from lambda_functions as f where f.region = $1 and f.name is distinct from $2
"""
_INVOKED = """
update lambda_functions set current_invocations = current_invocations + 1,
       current_invocation_errors = current_invocation_errors + $2
 where id = $1 returning id
"""
_CALLED = """
update lambda_functions set current_invocations = current_invocations + $3
 where account_id = driftcloud_account() and region = $1 and name = $2 returning id
"""
_SUBNETS = "select subnet_id, vpc_id from subnets where region = $1 and subnet_id = any($2::text[])"
_GROUPS = (
    "select group_id, vpc_id from security_groups where region = $1 and group_id = any($2::text[])"
)
_BUCKET = "select id, region from s3_buckets where name = $1 and account_id = driftcloud_account()"


async def find_one(db: Database, region: str, name: str, shift: timedelta) -> Any | None:
    """The function as it is now, or None."""
    rows = await LATEST.page(db, region=region, ids=[name], shift=shift)
    return rows[0] if rows else None


async def find_version(db: Database, arn: str, shift: timedelta) -> Any | None:
    """The published version of that ARN, or None."""
    rows = await _ONE_VERSION.page(db, ids=[arn], shift=shift)
    return rows[0] if rows else None


async def lock(db: Any, region: str, name: str) -> Any | None:
    """The function's whole row, held until the transaction ends; None when it is not there."""
    return await db.fetchrow(_LOCK, region, name)


async def key_of(db: Database, region: str, name: str) -> Any | None:
    """The function's key, or None."""
    rows = await db.fetch(
        "select id from lambda_functions where region = $1 and name = $2", region, name
    )
    return rows[0]["id"] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new function; False when its name is taken."""
    return await single_rows.insert(db, "lambda_functions", {**row, "estimated_monthly_cost": 0})


async def update(db: Any, row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Change columns of a function, and its cost with them; `row` is its whole row before."""
    after = {**dict(row), **changes}
    priced_changes = {**changes, "estimated_monthly_cost": priced(after)}
    await single_rows.update(
        db, "lambda_functions", row["region"], "name", row["name"], priced_changes
    )


async def price(db: Any, region: str, name: str) -> None:
    """Set the cost of a function anew, when something that is not a column of it has changed."""
    row = await lock(db, region, name)
    if row is not None:
        await update(db, row, {})


def priced(row: Mapping[str, Any]) -> Decimal:
    """A month of a function as it is used and kept warm now, USD."""
    slots = row["provisioned_concurrency"] or 0
    return costs.lambda_monthly(
        row["memory_mb"],
        (row["invocations_7d"] or 0) * MEAN_WEEKS_A_MONTH,
        row["avg_duration_ms_7d"] or 0,
        row["region"],
        provisioned_concurrency=slots,
        provisioned_mb=row["current_provisioned_mb"] if slots else None,
        architecture=row["architecture"],
    )


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a function with all that belongs to it; False when it is not there."""
    return bool(
        await db.write(
            "delete from lambda_functions where account_id = driftcloud_account()"
            " and region = $1 and name = $2 returning id",
            region,
            name,
        )
    )


async def publish(
    db: Any, function_id: Any, description: str | None, now: datetime, takes: timedelta
) -> int:
    """Make a version of a function as it is; its number."""
    settles = now + takes if takes else None
    [made] = await db.write(_PUBLISH, function_id, description, settles, now)
    return int(made["version"])


async def unchanged_version(db: Database, function_id: Any) -> str | None:
    """The newest version, if the function has not been changed since it was published."""
    rows = await db.fetch(_NEWEST, function_id, _APART, _NEVER_KEPT)
    return rows[0]["version"] if rows and rows[0]["same"] else None


async def delete_version(db: Any, arn: str) -> bool:
    """Delete a published version; False when it is not there."""
    return bool(await db.write("delete from lambda_versions where arn = $1 returning id", arn))


async def drop_provisioned(db: Any, function_id: Any, qualifier: str) -> bool:
    """Keep no environment warm for a version or alias any more; False when none was."""
    return bool(
        await db.write(
            "delete from lambda_provisioned_concurrency where function_id = $1 and qualifier = $2"
            " returning id",
            function_id,
            qualifier,
        )
    )


async def usage(db: Database, region: str, without: str | None = None) -> Any:
    """Concurrency held by functions, bytes of code and number of functions of a region."""
    rows = await db.fetch(_CONCURRENCY, region, without)
    return rows[0]


async def invoked(db: Any, function_id: Any, *, failed: bool) -> None:
    """Count an invocation, which the next day's row takes in."""
    await db.write(_INVOKED, function_id, int(failed))


async def called(db: Any, arn: str, times: int) -> bool:
    """Count what a service of AWS's calls a function for; False: there is none of that ARN."""
    parts = arn.split(":")
    return len(parts) > 6 and bool(await db.write(_CALLED, parts[3], parts[6], times))


async def networks(
    db: Database, region: str, subnet_ids: list[str], group_ids: list[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The caller's subnets and security groups of these ids, each with its network."""
    subnets = {
        row["subnet_id"]: row["vpc_id"] for row in await db.fetch(_SUBNETS, region, subnet_ids)
    }
    groups = {row["group_id"]: row["vpc_id"] for row in await db.fetch(_GROUPS, region, group_ids)}
    return subnets, groups


async def bucket(db: Database, name: str) -> Any | None:
    """Key and region of the caller's bucket of that name, or None."""
    rows = await db.fetch(_BUCKET, name)
    return rows[0] if rows else None
