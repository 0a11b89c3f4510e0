"""Spikes: they begin, they end, monitors find them and say why."""

from datetime import timedelta
from decimal import Decimal

import pytest

from drift.day import Knobs
from drift.scenarios import by_name
from models import anomaly_monitors
from tests.drift.conftest import FIRST, World

QUIET = dict.fromkeys(by_name(), 0.0)

SMALL = Decimal(5)  # USD

_ANOMALIES = """
SELECT a.dimension_value AS service, a.starts_on, a.ends_on, a.total_impact, a.root_causes::text AS causes
  FROM cost_anomalies a WHERE a.account_id = $1 ORDER BY a.starts_on, a.dimension_value"""


@pytest.mark.parametrize(
    ("scenario", "service", "usage_type"),
    [
        ("log_storm", "AmazonCloudWatch", "USE1-DataProcessing-Bytes"),
        ("runaway_group", "Amazon Elastic Compute Cloud - Compute", "BoxUsage:m5.large"),
    ],
)
async def test_a_spike_is_found_and_ends(
    world: World, scenario: str, service: str, usage_type: str
) -> None:
    await anomaly_monitors.create_default(world.owner, world.account)
    # the estate's reservations would cover the whole of it
    await world.owner.execute("DELETE FROM commitments WHERE account_id = $1", world.account)
    await world.begin(20)
    assert service not in {row["service"] for row in await world.rows(_ANOMALIES)}
    (report,) = await world.tick(knobs=Knobs(odds={**QUIET, scenario: 1.0}))
    assert report.scenarios == [scenario]
    begun = FIRST + timedelta(days=20)
    await world.tick(8)
    [found] = [row for row in await world.rows(_ANOMALIES) if row["service"] == service]
    assert found["starts_on"] == begun + timedelta(days=1)
    assert 0 <= (found["ends_on"] - found["starts_on"]).days <= 3
    assert found["total_impact"] > SMALL
    assert usage_type in found["causes"]
    # what rose, beyond the days before, is what the ledger says
    rise = await world.value(
        """SELECT sum(unblended_cost) FILTER (WHERE date >= $2)
                  - sum(unblended_cost) FILTER (WHERE date < $2) / 14 * ($3::date - $2::date + 1)
             FROM cost_daily WHERE account_id = $1 AND service = $4 AND usage_type = $5
              AND date BETWEEN $2::date - 14 AND $3""",
        found["starts_on"], found["ends_on"], service, usage_type,
    )  # fmt: skip
    assert f"{round(rise, 4):f}".rstrip("0")[:-1] in found["causes"]
    events = await world.rows(
        """SELECT field_name, changed_at::date AS day FROM resource_change_events e
             JOIN drift_happenings h USING (account_id, resource_type, resource_id)
            WHERE e.account_id = $1 AND h.scenario = $2 AND e.change_source = 'drift_engine'
              AND e.resource_type IN ('log_group', 'autoscaling_group')""",
        scenario,
    )
    days = {row["day"] for row in events}
    assert begun in days, "the cause is on record"
    assert len(days) == 2, "and so is its end"


async def test_calm_worlds_are_free_of_anomalies(world: World) -> None:
    """Over a change of month, its end and its fees."""
    await anomaly_monitors.create_default(world.owner, world.account)
    await world.begin(40)
    judged = await world.value("SELECT count(*) FROM anomaly_days WHERE account_id = $1"
                               " AND expected IS NOT NULL")  # fmt: skip
    assert judged > 200
    # chance may tell of a few dollars on one day, as it does on AWS; a spike is more
    found = [row for row in await world.rows(_ANOMALIES) if row["total_impact"] > SMALL]
    assert [tuple(row) for row in found] == []


async def test_what_was_expected_is_kept(world: World) -> None:
    await anomaly_monitors.create_default(world.owner, world.account)
    await world.begin(12)
    await world.tick(1)
    rows = await world.rows(
        """SELECT d.amount, c.cost FROM anomaly_days d JOIN (
               SELECT service, date, sum(unblended_cost) AS cost FROM cost_daily
                WHERE account_id = $1 AND record_type IN ('Usage', 'DiscountedUsage',
                      'SavingsPlanCoveredUsage', 'SavingsPlanNegation', 'EdpDiscount')
                GROUP BY 1, 2) c ON c.service = d.value AND c.date = d.date
            WHERE d.account_id = $1"""
    )
    assert rows
    assert all(row["amount"] == row["cost"] for row in rows)
    total = sum((row["cost"] for row in rows), Decimal(0))
    assert total > 100
