"""Elastic IPs of an estate: on instances, on network load balancers, and on nothing."""

from models import costs
from models.estates import networks
from models.estates.estate import Estate, Row


def create(estate: Estate) -> None:
    """Addresses up to the plan's count (those of NAT gateways included), a share unassociated."""
    total = estate.plan.addresses
    idle = round(total * estate.shares.idle_addresses)
    given = len(estate.rows.get("elastic_ips", []))
    bound = max(0, total - idle - given)
    public = estate.chance("addressed").shuffled(
        [
            row
            for row in estate.rows["instances"]
            if row["autoscaling_group_id"] is None and not row["name"].endswith("-node")
        ]
    )
    for at, instance in enumerate(public[:bound]):
        _on_instance(estate, at, instance)
    regions = estate.regions("idle-addresses", idle)
    environments = estate.share_out("idle-addresses", idle)
    for at in range(idle):
        chance = estate.chance("idle-address", at)
        innocent = estate.decoy("eip_unassociated")
        owner = estate.company.owner(chance)
        tags = estate.tags(
            chance, owner, environments[at], "", bare=chance.happens(0.4),
            **(innocent[1] if innocent else {}),
        )  # fmt: skip
        allocation_id = chance.resource_id("eipalloc")
        row = networks.address(
            estate, allocation_id, networks.public_address(estate, "idle", str(at)), regions[at],
            tags, created_at=estate.before(chance, 10, 400),
        )  # fmt: skip
        estate.profile(
            "elastic_ip", allocation_id, "idle", pattern="eip_unassociated",
            decoy=innocent[0] if innocent else None, saving=float(row["hourly_cost"]) * 730,
        )  # fmt: skip


def _on_instance(estate: Estate, at: int, instance: Row) -> None:
    chance = estate.chance("bound-address", at)
    tags = {
        key: value for key, value in instance["tags"].items() if key in ("env", "owner", "team")
    }
    innocent = estate.decoy("eip_on_stopped") if instance["state"] != "running" else None
    tags |= innocent[1] if innocent else {}
    allocation_id = chance.resource_id("eipalloc")
    public_ip = networks.public_address(estate, "bound", str(at))
    row = networks.address(
        estate, allocation_id, public_ip, instance["region"], tags,
        created_at=instance["launch_time"],
        associated_instance_id=instance["instance_id"],
        network_interface_id=instance["network_interface_id"],
        private_ip_address=instance["private_ip_address"],
    )  # fmt: skip
    instance["has_elastic_ip"] = instance["state"] == "running"
    instance["public_ip_address"] = public_ip if instance["has_elastic_ip"] else None
    if instance["state"] != "running":
        row["hourly_cost"] = costs.elastic_ip_hourly(False)
        estate.profile(
            "elastic_ip", allocation_id, "idle", pattern="eip_on_stopped",
            decoy=innocent[0] if innocent else None, saving=float(row["hourly_cost"]) * 730,
        )  # fmt: skip
