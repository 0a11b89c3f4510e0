"""Capacity reservations: machines kept in a zone, billed while nothing runs on them."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NOW, NUMBER
from models.instance_columns import TARGET_RESERVATION
from models.listing import Column, Condition, Database, Listing

# A reservation that has ended is shown for as long as AWS shows it, and forgotten by a tick.
SHOWN_DAYS = 1

# What an instance said of reservations: the one that it names, and whether it takes any.
_SAID = "i.launch_options -> 'CapacityReservationSpecification'"
_TAKES_ANY = (
    f"(i.launch_options is null or {TARGET_RESERVATION} is null"
    f" and coalesce({_SAID} ->> 'CapacityReservationPreference' <> 'none', true))"
)
# How many of a reservation's machines run: the instances that name it, and in an open one those on
# demand of its kind that name none: they fill the open ones of that kind, the oldest first.
# `{now}` is the moment that is asked about, `{account}` whose it is.
USED = (
    """
(select r.*, case when r.is_active then r.named_count + case when r.match_criteria = 'open'
             then least(r.instance_count - r.named_count, greatest(0, coalesce(m.running, 0)
                    - coalesce(sum(r.instance_count - r.named_count)
                      filter (where r.match_criteria = 'open' and r.is_active)
                      over (partition by r.region, r.availability_zone, r.instance_type, r.platform,
                                         r.tenancy
                            order by r.created_at, r.capacity_reservation_id
                            rows between unbounded preceding and 1 preceding), 0)))
             else 0 end else 0 end::int as used_count
   from (select c.*, c.state = 'active' and (c.end_at is null or c.end_at > {now}) as is_active,
                least(c.instance_count, (select count(*) from instances as i
                       where i.account_id = {account} and i.state in ('pending', 'running')
                         and i.instance_lifecycle is null
                         and """
    + TARGET_RESERVATION
    + """ = c.capacity_reservation_id)) as named_count
           from capacity_reservations as c where c.account_id = {account}) as r
   left join (select i.region, i.availability_zone, i.instance_type, i.platform_details, i.tenancy,
                     count(*) as running
                from instances as i
               where i.account_id = {account} and i.state in ('pending', 'running')
                 and i.instance_lifecycle is null and """
    + _TAKES_ANY
    + """
               group by 1, 2, 3, 4, 5) as m
     on m.region = r.region and m.availability_zone = r.availability_zone
    and m.instance_type = r.instance_type and m.platform_details = r.platform
    and m.tenancy = r.tenancy)
"""
)
_STATE = "(case when c.state = 'active' and not c.is_active then 'expired' else c.state end)"

LISTING = Listing(
    f"c.*, {_STATE} as shown_state, {NUMBER} as owner,"
    " (case when c.is_active then c.instance_count - c.used_count else 0 end) as free_count",
    f"{USED.format(now=NOW, account='(select driftcloud_account())')} as c",
    key="c.capacity_reservation_id",
    columns={
        "region": "c.region",
        "availability_zone": "c.availability_zone",
        "availability_zone_id": "c.availability_zone_id",
        "instance_type": "c.instance_type",
        "platform": "c.platform",
        "tenancy": "c.tenancy",
        "state": _STATE,
        "owner": NUMBER,
        "match_criteria": "c.match_criteria",
        "end_date_type": "(case when c.end_at is null then 'unlimited' else 'limited' end)",
        "started_at": Column("c.created_at", "time"),
        "end_at": Column("c.end_at", "time"),
        "nothing": "null::text",
    },
    tagged="capacity_reservation",
)

_CANCEL = f"""
update capacity_reservations set state = 'cancelled', ended_at = $3
 where region = $1 and capacity_reservation_id = $2 and state = 'active'
   and (end_at is null or end_at > {NOW})
returning capacity_reservation_id
"""


async def find_one(db: Database, region: str, reservation_id: str) -> Any | None:
    """The reservation of that id, or None."""
    return await LISTING.one(db, region, reservation_id)


async def free(db: Database, region: str, machine: Mapping[str, Any]) -> int:
    """How many more instances of that type, zone, platform and tenancy open ones can take."""
    told = [Condition(name, (value,)) for name, value in machine.items()]
    rows = await LISTING.page(db, [*told, Condition("match_criteria", ("open",))], region=region)
    return sum(row["free_count"] for row in rows)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new reservation."""
    await single_rows.insert(db, "capacity_reservations", row)


async def change(db: Any, region: str, reservation_id: str, changes: Mapping[str, Any]) -> None:
    """Change columns of a reservation."""
    await single_rows.update(
        db, "capacity_reservations", region, "capacity_reservation_id", reservation_id, changes
    )


async def cancel(db: Any, region: str, reservation_id: str, now: Any) -> bool:
    """End a reservation; False when it is not there or has ended."""
    return bool(await db.write(_CANCEL, region, reservation_id, now))
