"""Occasions: what a day leaves out would have found nothing to do."""

import pytest

from drift import occasions
from drift.day import Day, Knobs
from drift.engine import TickReport
from drift.statement import Statement
from tests.drift.conftest import World

WILD = Knobs(mess=6.0)


class Suspicious:
    """Does all the same what a day may leave out, and notes where that did something."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.found: list[str] = []
        self.left_out = 0
        self._idle = False
        self._missing: frozenset[str] = frozenset()
        apply, fetch, learn, idle = Day.apply, Day.fetch, occasions.learn, occasions.idle

        async def learned(day: Day) -> None:
            await learn(day)
            self._missing, day.missing = day.missing, frozenset()

        def is_idle(day: Day, module: object) -> bool:
            day.missing = self._missing
            self._idle = idle(day, module)  # type: ignore[arg-type]
            day.missing = frozenset()
            return False

        def judge(statement: Statement, day: Day, did: object) -> None:
            if self._idle or statement.occasion in self._missing:
                self.left_out += 1
                if did:
                    self.found.append(f"{day.date}: {did} by {statement.sql[:300]}")

        async def applied(day: Day, table: str, statement: Statement, **more: object) -> int:
            did = await apply(day, table, statement, **more)
            judge(statement, day, did)
            return did

        async def fetched(day: Day, statement: Statement, **more: object) -> list[object]:
            rows = await fetch(day, statement, **more)
            judge(statement, day, rows)
            return rows

        patch.setattr(Day, "apply", applied)
        patch.setattr(Day, "fetch", fetched)
        patch.setattr(occasions, "learn", learned)
        patch.setattr(occasions, "idle", is_idle)


# What a day's own steps bring about: members of a group, snapshots of a database, of a policy.
_GROUP = """
INSERT INTO autoscaling_groups (account_id, name, instance_type, desired_capacity, min_size, env)
VALUES ($1, 'born', 'm5.large', 2, 1, 'dev')"""
_DATABASE = """
INSERT INTO rds_instances (account_id, identifier, instance_class, env, hourly_cost,
    storage_monthly_cost, allocated_storage_gib, created_at)
VALUES ($1, 'first', 'db.r5.xlarge', 'prod', 0.5, 11.5, 100, '2026-01-01')"""


async def test_a_day_leaves_out_nothing_that_it_would_have_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspicious = Suspicious(monkeypatch)
    await world.begin(2)
    reports: list[TickReport] = await world.tick(6, WILD)
    assert len({name for one in reports for name in one.scenarios}) > 5
    assert suspicious.left_out > 100
    assert suspicious.found == []


async def test_what_an_early_step_brings_about_is_seen_by_the_later_ones(
    empty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspicious = Suspicious(monkeypatch)
    await empty.begin()
    for statement in (_GROUP, _DATABASE):
        await empty.owner.execute(statement, empty.account)
        await empty.tick(2)
    assert suspicious.left_out > 100
    assert suspicious.found == []
