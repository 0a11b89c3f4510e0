"""Commitments: what of the day's bill they cover, what they cost, how much of each was used."""

# ruff: noqa: E501 - the lines of SQL read better whole

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from drift.day import Day
from drift.statement import Statement
from models import discounts
from models.commitment_fees import CENT, Fee, of_the_day, refund
from models.coverage import Settled, Usage, settle

AFTER = ("cost_lines",)

_USAGE = Statement("""
SELECT eligible AS service, coalesce(instance_type, '') AS type, region, sum(on_demand_cost) AS usd
  FROM cost_lines_daily
 WHERE account_id = :account AND date = :date AND eligible IS NOT NULL AND record_type = 'Usage'
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""")

_COMMITMENTS = Statement("""
SELECT id, arn, commitment_type, scope, term_months, hourly_commitment_amount AS amount, start_date,
       end_date, state, service, plan_type, offering_class, payment_option, instance_type, instance_family, region,
       coalesce(instance_count, 1) AS count, fixed_price, recurring_hourly
  FROM commitments
 WHERE account_id = :account AND start_date <= :date
   AND (end_date > :date AND state IN ('active', 'queued', 'retired')
        OR end_date = :date AND start_date < :date AND state = 'returned'
        OR end_date = :date AND start_date = :date AND state = 'retired')
 ORDER BY commitment_type = 'edp', commitment_type, coalesce(plan_type, '') = 'Compute', start_date,
       hourly_commitment_amount, id""")

# Use lies on an axis, one resource after the other; a commitment covers a stretch of it, so that
# at its ends the day of one resource is divided, and every cent belongs to one commitment or none.
# What it pays is rounded along its own axis, so that the parts add up to the whole. A line that is
# covered as a whole leaves nothing over. What commitments cover, they alone have named on that day:
# what is written is all that they cover.
_COVER = Statement("""
WITH axis AS (
    SELECT l.*, l.ctid AS place, sum(l.on_demand_cost) OVER same - l.on_demand_cost AS low, sum(l.on_demand_cost) OVER same AS high
      FROM cost_lines_daily l
     WHERE l.account_id = :account AND l.date = :date AND l.eligible IS NOT NULL AND l.record_type = 'Usage'
    WINDOW same AS (PARTITION BY l.eligible, coalesce(l.instance_type, ''), l.region ORDER BY l.resource_id, l.id)
), parts AS (
    SELECT a.*, c.commitment, c.plan, least(a.high, c.high) - greatest(a.low, c.low) AS covered,
           round((c.before - c.low + least(a.high, c.high)) * c.share, 4)
           - round((c.before - c.low + greatest(a.low, c.low)) * c.share, 4) AS paid
      FROM axis a
      JOIN unnest(:cover_ids::uuid[], :cover_plans::boolean[], :cover_services::text[], :cover_types::text[],
                  :cover_regions::text[], :cover_lows::numeric[], :cover_highs::numeric[], :cover_shares::numeric[],
                  :cover_before::numeric[])
           AS c (commitment, plan, service, type, region, low, high, share, before)
        ON c.service = a.eligible AND c.type = coalesce(a.instance_type, '') AND c.region = a.region
       AND c.low < a.high AND c.high > a.low
), divided AS (
    SELECT id, place, sum(covered) AS covered FROM parts GROUP BY id, place
), spent AS (
    DELETE FROM cost_lines_daily l USING divided p
     WHERE l.account_id = :account AND l.date = :date AND l.ctid = ANY (ARRAY(SELECT place FROM divided))
       AND l.id = p.id AND round(l.on_demand_cost - p.covered, 4) = 0
), left_over AS (
    UPDATE cost_lines_daily l
       SET usage_amount = round(l.usage_amount * (1 - p.covered / l.on_demand_cost), 8),
           on_demand_cost = l.on_demand_cost - p.covered, unblended_cost = l.on_demand_cost - p.covered,
           amortized_cost = l.on_demand_cost - p.covered
      FROM divided p
     WHERE l.account_id = :account AND l.date = :date AND l.ctid = ANY (ARRAY(SELECT place FROM divided))
       AND l.id = p.id AND round(l.on_demand_cost - p.covered, 4) <> 0
), written AS (
    INSERT INTO cost_lines_daily (account_id, date, resource_type, resource_id, region, availability_zone, service,
        product_code, usage_type, operation, instance_type, engine, platform, env, tag_set, record_type, eligible,
        commitment_id, usage_amount, usage_unit, on_demand_cost, unblended_cost, amortized_cost)
    SELECT p.account_id, p.date, p.resource_type, p.resource_id, p.region, p.availability_zone, p.service,
           p.product_code, p.usage_type, p.operation, p.instance_type, p.engine, p.platform, p.env, p.tag_set,
           k.record_type, p.eligible, p.commitment, round(k.usage, 8), p.usage_unit, k.on_demand, k.unblended, k.amortized
      FROM parts p
     CROSS JOIN LATERAL (
           SELECT CASE WHEN p.plan THEN 'SavingsPlanCoveredUsage' ELSE 'DiscountedUsage' END AS record_type,
                  p.usage_amount * p.covered / p.on_demand_cost AS usage, p.covered AS on_demand,
                  CASE WHEN p.plan THEN p.covered ELSE 0 END AS unblended, p.paid AS amortized
           UNION ALL SELECT 'SavingsPlanNegation', 0, 0, -p.covered, 0 WHERE p.plan) k
    RETURNING commitment_id, amortized_cost, on_demand_cost
)
SELECT commitment_id AS id, sum(amortized_cost) AS used, sum(on_demand_cost) AS covered, count(*) AS lines
  FROM written GROUP BY 1""")

_FEES = Statement("""
INSERT INTO cost_lines_daily (account_id, date, region, service, product_code, usage_type, operation, instance_type,
    resource_type, resource_id, record_type, commitment_id, usage_amount, usage_unit, unblended_cost, amortized_cost)
SELECT :account, :date, f.region, f.service, f.product, f.usage, '', f.type, 'commitment', f.id::text, f.record, f.id,
       f.hours, 'Hrs', f.unblended, f.amortized
  FROM unnest(:fee_ids::uuid[], :fee_regions::text[], :fee_services::text[], :fee_products::text[], :fee_usages::text[],
              :fee_types::text[], :fee_records::text[], :fee_hours::numeric[], :fee_unblended::numeric[],
              :fee_amortized::numeric[])
       AS f (id, region, service, product, usage, type, record, hours, unblended, amortized)""")

_PROGRAMME = Statement("""
INSERT INTO cost_lines_daily (account_id, date, region, service, product_code, usage_type, operation, tag_set,
    resource_type, resource_id, record_type, commitment_id, unblended_cost, amortized_cost)
SELECT :account, :date, l.region, l.service, l.product_code, l.usage_type, l.operation, l.tag_set,
       l.resource_type, l.resource_id, 'EdpDiscount', :programme::uuid,
       -round(sum(l.unblended_cost) * :part::numeric, 4), -round(sum(l.amortized_cost) * :part::numeric, 4)
  FROM cost_lines_daily l
 WHERE l.account_id = :account AND l.date = :date
 GROUP BY l.region, l.service, l.product_code, l.usage_type, l.operation, l.tag_set, l.resource_type, l.resource_id
HAVING round(sum(l.unblended_cost) * :part::numeric, 4) <> 0 OR round(sum(l.amortized_cost) * :part::numeric, 4) <> 0
RETURNING unblended_cost""")

_WRITE = Statement("""
INSERT INTO commitment_utilization_daily (commitment_id, date, actual_hourly_usage_equivalent,
    utilization_percent, estimated_savings_vs_ondemand, on_demand_equivalent, unused_commitment)
SELECT u.id, :date, u.used, u.percent, u.saved, u.covered, u.unused
  FROM unnest(:ids::uuid[], :used::numeric[], :percents::numeric[], :saved::numeric[],
              :covered::numeric[], :unused::numeric[]) AS u (id, used, percent, saved, covered, unused)
ON CONFLICT DO NOTHING""")

# Time alone opens and ends a commitment.
_TURNED = Statement("""
SELECT id::text, state, CASE WHEN end_date <= :date THEN 'retired' ELSE 'active' END AS turned
  FROM commitments
 WHERE account_id = :account AND state IN ('active', 'queued')
   AND (end_date <= :date OR state = 'queued' AND start_date <= :date)
 ORDER BY id""")
_TURN = Statement("""
UPDATE commitments c SET state = t.turned
  FROM unnest(:turned_ids::uuid[], :turned_states::text[]) AS t (id, turned)
 WHERE c.account_id = :account AND c.id = t.id""")

_DONE = Statement("""
SELECT EXISTS (SELECT FROM commitment_utilization_daily u JOIN commitments c ON c.id = u.commitment_id
                WHERE c.account_id = :account AND u.date = :date)
    OR EXISTS (SELECT FROM cost_lines_daily
                WHERE account_id = :account AND date = :date AND resource_type = 'commitment'
                  AND resource_id = ANY (ARRAY(SELECT id::text FROM commitments WHERE account_id = :account))) AS done""")


@dataclass(frozen=True, slots=True)
class Told:
    """A commitment's day in USD: used at its own rates, of what amount, covering what on demand."""

    commitment_id: UUID
    used: Decimal
    amount: Decimal
    covered: Decimal

    @property
    def percent(self) -> Decimal:
        """How much of the commitment was used."""
        return 100 * self.used / self.amount if self.amount else Decimal(0)

    @property
    def saved(self) -> Decimal:
        """What the covered use costs on demand less the whole commitment: unused ones save less."""
        return self.covered - self.amount


async def write(day: Day) -> None:
    """Coverage, fees and utilisation of the day; discount programmes count everything."""
    commitments = await day.fetch(_COMMITMENTS)
    if not commitments or (await day.fetch(_DONE))[0]["done"]:
        return
    usage = [
        Usage(row["service"], row["type"], row["region"], row["usd"])
        for row in await day.fetch(_USAGE)
    ]
    fees = [fee for one in commitments if one["end_date"] <= day.date for fee in _last(one, day)]
    commitments = [one for one in commitments if one["end_date"] > day.date]
    bought = [one for one in commitments if one["commitment_type"] != "edp"]
    found = await _cover(day, [(one, settle(one, usage)) for one in bought])
    told = []
    for one in bought:
        row = found.get(one["id"])
        used, covered = (row["used"], row["covered"]) if row else (Decimal(0), Decimal(0))
        amount = (one["amount"] * 24).quantize(CENT)
        told.append(Told(one["id"], used, amount, covered))
        fees += of_the_day(one, day.date, max(Decimal(0), amount - used))
    await _charge(day, fees)
    for one in commitments:
        if one["commitment_type"] == "edp":
            told.append(await _discount(day, one))
    await _tell(day, told)


def _last(commitment: Any, day: Day) -> list[Fee]:
    """What remains to settle of a commitment that covers no more: a refund, or what was due."""
    if commitment["state"] == "returned":
        return [refund(commitment)]
    return list(of_the_day(commitment, day.date, Decimal(0)))


async def live(day: Day) -> None:
    """Those whose time has come begin, those whose time is over end."""
    rows = await day.fetch(_TURNED)
    if not rows:
        return
    await day.apply(
        "commitments",
        _TURN,
        turned_ids=[row["id"] for row in rows],
        turned_states=[row["turned"] for row in rows],
    )
    for row in rows:
        await day.record("commitment", row["id"], "state", row["state"], row["turned"])


async def _cover(day: Day, settled: list[tuple[Any, Settled]]) -> dict[UUID, Any]:
    """Divide the covered lines of the bill; by commitment, what of it was `used` and `covered`."""
    covers = [(one, found.share, cover) for one, found in settled for cover in found.covers]
    if not covers:
        return {}
    rows = await day.fetch(
        _COVER,
        cover_ids=[one["id"] for one, _, _ in covers],
        cover_plans=[one["commitment_type"] == "savings_plan" for one, _, _ in covers],
        cover_services=[cover.usage.service for _, _, cover in covers],
        cover_types=[cover.usage.type for _, _, cover in covers],
        cover_regions=[cover.usage.region for _, _, cover in covers],
        cover_lows=[cover.low for _, _, cover in covers],
        cover_highs=[cover.high for _, _, cover in covers],
        cover_shares=[share for _, share, _ in covers],
        cover_before=[cover.before for _, _, cover in covers],
    )
    day.written["cost_lines_daily"] += sum(row["lines"] for row in rows)
    return {row["id"]: row for row in rows}


async def _charge(day: Day, fees: list[Fee]) -> None:
    """The fees of the day; one that charges and spreads nothing is no line."""
    due = [fee for fee in fees if fee.unblended or fee.amortized]
    await day.apply(
        "cost_lines_daily",
        _FEES,
        fee_ids=[fee.commitment_id for fee in due],
        fee_regions=[fee.region for fee in due],
        fee_services=[fee.service for fee in due],
        fee_products=[fee.product_code for fee in due],
        fee_usages=[fee.usage_type for fee in due],
        fee_types=[fee.instance_type for fee in due],
        fee_records=[fee.record_type for fee in due],
        fee_hours=[fee.hours for fee in due],
        fee_unblended=[fee.unblended for fee in due],
        fee_amortized=[fee.amortized for fee in due],
    )


async def _discount(day: Day, programme: Any) -> Told:
    """Take the discount of an enterprise programme off every line."""
    rows = await day.fetch(_PROGRAMME, programme=programme["id"], part=discounts.discount("edp"))
    saved = -sum((row["unblended_cost"] for row in rows), Decimal(0))
    spent = saved / discounts.discount("edp")
    amount = (programme["amount"] * 24).quantize(CENT)
    return Told(programme["id"], min(spent, amount), amount, min(spent, amount) + saved)


async def _tell(day: Day, told: list[Told]) -> None:
    """How much of each commitment was used, and what it saved."""
    most, most_percent = Decimal(999_999), Decimal(100)
    await day.apply(
        "commitment_utilization_daily",
        _WRITE,
        ids=[one.commitment_id for one in told],
        used=[min(most, one.used / 24) for one in told],
        percents=[min(most_percent, one.percent) for one in told],
        saved=[max(-most, min(most, one.saved)) for one in told],
        covered=[one.covered for one in told],
        unused=[max(Decimal(0), one.amount - one.used) for one in told],
    )
