"""Calm days of an account, in which everything costs exactly its hours."""

from collections.abc import Callable
from datetime import date
from typing import Any

from drift import engine
from drift.day import Knobs
from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]
CALM = Knobs(mess=0, walk="exact", variance=0)
LINES = """
select date, record_type, usage_amount, on_demand_cost, unblended_cost, amortized_cost, service,
       usage_type
  from cost_lines_daily where account_id = $1 and commitment_id::text = $2
 order by date, record_type, id
"""


class Days:
    """The passing of days: `tick` lets some pass and answers the newest."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def tick(self, days: int = 1) -> date:
        self.cloud.running.run(self._pass(days))
        return self.today

    @property
    def today(self) -> date:
        """The newest day of the ledger."""
        found = self.cloud.running.value(
            "select virtual_date from virtual_clocks where account_id = $1", self.cloud.account.id
        )
        assert isinstance(found, date)
        return found

    def lines(self, commitment_id: str) -> list[dict[str, Any]]:
        """What the bill says of a commitment."""
        return self.cloud.running.rows(LINES, self.cloud.account.id, commitment_id)

    async def _pass(self, days: int) -> None:
        running = self.cloud.running
        async with running.server.database.owner() as connection:
            for _ in range(days):
                first = await connection.fetchval("select current_date - 1")
                await engine.history(connection, self.cloud.account.id, first, 1, knobs=CALM)
        running.server.clocks.forget()


def machine(cloud: Cloud, number: int = 0, kind: str = "m5.large", hourly: str = "0.096") -> None:
    """An instance of us-east-1 that runs all the time."""
    cloud.running.rows(
        "insert into instances (account_id, instance_id, instance_type, env, state, hourly_cost,"
        " has_gpu, created_at, launch_time)"
        " values ($1, $2, $3, 'prod', 'running', $4::text::numeric, false,"
        " '2026-01-01', '2026-01-01')",
        cloud.account.id,
        f"i-{cloud.account.number}{number:05d}",
        kind,
        hourly,
    )
