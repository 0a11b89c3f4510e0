"""A team moves to the newer family of machines; the reservation of the old one runs on unused."""

# ruff: noqa: E501 - the lines of SQL read better whole

from typing import Any

from drift.day import Day, Happening
from drift.picking import untouched
from models.coverage import rate

ODDS = 0.02
PATTERN = "commit_underused"
RESOURCE_TYPE = "commitment"
# A reservation's family cannot be modified: its machines come back, or a young plan is returned.
REMEDIES = ("ec2:ModifyInstanceAttribute", "savingsplans:ReturnSavingsPlan")
REVEALED_BY = (
    "ce:GetReservationUtilization",
    "ce:GetSavingsPlansUtilization",
    "ec2:DescribeReservedInstances",
)
TRAPS = (
    "Who stops machines lowers the use of what was committed for them: less is saved than it seems.",
    "A commitment that ends in days is not worth the exchange.",
    "Its machines are on their way: tag migration.",
)

SYMPTOM = """
SELECT c.id::text, c.hourly_commitment_amount * 730 * (1 - avg(u.utilization_percent) / 100) AS saving
  FROM commitments c JOIN commitment_utilization_daily u
    ON u.commitment_id = c.id AND u.date > $2::timestamptz::date - 7
 WHERE c.account_id = $1 AND c.state = 'active' AND c.end_date > $2::timestamptz::date
 GROUP BY c.id
HAVING avg(u.utilization_percent) < 80 AND (array_agg(u.utilization_percent ORDER BY u.date DESC))[1] < 80"""

REACHES = """
SELECT 'instance', instance_id FROM instances WHERE account_id = $1 AND $2::text IS NOT NULL"""

# Which family the machines of one go to, the same size of it.
SUCCESSORS = {
    "t2": "t3", "t3": "t3a", "m4": "m5", "m5": "m6i", "m6i": "m7i", "m6g": "m7g", "c4": "c5",
    "c5": "c6i", "c6i": "c7i", "c6g": "c7g", "r4": "r5", "r5": "r6i", "r6i": "r7i", "r6g": "r7g",
    "g4dn": "g5",
}  # fmt: skip
LEFT_USED = 0.7

_RESERVATIONS = """
SELECT c.id, c.commitment_type, c.scope, c.term_months, c.service, c.plan_type, c.offering_class,
       c.payment_option, c.region, c.hourly_commitment_amount::float8 AS amount, c.instance_family AS family
  FROM commitments c
 WHERE c.account_id = $1 AND c.commitment_type = 'reserved_instance' AND c.state = 'active'
   AND coalesce(c.service, 'ec2') = 'ec2' AND c.instance_family IS NOT NULL
   AND c.start_date <= $2 AND c.end_date > $2 + 60
   AND 80 <= (SELECT u.utilization_percent FROM commitment_utilization_daily u
               WHERE u.commitment_id = c.id ORDER BY u.date DESC LIMIT 1)
 ORDER BY c.start_date, c.hourly_commitment_amount, c.id"""

# Members of groups and nodes of clusters follow their templates, and stay.
_MACHINES = """
SELECT i.instance_id, i.instance_type, i.region, i.platform, i.hourly_cost::float8 AS hourly_cost,
       i.autoscaling_group_id IS NULL AND NOT EXISTS (
           SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id) AS alone
  FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND split_part(i.instance_type, '.', 1) = $2
   AND ($3::text IS NULL OR i.region = $3) ORDER BY i.instance_id"""

_MOVE = """
UPDATE instances i SET instance_type = m.type, hourly_cost = m.cost, gpu_hourly_cost = m.gpu,
       gpu_count = m.gpus
  FROM unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::int[]) AS m (id, type, cost, gpu, gpus)
 WHERE i.account_id = $1 AND i.instance_id = m.id"""


async def happen(day: Day) -> Happening | None:
    """All machines that stand alone and no agent has touched, when the reservation depends on them."""
    reservations = await day.connection.fetch(_RESERVATIONS, day.account_id, day.date)
    day.random("underused_commitment").shuffle(reservations)
    for reservation in reservations:
        family = reservation["family"]
        machines = await day.connection.fetch(
            _MACHINES, day.account_id, family, reservation["region"]
        )
        free = await untouched(
            day, "instance", [row["instance_id"] for row in machines if row["alone"]]
        )
        stays = sum(row["hourly_cost"] for row in machines if row["instance_id"] not in set(free))
        moving = {row["instance_id"]: row for row in machines if row["instance_id"] in set(free)}
        if (
            not moving
            or float(stays) * float(rate(reservation)) > LEFT_USED * reservation["amount"]
        ):
            continue
        moved = await _move(day, family, list(moving.values()))
        if moved:
            return Happening(
                f"{len(moved)} machines left {family} for {SUCCESSORS[family]}, whose reservation goes on",
                (("commitment", str(reservation["id"])), *(("instance", one) for one in moved)),
            )
    return None


async def _move(day: Day, family: str, machines: list[Any]) -> list[str]:
    """Resize machines to the same size of the next family; the ids, none where it has no such size."""
    from models.costs import gpu_count, gpu_hourly, instance_hourly
    from models.instance_types import find

    types = [
        f"{SUCCESSORS.get(family, '')}.{row['instance_type'].partition('.')[2]}" for row in machines
    ]
    if any(find(one) is None for one in types):
        return []
    ids = [row["instance_id"] for row in machines]
    pairs = list(zip(types, machines, strict=True))
    await day.write(
        "instances", _MOVE, day.account_id, ids, types,
        [instance_hourly(one, row["region"], platform=row["platform"] or "") for one, row in pairs],
        [gpu_hourly(one, row["region"]) for one, row in pairs], [gpu_count(one) for one in types],
    )  # fmt: skip
    for one, row in pairs:
        await day.record("instance", row["instance_id"], "instance_type", row["instance_type"], one)
    return ids
