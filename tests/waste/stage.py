"""A stage on which many scenarios happen at once, and what a client sees and does there.

Startup estates in accounts of fixed numbers, so that the same things happen in every run. What
finds no occasion, falls on a resource that another scenario touched too, or is spoilt by one in
another way, has its turn in the next account. In the later accounts what has been played happens
once more, a day later and as a decoy; to it a client does the same.

What was done in an account is scored against a copy of it in which nothing is done.
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
from drift.score.counting import Part
from drift.truth import Label
from emulator import worlds
from models import guardrails
from tests.fixtures.database import Account
from tests.fixtures.server import Cloud, RunningServer
from tests.waste.branch import Branch, Worse

ACTS = 5
REAL_ACTS = 2  # what is left to happen then does not come in the way of the look-alikes
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
    decoy: bool = False
    begun: int = 0  # on which day of its act it happened
    acted_on: date | None = None
    part: Part = field(default_factory=Part)  # what its act adds to the score
    within: bool = False  # counted with another that shows too
    fallen: Decimal = Decimal(0)
    promised: Decimal = Decimal(0)  # in the end, where nothing is done
    worse: Worse | None = None  # a step later, where nothing is done

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
    def looks_on(self) -> int:
        """The day of the act on which the client looks and acts."""
        return self.begun + self.days

    @property
    def ends_on(self) -> int:
        """The day of the act on which its symptom is gone."""
        return self.looks_on + int(getattr(mirror(self.name), "DAYS_AFTER", 1))


class Act:
    """An account with an estate, and the scenarios that happen in it on one day."""

    def __init__(self, running: RunningServer, number: int) -> None:
        self.running = running
        self.taken: set[str] = set()
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
        self.day = -1
        self.branch: Branch | None = None

    async def _create(self, number: str) -> None:
        await worlds.create(
            self.running.server.world, "startup", seed=42, days=HISTORY_DAYS, until=UNTIL, account=number
        )  # fmt: skip

    def happen(self, names: Iterable[str], *, decoys: bool = False) -> dict[str, Play]:
        """Let them all happen on the next day; those that did, each on resources of its own."""
        chosen = list(names)
        odds = {**dict.fromkeys(by_name(), 0.0), **dict.fromkeys(chosen, 1.0)}
        self.running.run(self._begin(chosen, Knobs(odds=odds, walk="exact", decoys=float(decoys))))
        self.day += 1
        today = self._today()
        touched: dict[str, set[str]] = defaultdict(set)
        for row in self.running.rows(
            "SELECT scenario, resource_id FROM drift_happenings WHERE account_id = $1 AND date = $2",
            self.account.id, today,
        ):  # fmt: skip
            touched[row["scenario"]].add(row["resource_id"])
        labels = {
            (one.pattern, one.resource_id): one
            for one in self.labels()
            if one.since == today and (one.decoy is not None) == decoys
        }
        cast: dict[str, Play] = {}
        for name in reversed(chosen):  # what happens later finds the world as the earlier left it
            pattern = by_name()[name].PATTERN
            ids = sorted(one for one in touched[name] if (pattern, one) in labels)
            if not ids:
                continue
            play = Play(name, self.cloud, ids[-1], today, decoy=decoys, begun=self.day)
            play.belongs = self._belonging(play)
            own = touched[name] | set(play.belongs)
            if not own & self.taken:
                cast[name] = play
            self.taken |= own
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

        if self.branch is None:
            self.branch = Branch(self.running, self.account, self._today())
        if day > self.day:
            self.running.run(self.branch.history(UNTIL, day - self.day, Knobs(**STILL)))
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
        every = self.labels()
        play.label = _label(play, every)
        play.cost = self.cost(play)
        play.acted_on = self._today()
        play.within = self._within(play, every)
        self._approve(play)
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
        play.label_after = _label(play, self.labels())

    def _approve(self, play: Play) -> None:
        """Let somebody give the leave without which some types are not to be touched."""

        resource = {
            "account_id": self.account.id,
            "resource_type": play.scenario.RESOURCE_TYPE,
            "resource_id": play.resource_id,
        }

        async def leave() -> None:
            async with self.running.server.database.owner() as connection:
                await guardrails.approve(connection, resource, None)

        self.running.run(leave())

    def _pairs(self, sql: str, *args: Any) -> list[tuple[str, str]]:
        if not sql:
            return []
        asked = f"SELECT p.a, p.b FROM ({sql}) AS p (a, b)"
        return [(row["a"], row["b"]) for row in self.running.rows(asked, self.account.id, *args)]

    def _within(self, play: Play, every: Iterable[Label]) -> bool:
        """Whether its saving is counted with that of a whole which shows too."""
        whole, pairs = getattr(play.scenario, "PART_OF", ("", ""))
        shown = {one.resource_id for one in every if one.pattern == whole}
        return any(part == play.resource_id and of in shown for part, of in self._pairs(pairs))

    def finish(self, cast: list[Play]) -> None:
        """Score what was done."""
        assert self.branch is not None
        part = self.branch.score(self._today())
        every = [*self.branch.labels(), *self.labels()]
        for play in cast:
            play.part = part
            play.promised = max(
                one.saving
                for one in every
                if (one.pattern, one.resource_id) == (play.scenario.PATTERN, play.resource_id)
            )
            play.fallen = self.branch.fallen([play.resource_id, *play.belongs])
        self._worsen(play for play in cast if not play.decoy)

    def _worsen(self, cast: Iterable[Play]) -> None:
        """Where nothing was done, let it go on."""
        assert self.branch is not None
        asked = {(play.scenario.PATTERN, play.resource_id): play for play in cast}
        for one, worse in self.branch.worsen(asked, self._today(), Knobs(**STILL)).items():
            asked[one].worse = worse

    def close(self) -> None:
        """Drop what nobody did."""
        if self.branch is not None:
            self.branch.close()


def _label(play: Play, every: Iterable[Label]) -> Label | None:
    """The newest of a play."""
    found = [
        one
        for one in every
        if (one.pattern, one.resource_id) == (play.scenario.PATTERN, play.resource_id)
    ]
    return max(found, key=lambda one: one.since) if found else None


@dataclass(slots=True)
class Plays:
    """What was played: each scenario as waste, and each look-alike."""

    waste: dict[str, Play]
    decoys: dict[str, Play]


def perform(running: RunningServer, names: Iterable[str], decoys: Iterable[str]) -> Plays:
    """Play all of these scenarios, and these as decoys, each from its happening to its end."""
    plays = Plays({name: Play(name) for name in names}, {name: Play(name) for name in decoys})
    waiting, fooling = list(plays.waste), list(plays.decoys)
    for number in range(ACTS):
        if not waiting and not fooling:
            break
        act = Act(running, FIRST_NUMBER + number)
        cast = act.happen(waiting) if waiting else {}
        plays.waste |= cast
        for name in waiting:
            if name not in cast:
                plays.waste[name].trouble = act.unprepared.get(name, "")
        alone = number >= REAL_ACTS or not waiting
        mimes = [name for name in fooling if name not in waiting] if alone else []
        fooled = act.happen(mimes, decoys=True) if mimes else {}
        plays.decoys |= fooled
        try:
            _play(act, [*cast.values(), *fooled.values()])
        finally:
            act.close()
        waiting = [name for name in waiting if name not in cast or cast[name].spoilt]
        fooling = [name for name in fooling if name not in fooled or fooled[name].spoilt]
    return plays


def _play(act: Act, cast: list[Play]) -> None:
    """Everyone's part, on its day."""
    looks = {id(play): max(play.looks_on, act.day) for play in cast}
    ends = {id(play): max(play.ends_on, looks[id(play)] + 1) for play in cast}
    for day in sorted({*looks.values(), *ends.values()}):
        act.wait(day)
        for play in cast:
            if ends[id(play)] == day:
                act.look_again(play)
        for play in cast:
            if looks[id(play)] == day:
                act.look_and_act(play)
    if cast:
        act.finish(cast)
