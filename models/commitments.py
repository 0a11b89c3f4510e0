"""Commitments: what was bought ahead. Here: EC2's reserved instances."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models.callers import NOW
from models.listing import Column, Listing

_START = "coalesce(c.start_time, c.start_date::timestamp at time zone 'utc')"
_END = "coalesce(c.end_time, c.end_date::timestamp at time zone 'utc')"
# Time alone opens and ends a reservation: nothing needs to run for it.
_STATE = (
    f"(case when c.state = 'active' and {_START} > {NOW} then 'queued'"
    f" when c.state in ('active', 'queued') and {_END} <= {NOW} then 'retired'"
    f" when c.state = 'queued' and {_START} <= {NOW} then 'active'"
    " when c.state = 'returned' then 'retired' else c.state end)"
)
_REGION = "coalesce(c.region, 'us-east-1')"
_COUNT = "coalesce(c.instance_count, 1)"
_PRODUCT = "coalesce(c.product_description, 'Linux/UNIX')"
_SCOPE = "(case when c.availability_zone is null then 'Region' else 'Availability Zone' end)"
_SECONDS = f"extract(epoch from {_END} - {_START})::bigint"


def _number(expression: str) -> str:
    """A price as AWS writes it in filters: 9800.0, 0.084."""
    return (
        f"(case when {expression} = trunc({expression}) then trunc({expression})::text || '.0'"
        f" else trim_scale({expression})::text end)"
    )


RESERVED = Listing(
    f"c.id::text as reserved_id, {_STATE} as state, c.offering_id, c.offering_class,"
    " coalesce(c.payment_option, 'No Upfront') as payment_option, c.instance_type,"
    f" c.instance_family, {_COUNT} as instance_count, coalesce(c.tenancy, 'default') as tenancy,"
    f" {_REGION} as region, c.availability_zone, {_PRODUCT} as product_description,"
    f" {_SCOPE} as scope, coalesce(c.fixed_price, 0) as fixed_price,"
    " coalesce(c.usage_price, 0) as usage_price,"
    f" coalesce(c.recurring_hourly, c.hourly_commitment_amount / {_COUNT}) as recurring_hourly,"
    f" c.hourly_commitment_amount, c.term_months, c.start_date, c.end_date,"
    f" {_START} as started_at, {_END} as ends_at,"
    f" {_SECONDS} as seconds, c.tags, c.created_at",
    "commitments as c",
    key="c.id::text",
    columns={
        "region": _REGION,
        "reserved_id": "c.id::text",
        "state": _STATE,
        "offering_class": "c.offering_class",
        "payment_option": "coalesce(c.payment_option, 'No Upfront')",
        "instance_type": "c.instance_type",
        "availability_zone": "c.availability_zone",
        "product_description": _PRODUCT,
        "scope": _SCOPE,
        "seconds": Column(_SECONDS, "int"),
        "fixed_price": _number("coalesce(c.fixed_price, 0)"),
        "usage_price": _number("coalesce(c.usage_price, 0)"),
        "started_at": Column(_START, "time"),
        "ends_at": Column(_END, "time"),
    },
    tagged="commitment",
    always="c.commitment_type = 'reserved_instance' and coalesce(c.service, 'ec2') = 'ec2'",
)

_COLUMNS = {
    "id": "uuid",
    "commitment_type": "text",
    "scope": "text",
    "term_months": "int",
    "hourly_commitment_amount": "numeric",
    "start_date": "date",
    "end_date": "date",
    "created_at": "timestamptz",
    "state": "text",
    "service": "text",
    "offering_id": "text",
    "offering_class": "text",
    "payment_option": "text",
    "instance_type": "text",
    "instance_family": "text",
    "instance_count": "int",
    "tenancy": "text",
    "region": "text",
    "availability_zone": "text",
    "product_description": "text",
    "fixed_price": "numeric",
    "usage_price": "numeric",
    "recurring_hourly": "numeric",
    "start_time": "timestamptz",
    "end_time": "timestamptz",
    "tags": "jsonb",
}
_NAMES = ", ".join(_COLUMNS)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
INSERT = f"""
insert into commitments (account_id, {_NAMES})
select driftcloud_account(), {_NAMES} from jsonb_to_recordset($1::jsonb) as made({_TYPED})
"""
_MONEY = ("hourly_commitment_amount", "fixed_price", "usage_price", "recurring_hourly")

LOCK = """
select id from commitments
 where account_id = driftcloud_account() and id::text = any($1::text[]) order by id for update
"""
# It counts no more from this day on: what took its place does.
RETIRE = """
update commitments set state = 'retired', end_time = $2, end_date = greatest($3, start_date)
 where account_id = driftcloud_account() and id::text = any($1::text[])
"""

MODIFICATIONS = Listing(
    "m.reserved_instances_modification_id, m.client_token, m.source_ids, m.target, m.status,"
    " m.status_message, m.created_at, m.updated_at, m.effective_at",
    "reserved_instances_modifications as m",
    key="m.reserved_instances_modification_id",
    columns={
        "region": "m.region",
        "modification_id": "m.reserved_instances_modification_id",
        "client_token": "m.client_token",
        "status": "m.status",
        "status_message": "m.status_message",
        "created_at": Column("m.created_at", "time"),
        # The database touches updated_at in real time; nothing changes after a modification.
        "updated_at": Column("m.created_at", "time"),
        "effective_at": Column("m.effective_at", "time"),
        "source_id": Column("m.source_ids", "texts"),
        **{
            name: (
                "exists (select 1 from jsonb_array_elements(m.target) as one"
                f" where {expression} {{match}})"
            )
            for name, expression in {
                "result_id": "one ->> 'reserved_id'",
                "result_zone": "one ->> 'availability_zone'",
                "result_count": "one ->> 'instance_count'",
                "result_type": "one ->> 'instance_type'",
            }.items()
        },
    },
)
_INSERT_MODIFICATION = """
insert into reserved_instances_modifications (account_id, reserved_instances_modification_id,
       region, client_token, source_ids, target, status, created_at, updated_at, effective_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, 'fulfilled', $6, $6, $6)
"""


async def insert(db: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new commitments in one statement; a row has any of the keys of `_COLUMNS`."""
    # Money travels as text: a JSON number would pass through a float.
    made = [{**row, **{name: str(row[name]) for name in _MONEY}} for row in rows]
    await db.write(INSERT, made)


async def lock(db: Any, reserved_ids: Sequence[str]) -> None:
    """Hold reservations until the transaction ends, so that one change of them wins."""
    await db.write(LOCK, list(reserved_ids))


async def retire(db: Any, reserved_ids: Sequence[str], now: datetime) -> None:
    """End reservations before their time."""
    await db.write(RETIRE, list(reserved_ids), now, now.date())


async def record_modification(
    db: Any,
    modification_id: str,
    region: str,
    client_token: str | None,
    source_ids: Sequence[str],
    target: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Keep what a modification asked for and what came of it."""
    await db.write(
        _INSERT_MODIFICATION, modification_id, region, client_token, list(source_ids),
        list(target), now,
    )  # fmt: skip


async def drop_queued(db: Any, region: str, ids: Sequence[str]) -> set[str]:
    """Take back purchases of EC2's reservations that have not begun; the ids of those."""
    if not ids:
        return set()
    rows = await db.write(
        "update commitments as c set state = 'queued-deleted'"
        " where c.account_id = (select driftcloud_account()) and c.id = any ($1::uuid[])"
        f" and {RESERVED.always} and {_REGION} = $2 and {_STATE} = 'queued' returning c.id::text",
        list(ids),
        region,
    )
    return {row["id"] for row in rows}
