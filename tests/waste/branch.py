"""What becomes of an act in which nobody does anything: a copy of its world, advanced likewise."""

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from drift import engine, truth
from drift.day import Knobs
from drift.score import scoring
from drift.score.counting import About, Part
from drift.score.weights import DEFAULT
from drift.truth import Label
from emulator.database.database import Database
from tests.fixtures.database import Account
from tests.fixtures.server import RunningServer

_SPENT = """
SELECT coalesce(sum(c.on_demand_cost), 0) FROM cost_lines_daily c
 WHERE c.account_id = $1 AND c.date > $2 AND c.resource_id = ANY ($3::text[])"""


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
