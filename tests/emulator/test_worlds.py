"""Worlds: an estate whose making was cut off is made whole at the next start."""

import random
from datetime import UTC, date, datetime, timedelta

from drift import engine
from emulator import worlds
from emulator.control import World
from emulator.database.database import Database
from emulator.seal import Vault
from emulator.settings import Settings
from models import accounts, estates, virtual_clocks


async def test_a_history_cut_off_is_finished_before_any_tick(database: Database) -> None:
    number = str(random.randint(10**11, 10**12 - 1))
    plan = estates.on_account(estates.named("small"), number, f"cut {number}")
    async with database.owner() as connection:
        [made] = await estates.create(connection, plan, days=5, end=date(2026, 6, 30))
        # the kill: one day of five is written
        await engine.history(connection, made.account_id, made.first_day, 1)
    reports, _ = await engine.tick_all(database, accounts=[made.account_id])
    assert reports == []
    await worlds.finish_histories(World(database, Vault({1: bytes(32)}), Settings()))
    async with database.owner() as connection:
        days = await connection.fetch(
            "select distinct date from metrics_daily where account_id = $1 order by 1",
            made.account_id,
        )
        assert [one["date"] for one in days] == [
            made.first_day + timedelta(days=n) for n in range(5)
        ]
        assert await virtual_clocks.promised_histories(connection) == []
        found = await accounts.find(connection, number)
        assert found is not None
        assert found.virtual_date == date(2026, 6, 30)
    reports, _ = await engine.tick_all(database, accounts=[made.account_id])
    assert [one.virtual_date for one in reports] == [date(2026, 7, 1)]


async def test_what_an_account_had_before_is_older_than_its_history(database: Database) -> None:
    world = World(database, Vault({1: bytes(32)}), Settings())
    number = str(random.randint(10**11, 10**12 - 1))
    await worlds.open_account(world, name=f"old {number}", number=number)
    until = date(2026, 6, 30)
    await worlds.create(world, "3", seed=7, days=1, until=until, account=number)
    async with database.owner() as connection:
        dates = await connection.fetch(
            """select r.created_at as made from roles r where account_id = $1
               union all select e.changed_at from resource_change_events e where account_id = $1""",
            accounts.id_of(number),
        )
    assert dates
    assert max(one["made"] for one in dates) < datetime(2026, 7, 1, tzinfo=UTC)
