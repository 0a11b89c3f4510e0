"""A reservation of a family that its machines have left."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
import uuid
from datetime import timedelta
from typing import Any

from models import prices
from models.costs import instance_hourly
from models.discounts import offer
from tests.waste.calling import Client
from tests.waste.machines import resize

# The fee of a reservation is due whether it is used or not.
COST_FALLS = False
FAMILY, FLEET = "m6g", {"fleet": "reserved"}

_TODAY = "SELECT virtual_date FROM virtual_clocks WHERE account_id = $1"
_MACHINE = """
INSERT INTO instances (account_id, instance_id, instance_type, env, state, hourly_cost, has_gpu, region,
    architecture, tags, created_at, launch_time, reservation_id)
SELECT $1::uuid, 'i-' || substr(md5($1::uuid::text || n), 1, 17), $2, 'prod', 'running', $3, false, 'ca-central-1', 'arm64',
       $4::text::jsonb, $5, $5, 'r-' || substr(md5('r' || n), 1, 17) FROM generate_series(1, 2) n"""
_RESERVATION = """
INSERT INTO commitments (id, account_id, commitment_type, scope, term_months, hourly_commitment_amount, start_date,
    end_date, service, offering_class, payment_option, instance_type, instance_family, instance_count, region,
    recurring_hourly, fixed_price)
VALUES ($1, $2, 'reserved_instance', 'ec2', 12, $3::numeric, $4, $5, 'ec2', 'standard', 'No Upfront', $6, $7, 2,
    'ca-central-1', $3::numeric / 2, 0)"""
_USED = """
INSERT INTO commitment_utilization_daily (commitment_id, date, utilization_percent) VALUES ($1, $2, 100)"""


async def prepare(connection: Any, account_id: Any) -> None:
    """Two machines and their reservation, in a region where nothing else is."""
    today = await connection.fetchval(_TODAY, account_id)
    kind = f"{FAMILY}.large"
    await connection.execute(
        _MACHINE, account_id, kind, instance_hourly(kind, "ca-central-1"), json.dumps(FLEET),
        today - timedelta(days=90),
    )  # fmt: skip
    terms = offer(prices.price("ec2", kind, "ca-central-1"), "ec2-standard")
    reservation = uuid.uuid5(account_id, "reservation")
    await connection.execute(
        _RESERVATION, reservation, account_id, terms.recurring_hourly * 2,
        today - timedelta(days=90), today + timedelta(days=275), kind, FAMILY,
    )  # fmt: skip
    await connection.execute(_USED, reservation, today)


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeReservedInstances: active; DescribeInstances: nothing of its family runs."""
    ec2 = client("ec2")
    found = ec2.describe_reserved_instances(ReservedInstancesIds=[resource_id])
    (reservation,) = found["ReservedInstances"]
    family = reservation["InstanceType"].partition(".")[0]
    running = ec2.describe_instances(
        Filters=[
            {"Name": "instance-type", "Values": [f"{family}.*"]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
    )["Reservations"]
    return reservation["State"] == "active" and not running


def remedy(client: Client, resource_id: str) -> None:
    """Let its machines come back to the family that is paid for."""
    fleet = [{"Name": f"tag:{key}", "Values": [value]} for key, value in FLEET.items()]
    for found in client("ec2").describe_instances(Filters=fleet)["Reservations"]:
        for machine in found["Instances"]:
            resize(client, machine["InstanceId"], f"{FAMILY}.large")
