"""Spot requests: what every spot instance was launched for, and what was never fulfilled."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import Column, Database, Listing

_RUNS = "(i.instance_id is not null and i.state not in ('terminated', 'shutting-down'))"
_STOPPED = "(i.state in ('stopped', 'stopping'))"
_EXPIRED = f"(r.state = 'open' and r.valid_until <= {NOW})"
# What the caller did, and what became of the instance
# (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html).
_STATE = f"""(case when {_EXPIRED} then 'cancelled'
  when r.state <> 'active' then r.state
  when not {_RUNS} then 'closed'
  when {_STOPPED} then 'disabled' else 'active' end)"""
_STATUS = f"""(case when {_EXPIRED} then 'schedule-expired'
  when r.state = 'open' then 'price-too-low'
  when r.state = 'cancelled' and r.instance_id is null then 'canceled-before-fulfillment'
  when not {_RUNS} then 'instance-terminated-by-user'
  when r.state = 'cancelled' then 'request-canceled-and-instance-running'
  when {_STOPPED} then 'instance-stopped-by-user' else 'fulfilled' end)"""
_GROUPS = (
    "(select jsonb_agg(jsonb_build_object('GroupId', g.group_id, 'GroupName', g.name)"
    " order by g.group_id) from security_groups as g where g.group_id = any(i.security_group_ids))"
)
_TYPE = "coalesce(i.instance_type, r.launch_specification ->> 'InstanceType')"

LISTING = Listing(
    f"r.*, {_STATE} as shown_state, {_STATUS} as status_code, i.image_id, i.key_name, i.subnet_id,"
    f" i.availability_zone, i.monitoring, i.platform_details, i.state_changed_at as moved_at,"
    f" {_TYPE} as instance_type, {_GROUPS} as groups",
    "spot_requests as r left join instances as i on i.instance_id = r.instance_id",
    key="r.spot_request_id",
    columns={
        "region": "r.region",
        "spot_request_id": "r.spot_request_id",
        "instance_id": "r.instance_id",
        "state": _STATE,
        "status_code": _STATUS,
        "request_type": "r.request_type",
        "instance_type": _TYPE,
        "image_id": "coalesce(i.image_id, r.launch_specification ->> 'ImageId')",
        "key_name": "coalesce(i.key_name, r.launch_specification ->> 'KeyName')",
        "subnet_id": "i.subnet_id",
        "availability_zone": "i.availability_zone",
        "group_id": Column("i.security_group_ids", "texts"),
        "product_description": "r.product_description",
        "created_at": Column("r.created_at", "time"),
        "valid_until": Column("r.valid_until", "time"),
        "nothing": "null::text",
    },
    tagged="spot_request",
)

_CHANGE = """
update spot_requests as r
   set request_type = $3, interruption_behavior = $4, spot_price = $5, valid_until = $6, tags = $7
 where r.region = $1 and r.instance_id = any($2::text[])
returning r.spot_request_id
"""
_CANCEL = f"""
update spot_requests set state = 'cancelled', state_changed_at = {NOW}
 where region = $1 and spot_request_id = any($2::text[])
returning spot_request_id
"""


@lru_cache(maxsize=20_000)
def id_of(instance_id: str) -> str:
    """The id of an instance's request, as driftcloud_spot_request_id has it."""
    digest = hashlib.md5(f"spot{instance_id}".encode(), usedforsecurity=False).hexdigest()
    return f"sir-{digest[:8]}"


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a request that nothing was launched for."""
    await single_rows.insert(db, "spot_requests", row)


async def change(
    db: Any, region: str, instance_ids: Sequence[str], options: Mapping[str, Any]
) -> list[str]:
    """Say of the requests of some instances what was asked for; their ids."""
    rows = await db.write(
        _CHANGE, region, list(instance_ids), options.get("request_type") or "one-time",
        options.get("interruption_behavior") or "terminate", options.get("spot_price"),
        options.get("valid_until"), dict(options.get("tags") or {}),
    )  # fmt: skip
    return [row["spot_request_id"] for row in rows]


async def cancel(db: Any, region: str, request_ids: Sequence[str]) -> set[str]:
    """Cancel requests; their instances go on running. The ids that were found."""
    rows = await db.write(_CANCEL, region, list(request_ids))
    return {row["spot_request_id"] for row in rows}


async def found(db: Database, region: str, request_ids: Sequence[str]) -> list[Any]:
    """The requests of these ids."""
    return await LISTING.page(db, region=region, ids=request_ids)
