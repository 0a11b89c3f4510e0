"""A stage on which many scenarios happen at once, and what a client sees and does there.

Startup estates in accounts of fixed numbers, so that the same things happen in every run. What
finds no occasion, falls on a resource that another scenario touched too, or is spoilt by one in
another way, has its turn in the next account.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import importlib
import importlib.util
import traceback
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

from drift import engine, truth
from drift.day import Knobs
from drift.scenarios import by_name
from drift.truth import Label
from emulator import worlds
from tests.fixtures.database import Account
from tests.fixtures.server import Cloud, RunningServer

ACTS = 4
FIRST_NUMBER = 770000000000
HISTORY_DAYS = 8
UNTIL = date(2026, 6, 30)
# Costs that follow from the configuration alone, so that a fall is the remedy's.
STILL: dict[str, Any] = {
    "walk": "exact",
    "variance": 0.0,
    "growth": 0.0,
    "mess": 0.0,
    "decoys": 0.0,
}
# By the price list where a commitment covers it: of the resource and of what belongs to it.
COSTS = """
SELECT coalesce(sum(greatest(c.on_demand_cost, c.unblended_cost)), 0) FROM cost_lines_daily c
 WHERE c.account_id = $1 AND c.date = $2 AND c.resource_id = ANY ($3::text[])"""
_BELONGING = """
SELECT i.instance_id FROM instances i JOIN autoscaling_groups g ON g.id = i.autoscaling_group_id WHERE g.arn = $1
UNION ALL SELECT v.volume_id FROM volumes v WHERE v.attached_instance_id = $1
UNION ALL SELECT n.instance_id FROM container_nodes n JOIN container_clusters k ON k.id = n.cluster_id WHERE k.arn = $1
UNION ALL SELECT s.arn FROM container_services s JOIN container_clusters k ON k.id = s.cluster_id WHERE k.arn = $1"""


def mirror(name: str) -> ModuleType | None:
    """The module of this package that plays a scenario's client; None: not yet written."""
    full = f"tests.waste.{name}"
    return importlib.import_module(full) if importlib.util.find_spec(full) else None


@dataclass(slots=True)
class Play:
    """One scenario on stage: what happened, what the truth said, what the client saw and did."""

    name: str
    cloud: Cloud | None = None
    resource_id: str = ""
    happened_on: date | None = None
    label: Label | None = None
    symptom: dict[str, Decimal] = field(default_factory=dict)
    cost: Decimal = Decimal(0)
    revealed: bool = False
    trouble: str = ""
    label_after: Label | None = None
    symptom_after: set[str] = field(default_factory=set)
    cost_after: Decimal = Decimal(0)
    belongs: list[str] = field(default_factory=list)

    @property
    def scenario(self) -> ModuleType:
        """The scenario's module."""
        return by_name()[self.name]

    @property
    def mirror(self) -> ModuleType:
        """The module of its client."""
        found = mirror(self.name)
        assert found is not None, f"tests/waste/{self.name}.py is missing"
        return found

    @property
    def spoilt(self) -> bool:
        """Whether it shows nothing, perhaps because another one came in its way."""
        lasts = self.label is not None and self.label.seen is not None and self.label.until is None
        return not lasts or self.resource_id not in self.symptom

    @property
    def days(self) -> int:
        """Days from the happening until its symptom shows."""
        return int(getattr(mirror(self.name), "DAYS", 9))

    @property
    def days_after(self) -> int:
        """Days from the remedy until its symptom is gone."""
        return int(getattr(mirror(self.name), "DAYS_AFTER", 1))


class Act:
    """An account with an estate, and the scenarios that happen in it on one day."""

    def __init__(self, running: RunningServer, number: int, *, decoys: float = 0.0) -> None:
        self.running = running
        self.decoys = decoys
        self.unprepared: dict[str, str] = {}
        made = running.run(
            worlds.open_account(running.server.world, name=f"act {number}", number=str(number))
        )
        running.run(self._create(made["account"]))
        identity = running.value(
            "SELECT id FROM cloud_accounts WHERE account_number = $1", made["account"]
        )
        self.account = Account(identity, made["account"])
        key = running.key(self.account)
        self.cloud = Cloud(running, self.account, key["access_key_id"], key["secret_access_key"])
        self.day = 0

    async def _create(self, number: str) -> None:
        await worlds.create(
            self.running.server.world, "startup", seed=42, days=HISTORY_DAYS, until=UNTIL, account=number
        )  # fmt: skip

    def happen(self, names: Iterable[str]) -> dict[str, Play]:
        """Let them all happen today; those that did, each on resources of its own."""
        chosen = list(names)
        odds = {**dict.fromkeys(by_name(), 0.0), **dict.fromkeys(chosen, 1.0)}
        self.running.run(self._begin(chosen, Knobs(odds=odds, walk="exact", decoys=self.decoys)))
        today = self._today()
        touched: dict[str, set[str]] = defaultdict(set)
        for row in self.running.rows(
            "SELECT scenario, resource_id FROM drift_happenings WHERE account_id = $1 AND date = $2",
            self.account.id, today,
        ):  # fmt: skip
            touched[row["scenario"]].add(row["resource_id"])
        labels = {one.pattern: one for one in self.labels() if one.since == today}
        cast: dict[str, Play] = {}
        taken: set[str] = set()
        for name in reversed(chosen):  # what happens later finds the world as the earlier left it
            label = labels.get(by_name()[name].PATTERN)
            if label is None or label.resource_id not in touched[name]:
                continue
            play = Play(name, self.cloud, label.resource_id, today)
            play.belongs = self._belonging(play)
            own = touched[name] | set(play.belongs)
            if not own & taken:
                cast[name] = play
            taken |= own
        return cast

    async def _begin(self, names: list[str], knobs: Knobs) -> None:
        async with self.running.server.database.owner() as connection:
            for name in names:
                prepare = getattr(mirror(name), "prepare", None)
                if prepare is not None:
                    try:
                        async with connection.transaction():
                            await prepare(connection, self.account.id)
                    except Exception:  # the trouble of one is none of the others'
                        self.unprepared[name] = traceback.format_exc()
            await engine.tick(connection, self.account.id, knobs=knobs)

    def labels(self) -> list[Label]:
        """All of the account's labels, as the last tick settled them."""

        async def ask() -> list[Label]:
            async with self.running.server.database.owner() as connection:
                return await truth.labels(connection, self.account.id, ended=True, unseen=True)

        return self.running.run(ask())

    def _belonging(self, play: Play) -> list[str]:
        rows = self.running.rows(_BELONGING, play.resource_id)
        return [row["instance_id"] for row in rows]

    def wait(self, day: int) -> None:
        """Let the days pass up to the given one after the happening."""

        async def pass_() -> None:
            async with self.running.server.database.owner() as connection:
                await engine.history(
                    connection, self.account.id, UNTIL, day - self.day, knobs=Knobs(**STILL)
                )

        if day > self.day:
            self.running.run(pass_())
            self.day = day

    def _today(self) -> date:
        found: date = self.running.value(
            "SELECT virtual_date FROM virtual_clocks WHERE account_id = $1", self.account.id
        )
        return found

    def symptom(self, play: Play) -> dict[str, Decimal]:
        """What the scenario's SYMPTOM finds now, as a tick asks it."""
        rows = self.running.rows(
            f"SELECT s.id::text AS id, s.saving FROM ({play.scenario.SYMPTOM}) AS s (id, saving)",
            self.account.id,
            truth.evening(self._today()),
        )
        return {row["id"]: Decimal(row["saving"] or 0) for row in rows}

    def cost(self, play: Play) -> Decimal:
        """What the resource and what belongs to it cost today."""
        ids = [play.resource_id, *play.belongs]
        return Decimal(self.running.value(COSTS, self.account.id, self._today(), ids))

    def client(self, play: Play) -> Any:
        """Clients in the region of the play's resource."""
        home = self._region(play.scenario.RESOURCE_TYPE, play.resource_id)
        return lambda service, region=None: self.cloud.client(service, region or home)

    def _region(self, kind: str, resource_id: str) -> str:
        if resource_id.startswith("arn:") and resource_id.split(":")[3]:
            return resource_id.split(":")[3]
        known = self.running.rows(
            "SELECT table_name, id_column FROM driftcloud_resource_types WHERE resource_type = $1",
            kind,
        )
        if not known:  # an account, an access key: they are of no region
            return "us-east-1"
        (row,) = known
        has = self.running.value(
            "SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_name = $1 AND column_name = 'region')",
            row["table_name"],
        )
        found = has and self.running.value(
            f"SELECT region FROM {row['table_name']} WHERE {row['id_column']}::text = $1",
            resource_id,
        )
        return found or "us-east-1"

    def look_and_act(self, play: Play) -> None:
        """What truth and client see, and what the client does about it."""
        play.belongs = [
            row["instance_id"] for row in self.running.rows(_BELONGING, play.resource_id)
        ]
        play.symptom = self.symptom(play)
        play.label = self._label(play)
        play.cost = self.cost(play)
        try:
            play.revealed = play.mirror.reveal(self.client(play), play.resource_id)
            if hasattr(play.mirror, "remedy"):
                play.mirror.remedy(self.client(play), play.resource_id)
        except Exception:  # told by the play's own test, so that the others are played too
            play.trouble = traceback.format_exc()

    def look_again(self, play: Play) -> None:
        """What is left of it."""
        play.symptom_after = set(self.symptom(play))
        play.cost_after = self.cost(play)
        play.label_after = self._label(play)

    def _label(self, play: Play) -> Label | None:
        found = [
            one
            for one in self.labels()
            if (one.pattern, one.resource_id) == (play.scenario.PATTERN, play.resource_id)
        ]
        return max(found, key=lambda one: one.since) if found else None


def perform(running: RunningServer, names: Iterable[str]) -> dict[str, Play]:
    """Play all of these scenarios, each from its happening to its end."""
    plays = {name: Play(name) for name in names if mirror(name) is not None}
    waiting = list(plays)
    for number in range(ACTS):
        if not waiting:
            break
        act = Act(running, FIRST_NUMBER + number)
        cast = act.happen(waiting)
        plays |= cast
        for name in waiting:
            if name not in cast:
                plays[name].trouble = act.unprepared.get(name, "")
        days = {play.days for play in cast.values()}
        days |= {play.days + play.days_after for play in cast.values()}
        for day in sorted(days):
            act.wait(day)
            for play in cast.values():
                if play.days + play.days_after == day:
                    act.look_again(play)
            for play in cast.values():
                if play.days == day:
                    act.look_and_act(play)
        waiting = [name for name in waiting if name not in cast or cast[name].spoilt]
    return plays
