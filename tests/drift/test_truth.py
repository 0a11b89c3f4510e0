"""The truth: labels say what is wasted, what only looks so, since when, and who ended it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from drift import scenarios, truth
from drift.day import Knobs
from drift.scenarios import by_name
from drift.truth import Label
from tests.drift.conftest import FIRST, World

ADDRESS = "eip_unassociated"


async def found(world: World, **which: bool) -> dict[tuple[str, str], Label]:
    """The labels as of now, by pattern and id."""
    every = await truth.settled(world.owner, world.account, **which)
    return {(one.pattern, one.resource_id): one for one in every}


async def total(world: World) -> Decimal:
    every = list((await found(world)).values())
    return sum(await truth.counted(world.owner, world.account, every), Decimal(0))


async def agent(world: World, statement: str, *args: Any) -> None:
    """What a client of the API does: audited, and its own doing."""
    async with world.owner.transaction():
        await world.owner.execute(
            "SELECT set_config('driftcloud.source', 'agent', true), set_config('driftcloud.audit', '', true)"
        )
        await world.owner.execute(statement, *args)


def only(name: str) -> Knobs:
    return Knobs(odds={**dict.fromkeys(by_name(), 0.0), name: 1.0})


async def test_waste_is_there_while_it_lasts(world: World) -> None:
    await world.begin(8)
    address = f"eipalloc-{world.number}"
    one = (await found(world))[ADDRESS, address]
    assert (one.resource_type, one.saving) == ("elastic_ip", Decimal("3.65"))
    assert (one.since, one.seen) == (FIRST, FIRST + timedelta(days=7))
    assert one.remedies == ("ec2:ReleaseAddress",)
    before = await total(world)
    await agent(world, "DELETE FROM elastic_ips WHERE allocation_id = $1", address)
    assert (ADDRESS, address) not in await found(world)
    over = (await found(world, ended=True))[ADDRESS, address]
    assert (over.until, over.ended_by) == (FIRST + timedelta(days=7), "agent")
    assert await total(world) == before - Decimal("3.65")


async def test_what_is_found_is_as_old_as_the_day_of_its_finding(world: World) -> None:
    await world.begin(8)
    await agent(
        world,
        "INSERT INTO elastic_ips (account_id, allocation_id, public_ip, hourly_cost) VALUES ($1, $2, $3, 0.005)",
        world.account, f"eipalloc-late{world.number}", f"late{world.number}",
    )  # fmt: skip
    await world.tick(2)
    one = (await found(world))[ADDRESS, f"eipalloc-late{world.number}"]
    assert one.since == one.seen == FIRST + timedelta(days=8)


async def test_a_decoy_is_told_by_its_tags(world: World) -> None:
    await world.begin(1)
    await agent(
        world,
        """INSERT INTO elastic_ips (account_id, allocation_id, public_ip, hourly_cost, tags)
           VALUES ($1, $2, $3, 0.005, '{"allowlisted": "partner-bank"}')""",
        world.account, f"eipalloc-bank{world.number}", f"bank{world.number}",
    )  # fmt: skip
    await world.tick(2)
    one = (await found(world))[ADDRESS, f"eipalloc-bank{world.number}"]
    assert (one.decoy, one.saving) == ("allow_listed", Decimal(0))
    assert float(one.harm) == pytest.approx(500 + 3 * 3.65, abs=3 * 3.65 * 0.25)
    await agent(world, "DELETE FROM elastic_ips WHERE allocation_id = $1", one.resource_id)
    over = (await found(world, ended=True))[ADDRESS, one.resource_id]
    assert (over.ended_by, over.harm) == ("agent", one.harm)


async def test_a_scenario_labels_its_culprit_on_its_day(world: World) -> None:
    await world.begin(2)
    (report,) = await world.tick(knobs=only("zombie_volume"))
    (one,) = [
        label for label in (await found(world, unseen=True)).values()
        if label.pattern == "ebs_unattached"
    ]  # fmt: skip
    assert (one.since, one.seen, one.saving) == (report.virtual_date, None, Decimal(0))
    await world.tick(8)
    one = (await found(world))["ebs_unattached", one.resource_id]
    assert one.since == report.virtual_date
    assert one.seen is not None
    assert 7 <= (one.seen - one.since).days <= 8
    assert one.saving == 8


async def test_what_went_before_it_showed_is_over(world: World) -> None:
    await world.begin(2)
    await world.tick(knobs=only("zombie_volume"))
    ((pattern, volume),) = [
        key for key in await found(world, unseen=True) if key[0] == "ebs_unattached"
    ]
    await agent(world, "DELETE FROM volumes WHERE volume_id = $1", volume)
    await world.tick()
    over = (await found(world, unseen=True, ended=True))[pattern, volume]
    assert (over.until, over.ended_by, over.seen) == (date(2026, 6, 4), "agent", None)


async def test_what_two_patterns_show_is_saved_once(world: World) -> None:
    def one(pattern: str, remedy: str, saving: str) -> Label:
        return Label(pattern, "instance", "i-1", FIRST, FIRST, None, None, None, (remedy,),
                     Decimal(saving), Decimal(0), None)  # fmt: skip

    every = [one("big", "ec2:ModifyInstanceAttribute", "90"), one("idle", "ec2:StopInstances", "70"),
             one("off", "ec2:StopInstances", "20")]  # fmt: skip
    counts = await truth.counted(world.owner, world.account, every)
    assert counts == [0, 70, 0]  # stopping goes before resizing, then the larger


async def test_a_part_counts_with_its_whole(world: World) -> None:
    (row,) = await world.rows(
        """SELECT volume_id, attached_instance_id AS instance_id FROM volumes
            WHERE account_id = $1 ORDER BY volume_id LIMIT 1"""
    )

    def one(pattern: str, kind: str, identifier: str) -> Label:
        return Label(pattern, kind, identifier, FIRST, FIRST, None, None, None, ("ec2:DeleteVolume",),
                     Decimal(8), Decimal(0), None)  # fmt: skip

    part = one("ebs_on_stopped", "volume", row["volume_id"])
    whole = one("ec2_stopped_ebs", "instance", row["instance_id"])
    assert await truth.counted(world.owner, world.account, [part, whole]) == [0, 8]
    assert await truth.counted(world.owner, world.account, [part]) == [8]


async def test_a_day_settles_the_same_at_any_hour(world: World) -> None:
    await world.begin(8)
    before = await found(world, unseen=True, ended=True)
    day = FIRST + timedelta(days=7)
    for hour in (0, 23):
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        async with world.owner.transaction():
            await truth.settle(world.owner, world.account, moment)
        assert await found(world, unseen=True, ended=True) == before
    assert before


async def test_a_symptom_that_stumbles_leaves_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drift import findings

    await world.begin(8)
    before = await found(world, unseen=True)
    broken = scenarios.by_pattern()[ADDRESS]
    monkeypatch.setattr(
        broken, "SYMPTOM",
        "SELECT allocation_id, 1 / (hourly_cost * 0) FROM elastic_ips WHERE account_id = $1 AND $2::timestamptz IS NOT NULL",
    )  # fmt: skip
    await world.owner.execute(
        "DELETE FROM truth.labels WHERE account_id = $1 AND pattern <> $2 AND seen IS NOT NULL",
        world.account, ADDRESS,
    )  # fmt: skip
    findings._statements.cache_clear()
    try:
        after = await found(world, unseen=True)
    finally:
        findings._statements.cache_clear()
    assert {key for key in before if key[0] == ADDRESS}
    assert set(after) == set(before)
    assert all(after[key] == one for key, one in before.items() if key[0] == ADDRESS)


async def test_an_emptied_account_has_no_labels(world: World) -> None:
    from models import accounts

    await world.begin(8)
    assert await world.value("SELECT count(*) FROM truth.labels WHERE account_id = $1") > 0
    await accounts.reset(world.owner, world.account)
    assert await world.value("SELECT count(*) FROM truth.labels WHERE account_id = $1") == 0


async def test_no_client_reads_the_truth(world: World) -> None:
    may = await world.value(
        """SELECT $1::uuid IS NULL OR has_schema_privilege('driftcloud_api', 'truth', 'USAGE')
                  OR has_table_privilege('driftcloud_api', 'truth.labels', 'SELECT')"""
    )
    assert may is False
