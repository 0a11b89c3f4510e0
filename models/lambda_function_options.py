"""What a function or one of its qualifiers may have once: a web address, rules for events."""

from collections.abc import Mapping
from typing import Any

from models.lambda_functions import MODIFIED
from models.listing import Listing

_ADDRESS = "substr(md5(u.id::text) || md5(u.function_id::text), 1, 32)"
URLS = Listing(
    "u.qualifier, u.auth_type, u.invoke_mode, u.cors,"
    " f.arn || case u.qualifier when '' then '' else ':' || u.qualifier end as arn,"
    f" 'https://' || {_ADDRESS} || '.lambda-url.' || u.region || '.on.aws/' as url,"
    f" to_char((u.created_at + {{shift}}) at time zone 'utc', {MODIFIED}) as created,"
    f" to_char((u.modified_at + {{shift}}) at time zone 'utc', {MODIFIED}) as modified",
    "lambda_function_urls as u join lambda_functions as f on f.id = u.function_id",
    key="u.qualifier",
    columns={"region": "u.region", "function_id": "u.function_id::text"},
)
EVENTS = Listing(
    "e.qualifier, e.maximum_retry_attempts, e.maximum_age_seconds, e.destinations, e.modified_at,"
    " f.arn || ':' || e.qualifier as arn",
    "lambda_event_invoke_configs as e join lambda_functions as f on f.id = e.function_id",
    key="e.qualifier",
    columns={"region": "e.region", "function_id": "e.function_id::text"},
)
TABLES = {id(URLS): "lambda_function_urls", id(EVENTS): "lambda_event_invoke_configs"}


async def put(db: Any, listing: Listing, row: Mapping[str, Any], *, anew: bool) -> bool:
    """Store what a qualifier has; with `anew` in place of what it had, else False if it has one."""
    columns = ", ".join(row)
    values = ", ".join(f"${at}" for at in range(1, len(row) + 1))
    kept = ("function_id", "qualifier", "region", "created_at")
    sets = ", ".join(f"{name} = excluded.{name}" for name in row if name not in kept)
    then = f"(function_id, qualifier) do update set {sets}" if anew else "do nothing"
    return bool(
        await db.write(
            f"insert into {TABLES[id(listing)]} (account_id, {columns})"
            f" values (driftcloud_account(), {values}) on conflict {then} returning id",
            *row.values(),
        )
    )


async def delete(db: Any, listing: Listing, function_id: Any, qualifier: str) -> bool:
    """Take away what a qualifier has; False when it has none."""
    return bool(
        await db.write(
            f"delete from {TABLES[id(listing)]} where function_id = $1 and qualifier = $2"
            " returning id",
            function_id,
            qualifier,
        )
    )
