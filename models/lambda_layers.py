"""Layers: code that functions share, by version."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from models.lambda_functions import MODIFIED
from models.listing import Column, Database, Listing

_SHOWN = (
    "l.name, l.version, l.arn, regexp_replace(l.arn, ':[0-9]+$', '') as layer_arn,"
    " l.description, l.license, l.runtimes, l.architectures, l.code_size, l.code_sha256, l.policy,"
    f" to_char((l.created_at + {{shift}}) at time zone 'utc', {MODIFIED}) as created"
)
_COLUMNS = {
    "region": Column("l.region"),
    "name": Column("l.name"),
    "runtime": Column("l.runtimes", "texts"),
    "architecture": Column("l.architectures", "texts"),
}
_THERE = "l.deleted_at is null"
# Newest first: the key of a version falls as its number rises.
VERSIONS = Listing(
    f"{_SHOWN}, lpad((1000000000 - l.version)::text, 10, '0') as position",
    "lambda_layer_versions as l",
    key="lpad((1000000000 - l.version)::text, 10, '0')",
    columns=_COLUMNS,
    always=_THERE,
)
NEWEST = Listing(
    _SHOWN,
    "lambda_layer_versions as l",
    key="l.name",
    columns=_COLUMNS,
    always=_THERE,
)
_BY_ARN = Listing(
    _SHOWN, "lambda_layer_versions as l", key="l.arn", columns=_COLUMNS, always=_THERE
)

_INSERT = """
insert into lambda_layer_versions (account_id, region, name, version, arn, description, license,
                                   runtimes, architectures, code_size, code_sha256, created_at)
select driftcloud_account(), $1, $2, n.version, $3 || ':' || n.version, $4, $5, $6::text[],
       $7::text[], $8, $9, $10
  from (select coalesce(max(l.version), 0) + 1 as version from lambda_layer_versions as l
         where l.account_id = driftcloud_account() and l.region = $1 and l.name = $2) as n
returning arn
"""
_EXISTING = """
select arn from lambda_layer_versions where arn = any($1::text[]) and deleted_at is null
"""
_NEWEST_OF = """
select distinct on (l.name) l.arn from lambda_layer_versions as l
 where l.region = $1 and l.deleted_at is null
   and ($2::text is null or $2 = any(l.runtimes))
   and ($3::text is null or $3 = any(l.architectures))
   and ($4::text is null or l.name > $4)
 order by l.name, l.version desc limit $5
"""


async def newest(
    db: Database, region: str, runtime: str | None, architecture: str | None,
    after: str | None, limit: int | None, shift: timedelta,
) -> list[Any]:  # fmt: skip
    """The newest version of each layer that fits, by name."""
    found = await db.fetch(_NEWEST_OF, region, runtime, architecture, after, limit)
    rows = await _BY_ARN.page(db, ids=[row["arn"] for row in found], shift=shift)
    return sorted(rows, key=lambda row: str(row["name"]))


async def find_one(db: Database, arn: str, shift: timedelta) -> Any | None:
    """The layer version of that ARN, or None."""
    rows = await _BY_ARN.page(db, ids=[arn], shift=shift)
    return rows[0] if rows else None


async def existing(db: Database, arns: Sequence[str]) -> set[str]:
    """Those of the layer versions that are there."""
    return {row["arn"] for row in await db.fetch(_EXISTING, list(arns))}


async def insert(db: Any, row: Mapping[str, Any]) -> str:
    """Store the next version of a layer; its ARN. `row` has the ARN without a version."""
    await db.fetch(
        "select pg_advisory_xact_lock(hashtext('lambda layer'), hashtext($1))", row["arn"]
    )
    [made] = await db.write(
        _INSERT, row["region"], row["name"], row["arn"], row["description"], row["license"],
        row["runtimes"], row["architectures"], row["code_size"], row["code_sha256"],
        row["created_at"],
    )  # fmt: skip
    return str(made["arn"])


async def delete(db: Any, arn: str, now: datetime) -> None:
    """Delete a layer version; functions that use it keep it."""
    await db.write(
        "update lambda_layer_versions set deleted_at = $2 where arn = $1 and deleted_at is null",
        arn,
        now,
    )


async def set_policy(db: Any, arn: str, policy: list[dict[str, Any]]) -> None:
    """Set the statements of a layer version's policy."""
    await db.write("update lambda_layer_versions set policy = $2 where arn = $1", arn, policy)
