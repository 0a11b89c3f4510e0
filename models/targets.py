"""Targets: who is registered with a target group or a classic load balancer, and how they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.listing import Database

_OF_GROUP = """
select s.target_id, s.port, s.availability_zone, s.state, s.reason, s.description
  from driftcloud_target_states() as s where s.target_group_id = $1
 order by s.target_id, s.port
"""
_OF_BALANCER = """
select s.target_id, s.machine, s.state from driftcloud_target_states() as s
  join targets as t on t.id = s.id
 where t.load_balancer_id = $1 order by s.target_id
"""
_MACHINES = """
select i.instance_id, i.vpc_id, i.availability_zone,
       case when i.settles_at <= $3::timestamptz then i.settled_state else i.state end as state
  from instances as i
 where i.account_id = driftcloud_account() and i.region = $1 and i.instance_id = any($2::text[])
"""
_SUBNETS = """
select s.cidr_block, s.availability_zone from subnets as s
 where s.account_id = driftcloud_account() and s.vpc_id = $1
"""
# Who comes back while it drains is registered anew.
_REGISTER = """
insert into targets (account_id, {owner}, target_id, port, availability_zone, settles_at,
                     created_at)
select driftcloud_account(), $1, t.target_id, t.port, t.availability_zone, $3::timestamptz,
       $4::timestamptz
  from jsonb_to_recordset($2::jsonb) as t(target_id text, port int, availability_zone text)
on conflict (coalesce(target_group_id, load_balancer_id), target_id, coalesce(port, -1)) do update
   set draining = false, settles_at = excluded.settles_at where targets.draining
"""
_NAMED = """
{verb} targets as t {sets}
 where t.{owner} = $1 and exists (
       select 1 from jsonb_to_recordset($2::jsonb) as w(target_id text, port int)
        where w.target_id = t.target_id and (w.port is null or w.port = t.port))
"""
_LAMBDA = """
select 1 from lambda_functions
 where account_id = driftcloud_account() and region = $1
   and ($2 = arn or starts_with($2, arn || ':'))
"""


async def of_group(db: Database, group_id: UUID) -> list[Any]:
    """The targets of a target group with their health."""
    return await db.fetch(_OF_GROUP, group_id)


async def of_balancer(db: Database, balancer_id: UUID) -> list[Any]:
    """The instances of a classic load balancer with their health and their state."""
    return await db.fetch(_OF_BALANCER, balancer_id)


async def machines(
    db: Database, region: str, instance_ids: Sequence[str], now: datetime
) -> dict[str, Any]:
    """Those of the instances that are there: network, zone and state."""
    rows = await db.fetch(_MACHINES, region, list(instance_ids), now)
    return {row["instance_id"]: row for row in rows}


async def subnets(db: Database, vpc_id: str) -> list[Any]:
    """The address blocks of a network, with their zones."""
    return await db.fetch(_SUBNETS, vpc_id)


async def has_function(db: Database, region: str, arn: str) -> bool:
    """Whether the caller has the Lambda function that an ARN, perhaps of a version, names."""
    return bool(await db.fetch(_LAMBDA, region, arn))


async def register(
    db: Any,
    owner: str,
    owner_id: UUID,
    targets: Sequence[Mapping[str, Any]],
    until: datetime | None,
    now: datetime,
) -> None:
    """Register targets with what `owner` says: target_group_id or load_balancer_id.

    A target is target_id, port and availability_zone; `until` is when they begin to be checked.
    """
    sql = _REGISTER.format(owner=_checked(owner))
    await db.write(sql, owner_id, [dict(one) for one in targets], until, now)


async def deregister(
    db: Any,
    owner: str,
    owner_id: UUID,
    targets: Sequence[Mapping[str, Any]],
    until: datetime | None,
) -> None:
    """Deregister targets, at once or when they have drained; without a port, from all ports."""
    sets = "set draining = true, settles_at = $3::timestamptz" if until else ""
    verb = "update" if until else "delete from"
    sql = _NAMED.format(owner=_checked(owner), verb=verb, sets=sets)
    wanted = [dict(one) for one in targets]
    await db.write(sql, owner_id, wanted, *([until] if until else []))


def _checked(owner: str) -> str:
    if owner not in ("target_group_id", "load_balancer_id"):
        raise ValueError(f"targets do not belong to a {owner}")
    return owner
