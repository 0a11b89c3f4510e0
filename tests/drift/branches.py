"""Two copies of one small world, for scores: one that is played in, and one in which nobody acts."""

import itertools
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg

from drift import engine, truth
from drift.score.score import Score
from drift.score.scoring import score
from emulator.database.database import Database
from tests.drift.conftest import FIRST, make_estate

NUMBER = "700000000007"
ALICE = f"arn:aws:iam::{NUMBER}:user/alice"
BOB = f"arn:aws:iam::{NUMBER}:user/bob"
LB = f"arn:aws:elasticloadbalancing:us-east-1:{NUMBER}:loadbalancer/app/web/1"
ADDRESS = f"eipalloc-{NUMBER}"
ZOMBIE, DECOY, OLD = "vol-zombie", "vol-decoy", "vol-old"
BUSY, LARGE = "i-busy", "i-large"
# Prices that stand still, so that what a label promises is what the ledger saves.
STILL = {"mess": 0.0, "variance": 0.0, "growth": 0.0, "walk": "exact"}
DAYS = 9
BEGUN_ON = date(2026, 6, DAYS)

_MORE = (
    f"""INSERT INTO volumes (account_id, volume_id, size_gib, volume_type, state, monthly_cost, created_at, last_used_at)
        VALUES ($1, '{ZOMBIE}', 500, 'gp3', 'available', 40, '2026-01-01', '2026-01-01'),
               ($1, '{DECOY}', 100, 'gp3', 'available', 8, '2026-01-01', '2026-01-01')""",
    f"""INSERT INTO instances (account_id, instance_id, instance_type, env, state, hourly_cost, has_gpu, created_at, launch_time)
        VALUES ($1, '{BUSY}', 'm5.xlarge', 'prod', 'running', 0.192, false, '2026-01-01', '2026-01-01'),
               ($1, '{LARGE}', 'm5.2xlarge', 'prod', 'running', 0.384, false, '2026-01-01', '2026-01-01')""",
    f"""INSERT INTO volumes (account_id, volume_id, size_gib, volume_type, state, attached_instance_id, monthly_cost, created_at, last_used_at)
        VALUES ($1, '{OLD}', 300, 'gp2', 'in-use', '{BUSY}', 30, '2026-01-01', '2026-06-09')""",
    f"""INSERT INTO resource_profiles (account_id, resource_type, resource_id, profile, load, memory_gib, network_mb, requests)
        VALUES ($1, 'instance', '{BUSY}', 'steady', 2.4, 6, 9000, NULL),
               ($1, 'instance', '{LARGE}', 'oversized', 0.9, 6, 9000, NULL),
               ($1, 'load_balancer', '{LB}', 'steady', NULL, NULL, NULL, 200000)
        ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET requests = excluded.requests""",
    f"""INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)
        VALUES ($1, 'volume', '{DECOY}', 'DoNotDelete', 'true')""",
)  # fmt: skip
_CALL = """
INSERT INTO trail_events (account_id, region, event_time, event_id, event_source, event_name,
                          read_only, username, event)
VALUES ($1, 'us-east-1', driftcloud_now($1), gen_random_uuid(), 'ec2.amazonaws.com', $2, false, $3,
        json_build_object('userIdentity', json_build_object('arn', $3::text)))"""

_NUMBERS = itertools.count(10**15)


@dataclass(frozen=True, slots=True)
class Branches:
    """The world that is played in, and the other."""

    actual: asyncpg.Connection
    without: asyncpg.Connection
    account: uuid.UUID

    async def act(self, principal: str, *statements: str) -> None:
        """One call of a principal: what it changes, and its entry in the trail.

        All of a test is one transaction, undone in the end: each call gets a number of its own.
        """
        number = str(next(_NUMBERS))
        async with self.actual.transaction():
            for name, value in (("source", "agent"), ("account", str(self.account))):
                await self.actual.execute(
                    "SELECT set_config($1, $2, true)", f"driftcloud.{name}", value
                )
            for statement in statements:
                await self.actual.execute(statement)
            await self.actual.execute(_CALL, self.account, "Something", principal)
            for table in ("resource_change_events", "trail_events"):
                await self.actual.execute(
                    f"UPDATE {table} SET transaction_id = $1::text::xid8"
                    " WHERE transaction_id = pg_current_xact_id()",
                    number,
                )
            await self.actual.execute("SELECT set_config('driftcloud.source', '', true)")

    async def days(self, days: int = 1) -> None:
        """Days go by in both."""
        for one in (self.actual, self.without):
            assert len(await engine.tick(one, self.account, days=days)) == days
            # what a tick sets for its transaction would hold for the rest of the test
            await one.execute("SELECT set_config('driftcloud.audit', '', true)")
            await one.execute("SELECT set_config('driftcloud.source', '', true)")

    async def score(self, **more: Any) -> Score:
        """The score so far."""
        return await score(self.actual, self.without, begun_on=BEGUN_ON, **more)

    async def saving(self, pattern: str, resource_id: str) -> Decimal:
        """What a label of the world without players promises."""
        every = await truth.labels(self.without, self.account)
        [found] = [
            one.saving for one in every if (one.pattern, one.resource_id) == (pattern, resource_id)
        ]
        return found

    async def fallen(self, *resources: str) -> Decimal:
        """By how much less resources cost in the ledger on the days played."""
        sql = (
            "SELECT coalesce(sum(on_demand_cost), 0) FROM cost_lines_daily"
            " WHERE account_id = $1 AND date > $2 AND resource_id = ANY ($3)"
        )
        args = (self.account, BEGUN_ON, list(resources))
        found: Decimal = await self.without.fetchval(sql, *args)
        return found - Decimal(await self.actual.fetchval(sql, *args))


@asynccontextmanager
async def worlds(database: Database) -> AsyncIterator[Branches]:
    """The world as it is before anybody plays, twice; the databases are dropped afterwards."""
    names = [f"{database.name}_{which}" for which in ("played", "without")]
    siblings = [database.sibling(name, size=1, owners=1) for name in names]
    await database.copies.create(names[0])
    await siblings[0].migrate()
    async with siblings[0].owner() as connection:
        await _fill(connection)
    await siblings[0].close()
    await database.copies.copy(*names)
    connections = [await one.connect_owner() for one in siblings]
    try:
        account = await connections[0].fetchval("SELECT id FROM cloud_accounts")
        yield Branches(connections[0], connections[1], account)
    finally:
        for connection in connections:
            await connection.close()
        for name in names:
            await database.copies.drop(name)


async def _fill(connection: asyncpg.Connection) -> None:
    account = await connection.fetchval(
        "INSERT INTO cloud_accounts (name, account_number) VALUES ('scores', $1) RETURNING id",
        NUMBER,
    )
    await make_estate(connection, account, NUMBER)
    async with connection.transaction():
        await connection.execute("SET LOCAL driftcloud.audit = 'off'")
        for statement in _MORE:
            await connection.execute(statement, account)
    await connection.execute(
        "UPDATE virtual_clocks SET intensity = $1::text::jsonb", json.dumps(STILL)
    )
    await engine.history(connection, account, FIRST, DAYS)


@asynccontextmanager
async def untouched(worlds: Branches) -> AsyncIterator[Branches]:
    """Both worlds as they were; what is done in them is undone."""
    both = [worlds.actual.transaction(), worlds.without.transaction()]
    for one in both:
        await one.start()
    try:
        yield worlds
    finally:
        for one in both:
            await one.rollback()
