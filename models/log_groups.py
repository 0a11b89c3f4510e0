"""Log groups: retention, class, key, and how much each holds."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Condition, Database, Listing

# Days that AWS lets a group keep its events.
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip
# A Delivery group keeps its events for two days, whatever is asked of it.
DELIVERY_DAYS = 2

_OWN = "g.account_id = (select driftcloud_account())"
_FILTERS = "(select count(*) from log_metric_filters as f where f.log_group_id = g.id)"
LISTING = Listing(
    "g.id, g.name, g.arn, g.arn || ':*' as wide_arn, g.class, g.retention_days, g.kms_key_id,"
    " g.stored_bytes, g.deletion_protection, g.created_at,"
    " (extract(epoch from g.created_at + {shift}) * 1000)::bigint as created_ms,"
    f" {_FILTERS} as metric_filters",
    "log_groups as g",
    key="g.name",
    columns={"region": "g.region", "name": "g.name", "class": "g.class"},
    tagged="log_group",
    tagged_by="g.arn",
    always=_OWN,
)
_FIND = f"""
select g.id, g.name, g.arn, g.class, g.retention_days, g.kms_key_id, g.deletion_protection,
       g.created_at
  from log_groups as g where {_OWN} and g.region = $1 and g.name = $2
"""
_DELETE = f"""
delete from log_groups as g
 where {_OWN} and g.region = $1 and g.name = $2 and not g.deletion_protection returning g.id
"""
_TOOK_IN = f"""
update log_groups as g set stored_bytes = g.stored_bytes + $2,
       current_put_bytes = g.current_put_bytes + $2
 where {_OWN} and g.id = $1 returning g.id
"""


def prefixed(prefix: str) -> Condition:
    """Names that begin so."""
    return Condition("name", patterns=(f"{_literal(prefix)}%",))


def containing(text: str) -> Condition:
    """Names in which a text occurs, in its own letters' case."""
    return Condition("name", patterns=(f"%{_literal(text)}%",))


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def find(db: Database, region: str, name: str) -> Any | None:
    """The group of that name; None where there is none."""
    rows = await db.fetch(_FIND, region, name)
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new group; False when the name is taken."""
    return await single_rows.insert(db, "log_groups", row)


async def update(db: Any, region: str, name: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of a group; False when it is not there."""
    return await single_rows.update(db, "log_groups", region, "name", name, changes)


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a group with all its streams; False when it is not there or protected."""
    return bool(await db.write(_DELETE, region, name))


async def take_in(db: Any, group_id: Any, count_bytes: int) -> None:
    """Count bytes that a client put: stored now, billed with the next virtual day."""
    await db.write(_TOOK_IN, group_id, count_bytes)
