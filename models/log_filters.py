"""Metric and subscription filters of log groups."""

from collections.abc import Mapping
from typing import Any

from models.listing import Database, Listing

_OWN = "f.account_id = (select driftcloud_account())"
_JOIN = "as f join log_groups as g on g.id = f.log_group_id"
# Unique over a region's groups: no name of a group has a space.
_KEY = "(g.name || ' ' || f.name)"
METRIC = Listing(
    f"{_KEY} as key, f.name, f.pattern, f.transformations, f.created_at, g.name as log_group",
    f"log_metric_filters {_JOIN}",
    key=_KEY,
    columns={
        "region": "g.region",
        "log_group": "g.name",
        "name": "f.name",
        "metric": "exists (select 1 from jsonb_array_elements(f.transformations) as t (one)"
        " where t.one ->> 'metricName' {match})",
        "namespace": "exists (select 1 from jsonb_array_elements(f.transformations) as t (one)"
        " where t.one ->> 'metricNamespace' {match})",
    },
    always=_OWN,
)
SUBSCRIPTION = Listing(
    f"{_KEY} as key, f.name, f.pattern, f.destination_arn, f.role_arn, f.distribution,"
    " f.created_at, g.name as log_group",
    f"log_subscription_filters {_JOIN}",
    key=_KEY,
    columns={"region": "g.region", "log_group": "g.name", "name": "f.name"},
    always=_OWN,
)
_OF_GROUP = f"""
select f.name, f.pattern, f.transformations from log_metric_filters as f
 where {_OWN} and f.log_group_id = $1 order by f.name
"""
_SUBSCRIBED = f"""
select f.pattern, f.destination_arn from log_subscription_filters as f
 where {_OWN} and f.log_group_id = $1 order by f.name
"""
_PUT_METRIC = """
insert into log_metric_filters (account_id, log_group_id, name, pattern, transformations,
                                created_at)
values (driftcloud_account(), $1, $2, $3, $4::jsonb, $5)
on conflict (log_group_id, name) do update
   set pattern = excluded.pattern, transformations = excluded.transformations returning id
"""
_PUT_SUBSCRIPTION = """
insert into log_subscription_filters (account_id, log_group_id, name, pattern, destination_arn,
                                      role_arn, distribution, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7)
on conflict (log_group_id, name) do update
   set pattern = excluded.pattern, destination_arn = excluded.destination_arn,
       role_arn = excluded.role_arn, distribution = excluded.distribution returning id
"""
_DELETE = "delete from {} as f where " + _OWN + " and f.log_group_id = $1 and f.name = $2"
_DELETE_METRIC = _DELETE.format("log_metric_filters") + " returning f.id"
_DELETE_SUBSCRIPTION = _DELETE.format("log_subscription_filters") + " returning f.id"
_OTHERS = (
    "select count(*) as n from {} as f where "
    + _OWN
    + """
   and f.log_group_id = $1 and f.name <> $2
"""
)


async def metric_filters_of(db: Database, group_id: Any) -> list[Any]:
    """Pattern and transformations of each metric filter of a group."""
    return await db.fetch(_OF_GROUP, group_id)


async def subscriptions_of(db: Database, group_id: Any) -> list[Any]:
    """Pattern and destination_arn of each subscription filter of a group."""
    return await db.fetch(_SUBSCRIBED, group_id)


async def put_metric_filter(db: Any, group_id: Any, row: Mapping[str, Any]) -> None:
    """Make a metric filter, or describe one anew."""
    columns = ("name", "pattern", "transformations", "created_at")
    await db.write(_PUT_METRIC, group_id, *(row[name] for name in columns))


async def put_subscription_filter(db: Any, group_id: Any, row: Mapping[str, Any]) -> None:
    """Make a subscription filter, or describe one anew."""
    columns = ("name", "pattern", "destination_arn", "role_arn", "distribution", "created_at")
    await db.write(_PUT_SUBSCRIPTION, group_id, *(row[name] for name in columns))


async def other_filters(db: Database, kind: str, group_id: Any, name: str) -> int:
    """How many filters of a kind (metric, subscription) a group has beside one of this name."""
    return int((await db.fetch(_OTHERS.format(f"log_{kind}_filters"), group_id, name))[0]["n"])


async def delete_metric_filter(db: Any, group_id: Any, name: str) -> bool:
    """Delete a metric filter; False when it is not there."""
    return bool(await db.write(_DELETE_METRIC, group_id, name))


async def delete_subscription_filter(db: Any, group_id: Any, name: str) -> bool:
    """Delete a subscription filter; False when it is not there."""
    return bool(await db.write(_DELETE_SUBSCRIPTION, group_id, name))
