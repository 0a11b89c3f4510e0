"""Capacity is reserved for a launch that is put off, and billed as if it ran."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch, region
from drift.worsening import columns, one

ODDS = 0.01
PATTERN = "capacity_unused"
RESOURCE_TYPE = "capacity_reservation"
REMEDIES = ("ec2:CancelCapacityReservation", "ec2:ModifyCapacityReservation")
REVEALED_BY = ("ec2:DescribeCapacityReservations",)
TRAPS = (
    "Capacity for a recovery elsewhere is empty until the disaster: tags role and dr.",
    "A reservation of this week waits for its launch still.",
)

SYMPTOM = """
SELECT c.capacity_reservation_id, c.hourly_cost * 730 * (m.metric_payload ->> 'unused')::numeric AS saving
  FROM capacity_reservations c
  JOIN LATERAL (SELECT d.metric_payload FROM metrics_daily d
                 WHERE d.account_id = $1 AND d.resource_type = 'capacity_reservation'
                   AND d.resource_id = c.capacity_reservation_id ORDER BY d.date DESC LIMIT 1) m ON true
 WHERE c.account_id = $1 AND c.state = 'active' AND (m.metric_payload ->> 'unused')::int > 0
   AND c.created_at <= $2::timestamptz - interval '7 days'"""

_INSERT = """
INSERT INTO capacity_reservations (account_id, capacity_reservation_id, region, availability_zone, availability_zone_id,
    instance_type, instance_count, match_criteria, hourly_cost, tags, created_at)
VALUES ($1, $2, $3, $3 || 'b', 'use1-az2', $4, $5, 'targeted', $6, $7::text::jsonb, $8)"""


async def happen(day: Day) -> Happening | None:
    """Two large machines kept for nobody."""
    import json

    from models.costs import instance_hourly

    place = await region(day, "unused_capacity_reservation")
    name, developer = branch(day, "unused_capacity_reservation")
    identifier = day.identifier("cr", "unused_capacity_reservation")
    tags = {"Name": f"launch-{name}", "env": "prod", "owner": developer}
    await day.write(
        "capacity_reservations", _INSERT, day.account_id, identifier, place, "m5.2xlarge", 2,
        instance_hourly("m5.2xlarge", place), json.dumps(tags),
        day.moment("unused_capacity_reservation"),
    )  # fmt: skip
    await day.record("capacity_reservation", identifier, "lifecycle", None, "created")
    return Happening(f"{identifier} waits for a launch", (("capacity_reservation", identifier),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """One machine more is reserved, to be on the safe side."""
    key = "capacity_reservation_id"
    row = await one(day, "capacity_reservations", key, resource_id)
    if row is None or row["state"] != "active" or row["instance_count"] >= 8:
        return None
    values = {"instance_count": row["instance_count"] + 1}
    return await columns(day, "capacity_reservations", key, RESOURCE_TYPE, row, values)
