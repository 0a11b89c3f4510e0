"""Volume modifications: what was asked of a volume, and what it was before."""

from collections.abc import Mapping
from typing import Any

from models.callers import NOW
from models.listing import Column, Listing

# A modification is under way until `ended_at`; nothing needs to run for it to complete.
_DONE = f"m.ended_at <= {NOW}"
_STATE = f"(case when {_DONE} then 'completed' else m.state end)"

LISTING = Listing(
    f"m.volume_id, {_STATE} as state, (case when {_DONE} then 100 else m.progress end) as progress,"
    " m.target_size, m.target_iops,"
    " m.target_throughput, m.target_type, m.target_multi_attach, m.original_size, m.original_iops,"
    " m.original_throughput, m.original_type, m.original_multi_attach,"
    f" m.started_at, (case when {_DONE} then m.ended_at end) as ended_at",
    "(select distinct on (volume_id) * from volume_modifications"
    " order by volume_id, started_at desc) as m",
    key="m.volume_id",
    columns={
        "region": "m.region",
        "volume_id": "m.volume_id",
        "state": _STATE,
        "original_size": Column("m.original_size", "int"),
        "target_size": Column("m.target_size", "int"),
        "original_iops": Column("m.original_iops", "int"),
        "target_iops": Column("m.target_iops", "int"),
        "original_type": "m.original_type",
        "target_type": "m.target_type",
        "original_multi_attach": Column("m.original_multi_attach", "bool"),
        "target_multi_attach": Column("m.target_multi_attach", "bool"),
        "started_at": Column("m.started_at", "time"),
    },
)

_COLUMNS = (
    "volume_id",
    "region",
    "state",
    "target_size",
    "target_iops",
    "target_throughput",
    "target_type",
    "target_multi_attach",
    "original_size",
    "original_iops",
    "original_throughput",
    "original_type",
    "original_multi_attach",
    "started_at",
    "ended_at",
)
INSERT = (
    f"insert into volume_modifications (account_id, created_at, {', '.join(_COLUMNS)}) values"
    f" (driftcloud_account(), $14, {', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))})"
)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Record a modification; `row` has every column of `_COLUMNS`."""
    await db.write(INSERT, *(row.get(name) for name in _COLUMNS))


async def latest(db: Any, volume_id: str) -> Any | None:
    """When the volume's last modification started and ends, or None."""
    return await db.fetchrow(
        "select started_at, coalesce(ended_at, started_at) as ended_at"
        " from volume_modifications where volume_id = $1 order by started_at desc limit 1",
        volume_id,
    )
