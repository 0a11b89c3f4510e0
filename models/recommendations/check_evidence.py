"""What checks look at beyond findings: machines by day, load balancers, addresses, reservations."""

from typing import Any

from models.callers import NOW
from models.recommendations.evidence import OWN, TODAY, days_seen, figure

_NETWORK = f"({figure('network_in')} + {figure('network_out')})"
_DAILY = f"""array_agg({figure("cpu_avg")} order by m.date) as cpus,
    array_agg({_NETWORK} order by m.date) as networks, avg({figure("cpu_avg")}) as cpu,
    avg({_NETWORK}) as network,
    count(*) filter (where {figure("cpu_avg")} <= 10 and {_NETWORK} <= 5) as low_days"""
_MACHINES = f"""
with seen as materialized ({days_seen("instance", _DAILY)})
select r.name, r.region, r.availability_zone as zone, r.instance_type as type,
       r.hourly_cost as hourly, seen.*
  from instances r join seen on seen.id = r.instance_id
 where r.account_id = {OWN} and r.state = 'running'
 order by r.instance_id
"""
_REQUESTS = f"avg({figure('request_count')}) as requests"
_BALANCERS = f"""
with seen as materialized ({days_seen("load_balancer", _REQUESTS)})
select r.name, r.region, r.hourly_cost as hourly, coalesce(r.target_count, 0) as targets,
       coalesce(r.healthy_count, 0) as healthy, seen.days, seen.requests
  from load_balancers r left join seen on seen.id = r.lb_arn
 where r.account_id = {OWN} and r.type = 'classic'
 order by r.name, r.region
"""
_ADDRESSES = f"""
select r.region, r.public_ip as ip, r.allocation_id as id,
       r.state = 'unassociated' or (r.associated_instance_id is not null
           and i.state is distinct from 'running') as idle
  from elastic_ips r
  left join instances i on i.instance_id = r.associated_instance_id and i.account_id = {OWN}
 where r.account_id = {OWN}
 order by r.public_ip
"""
_STOPPED = f"""
select r.instance_id as id, r.region,
       r.state = 'stopped' and coalesce(r.state_changed_at, r.last_active_at, r.launch_time)
           <= {NOW} - make_interval(days => $1) as long,
       coalesce((select sum(v.monthly_cost) from volumes v where v.account_id = {OWN}
                  and v.attached_instance_id = r.instance_id), 0) as disks
  from instances r where r.account_id = {OWN} and r.state in ('running', 'stopped')
 order by r.instance_id
"""
_RESERVATIONS = f"""
select coalesce(r.reservation_id, r.id::text) as id, r.region, r.availability_zone as zone,
       r.instance_type as type, coalesce(r.product_description, 'Linux/UNIX') as platform,
       coalesce(r.instance_count, 1) as count, r.hourly_commitment_amount as hourly,
       r.end_date as end, r.end_date - {TODAY} as left, abs(r.end_date - {TODAY}) <= $1::int as near
  from commitments r
 where r.account_id = {OWN} and r.commitment_type = 'reserved_instance'
   and r.instance_type is not null and coalesce(r.service, 'ec2') = 'ec2'
 order by r.end_date, r.id
"""
_RATES = f"""
select r.arn as id, r.region, d.days, d.most, d.average, d.day, d.usd
  from lambda_functions r
  join (select m.resource_id as id, count(*) as days, max(x.rate) as most, avg(x.rate) as average,
               (array_agg(m.date order by x.rate desc, m.date))[1] as day,
               sum(m.estimated_daily_cost * x.rate / 100) / count(*) * 30 as usd
          from metrics_daily m cross join lateral (
               select 100 * {figure("errors")} / {figure("invocations")} as rate) x
         where m.account_id = {OWN} and m.resource_type = 'lambda_function'
           and m.date > {TODAY} - 7 and m.date <= {TODAY} and {figure("invocations")} > 0
         group by 1) d on d.id = r.arn
 where r.account_id = {OWN}
 order by r.arn
"""


async def machines(db: Any) -> list[Any]:
    """Running instances, with CPU and traffic of each of fourteen days."""
    return list(await db.fetch(_MACHINES, 14, plan="custom"))


async def classic_balancers(db: Any) -> list[Any]:
    """Classic load balancers: targets, healthy ones, mean requests of seven days."""
    return list(await db.fetch(_BALANCERS, 7, plan="custom"))


async def addresses(db: Any) -> list[Any]:
    """Elastic IPs, and whether no running instance has them."""
    return list(await db.fetch(_ADDRESSES))


async def stopped(db: Any, days: int) -> list[Any]:
    """Instances, whether they have been stopped for long, and what their disks cost."""
    return list(await db.fetch(_STOPPED, days))


async def reservations(db: Any, days: int) -> list[Any]:
    """Reserved instances, and whether their end is so near, before or after."""
    return list(await db.fetch(_RESERVATIONS, days))


async def errors(db: Any) -> list[Any]:
    """Functions that ran in seven days: how many of a hundred invocations failed."""
    return list(await db.fetch(_RATES, plan="custom"))
