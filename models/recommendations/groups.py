"""Auto Scaling groups: members that are too large, or a group that nobody needs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import instance_types
from models.costs import monthly_of_hourly
from models.instance_credits import CREDITS
from models.recommendations import instances, machines
from models.recommendations.evidence import ASKED, OWN, Scope, bill, days_seen, tags_of
from models.recommendations.finding import (
    LEAST_DAYS,
    Finding,
    Idleness,
    Option,
    Saving,
    charged_share,
)

KIND = "autoscaling_group"

# The busiest member counts: what suits it suits the others, which share the load with it.
_FIND = f"""
with seen as materialized (
  {
    days_seen(
        "instance",
        instances.FIGURES,
        "join instances i on i.instance_id = m.resource_id and i.state = 'running'"
        " and i.autoscaling_group_id is not null"
        " and i.instance_type = m.metric_payload ->> 'type'",
        "i.autoscaling_group_id",
    )
}
), bill as materialized ({bill("instance")}), members as (
  select i.autoscaling_group_id as id, count(*) as members, sum(i.hourly_cost) as hourly,
         min(i.instance_type) as type, count(distinct i.instance_type) as types,
         min(coalesce(i.platform, '')) as platform, min(coalesce(i.tenancy, 'default')) as tenancy,
         bool_or(i.instance_lifecycle = 'spot') as spot,
         count(*) filter (where {CREDITS} = 'unlimited') as unlimited,
         sum(bill.listed) as listed, sum(bill.charged) as charged,
         array_agg(distinct i.instance_type order by i.instance_type) as all_types
    from instances i left join bill on bill.id = i.instance_id
   where i.account_id = {OWN} and i.state = 'running' and i.autoscaling_group_id is not null
   group by 1)
select seen.*, members.*, r.name as id, r.name, r.arn, r.region, r.desired_capacity, r.min_size,
       r.max_size, {tags_of(KIND, "r.arn")} as tags
  from autoscaling_groups r join members on members.id = r.id join seen on seen.id = r.id
 where r.account_id = {OWN} and seen.days >= {LEAST_DAYS} and {ASKED.format(id="r.arn")}
 order by r.arn
"""


async def find(db: Any, scope: Scope) -> list[Finding]:
    """All findings of groups with running members, by ARN; `ids` of the scope are ARNs."""
    rows = await db.fetch(_FIND, *scope.arguments, plan="custom")
    return [finding for row in rows if (finding := _judge(row, scope)) is not None]


def _judge(row: Mapping[str, Any], scope: Scope) -> Finding | None:
    current = instance_types.find(row["type"])
    if current is None:
        return None
    cpu, memory = instances.peaks(row, scope)
    options: tuple[Option, ...] = ()
    verdict, reasons = "Optimized", tuple[str, ...]()
    if row["types"] == 1 and not row["spot"]:  # a mixture keeps the types that were chosen for it
        options = _options(row, current, scope, cpu, memory)
        verdict, reasons = instances.verdict_of(current, options, cpu, memory)
    # groups know no more of over- and under-provisioning than that they are not optimized
    verdict = "Optimized" if verdict == "Optimized" else "NotOptimized"
    return Finding(
        KIND, row, verdict, reasons, options, instances.observed(row, cpu, memory),
        risk=machines.risk({"Cpu": cpu, "Memory": memory}), idle=_idleness(row, scope),
        days=scope.days,
    )  # fmt: skip


def _options(
    row: Mapping[str, Any], current: Any, scope: Scope, cpu: float, memory: float
) -> tuple[Option, ...]:
    each = row["hourly"] / row["members"]
    need = instances.needs(current, row, scope, cpu, memory)
    given: dict[str, Any] = {
        "platform": row["platform"], "tenancy": row["tenancy"], "allowed": scope.allows
    }  # fmt: skip
    wanted = [machines.architecture(current)] if "CURRENT" in scope.architectures else []
    if "AWS_ARM64" in scope.architectures and not row["platform"] and machines.ARM not in wanted:
        wanted.append(machines.ARM)
    if instances.is_exhausted(cpu, memory):
        found = machines.larger(current, row["region"], need, **given)
    else:
        found = [one for architecture in wanted for one in machines.fitting(
            current, row["region"], need, each, architecture=architecture, **given)]  # fmt: skip
    options = []
    for one in sorted(found, key=lambda one: one.hourly)[: machines.MOST_OPTIONS]:
        use = machines.projected(current, one.machine, cpu, memory)
        apart = machines.differences(current, one.machine)
        now, then = instances.surplus(row, current, one.machine)
        saving = Saving(
            monthly_of_hourly(row["hourly"] + now),
            monthly_of_hourly(one.hourly * row["members"] + then),
            charged_share(row),
        )
        options.append(Option(
            {"type": one.machine.name, "hourly": one.hourly}, use, saving, machines.risk(use),
            apart, "Medium" if "Architecture" in apart else "Low" if apart else "VeryLow",
        ))  # fmt: skip
    return tuple(instances.worth(options, cpu, memory))


def _idleness(row: Mapping[str, Any], scope: Scope) -> Idleness | None:
    if not instances.is_idle(row):
        return None
    return Idleness(
        "Idle",
        "This Auto Scaling group doesn't have any instances with a peak CPU utilization above 5%"
        f" and network I/O above 5 MB per day over the {scope.days}-day lookback period.",
        Saving(monthly_of_hourly(row["hourly"]), Decimal(0), charged_share(row)),
        scope.days,
    )
