"""The ledger: every day's bill adds up, line by line, to what the world cost."""

import re
from decimal import Decimal
from pathlib import Path

from drift import days
from drift.day import Knobs
from drift.ledger import SOURCES
from models import usage_types
from models.prices import table
from tests.drift.conftest import World

DAYS = 32
_KIND = re.compile(r'^    kind="(\w+)"', re.MULTILINE)

# What a day cost by its own rows, whoever's they are.
_COST = """
SELECT date, sum(cost) AS cost FROM (
    SELECT date, estimated_daily_cost AS cost FROM metrics_daily WHERE account_id = $1
    UNION ALL SELECT date, estimated_transfer_cost FROM data_transfer_daily WHERE account_id = $1
    UNION ALL SELECT u.date, u.estimated_storage_cost + u.estimated_request_cost
      FROM s3_bucket_usage_daily u JOIN s3_buckets b ON b.id = u.bucket_id WHERE b.account_id = $1
    UNION ALL SELECT u.date, u.estimated_ingestion_cost + u.estimated_storage_cost
      FROM log_group_usage_daily u JOIN log_groups g ON g.id = u.log_group_id WHERE g.account_id = $1
) d GROUP BY date ORDER BY date"""


async def test_each_day_adds_up_to_what_its_rows_say(world: World) -> None:
    await world.begin(3, Knobs(mess=0, walk="exact"))
    await world.tick(3)
    billed = await world.rows(
        "SELECT date, sum(on_demand_cost) AS cost FROM cost_lines_daily"
        " WHERE account_id = $1 GROUP BY date ORDER BY date"
    )
    assert [tuple(row) for row in billed] == [tuple(row) for row in await world.rows(_COST)]
    assert len(billed) == 6
    apart = await world.rows(
        """SELECT m.resource_type, m.resource_id FROM metrics_daily m
             LEFT JOIN (SELECT resource_type, resource_id, date, sum(on_demand_cost) AS cost
                          FROM cost_lines_daily WHERE account_id = $1 GROUP BY 1, 2, 3) l
               USING (resource_type, resource_id, date)
            WHERE m.account_id = $1 AND m.estimated_daily_cost IS DISTINCT FROM coalesce(l.cost, 0)"""
    )
    assert apart == []


async def test_lines_have_units_and_belong_to_what_existed(world: World) -> None:
    await world.begin(8)
    assert not await world.rows(
        """SELECT * FROM cost_lines_daily
            WHERE account_id = $1 AND (usage_amount < 0 OR on_demand_cost < 0 OR amortized_cost < 0
                  OR (unblended_cost < 0) <> (record_type = 'SavingsPlanNegation')
                  OR (record_type = 'Usage' AND (usage_amount = 0 OR usage_unit IS NULL)))"""
    )
    kinds = await world.value(
        "SELECT array_agg(DISTINCT resource_type) FROM metrics_daily"
        " WHERE account_id = $1 AND estimated_daily_cost > 0"
    )
    assert set(kinds) <= {source.kind for source in SOURCES}
    hours = await world.rows(
        "SELECT DISTINCT usage_amount FROM cost_lines_daily WHERE account_id = $1"
        " AND resource_type = 'load_balancer' AND usage_type = 'LoadBalancerUsage'"
    )
    assert [row["usage_amount"] for row in hours] == [24]


async def test_commitments_are_spread_over_what_they_cover(world: World) -> None:
    await world.begin(DAYS)
    days = await world.rows(
        """SELECT date, sum(amortized_cost) AS amortized,
                  sum(on_demand_cost) FILTER (WHERE record_type = 'Usage') AS uncovered,
                  sum(unblended_cost) FILTER (WHERE record_type LIKE 'SavingsPlan%Usage') AS covered,
                  sum(unblended_cost) FILTER (WHERE record_type = 'SavingsPlanNegation') AS negated,
                  sum(unblended_cost) FILTER (WHERE record_type = 'DiscountedUsage') AS reserved,
                  sum(unblended_cost) FILTER (WHERE record_type = 'RIFee') AS fees
             FROM cost_lines_daily WHERE account_id = $1 GROUP BY date ORDER BY date"""
    )
    committed = 24 * Decimal("9.11")
    for row in days:
        assert row["amortized"] == row["uncovered"] + committed
        assert row["covered"] == -row["negated"] > 0
        assert row["reserved"] == 0
    # the hours of a month's reservations are charged on its first day
    assert [row["fees"] for row in days if row["fees"]] == [
        24 * 30 * Decimal("9.06"),
        24 * 31 * Decimal("9.06"),
    ]
    used = await world.rows(
        """SELECT u.*, c.hourly_commitment_amount AS hourly FROM commitment_utilization_daily u
             JOIN commitments c ON c.id = u.commitment_id WHERE c.account_id = $1"""
    )
    assert len(used) == 3 * DAYS
    for row in used:
        spent = 24 * row["hourly"] - row["unused_commitment"]
        assert abs(24 * row["actual_hourly_usage_equivalent"] - spent) < Decimal("0.002")
        assert abs(row["estimated_savings_vs_ondemand"]
                   - (row["on_demand_equivalent"] - 24 * row["hourly"])) < Decimal("0.0001")  # fmt: skip


async def test_reports_are_the_lines_without_their_resources(world: World) -> None:
    await world.begin(3)
    for column in ("service", "region", "usage_type", "record_type", "instance_type", "tag_set"):
        lines, report = [
            await world.rows(
                f"""SELECT date, {column}, sum(unblended_cost), sum(amortized_cost), sum(usage_amount)
                      FROM {table} WHERE account_id = $1 GROUP BY 1, 2 ORDER BY 1, 2"""
            )
            for table in ("cost_lines_daily", "cost_daily")
        ]
        assert [tuple(row) for row in lines] == [tuple(row) for row in report] != []


async def test_only_active_tags_divide_the_bill(world: World) -> None:
    tag = "INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value) SELECT $1, 'instance', min(instance_id), $2, $3 FROM instances WHERE account_id = $1"
    for key, value in (
        ("Name", "web"),
        ("team", "shop"),
        ("aws:createdBy", "x"),
        ("backup", "daily"),
    ):
        await world.owner.execute(tag, world.account, key, value)
    await world.begin(1)
    await world.owner.execute(tag, world.account, "later", "y")
    await world.tick(1)
    keys = await world.rows(
        "SELECT key, type, status FROM cost_allocation_tags WHERE account_id = $1 ORDER BY key"
    )
    assert [tuple(row) for row in keys] == [
        ("Name", "UserDefined", "Inactive"),
        ("aws:autoscaling:groupName", "AWSGenerated", "Inactive"),
        ("aws:createdBy", "AWSGenerated", "Inactive"),
        ("backup", "UserDefined", "Inactive"),
        ("later", "UserDefined", "Inactive"),
        ("team", "UserDefined", "Active"),
    ]
    sets = await world.rows(
        """SELECT DISTINCT l.date, s.tags ->> 'team' AS team, s.tags ? 'later' AS later, s.tags ? 'Name' AS name
             FROM cost_lines_daily l JOIN cost_tag_sets s ON s.id = l.tag_set
            WHERE l.account_id = $1 AND s.tags ? 'team' ORDER BY 1"""
    )
    assert [tuple(row)[1:] for row in sets] == [("shop", False, False)] * 2


def test_the_ledger_knows_everything_that_has_days() -> None:
    folder = Path(days.__file__).parent
    kinds = {kind for path in folder.glob("*.py") for kind in _KIND.findall(path.read_text())}
    assert "volume" in kinds
    assert kinds <= {source.kind for source in SOURCES}


def test_every_region_has_a_code() -> None:
    assert set(table("regions")) <= set(usage_types.CODES)
    assert len(set(usage_types.CODES.values())) == len(usage_types.CODES)
    assert (usage_types.prefix("us-east-1"), usage_types.prefix("eu-west-1")) == ("", "EU-")
