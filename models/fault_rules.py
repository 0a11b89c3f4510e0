"""Faults on purpose: which calls are to fail or to take long, and whether rates are limited.

Operators' tables, read and written over a connection of the owner role.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# Told by triggers whenever a rule or the settings change.
CHANGED = "faults_changed"

_COLUMNS = (
    "id, service, operation, account_number as account, share, error, status, message, latency_ms"
)
_LIST = f"select {_COLUMNS} from fault_rules order by created_at, id"
_ADD = f"""
insert into fault_rules (id, service, operation, account_number, share, error, status, message,
                         latency_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning {_COLUMNS}
"""
_REMOVE = "delete from fault_rules where $1::text is null or id = $1 returning id"
_SETTINGS = "select enabled, scale, account_number as account from throttle_settings"
_SET = """
update throttle_settings set enabled = $1, scale = coalesce($2, scale),
       account_number = coalesce($3, account_number)
returning enabled, scale, account_number as account
"""


async def every(connection: Any) -> Sequence[Mapping[str, Any]]:
    """All rules, the oldest first."""
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(_LIST)
    return rows


async def add(connection: Any, rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Store a rule."""
    names = ("id", "service", "operation", "account", "share", "error", "status", "message",
             "latency_ms")  # fmt: skip
    row: Mapping[str, Any] = await connection.fetchrow(_ADD, *(rule[name] for name in names))
    return row


async def remove(connection: Any, rule_id: str | None) -> int:
    """Remove one rule, or all; how many there were."""
    return len(await connection.fetch(_REMOVE, rule_id))


async def throttling(connection: Any) -> Mapping[str, Any]:
    """Whether rates are limited: enabled, scale, account."""
    row: Mapping[str, Any] = await connection.fetchrow(_SETTINGS)
    return row


async def set_throttling(
    connection: Any, enabled: bool, scale: float | None = None, account: str | None = None
) -> Mapping[str, Any]:
    """Limit rates or stop doing so; what is None stays as it is."""
    row: Mapping[str, Any] = await connection.fetchrow(_SET, enabled, scale, account)
    return row
