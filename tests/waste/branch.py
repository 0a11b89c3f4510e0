"""What becomes of an act in which nobody does anything: a copy of its world, advanced likewise."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from drift import capacities, engine, healing, truth
from drift.day import Day, Knobs
from drift.score import scoring
from drift.score.counting import About, Part
from drift.score.weights import DEFAULT
from drift.truth import Label
from emulator.database.database import Database
from tests.fixtures.database import Account
from tests.fixtures.server import RunningServer

_COSTS = """
SELECT c.resource_id, sum(c.on_demand_cost) AS usd FROM cost_lines_daily c
 WHERE c.account_id = $1 AND c.date = $2 GROUP BY 1"""
_SPENT = """
SELECT coalesce(sum(c.on_demand_cost), 0) FROM cost_lines_daily c
 WHERE c.account_id = $1 AND c.date > $2 AND c.resource_id = ANY ($3::text[])"""


Asked = tuple[str, str]  # pattern and resource id


@dataclass(frozen=True, slots=True)
class Standing:
    """What open labels save, USD a month, and what resources cost, on a day."""

    savings: dict[Asked, Decimal]
    costs: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Worse:
    """What one step more of the same did until the next day."""

    saving: Decimal  # more of it, USD a month
    cost: Decimal  # more of it, USD a day
    joined: int  # labels of the pattern that are new

    @classmethod
    def between(cls, asked: Asked, before: Standing, after: Standing) -> "Worse":
        """Of one label, by what stood before and stands after."""
        none = Decimal(0)
        return cls(
            after.savings.get(asked, none) - before.savings.get(asked, none),
            after.costs.get(asked[1], none) - before.costs.get(asked[1], none),
            sum(one[0] == asked[0] for one in after.savings.keys() - before.savings.keys()),
        )


class Branch:
    """An account as it was before its first remedy, and as it goes on without any."""

    def __init__(self, running: RunningServer, account: Account, begun_on: date) -> None:
        self.running = running
        self.account = account
        self.begun_on = begun_on
        main = running.server.database
        self._name = f"{main.name}_undone_{account.number}"
        running.run(main.copies.copy(main.name, self._name, let_go=main.let_go))
        self._database = main.sibling(self._name, size=1, owners=1)

    async def history(self, first: date, days: int, knobs: Knobs) -> None:
        """Days of the account in both worlds, side by side."""

        async def advance(database: Database) -> None:
            async with database.owner() as connection:
                await engine.history(connection, self.account.id, first, days, knobs=knobs)

        await asyncio.gather(advance(self.running.server.database), advance(self._database))

    def score(self, today: date) -> Part:
        """What the account adds to a score."""
        about = About(self.account.id, self.account.number, self.begun_on, today, DEFAULT)

        async def ask() -> Part:
            async with (
                self.running.server.database.owner() as actual,
                self._database.owner() as without,
            ):
                return await scoring.of_account(actual, without, about)

        return self.running.run(ask())

    def labels(self) -> list[Label]:
        """What is waste there, and was."""

        async def ask() -> list[Label]:
            async with self._database.owner() as connection:
                return await truth.labels(connection, self.account.id, ended=True, unseen=True)

        return self.running.run(ask())

    def worsen(self, asked: Iterable[Asked], today: date, knobs: Knobs) -> dict[Asked, Worse]:
        """Take one step more of each that worsens, and look again on the next day."""

        async def steps() -> dict[Asked, Worse]:
            async with self._database.owner() as connection:
                seed = await connection.fetchval(
                    "SELECT seed FROM virtual_clocks WHERE account_id = $1", self.account.id
                )
                day = Day(connection, self.account.id, self.account.number, today, seed, knobs)
                await capacities.learn(day)
                before = await self._standing(connection, today)
                taken = []
                for one in asked:
                    async with connection.transaction():
                        if await healing.worsen(day, *one) is not None:
                            taken.append(one)
                await engine.history(connection, self.account.id, today, 1, knobs=knobs)
                after = await self._standing(connection, today + timedelta(days=1))
                return {one: Worse.between(one, before, after) for one in taken}

        return self.running.run(steps())

    async def _standing(self, connection: Any, today: date) -> Standing:
        every = await truth.labels(connection, self.account.id, unseen=True)
        costs = await connection.fetch(_COSTS, self.account.id, today)
        return Standing(
            {(one.pattern, one.resource_id): one.saving for one in every if one.decoy is None},
            {row["resource_id"]: Decimal(row["usd"]) for row in costs},
        )

    def fallen(self, resources: Sequence[str]) -> Decimal:
        """By how much less resources cost in the ledger since, USD."""

        async def ask() -> Decimal:
            args = (_SPENT, self.account.id, self.begun_on, list(resources))
            async with (
                self.running.server.database.owner() as actual,
                self._database.owner() as without,
            ):
                return Decimal(await without.fetchval(*args)) - Decimal(
                    await actual.fetchval(*args)
                )

        return self.running.run(ask())

    def close(self) -> None:
        """Drop it."""
        self.running.run(self._database.close())
        self.running.run(self.running.server.database.copies.drop(self._name))
