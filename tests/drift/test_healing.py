"""Healing: waste ends by itself now and then, and now and then gets worse."""

import pytest

from drift import healing, truth
from drift.day import Day, Knobs
from drift.scenarios import by_name
from drift.truth import Label
from tests.drift.conftest import World

TODAY = "SELECT virtual_date FROM virtual_clocks WHERE account_id = $1"
QUIET = Knobs(odds=dict.fromkeys(by_name(), 0.0))


async def labels(world: World) -> dict[tuple[str, str], Label]:
    found = await truth.labels(world.owner, world.account, ended=True, unseen=True)
    return {(one.pattern, one.resource_id): one for one in found}


async def test_an_owner_comes_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.begin(8)
    address = ("eip_unassociated", f"eipalloc-{world.number}")
    assert (await labels(world))[address].until is None
    monkeypatch.setattr(healing, "HEAL_ODDS", 1.0)
    (report,) = await world.tick(knobs=QUIET)
    over = (await labels(world))[address]
    assert (over.until, over.ended_by) == (report.virtual_date, "drift_engine")
    assert await world.value("SELECT count(*) FROM elastic_ips WHERE account_id = $1") == 0


async def test_work_comes_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.begin(2)
    await world.tick(knobs=Knobs(odds={**QUIET.odds, "idle_instance": 1.0}, decoys=0.0))
    await world.tick(8)
    idle = [one for one in (await labels(world)).values() if one.pattern == "ec2_idle" and one.seen]
    assert idle
    monkeypatch.setattr(healing, "HEAL_ODDS", 1.0)
    monkeypatch.setattr(healing, "WORSEN_ODDS", 0.0)
    await world.tick(knobs=QUIET)
    monkeypatch.setattr(healing, "HEAL_ODDS", 0.0)
    await world.tick(8)
    after = await labels(world)
    assert {after[one.pattern, one.resource_id].ended_by for one in idle} == {"drift_engine"}


async def test_a_leak_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.begin(8)
    ask = """SELECT sum(ingest_gb) FROM resource_profiles p JOIN truth.labels l ON l.resource_id = p.resource_id
        WHERE p.account_id = $1 AND l.account_id = $1 AND l.pattern = 'logs_infinite' AND l.seen IS NOT NULL"""
    before = await world.value(ask)
    monkeypatch.setattr(healing, "HEAL_ODDS", 0.0)
    monkeypatch.setattr(healing, "WORSEN_ODDS", 1.0)
    await world.tick(knobs=QUIET)
    assert 1.2 * before <= await world.value(ask) <= 1.8 * before

    # and has an end
    seen = [one for one in (await labels(world)).values() if one.pattern == "logs_infinite"]
    leak, today = seen[0].resource_id, await world.value(TODAY)
    day = Day(world.owner, world.account, world.number, today, 7, Knobs())
    steps = [await healing.worsen(day, "logs_infinite", leak) for _ in range(40)]
    assert steps[0] is not None
    assert steps[-1] is None
    most = "SELECT ingest_gb FROM resource_profiles WHERE account_id = $1 AND resource_id = $2"
    assert await world.value(most, leak) == 200


async def test_another_one_joins(world: World) -> None:
    await world.begin(2)
    day = Day(world.owner, world.account, world.number, await world.value(TODAY), 7, Knobs())
    address, pattern = f"eipalloc-{world.number}", "eip_unassociated"
    another = await healing.worsen(day, pattern, address)
    assert another is not None
    [(kind, joined)] = another.resources
    assert kind == "elastic_ip"
    assert (await labels(world))[pattern, joined].since == day.date
    told = "SELECT story FROM drift_happenings WHERE account_id = $1 AND resource_id = $2"
    assert await world.value(told, joined) == another.story
    assert await healing.worsen(day, pattern, address) is None  # once a day


async def test_what_an_agent_looks_after_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin(8)
    await world.owner.execute(
        """INSERT INTO resource_change_events (account_id, resource_type, resource_id, change_source, field_name, changed_at)
           VALUES ($1, 'elastic_ip', $2, 'agent', 'domain', '2026-06-08')""",
        world.account, f"eipalloc-{world.number}",
    )  # fmt: skip
    monkeypatch.setattr(healing, "HEAL_ODDS", 1.0)
    await world.tick(knobs=QUIET)
    assert await world.value("SELECT count(*) FROM elastic_ips WHERE account_id = $1") == 1
    assert await world.value("SELECT count(*) FROM snapshots WHERE account_id = $1") <= 2


async def test_calm_worlds_stand_still(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.begin(8)
    monkeypatch.setattr(healing, "HEAL_ODDS", 1.0)
    await world.tick()
    assert await world.value("SELECT count(*) FROM elastic_ips WHERE account_id = $1") == 1
