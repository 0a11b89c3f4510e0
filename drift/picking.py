"""Picking: which resource a scenario may touch, and what a developer's branch is called."""

# ruff: noqa: E501 - the lines of SQL read better whole

from typing import Any

from drift.day import Day

_BRANCHES = ("checkout-v2", "fix-login", "search-poc", "new-pricing", "ab-test-banner",
             "upgrade-node", "demo-sales", "spike-graphql", "perf-cart", "ui-refresh")  # fmt: skip
_PEOPLE = ("anna", "ben", "chen", "diego", "elif", "farah", "goran", "hana", "ivan", "joy")

# Whatever an agent changed in the last seven virtual days is left as the agent wants it.
_UNTOUCHED = """
SELECT c.id FROM unnest($3::text[]) AS c (id)
 WHERE NOT EXISTS (SELECT FROM resource_change_events e
        WHERE e.account_id = $1 AND e.resource_type = $2 AND e.resource_id = c.id
          AND e.change_source = 'agent' AND e.changed_at >= $4)
 ORDER BY c.id"""


# Read once on a day, and kept up by whoever launches.
_MACHINES = (
    "SELECT region, count(*) AS machines FROM instances WHERE account_id = $1 GROUP BY region"
)


async def untouched(day: Day, resource_type: str, ids: list[str]) -> list[str]:
    """Those of `ids` that no agent changed in the last seven virtual days, in order."""
    from datetime import timedelta

    rows = await day.connection.fetch(
        _UNTOUCHED, day.account_id, resource_type, ids, day.start - timedelta(days=7)
    )
    return [row["id"] for row in rows]


async def pick(day: Day, name: str, resource_type: str, query: str, *args: Any) -> Any | None:
    """One row of a query ($1 is the account, the id in column `key`) by chance; None if none may be."""
    rows = {row["key"]: row for row in await day.connection.fetch(query, day.account_id, *args)}
    may = [key for key in rows if key not in day.passed_over]
    free = await untouched(day, resource_type, may)
    return rows[day.random(f"pick/{name}").choice(free)] if free else None


async def region(day: Day, name: str) -> str:
    """A region where the account already has something, the busiest three by chance."""
    if not day.machines:
        rows = await day.connection.fetch(_MACHINES, day.account_id)
        day.machines.update({row["region"]: row["machines"] for row in rows})
    busiest = sorted(day.machines, key=lambda one: (-day.machines[one], one))[:3]
    return day.random(f"region/{name}").choice(busiest or ["us-east-1"])


def branch(day: Day, name: str) -> tuple[str, str]:
    """A branch's name with a number, and the developer whose it is."""
    chance = day.random(f"branch/{name}")
    return f"{chance.choice(_BRANCHES)}-{chance.randint(100, 999)}", chance.choice(_PEOPLE)


async def tag(day: Day, resource_type: str, resource_id: str, tags: dict[str, str]) -> None:
    """Tags of a resource whose table has no column for them."""
    await day.write(
        "resource_tags",
        """INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value, created_at)
           SELECT $1, $2, $3, t.key, t.value, $6 FROM unnest($4::text[], $5::text[]) AS t (key, value)
           ON CONFLICT DO NOTHING""",
        day.account_id, resource_type, resource_id, list(tags), list(tags.values()), day.start,
    )  # fmt: skip
