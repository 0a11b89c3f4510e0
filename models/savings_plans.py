"""Savings plans: those of the commitments that are an hourly amount, whatever it is spent on."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import Column, Listing

_START = "coalesce(c.start_time, c.start_date::timestamp at time zone 'utc')"
_END = "coalesce(c.end_time, c.end_date::timestamp at time zone 'utc')"
# Time alone opens and ends a plan; the tick stores what this says.
_STATE = (
    f"(case when c.state in ('active', 'queued') and {_END} <= {NOW} then 'retired'"
    f" when c.state in ('active', 'queued') and {_START} > {NOW} then 'queued'"
    " when c.state = 'queued' then 'active' else c.state end)"
)
_PLAN = (
    "coalesce(c.plan_type, case when c.scope ilike '%ec2%' then 'EC2Instance' else 'Compute' end)"
)
_PAYMENT = "coalesce(c.payment_option, 'No Upfront')"
_UPFRONT = "coalesce(c.fixed_price, 0)"
_RECURRING = "coalesce(c.recurring_hourly, c.hourly_commitment_amount)"
_SECONDS = "(c.term_months / 12 * 31536000)"


def _money(expression: str) -> str:
    """An amount as AWS writes it: no more digits than it has."""
    return f"trim_scale({expression})::text"


LISTING = Listing(
    f"c.id::text as plan_id, c.arn, coalesce(c.offering_id, '') as offering_id, {_STATE} as state,"
    f" {_START} as started_at, {_END} as ends_at, c.region, c.instance_family,"
    f" {_PLAN} as plan_type, {_PAYMENT} as payment_option, c.hourly_commitment_amount,"
    f" {_money('c.hourly_commitment_amount')} as commitment, {_money(_UPFRONT)} as upfront,"
    f" {_money(_RECURRING)} as recurring, {_SECONDS} as seconds, c.term_months,"
    " c.start_date, c.end_date, coalesce(c.tags, '{}') as tags",
    "commitments as c",
    key="c.id::text",
    columns={
        "state": _STATE,
        "region": "coalesce(c.region, '')",
        "family": "coalesce(c.instance_family, '')",
        "plan_type": _PLAN,
        "payment_option": _PAYMENT,
        "commitment": _money("c.hourly_commitment_amount"),
        "upfront": _money(_UPFRONT),
        "seconds": Column(_SECONDS, "int"),
        "started_at": Column(_START, "time"),
        "ends_at": Column(_END, "time"),
        "arn": "c.arn",
    },
    always="c.commitment_type = 'savings_plan' and c.account_id = driftcloud_account()",
)

_FIND = """
select c.id::text as plan_id from commitments as c
 where c.account_id = driftcloud_account() and c.commitment_type = 'savings_plan'
   and c.id::text = $1 for update
"""
# A deleted plan never began; a returned one covers today, which is on the bill, and no day after.
_CLOSE = """
update commitments set state = $2, end_time = greatest($3, start_time),
       end_date = greatest($4, start_date)
 where account_id = driftcloud_account() and id::text = $1
"""


async def find_one(db: Any, plan_id: str) -> Any | None:
    """The plan of that id, or None."""
    rows = await LISTING.page(db, ids=[plan_id])
    return rows[0] if rows else None


async def lock(db: Any, plan_id: str) -> None:
    """Hold a plan until the transaction ends, so that one change of it wins."""
    await db.write(_FIND, plan_id)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a plan that was bought."""
    await single_rows.insert(db, "commitments", row)


async def close(db: Any, plan_id: str, state: str, now: datetime, first_day_without: date) -> None:
    """End a plan before its time: `returned`, or `queued-deleted` before it began."""
    await db.write(_CLOSE, plan_id, state, now, first_day_without)
