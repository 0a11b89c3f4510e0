"""Event buses; the one called default is there without a row."""

from collections.abc import Mapping
from typing import Any

from models import prices, single_rows
from models.callers import NUMBER
from models.listing import Database, Listing

DEFAULT = "default"

_ACCOUNT = "(select driftcloud_account())"
# The default bus of every region, unless it has a row of its own.
_REGIONS = ", ".join(f"'{name}'" for name in prices.table("regions"))
_LISTED = f"""(
    select b.region, b.name, b.arn, b.description, b.kms_key_id, b.dead_letter_arn, b.log_config,
           b.policy, b.created_at, b.modified_at
      from event_buses as b where b.account_id = {_ACCOUNT}
    union all
    select c.region, 'default', 'arn:aws:events:' || c.region || ':' || {NUMBER} ||
           ':event-bus/default', null, null, null, null, null, a.created_at, a.created_at
      from cloud_accounts as a, unnest(array[{_REGIONS}]) as c (region)
     where a.id = {_ACCOUNT} and not exists (
           select 1 from event_buses as b where b.account_id = a.id and b.region = c.region
              and b.name = 'default')
) as b"""


LISTING = Listing(
    "b.name, b.arn, b.description, b.kms_key_id, b.dead_letter_arn, b.log_config, b.policy,"
    " b.created_at, b.modified_at",
    _LISTED,
    key="b.name",
    columns={"region": "b.region", "name": "b.name"},
)
_DELETE = """
delete from event_buses
 where account_id = driftcloud_account() and region = $1 and name = $2 returning id
"""
_HAS_RULES = """
select exists (select 1 from event_rules where account_id = driftcloud_account() and region = $1
                  and bus_name = $2) as found
"""
# The default bus gets its row when it gets tags or a policy.
_MAKE_DEFAULT = f"""
insert into event_buses (account_id, region, name, arn, created_at, modified_at)
select a.id, $1, 'default', 'arn:aws:events:' || $1 || ':' || {NUMBER} || ':event-bus/default',
       a.created_at, $2
  from cloud_accounts as a where a.id = {_ACCOUNT}
on conflict do nothing returning id
"""


async def find(db: Database, region: str, name: str) -> Any | None:
    """The bus of that name; None where there is none."""
    return await LISTING.one(db, region, name)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new bus; False when the name is taken."""
    return await single_rows.insert(db, "event_buses", row)


async def make_default(db: Any, region: str, now: Any) -> None:
    """Give the default bus a row, if it has none."""
    await db.write(_MAKE_DEFAULT, region, now)


async def update(db: Any, region: str, name: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of a bus that has a row."""
    return await single_rows.update(db, "event_buses", region, "name", name, changes)


async def has_rules(db: Database, region: str, name: str) -> bool:
    """Whether rules stand on a bus."""
    return bool((await db.fetch(_HAS_RULES, region, name))[0]["found"])


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a bus; False when it is not there."""
    return bool(await db.write(_DELETE, region, name))
