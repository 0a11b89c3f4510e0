"""A machine is stopped to save money, and the address that it had is paid for from that day on."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift import rates
from drift.day import Day, Happening
from drift.picking import pick
from drift.scenarios.stopped_and_kept import stop
from drift.worsening import again

ODDS = 0.02
PATTERN = "eip_on_stopped"
RESOURCE_TYPE = "elastic_ip"
REMEDIES = ("ec2:DisassociateAddress", "ec2:ReleaseAddress")
REVEALED_BY = ("ec2:DescribeAddresses", "ec2:DescribeInstances")
TRAPS = (
    "A machine that a schedule stops for the night is started again and needs its address.",
    "An address that partners let in is lost for ever once it is released.",
)

SYMPTOM = f"""
SELECT e.allocation_id, 730 * {rates.literal("e.region", "address")} AS saving FROM elastic_ips e
  JOIN instances i ON i.account_id = e.account_id AND i.instance_id = e.associated_instance_id
 WHERE e.account_id = $1 AND i.state IN ('stopping', 'stopped') AND $2::timestamptz IS NOT NULL"""

REACHES = """
SELECT 'instance', associated_instance_id FROM elastic_ips
 WHERE account_id = $1 AND allocation_id = $2 AND associated_instance_id IS NOT NULL"""

_MACHINES = """
SELECT i.instance_id AS key, i.region, i.launch_time, i.network_interface_id, i.private_ip_address
  FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.env <> 'prod' AND i.autoscaling_group_id IS NULL
   AND NOT coalesce(i.disable_api_stop, false)
   AND NOT EXISTS (SELECT FROM elastic_ips e WHERE e.associated_instance_id = i.instance_id)
   AND NOT EXISTS (SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id)"""

_ADDRESS = """
INSERT INTO elastic_ips (account_id, allocation_id, public_ip, state, hourly_cost, region, tags, created_at,
    associated_instance_id, network_interface_id, private_ip_address, association_id, association_time)
VALUES ($1, $2, $3, 'associated', $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $7)
ON CONFLICT DO NOTHING"""


async def happen(day: Day) -> Happening | None:
    """A machine outside production gets an address in the morning and is stopped in the evening."""
    from models.costs import elastic_ip_hourly

    machine = await pick(day, "address_of_stopped", "instance", _MACHINES)
    if machine is None:
        return None
    allocation = day.identifier("eipalloc", "stopped")
    draw = day.random("address_of_stopped")
    address = f"52.{draw.randint(0, 95)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"
    written = await day.write(
        "elastic_ips", _ADDRESS, day.account_id, allocation, address,
        elastic_ip_hourly(False, machine["region"]), machine["region"],
        json.dumps({"Name": "fixed-address", "env": "dev"}), day.moment("address_of_stopped", 6, 7),
        machine["key"], machine["network_interface_id"], machine["private_ip_address"],
        day.identifier("eipassoc", "stopped"),
    )  # fmt: skip
    if not written:
        return None
    await day.record("elastic_ip", allocation, "lifecycle", None, "created")
    await stop(day, "address_of_stopped", machine["key"])
    return Happening(
        f"{machine['key']} is stopped and keeps {address}", (("elastic_ip", allocation),)
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another machine is stopped with its address."""
    return await again(day, PATTERN, resource_id, happen)
