"""Cost categories: names by which an account divides its costs, and the rules behind them."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping
from datetime import date
from typing import Any

from models.cost_expressions import Version

_OWN = "c.account_id = (SELECT driftcloud_account())"
_LIST = f"""
SELECT c.arn, c.name, c.tags, v.* FROM cost_categories c JOIN cost_category_versions v ON v.category_id = c.id
 WHERE {_OWN} AND ($1::text IS NULL OR c.arn = $1) AND ($3::text IS NULL OR c.name > $3)
   AND CASE WHEN $2::date IS NULL THEN v.effective_end IS NULL
            ELSE v.effective_start <= $2 AND (v.effective_end IS NULL OR v.effective_end > $2) END
 ORDER BY c.name LIMIT $4::int"""
_VERSIONS = f"""
SELECT c.name, v.effective_start, v.effective_end, v.rules, v.default_value
  FROM cost_categories c JOIN cost_category_versions v ON v.category_id = c.id
 WHERE {_OWN} ORDER BY c.name, v.effective_start"""
_INSERT = """
INSERT INTO cost_categories (account_id, arn, name, tags) VALUES (driftcloud_account(), $1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING id"""
_ADD = """
INSERT INTO cost_category_versions (category_id, account_id, effective_start, rule_version, rules, default_value, split_charge_rules)
VALUES ($1, driftcloud_account(), $2, $3, $4, $5, $6)"""
_COUNT = f"SELECT count(*) FROM cost_categories c WHERE {_OWN}"


async def listed(
    db: Any,
    *,
    arn: str | None = None,
    on: date | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Any]:
    """Categories by name with the version that holds on a day, by default the latest."""
    rows: list[Any] = await db.fetch(_LIST, arn, on, after, limit)
    return rows


async def versions(db: Any) -> dict[str, list[Version]]:
    """The rules of all categories, by name and in time."""
    found: dict[str, list[Version]] = {}
    for row in await db.fetch(_VERSIONS):
        rules = (row["effective_start"], row["effective_end"], row["rules"], row["default_value"])
        found.setdefault(row["name"], []).append(Version(*rules))
    return found


async def count(db: Any) -> int:
    """How many categories the account has."""
    return int(await db.fetchval(_COUNT))


async def insert(
    db: Any, arn: str, name: str, tags: Mapping[str, str], version: Mapping[str, Any]
) -> bool:
    """Store a new category within a transaction; False when its name is taken."""
    rows = await db.write(_INSERT, arn, name, dict(tags))
    if not rows:
        return False
    await _add(db, rows[0]["id"], version)
    return True


async def replace(db: Any, category_id: Any, version: Mapping[str, Any]) -> None:
    """Let other rules hold from a day on, within a transaction; what began later is no more."""
    start = version["effective_start"]
    await db.write(
        "DELETE FROM cost_category_versions WHERE category_id = $1 AND effective_start >= $2",
        category_id,
        start,
    )
    await db.write(
        "UPDATE cost_category_versions SET effective_end = $2"
        " WHERE category_id = $1 AND (effective_end IS NULL OR effective_end > $2)",
        category_id,
        start,
    )
    await _add(db, category_id, version)
    await db.write("UPDATE cost_categories SET updated_at = now() WHERE id = $1", category_id)


async def delete(db: Any, arn: str) -> bool:
    """Delete a category with all its versions; False when it is not there."""
    return bool(
        await db.write(
            f"DELETE FROM cost_categories c WHERE {_OWN} AND c.arn = $1 RETURNING 1", arn
        )
    )


async def _add(db: Any, category_id: Any, version: Mapping[str, Any]) -> None:
    names = ("effective_start", "rule_version", "rules", "default_value", "split_charge_rules")
    await db.write(_ADD, category_id, *(version[name] for name in names))
