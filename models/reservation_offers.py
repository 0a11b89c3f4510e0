"""Reservations on sale for what the ledger has used, whatever the service.

The ledger names systems and engines as the bill does; each service's offerings as that service.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models import (
    cache_reserved_offerings,
    discounts,
    instance_types,
    rds_reserved_offerings,
    reserved_offerings,
    search_reservations,
)
from models.commitment_advice import Group
from models.discounts import Offer
from models.reservations import YEAR_SECONDS

# engine on the bill → product, edition and licence of RDS's offerings
DATABASES = {
    "PostgreSQL": ("postgresql", "No license required"),
    "MySQL": ("mysql", "No license required"),
    "MariaDB": ("mariadb", "No license required"),
    "Aurora MySQL": ("aurora-mysql", "No license required"),
    "Aurora PostgreSQL": ("aurora-postgresql", "No license required"),
    "Oracle-Ee": ("oracle-ee(byol)", "Bring your own license"),
    "Oracle-Se2": ("oracle-se2(li)", "License included"),
    "Sqlserver-Ee": ("sqlserver-ee(li)", "License included"),
    "Sqlserver-Se": ("sqlserver-se(li)", "License included"),
    "Sqlserver-Web": ("sqlserver-web(li)", "License included"),
}
_VENDORS = {"Oracle": "Oracle", "Sqlserver": "SQL Server"}
_EDITIONS = {"ee": "Enterprise", "se": "Standard", "se2": "Standard Two", "web": "Web"}


@dataclass(frozen=True, slots=True)
class Sold:
    """What one reservation costs, and what of the price on demand that is."""

    offer: Offer
    share: Decimal


def sold(
    group: Group, name: str, months: int, payment: str, offering_class: str = "standard"
) -> Sold | None:
    """The reservation of the type `name` for a group; None where it is not sold."""
    kind = f"{group.service}-{offering_class if group.service == 'ec2' else 'standard'}"
    offer = _offer(group, name, months, payment, offering_class)
    if offer is None:
        return None
    return Sold(offer, 1 - discounts.discount(kind, months, payment.lower().replace(" ", "-")))


def _offer(group: Group, name: str, months: int, payment: str, offering_class: str) -> Offer | None:
    if group.service == "ec2":
        product = group.platform or "Linux/UNIX"
        if product not in reserved_offerings.PRODUCTS:
            return None
        if name not in reserved_offerings.sold_types(group.region):
            return None
        return reserved_offerings.Offering(
            group.region, name, months, offering_class, payment, product
        ).price
    if group.service == "rds":
        product = DATABASES.get(group.engine, ("", ""))[0]
        found = rds_reserved_offerings.offerings(
            group.region, instance_class=name, product=product or None, multi_az=group.multi,
            seconds=months // 12 * YEAR_SECONDS, payment=payment,
        )  # fmt: skip
        exact = [one for one in found if one.product == product]
        return exact[0].price if exact else None
    if group.service == "elasticache":
        caches = cache_reserved_offerings.offerings(
            group.region, node_type=name, engine=group.engine.lower(),
            seconds=months // 12 * YEAR_SECONDS, payment=payment,
        )  # fmt: skip
        one = next(caches, None)
        return one.price if one else None
    for node in search_reservations.offerings(group.region).values():
        if (node.instance_type, node.term_months, node.payment) == (name, months, payment):
            return node.price
    return None


def described(group: Group, name: str) -> Mapping[str, Any]:
    """InstanceDetails: what the reservation is for, as its service says it."""
    shared = {
        "Region": group.region,
        "CurrentGeneration": _is_current(name),
        "SizeFlexEligible": group.service != "opensearch",
    }
    if group.service == "ec2":
        return {
            "EC2InstanceDetails": {
                **shared,
                "Family": group.family,
                "InstanceType": name,
                "Platform": group.platform or "Linux/UNIX",
                "Tenancy": "shared",
            }
        }
    if group.service == "rds":
        vendor, _, edition = group.engine.partition("-")
        edition = edition.lower()
        return {
            "RDSInstanceDetails": {
                **shared,
                "Family": name.rpartition(".")[0],
                "InstanceType": name,
                "DatabaseEngine": _VENDORS.get(vendor, group.engine),
                "DatabaseEdition": _EDITIONS.get(edition),
                "DeploymentOption": "Multi-AZ" if group.multi else "Single-AZ",
                "LicenseModel": DATABASES[group.engine][1],
            }
        }
    if group.service == "elasticache":
        return {
            "ElastiCacheInstanceDetails": {
                **shared,
                "Family": name.rpartition(".")[0],
                "NodeType": name,
                "ProductDescription": group.engine.lower(),
            }
        }
    family, _, size = name.removesuffix(".search").partition(".")
    return {"ESInstanceDetails": {**shared, "InstanceClass": family, "InstanceSize": size}}


def _is_current(name: str) -> bool:
    """Whether EC2 counts the machine under a node among its current generation."""
    parts = name.removeprefix("db.").removeprefix("cache.").removesuffix(".search")
    found = instance_types.find(parts)
    return found is None or found.family.current_generation
