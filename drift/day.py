"""One virtual day of one account: its date, its chance, its knobs, and what was written."""

# ruff: noqa: E501 - the lines of SQL read better whole

import random
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from drift.noise import hexadecimal, noise, text_hash
from drift.statement import Statement

# Of all hosts' clocks, only the database's counts; and of its dates, only those in the rows.
GROWTH_EPOCH = date(2026, 1, 1)
_Date = date  # the name that a field of Day takes
LEVELS = {"load", "memory_gib", "network_mb", "connections", "requests", "duration_ms",
          "throughput_mbps", "iops", "ingest_gb", "stored_gib"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happening:
    """Something a scenario did: the story in one line, and which resources it concerns."""

    story: str
    resources: tuple[tuple[str, str], ...]  # (resource_type, resource_id), the culprit first


@dataclass(frozen=True, slots=True)
class Knobs:
    """How intensely an account drifts; each field may be overridden while the engine runs.

    variance    scale of the daily cost step and of the spread of metrics (1 = the default)
    growth      scale of the growth of buckets, logs and traffic (0 = none)
    mess        scale of every scenario's odds (0 = no mess)
    odds        odds per tick of single scenarios, in place of their own ODDS
    decoys      share of happenings that only look like waste
    walk        "bounded": every billed table wanders around its price; "exact": hours are exact
    public_ipv4 bill associated addresses too, as AWS has done since 2024-02-01
    reconcile   let Auto Scaling groups launch and terminate members
    """

    variance: float = 1.0
    growth: float = 1.0
    mess: float = 1.0
    odds: Mapping[str, float] = field(default_factory=dict)
    decoys: float = 0.12
    walk: str = "bounded"
    public_ipv4: bool = False
    reconcile: bool = True

    def __post_init__(self) -> None:
        if self.walk not in ("bounded", "exact"):
            raise ValueError(f"walk is bounded or exact, not {self.walk!r}")
        for name in ("variance", "growth", "mess"):
            value = getattr(self, name)
            if not 0 <= float(value) <= 100:
                raise ValueError(f"{name} is a number from 0 to 100, not {value!r}")
        if not 0 <= float(self.decoys) <= 1:
            raise ValueError(f"decoys is a share between 0 and 1, not {self.decoys!r}")
        for scenario, odds in self.odds.items():
            if not 0 <= float(odds) <= 1:
                raise ValueError(f"the odds of {scenario} are between 0 and 1, not {odds!r}")

    def changed(self, overrides: Mapping[str, Any] | None) -> "Knobs":
        """These knobs with `overrides`; ValueError names an unknown knob."""
        if not overrides:
            return self
        unknown = set(overrides) - {one.name for one in fields(self)}
        if unknown:
            raise ValueError(f"no such knob: {', '.join(sorted(unknown))}")
        merged = dict(overrides)
        if "odds" in merged:
            merged["odds"] = {**self.odds, **merged["odds"]}
        return replace(self, **merged)


@dataclass(slots=True)
class Day:
    """A day being written, inside its transaction.

    `connection` is an asyncpg connection of the owner role. `seed` is that of the account and
    the date: the same for the same world, whatever the process, order or number of workers.
    `world` is the seed of the account on every day. `since` is the first day whose rows the
    resources' own live columns have not seen: this one, but in a history. `passed_over` are ids that
    no scenario is to pick. A `wary` day leaves alone what somebody wrote of it before. `missing`
    are the occasions that this day does not bring. `machines` counts the instances of each region,
    whatever their state, from when somebody asks (drift/picking.py).
    """

    connection: Any
    account_id: uuid.UUID
    account_number: str
    date: date
    world: int
    knobs: Knobs
    since: _Date = _Date.max  # the first day whose rows the tables themselves have not seen
    written: Counter[str] = field(default_factory=Counter)
    values: dict[str, Any] = field(default_factory=dict)
    passed_over: frozenset[str] = frozenset()
    wary: bool = False
    missing: frozenset[str] = frozenset()
    machines: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.since = min(self.since, self.date)
        self.values = {
            "since": self.since,
            "account": self.account_id,
            "number": self.account_number,
            "date": self.date,
            "end": self.end,
            "seed": self.seed,
            "world": self.world,
            "weekend": self.weekend,
            "busy_prod": self.activity("prod"),
            "busy": self.activity("dev"),
            "variance": self.knobs.variance,
            "growth": self.knobs.growth,
            "exact": self.knobs.walk == "exact",
            "public_ipv_four": self.knobs.public_ipv4,
            # capacities of machine types, filled in by the engine
            "types": [],
            "vcpus": [],
            "memory": [],
        }

    @property
    def seed(self) -> int:
        """Seed of `driftcloud_noise` for this account and day."""
        return text_hash(f"{self.account_number}/{self.date.isoformat()}", self.world)

    @property
    def start(self) -> datetime:
        """The day's first instant, UTC."""
        return datetime(self.date.year, self.date.month, self.date.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first instant of the next day, UTC."""
        return self.start + timedelta(days=1)

    @property
    def weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.date.weekday() >= 5

    @property
    def named(self) -> dict[str, Any]:
        """Which day this is, as the fields of a log's line."""
        return {"account_number": self.account_number, "virtual_date": self.date}

    def random(self, name: str) -> random.Random:
        """A generator of this account, day and name alone: other draws never move it."""
        return random.Random(text_hash(name, self.seed))  # noqa: S311 - a simulation's chance

    def noise(self, resource_id: str, name: str) -> float:
        """What `driftcloud_noise` gives today for the resource, in [0, 1)."""
        return noise(self.seed, resource_id, name)

    def identifier(self, prefix: str, name: str, digits: int = 17) -> str:
        """An AWS id such as i-0123456789abcdef0, the same whenever this day is replayed."""
        return f"{prefix}-{hexadecimal(self.seed, f'{prefix}/{name}', digits)}"

    def moment(self, name: str, first_hour: float = 8, last_hour: float = 19) -> datetime:
        """An instant of this day, to the second, between two hours UTC."""
        hours = first_hour + (last_hour - first_hour) * self.noise("", f"moment/{name}")
        return self.start + timedelta(seconds=int(hours * 3600))

    def activity(self, env: str) -> float:
        """How busy this day is for an environment, as a factor of its ordinary weekday."""
        prod = env == "prod"
        factor = (0.72 if prod else 0.45) if self.weekend else 1.0
        if (self.date.month, self.date.day) >= (12, 24) or (self.date.month, self.date.day) == (
            1,
            1,
        ):
            factor *= 0.8 if prod else 0.4
        if prod:
            if (self.date + timedelta(days=2)).month != self.date.month:
                factor *= 1.25  # invoices and closing of the month
            years = (self.date - GROWTH_EPOCH).days / 365
            factor *= min(2.0, max(0.5, 1 + 0.1 * self.knobs.growth * years))
        return factor

    def launched(self, region: str) -> None:
        """Count one machine more, if they are counted."""
        if self.machines:
            self.machines[region] += 1

    async def write(self, table: str, statement: str, *args: Any) -> int:
        """Run one INSERT, UPDATE or DELETE; its rows are counted under `table`."""
        status: str = await self.connection.execute(statement, *args)
        rows = int(status.rpartition(" ")[2])
        if rows:
            self.written[table] += rows
        return rows

    async def apply(self, table: str, statement: Statement, **more: Any) -> int:
        """`write` of a statement with the day's own values, and `more` beside them."""
        if statement.occasion in self.missing:
            return 0
        sql = statement.wary if self.wary else statement.sql
        return await self.write(table, sql, *statement.args({**self.values, **more}))

    async def fetch(self, statement: Statement, **more: Any) -> list[Any]:
        """The rows of a SELECT with the day's own values, and `more` beside them."""
        if statement.occasion in self.missing:
            return []
        rows: list[Any] = await self.connection.fetch(
            statement.sql,
            *statement.args({**self.values, **more}),
        )
        return rows

    async def profile(
        self,
        resource_type: str,
        resource_id: str,
        profile: str,
        **levels: float,
    ) -> None:
        """Decide what a new resource is used for; `levels` are columns of resource_profiles."""
        names = sorted(levels)
        unknown = set(names) - LEVELS
        if unknown:
            raise ValueError(f"resource_profiles has no level {', '.join(sorted(unknown))}")
        columns = "".join(f", {name}" for name in names)
        places = "".join(f", ${at}" for at in range(5, 5 + len(names)))
        updates = "".join(f", {name} = excluded.{name}" for name in names)
        await self.write(
            "resource_profiles",
            f"INSERT INTO resource_profiles (account_id, resource_type, resource_id, profile{columns})"
            f" VALUES ($1, $2, $3, $4{places}) ON CONFLICT (account_id, resource_type, resource_id)"
            f" DO UPDATE SET profile = excluded.profile{updates}",
            self.account_id, resource_type, resource_id, profile, *(levels[name] for name in names),
        )  # fmt: skip

    async def record(
        self,
        resource_type: str,
        resource_id: str,
        field_name: str,
        old: str | None,
        new: str | None,
    ) -> None:
        """Enter one change of configuration as the drift engine's."""
        await self.write(
            "resource_change_events",
            """INSERT INTO resource_change_events (account_id, resource_type, resource_id,
                   change_source, field_name, old_value, new_value, changed_at)
               VALUES ($1, $2, $3, 'drift_engine', $4, $5, $6, $7)""",
            self.account_id, resource_type, resource_id, field_name, old, new,
            self.moment(f"{resource_id}/{field_name}"),
        )  # fmt: skip
