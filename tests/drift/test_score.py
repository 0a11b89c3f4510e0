"""Scores: what was rightly ended counts for as long as it lasts, and what was broken counts too."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from drift import truth
from drift.score.score import Available, Score, Tally, points
from drift.score.weights import DAYS_OF_MONTH
from emulator.database.database import Database
from tests.drift.branches import (
    ADDRESS,
    ALICE,
    BEGUN_ON,
    BOB,
    BUSY,
    DECOY,
    LARGE,
    LB,
    OLD,
    ZOMBIE,
    Branches,
    untouched,
    worlds,
)

RELEASE = f"DELETE FROM elastic_ips WHERE allocation_id = '{ADDRESS}'"
DELETE = "DELETE FROM volumes WHERE volume_id = '{}'"
ORPHANS = frozenset({"ebs_unattached", "eip_unassociated"})


def done(found: Score) -> dict[str, float]:
    """How much was done, rightly and not."""
    total = found.total
    return {
        "right": total.right,
        "undone": total.undone,
        "captured": float(total.captured_usd_month),
        "breaches": total.breaches,
        "usd": float(total.breach_usd),
    }


@pytest.fixture(scope="session")
async def both(database: Database) -> AsyncIterator[Branches]:
    """A small world before anybody plays in it, and its copy."""
    async with worlds(database) as made:
        yield made


@pytest.fixture
async def branches(both: Branches) -> AsyncIterator[Branches]:
    """The two of them, for a test to play in."""
    async with untouched(both) as made:
        yield made


async def test_doing_nothing_makes_no_points(branches: Branches) -> None:
    await branches.days(1)
    found = await branches.score()
    assert found.points == 0
    assert found.available.usd_month > 43
    assert (found.total, found.by_principal) == (Tally(), {})
    assert found.ledger_fall_usd == 0
    missed = {(one["pattern"], one["resource_id"]) for one in found.missed}
    assert {("ebs_unattached", ZOMBIE), ("eip_unassociated", ADDRESS)} <= missed
    assert ("ebs_unattached", DECOY) not in missed


async def test_what_is_rightly_ended_is_captured_as_promised_and_as_the_ledger_says(
    branches: Branches,
) -> None:
    await branches.days(1)
    await branches.act(ALICE, RELEASE)
    await branches.act(ALICE, DELETE.format(ZOMBIE))
    await branches.days(2)
    found = await branches.score(patterns=ORPHANS)
    promised = await branches.saving("ebs_unattached", ZOMBIE) + await branches.saving(
        "eip_unassociated", ADDRESS
    )
    mine = found.by_principal[ALICE]
    assert mine == found.total
    assert mine.captured_usd_month == promised == found.available.usd_month
    assert mine.realised_usd == await branches.fallen(ADDRESS, ZOMBIE)
    assert mine.realised_usd == pytest.approx(promised / DAYS_OF_MONTH * 2, rel=Decimal("0.02"))
    assert found.available.usd == promised / DAYS_OF_MONTH * 3
    assert found.ledger_fall_usd == pytest.approx(mine.realised_usd, rel=Decimal("0.02"))
    assert (mine.right, mine.wrong) == (2, 0)
    assert mine.precision == mine.days_to_detect == 1
    assert mine.writes == 2
    assert found.points == pytest.approx(Decimal(100) * (1 + Decimal(2) / 3) / 2, abs=1)


async def test_an_ended_decoy_is_worse_than_nothing(branches: Branches) -> None:
    await branches.days(1)
    await branches.act(ALICE, DELETE.format(DECOY))
    await branches.days(1)
    found = await branches.score()
    assert found.total.harm_usd == pytest.approx(500 + 3 * 8, abs=1)
    assert (found.total.right, found.total.wrong) == (0, 1)
    assert found.total.precision == 0
    assert found.points < -50
    assert [(one["kind"], one["resource_id"]) for one in found.harms] == [("decoy", DECOY)]
    both = await branches.score(patterns=frozenset({"eip_unassociated"}))
    assert both.total.harm_usd == found.total.harm_usd


async def test_what_is_undone_again_does_not_count(branches: Branches) -> None:
    await branches.days(1)
    change = (
        f"UPDATE volumes SET volume_type = '{{}}', monthly_cost = {{}} WHERE volume_id = '{OLD}'"
    )
    await branches.act(ALICE, change.format("gp3", 24))
    await branches.days(1)
    before = done(await branches.score(patterns=frozenset({"ebs_gp2"})))
    assert (before["right"], before["captured"]) == (1, 6.0)
    await branches.act(ALICE, change.format("gp2", 30))
    await branches.days(1)
    found = await branches.score(patterns=frozenset({"ebs_gp2"}))
    after = done(found)
    assert (after["right"], after["undone"], after["captured"]) == (0, 1, 0.0)
    assert found.points == 0


async def test_waste_of_a_players_own_making_is_ended_for_nothing(branches: Branches) -> None:
    await branches.act(
        ALICE,
        f"""UPDATE volumes SET state = 'available', attached_instance_id = NULL,
                   last_used_at = '2026-01-01' WHERE volume_id = '{OLD}'""",
    )
    await branches.days(1)
    shown = await truth.labels(branches.actual, branches.account)
    assert ("ebs_unattached", OLD) in {(one.pattern, one.resource_id) for one in shown}
    await branches.act(ALICE, DELETE.format(OLD))
    await branches.days(1)
    found = await branches.score(patterns=ORPHANS)
    assert (found.total.right, found.total.captured_usd_month) == (0, Decimal(0))
    # it was in use: that its machine runs on, and costs less without it, is no excuse
    assert [(one["kind"], one["resource_id"]) for one in found.harms] == [("outage", OLD)]
    assert OLD not in {one["resource_id"] for one in found.missed}


async def test_what_was_frozen_is_a_breach_and_earns_nothing(branches: Branches) -> None:
    await branches.days(1)
    await branches.act(
        ALICE,
        f"""INSERT INTO truth.breaches (account_id, date, at, principal, kind, resource_type, resource_id, detail)
            SELECT id, '{BEGUN_ON}', now(), '{ALICE}', 'freeze', 'elastic_ip', '{ADDRESS}', 'released'
              FROM cloud_accounts""",
        RELEASE,
    )
    await branches.days(1)
    found = await branches.score(patterns=ORPHANS)
    counted = done(found)
    assert (counted["breaches"], counted["usd"]) == (1, 250.0)
    assert (counted["right"], counted["captured"]) == (0, 0.0)
    assert found.points == pytest.approx(-25, abs=1)


async def test_what_is_frozen_to_the_end_was_not_to_be_had(branches: Branches) -> None:
    await branches.days(1)
    open_now = await branches.score(patterns=ORPHANS)
    assert open_now.available.usd_month > 0
    for one in (branches.actual, branches.without):
        await one.execute("UPDATE cloud_accounts SET freeze_optimizations_until = '2026-12-01'")
    frozen = await branches.score(patterns=ORPHANS)
    assert frozen.available.usd_month == 0


async def test_an_outage_is_the_dearest_mistake(branches: Branches) -> None:
    await branches.days(1)
    await branches.act(ALICE, f"DELETE FROM load_balancers WHERE lb_arn = '{LB}'")
    await branches.act(
        BOB, f"UPDATE instances SET state = 'stopping' WHERE instance_id = '{BUSY}'",
    )  # fmt: skip
    await branches.days(1)
    found = await branches.score()
    assert found.by_principal[ALICE].harm_usd == found.by_principal[BOB].harm_usd == 5000
    assert found.points == -100
    assert found.total.captured_usd_month == 0
    assert {one["kind"] for one in found.harms} == {"outage"}


async def test_a_restart_within_a_day_is_no_outage(branches: Branches) -> None:
    for state in ("stopping", "stopped", "pending", "running"):
        change = f"UPDATE instances SET state = '{state}' WHERE instance_id = '{BUSY}'"
        await branches.act(ALICE, change)
    await branches.days(1)
    assert (await branches.score()).total.harm_usd == 0


async def test_too_small_a_machine_is_a_risk(branches: Branches) -> None:
    small = f"UPDATE instances SET instance_type = 'm5.large', hourly_cost = 0.096 WHERE instance_id = '{BUSY}'"
    await branches.act(ALICE, small)
    await branches.days(2)
    found = await branches.score()
    assert [(one["kind"], one["usd"]) for one in found.harms] == [("risk", 1000)]
    assert found.points < 0


async def test_two_principals_are_told_apart(branches: Branches) -> None:
    await branches.days(1)
    await branches.act(ALICE, RELEASE)
    await branches.act(BOB, DELETE.format(ZOMBIE))
    await branches.act(BOB, DELETE.format(DECOY))
    await branches.days(1)
    found = await branches.score(patterns=ORPHANS)
    alice, bob = found.by_principal[ALICE], found.by_principal[BOB]
    assert alice.captured_usd_month == await branches.saving("eip_unassociated", ADDRESS)
    assert bob.captured_usd_month == await branches.saving("ebs_unattached", ZOMBIE)
    assert (alice.wrong, bob.wrong) == (0, 1)
    assert alice.realised_usd == await branches.fallen(ADDRESS)
    assert bob.realised_usd == await branches.fallen(ZOMBIE)
    shown = found.as_json()
    by_name = {one["principal"]: one["score"] for one in shown["principals"]}
    assert by_name[ALICE] > 0 > by_name[BOB]


async def test_what_was_to_be_resized_is_not_to_be_deleted(branches: Branches) -> None:
    await branches.days(1)
    assert await branches.saving("ec2_oversized", LARGE) > 0
    await branches.act(
        ALICE, f"UPDATE instances SET state = 'terminated' WHERE instance_id = '{LARGE}'"
    )
    await branches.days(1)
    found = await branches.score()
    assert [one["resource_id"] for one in found.harms] == [LARGE]
    assert found.total.captured_usd_month == 0
    assert found.points < 0


async def test_a_commitment_that_nothing_uses_is_overbought(branches: Branches) -> None:
    await branches.act(
        ALICE,
        """INSERT INTO commitments (account_id, commitment_type, scope, term_months,
               hourly_commitment_amount, start_date, end_date)
           SELECT id, 'reserved_instance', 'm5.24xlarge/eu-west-1', 12, 2, '2026-06-09', '2027-06-09'
             FROM cloud_accounts""",
    )
    await branches.days(2)
    found = await branches.score()
    [one] = found.harms
    assert (one["kind"], one["usd"]) == ("overbought", pytest.approx(2 * 730 * 3, rel=0.01))
    assert found.total.realised_usd < 0


async def test_the_same_deeds_make_the_same_score(both: Branches) -> None:
    shown = []
    for _ in range(2):
        async with untouched(both) as made:
            await made.days(1)
            await made.act(ALICE, RELEASE)
            await made.act(BOB, DELETE.format(DECOY))
            await made.days(1)
            shown.append((await made.score()).as_json())
    assert shown[0] == shown[1]


def test_points_are_between_a_hundred_and_less_than_nothing() -> None:
    available = Available(Decimal(1000), Decimal(2000))
    least = Decimal(1000)
    assert points(Tally(), available, least) == 0
    all_of_it = Tally(captured_usd_month=Decimal(1000), realised_usd=Decimal(2000), right=3)
    assert points(all_of_it, available, least) == 100
    all_of_it.wrong = 1
    assert points(all_of_it, available, least) == 75
    all_of_it.harm_usd = Decimal(500)
    assert points(all_of_it, available, least) == 50
    assert points(Tally(breach_usd=Decimal(250)), Available(Decimal(1), Decimal(1)), least) == -25
    assert points(Tally(realised_usd=Decimal(-9999)), available, least) == -50
    assert points(Tally(harm_usd=Decimal(99999)), available, least) == -100
    assert (
        points(Tally(captured_usd_month=Decimal(1)), Available(Decimal(0), Decimal(0)), least) == 0
    )
