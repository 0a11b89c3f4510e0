"""Volumes: attached to nothing, read by nobody, or of a type that costs more than its use."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import costs, volume_types
from models.callers import NOW, NUMBER
from models.recommendations.evidence import ASKED, OWN, Scope, bill, days_seen, figure
from models.recommendations.finding import (
    LEAST_DAYS,
    Finding,
    Idleness,
    Option,
    Saving,
    charged_share,
    rating,
    risk_of,
)

KIND = "volume"
UNATTACHED_DAYS = 32
# Operations a second of which a day makes one.
ONE_A_DAY = 1 / 86_400
GP3, MOST_IOPS, MOST_THROUGHPUT = "gp3", 80_000, 2_000
SOLID = ("gp2", "gp3", "io1", "io2", "standard")
# What a volume has of itself, and for a while: IOPS and MiB per second.
_DISKS = {"st1": (500, 40), "sc1": (250, 12)}
_SAFE = {"io1", "io2"}

_FIGURES = f"""max({figure("iops_max")}) as iops_peak, max({figure("iops_avg")}) as iops_mean,
    max({figure("throughput")}) as throughput_seen"""

# A volume left its instance when that was changed; before the first change it never had one.
_FIND = f"""
with seen as materialized ({days_seen(KIND, _FIGURES)}), bill as materialized ({bill(KIND)}),
detached as materialized (
  select e.resource_id as id, max(e.changed_at) as at from resource_change_events e
   where e.account_id = {OWN} and e.resource_type = 'volume'
     and e.field_name = 'attached_instance_id' group by 1)
select r.volume_id as id, r.region, r.tags, r.tags ->> 'Name' as name, r.state, r.size_gib,
       r.volume_type as type, r.monthly_cost as monthly, r.iops, r.throughput, r.attached_instance_id,
       'arn:aws:ec2:' || r.region || ':' || {NUMBER} || ':volume/' || r.volume_id as arn,
       coalesce(r.attach_device = i.root_device_name, false) as is_root, i.state as instance_state,
       i.name as instance_name, r.last_used_at, r.created_at,
       ({NOW} - greatest(detached.at, r.last_used_at, r.created_at)) as unattached_for,
       seen.*, bill.listed, bill.charged
  from volumes r left join seen on seen.id = r.volume_id left join bill on bill.id = r.volume_id
  left join detached on detached.id = r.volume_id
  left join instances i on i.instance_id = r.attached_instance_id and i.account_id = {OWN}
 where r.account_id = {OWN} and r.state in ('available', 'in-use') and {ASKED.format(id="r.volume_id")}
 order by r.volume_id
"""  # noqa: E501 - fragments of our own


async def find(db: Any, scope: Scope) -> list[Finding]:
    """All findings of volumes, attached or not, by id."""
    rows = await db.fetch(_FIND, *scope.arguments, plan="custom")
    return [_judge(row, scope) for row in rows]


def is_observed(finding: Finding) -> bool:
    """Whether a volume is attached and was seen for long enough to be judged by its use."""
    row = finding.row
    return row["state"] == "in-use" and (row["days"] or 0) >= LEAST_DAYS


def _judge(row: Mapping[str, Any], scope: Scope) -> Finding:
    peak = float(row["iops_peak"] or 0)
    throughput = float(row["throughput_seen"] or 0)
    options = _options(row, scope, peak, throughput) if row["state"] == "in-use" else ()
    baseline = performance(row)[0]
    return Finding(
        KIND, row, "NotOptimized" if options else "Optimized", (), options,
        {
            "VolumeReadOpsPerSecond": round(peak * 0.4, 4),
            "VolumeWriteOpsPerSecond": round(peak * 0.6, 4),
            "VolumeReadBytesPerSecond": round(throughput * 0.4 * 1024**2, 4),
            "VolumeWriteBytesPerSecond": round(throughput * 0.6 * 1024**2, 4),
        },
        risk=risk_of(100 * peak / baseline), idle=_idleness(row, scope), days=scope.days,
    )  # fmt: skip


def performance(row: Mapping[str, Any]) -> tuple[int, int]:
    """The IOPS and MiB per second that a volume always has."""
    kind, size = row["type"], row["size_gib"]
    if kind in _DISKS:
        most, each = _DISKS[kind]
        return most, max(1, min(500, size * each // 1024))
    if kind == "standard":
        return 100, 40
    if kind == "gp2":
        iops = volume_types.baseline_iops(kind, size) or 100
        return iops, 250 if size > 334 else 128
    if kind == GP3:
        return row["iops"] or 3000, row["throughput"] or 125
    iops = row["iops"] or 100
    return iops, min(1000, max(1, iops // 4))


def _options(
    row: Mapping[str, Any], scope: Scope, peak: float, throughput: float
) -> tuple[Option, ...]:
    """The same size as gp3, with the IOPS that were seen and room to spare, if that costs less."""
    iops = max(3000, math.ceil(scope.room(peak)))
    mibps = max(125, math.ceil(scope.room(throughput)))
    if row["type"] not in SOLID or iops > MOST_IOPS or mibps > MOST_THROUGHPUT:
        return ()
    if row["type"] == "gp2":  # what it always had it keeps, up to what gp3 has of itself
        mibps = max(mibps, 125)
    after = costs.volume_monthly(
        GP3, row["size_gib"], row["region"], iops=iops, throughput_mibps=mibps
    )
    saving = Saving(row["monthly"], after, charged_share(row))
    if saving.monthly <= 0:
        return ()
    use = {"VolumeReadOpsPerSecond": peak * 0.4, "VolumeWriteOpsPerSecond": peak * 0.6}
    configuration = {"type": GP3, "size_gib": row["size_gib"], "iops": iops, "throughput": mibps}
    return (Option(configuration, use, saving, risk_of(100 * peak / iops)),)


def _idleness(row: Mapping[str, Any], scope: Scope) -> Idleness | None:
    """AWS's rules: 32 days without an instance; or attached, and no operation on any day."""
    saving = Saving(row["monthly"], Decimal(0), charged_share(row))
    if row["state"] == "available":
        if row["unattached_for"].days < UNATTACHED_DAYS:
            return None
        words = f"This EBS volume hasn't been attached to an instance for {UNATTACHED_DAYS} days."
        return Idleness("Unattached", words, saving, UNATTACHED_DAYS)
    quiet = float(row["iops_mean"] or 0) < ONE_A_DAY and (row["days"] or 0) >= scope.days
    if not quiet or row["is_root"]:
        return None
    words = (
        "This EBS volume had less than 1 read and write operation per day over the"
        f" {scope.days}-day lookback period."
    )
    return Idleness("Idle", words, saving, scope.days)


def risk_word(finding: Finding) -> str:
    """The current performance risk in a word."""
    return rating(finding.risk)
