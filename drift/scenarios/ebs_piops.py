"""A database moves to RDS; the fast disk that it had stays, for files that any disk could hold."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.rates import literal
from drift.scenarios.volume_of_the_old_kind import attach
from drift.worsening import columns, one

ODDS = 0.02
PATTERN = "ebs_piops"
RESOURCE_TYPE = "volume"
REMEDIES = ("ec2:ModifyVolume",)
REVEALED_BY = (
    "ec2:DescribeVolumes",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetEBSVolumeRecommendations",
)
TRAPS = (
    "A database's disk (tag tier=db) is paid for its latency below a millisecond, not for its IOPS.",
    "One that several machines share (multi-attach) cannot be gp3.",
    "A peak of more than 16,000 IOPS does not fit into every gp3.",
)

SYMPTOM = f"""
SELECT v.volume_id, v.monthly_cost - v.size_gib * {literal("v.region", "disk")} AS saving FROM volumes v
 CROSS JOIN LATERAL (SELECT avg((m.metric_payload -> 'iops_avg')::numeric) AS iops FROM metrics_daily m
        WHERE m.account_id = $1 AND m.resource_type = 'volume' AND m.resource_id = v.volume_id
          AND m.date >= ($2::timestamptz)::date - 7) w
 WHERE v.account_id = $1 AND v.volume_type IN ('io1', 'io2') AND v.state = 'in-use' AND w.iops < 3000
   AND NOT EXISTS (SELECT FROM instances i WHERE i.instance_id = v.attached_instance_id AND i.state = 'stopped')
   AND NOT v.multi_attach_enabled AND v.created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """400 GiB of io1 with 4,000 IOPS, of which some hundred are used."""
    volume = await attach(day, "ebs_piops", "io1", 400, iops=4000, device="/dev/sdh")
    if volume is None:
        return None
    await day.profile("volume", volume, "light", iops=day.random("ebs_piops").uniform(40, 300))
    return Happening(f"{volume} is faster than anybody needs", (("volume", volume),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Somebody pays for more IOPS, and reads no faster."""
    from models.costs import volume_monthly

    volume = await one(day, "volumes", "volume_id", resource_id)
    if volume is None or not 0 < (volume["iops"] or 0) <= min(
        14_000, 50 * volume["size_gib"] - 2000
    ):
        return None
    iops = volume["iops"] + 2000
    cost = volume_monthly(volume["volume_type"], volume["size_gib"], volume["region"], iops=iops)
    values = {"iops": iops, "monthly_cost": cost}
    return await columns(day, "volumes", "volume_id", RESOURCE_TYPE, volume, values)
