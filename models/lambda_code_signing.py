"""Code signing configurations: whose signatures functions accept on their code."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from models import single_rows
from models.lambda_functions import MODIFIED
from models.listing import Database, Listing

LISTING = Listing(
    "c.config_id, c.arn, c.description, c.publishers, c.policy,"
    f" to_char((c.modified_at + {{shift}}) at time zone 'utc', {MODIFIED}) as modified",
    "lambda_code_signing_configs as c",
    key="c.arn",
    columns={"region": "c.region"},
    tagged="lambda_code_signing_config",
)
_USED = "select 1 from lambda_functions where code_signing_config_arn = $1 limit 1"


async def find_one(db: Database, arn: str, shift: timedelta) -> Any | None:
    """The configuration of that ARN, or None."""
    rows = await LISTING.page(db, ids=[arn], shift=shift)
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new configuration."""
    return await single_rows.insert(db, "lambda_code_signing_configs", row)


async def update(db: Any, region: str, arn: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one configuration; False when it is not there."""
    return await single_rows.update(db, "lambda_code_signing_configs", region, "arn", arn, changes)


async def delete(db: Any, arn: str) -> None:
    """Delete a configuration."""
    await db.write("delete from lambda_code_signing_configs where arn = $1", arn)


async def used(db: Database, arn: str) -> bool:
    """Whether a function follows it."""
    return bool(await db.fetch(_USED, arn))


async def assign(db: Any, region: str, name: str, arn: str | None) -> None:
    """Set, or take away, the configuration that a function follows."""
    await single_rows.update(
        db, "lambda_functions", region, "name", name, {"code_signing_config_arn": arn}
    )
