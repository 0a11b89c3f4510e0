"""Auto Scaling groups as the drift engine acts on them: whoever launches and ends, on a day."""

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
                profile = profile or await self._day.connection.fetchval(
                    _MODEL, row["autoscaling_group_id"]
                )
                if profile is not None:
                    await self._day.profile(kind, identifier, profile)
