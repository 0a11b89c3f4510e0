"""Reports on commitments: what of them was used, and what of the use they covered, in SQL.

Amounts are USD, of the ledger. Reservations and plans are looked at one by one (there are few),
days and lines by the database alone. Days are the ledger's; `shift_days` moves them onto the
client's calendar, which says what a month is.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from models.cost_expressions import MINE, Compiler
from models.coverage import rate
from models.listing import Binder
from models.prices.interpolation import weight

PERIODS = {
    "DAILY": "(l.date + {shift})",
    "MONTHLY": "date_trunc('month', (l.date + {shift})::timestamp)::date",
    "": "NULL::date",
}

# Those that were alive on one of the days; the account's name comes along.
_ALIVE = """
select c.id::text as commitment_id, c.*, c.hourly_commitment_amount as amount,
       coalesce(c.instance_count, 1) as count, a.account_number, a.name as account_name,
       case when c.state in ('active', 'queued') and c.end_date <= $2 then 'retired' else c.state end as standing
  from driftcloud_paid_commitments() c join driftcloud_billed_accounts() a on a.id = c.account_id
 where c.commitment_type = $1 and c.start_date < $3 and c.end_date > $2 and c.end_date > c.start_date
   and c.state not in ('queued-deleted', 'payment-failed', 'payment-pending')
 order by c.start_date, c.id
"""

# `share` is what of the price on demand is drawn, `upfront` what part of the amount was paid ahead.
_USED = """
WITH chosen AS (
    SELECT * FROM unnest($1::uuid[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[])
           AS c (id, share, upfront, hours, units)
), days AS (
    SELECT {days} AS period, l.commitment_id AS id, count(DISTINCT l.date) AS days,
           coalesce(sum(l.amortized_cost) FILTER (WHERE l.record_type IN ('DiscountedUsage', 'SavingsPlanCoveredUsage')), 0) AS used,
           coalesce(sum(l.amortized_cost) FILTER (WHERE l.record_type IN ('RIFee', 'SavingsPlanRecurringFee')), 0) AS unused,
           coalesce(sum(l.on_demand_cost), 0) AS on_demand
      FROM cost_daily l
     WHERE {mine} AND l.date >= $6 AND l.date < $7 AND l.commitment_id = ANY ($1::uuid[])
       AND l.record_type NOT IN ('Fee', 'SavingsPlanUpfrontFee', 'Refund', 'EdpDiscount')
     GROUP BY 1, 2
)
SELECT {period}, {id}, sum(d.used) AS used, sum(d.unused) AS unused, sum(d.on_demand) AS on_demand,
       sum((d.used + d.unused) / c.share) AS potential, sum((d.used + d.unused) * c.upfront) AS upfront,
       sum(d.days * c.hours) AS hours, sum(d.days * c.units) AS units,
       sum(CASE WHEN d.used + d.unused > 0 THEN d.days * c.hours * d.used / (d.used + d.unused) ELSE 0 END) AS used_hours,
       sum(CASE WHEN d.used + d.unused > 0 THEN d.days * c.units * d.used / (d.used + d.unused) ELSE 0 END) AS used_units
  FROM days d JOIN chosen c ON c.id = d.id
 GROUP BY GROUPING SETS ({sets}) ORDER BY 1 NULLS LAST, 2 NULLS LAST
"""


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `start` to before `end` as the ledger has them, and how they are told."""

    start: date
    end: date
    shift_days: int
    granularity: str = ""


async def alive(db: Any, kind: str, span: Span) -> list[Any]:
    """The commitments of a kind (reserved_instance, savings_plan) that counted on some day."""
    rows: list[Any] = await db.fetch(_ALIVE, kind, span.start, span.end)
    return rows


async def utilisation(
    db: Any, chosen: Sequence[Mapping[str, Any]], span: Span, *, each: bool = False
) -> list[Any]:
    """What was used of some commitments: a row a period, or `each` by itself, and the total.

    The total is the row whose period and id are both null.
    """
    by_period = bool(span.granularity) and not each
    sql = _USED.format(
        days=PERIODS[span.granularity if by_period else ""].format(shift="$8::int"),
        mine=MINE,
        period="d.period" if by_period else "NULL::date AS period",
        id="d.id" if each else "NULL::uuid AS id",
        sets="(), (d.id)" if each else "(), (d.period)" if by_period else "()",
    )
    args: list[Any] = [
        [one["id"] for one in chosen],
        [rate(one) for one in chosen],
        [upfront_share(one) for one in chosen],
        [24 * one["count"] for one in chosen],
        [
            24 * one["count"] * weight((one["instance_type"] or "").rpartition(".")[2])
            for one in chosen
        ],
        span.start,
        span.end,
    ]
    if by_period:
        args.append(span.shift_days)
    rows: list[Any] = await db.fetch(sql, *args, plan="custom")
    return rows


def upfront_share(commitment: Mapping[str, Any]) -> Decimal:
    """What part of a commitment's hourly amount was paid ahead."""
    amount, recurring = commitment["amount"], commitment["recurring_hourly"]
    if not amount:
        return Decimal(0)
    if recurring is None:
        paid = {"All Upfront": Decimal(1), "Partial Upfront": Decimal("0.5")}
        return paid.get(commitment["payment_option"] or "", Decimal(0))
    part = 1 - recurring * commitment["count"] / amount
    # an amount is rounded to a hundredth of a cent, which is no payment
    return part if part > Decimal("0.005") else Decimal(0)


_ACCOUNTS = " JOIN (SELECT * FROM driftcloud_billed_accounts()) a ON a.id = l.account_id"
_ELIGIBLE = "driftcloud_eligible(l.service, l.usage_type, l.usage_unit)"


async def coverage(
    db: Any,
    span: Span,
    *,
    plans: bool,
    eligible: Sequence[str],
    filters: Sequence[Mapping[str, Any]],
    groups: Sequence[str],
) -> list[Any]:
    """What of the use of `eligible` kinds was covered, by period and `groups` (dimensions).

    By savings `plans` in USD on demand, of what no reservation covers; else by reservations in
    hours and normalised units, of what no plan covers. Rows: period, key_0 …, whether it is the
    total of its `period` (all keys null) or of everything, and the sums. Raises ExpressionError.
    """
    bind = Binder()
    compiler = Compiler(bind, {}, span.start, span.end)
    keys = [compiler.value("DIMENSION", one) for one in groups]
    where = [compiler.condition(one) for one in filters]
    covered = "SavingsPlanCoveredUsage" if plans else "DiscountedUsage"
    where += [
        MINE,
        f"l.date >= {bind(span.start, '::date')} AND l.date < {bind(span.end, '::date')}",
        f"l.record_type IN ('Usage', '{covered}')",
        f"{_ELIGIBLE} = ANY ({bind(list(eligible), '::text[]')})",
    ]
    period = "NULL::date"
    if span.granularity:
        period = PERIODS[span.granularity].format(shift=bind(span.shift_days, "::int"))
    tags = _tags(compiler, bind)
    named = ", ".join([f"{period} AS period", *(f"{key} AS key_{n}" for n, key in enumerate(keys))])
    numbers = [f"key_{n}" for n in range(len(keys))]
    sets = ["period", ""] if span.granularity else [""]
    if numbers:
        sets.insert(0, ", ".join(["period", *numbers] if span.granularity else numbers))
    shown = ["period" if span.granularity else "NULL::date AS period", *numbers]
    shown.append(f"{f'grouping({numbers[0]}) = 0' if numbers else 'false'} AS grouped")
    # how many units a type has is worked out once for all of its lines
    sql = f"""
SELECT {", ".join(shown)}, {_SUMS}
  FROM (SELECT {named}, l.record_type = '{covered}' AS covered, sum(l.on_demand_cost) AS cost, sum(l.usage_amount) AS hours,
               sum(l.usage_amount) * driftcloud_normalized_units(l.instance_type) AS units
          FROM cost_daily l{_ACCOUNTS}{tags} WHERE {" AND ".join(where)}
         GROUP BY {", ".join(str(n + 1) for n in range(2 + len(numbers)))}, l.instance_type) l
 GROUP BY GROUPING SETS ({", ".join(f"({one})" for one in sets)})
 ORDER BY {", ".join(str(n + 1) for n in range(1 + len(numbers)))}"""
    rows: list[Any] = await db.fetch(sql, *bind.args, plan="custom")
    return rows


_SUMS = ", ".join(
    f"coalesce(sum({column}) FILTER (WHERE {'covered' if name == 'covered' else 'NOT covered'}), 0) AS {name}_{column}"
    for column in ("cost", "hours", "units")
    for name in ("covered", "demand")
)


def _tags(compiler: Compiler, bind: Binder) -> str:
    if not compiler.tag_keys:
        return ""
    keys = ", ".join(
        f"s.tags ->> {bind(key, '::text')} AS {alias}" for key, alias in compiler.tag_keys.items()
    )
    return f" LEFT JOIN (SELECT s.id, {keys} FROM cost_tag_sets s) s ON s.id = l.tag_set"
