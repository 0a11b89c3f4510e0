"""Auto Scaling groups as the drift engine acts on them: whoever launches and ends, on a day."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from drift.day import Day
from drift.launches import terminate
from models.autoscaling_members import Actor

_TABLE = re.compile(r"\s*(?:insert into|update|delete from) (\w+)", re.IGNORECASE)
_MODEL = """
SELECT p.profile FROM instances i
  JOIN resource_profiles p ON p.account_id = i.account_id AND p.resource_type = 'instance'
       AND p.resource_id = i.instance_id
 WHERE i.autoscaling_group_id = $1 ORDER BY i.launch_time DESC, i.instance_id LIMIT 1"""

_GROUP = """
INSERT INTO autoscaling_groups (account_id, name, min_size, max_size, desired_capacity,
    instance_type, env, region, created_at, tags, propagated_tag_keys, subnet_ids, availability_zones)
SELECT $1, $2, $3, $4, $3, $5, $6, $7, $8, $9::text::jsonb, $10::text[],
       coalesce(array_agg(s.subnet_id ORDER BY s.subnet_id) FILTER (WHERE s.subnet_id IS NOT NULL), '{}'),
       coalesce(array_agg(s.availability_zone ORDER BY s.subnet_id) FILTER (WHERE s.subnet_id IS NOT NULL), '{}')
  FROM (SELECT) one LEFT JOIN (SELECT n.subnet_id, n.availability_zone FROM subnets n
        JOIN vpcs v ON v.vpc_id = n.vpc_id AND v.is_default
       WHERE n.account_id = $1 AND n.region = $7 ORDER BY n.subnet_id LIMIT 3) s ON true
ON CONFLICT DO NOTHING
RETURNING *"""

# The members share it anew, as they do whenever there are more or fewer of them.
_QUIET = """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, network_mb, params)
VALUES ($1, 'autoscaling_group', $2, 'light', $3, 500, '{"members": 0}')
    ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET load = excluded.load,
       network_mb = coalesce(old.network_mb, excluded.network_mb), params = old.params || excluded.params"""
_TYPES = """
SELECT i.instance_type FROM instances i
 WHERE i.autoscaling_group_id = $1 AND i.state IN ('pending', 'running')"""


async def create(
    day: Day,
    name: str,
    size: int,
    instance_type: str,
    env: str,
    place: str,
    tags: Mapping[str, str],
) -> Any | None:
    """The row of a new group that wants `size` members, and launches none yet; None: the name is taken."""
    group = await day.connection.fetchrow(
        _GROUP, day.account_id, name, size, size + 2, instance_type, env, place,
        day.moment(f"launch/{name}"), json.dumps(dict(tags)), list(tags),
    )  # fmt: skip
    if group is not None:
        await day.record("autoscaling_group", group["arn"], "lifecycle", None, "created")
    return group


async def quiet(day: Day, group: Mapping[str, Any], percent: float) -> None:
    """Leave a group so much to do, however much it had: its members' mean CPU from tomorrow on."""
    from drift.capacities import capacity

    rows = await day.connection.fetch(_TYPES, group["id"])
    load = sum(capacity(row["instance_type"])[0] for row in rows) * percent / 100
    await day.write("resource_profiles", _QUIET, day.account_id, group["arn"], load)


class Ledger:
    """The day's connection as models want a database; what is written is counted."""

    def __init__(self, day: Day) -> None:
        self._day = day

    async def fetch(self, sql: str, *args: Any, plan: str = "generic") -> list[Any]:
        """All rows of a statement."""
        rows: list[Any] = await self._day.connection.fetch(sql, *args)
        return rows

    async def write(self, sql: str, *args: Any) -> list[Any]:
        """Run a statement that gives nothing back."""
        table = _TABLE.match(sql)
        if table is None:
            await self._day.connection.execute(sql, *args)
        else:
            await self._day.write(table[1], sql, *args)
        return []


class Hand(Actor):
    """The engine, acting on groups at an instant of its day: the same whenever it is replayed."""

    def __init__(self, day: Day, moment: datetime) -> None:
        super().__init__(
            Ledger(day), day.account_id, day.account_number, moment, timedelta(0),
            lambda prefix, label: day.identifier(prefix, label),
            lambda label, below: int(day.noise(label, "/draw") * below),
        )  # fmt: skip
        self._day = day

    async def end(self, region: str, instance_ids: Sequence[str]) -> None:
        """Terminate members with what goes along."""
        for instance_id in instance_ids:
            state = await self._day.connection.fetchval(
                "SELECT state FROM instances WHERE instance_id = $1", instance_id
            )
            await terminate(self._day, instance_id, state, self.now)

    async def launched(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Enter the new rows as changes, and put the instances to the use of their group."""
        profile = None
        for row in rows:
            kind = "volume" if "volume_id" in row else "instance"
            identifier = row[f"{kind}_id"]
            await self._day.record(kind, identifier, "lifecycle", None, "created")
            if kind == "instance":
                self._day.launched(row["region"])
                profile = profile or await self._day.connection.fetchval(
                    _MODEL, row["autoscaling_group_id"]
                )
                if profile is not None:
                    await self._day.profile(kind, identifier, profile)
