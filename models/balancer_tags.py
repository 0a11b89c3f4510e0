"""Which resources of Elastic Load Balancing are there to be tagged."""

from collections.abc import Mapping
from typing import Any

_TABLES = {
    "load_balancer": ("load_balancers", "lb_arn", " and type <> 'classic'"),
    "target_group": ("target_groups", "arn", ""),
    "listener": ("listeners", "arn", ""),
    "listener_rule": ("listener_rules", "arn", ""),
}


async def known(db: Any, region: str, kinds: Mapping[str, str], *, lock: bool) -> set[str]:
    """Those of the ARNs (with their resource types) that are there; `lock` holds them."""
    found: set[str] = set()
    for kind in sorted(set(kinds.values())):
        table, column, condition = _TABLES[kind]
        rows = await db.fetch(
            f"select {column} as arn from {table} where account_id = driftcloud_account()"
            f" and region = $1 and {column} = any($2::text[]){condition}"
            + (f" order by {column} for no key update" if lock else ""),
            region,
            [arn for arn, of in kinds.items() if of == kind],
        )
        found |= {row["arn"] for row in rows}
    return found
