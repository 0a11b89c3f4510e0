"""Reserved instance offerings: all that can be bought, worked out instead of stored.

An offering's id holds what is offered, so that it is found again without a table: six bytes of
the type's digest, two of attributes, and eight that check both together with the region.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import product

from models import costs, instance_types, regions
from models.discounts import Offer, offer

TERMS_MONTHS = (12, 36)
CLASSES = ("standard", "convertible")
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
PRODUCTS = ("Linux/UNIX", "SUSE Linux", "Red Hat Enterprise Linux", "Windows")
TENANCIES = ("default", "dedicated")
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True, slots=True)
class Offering:
    """One reservation that is sold; `zone` is empty where it holds in the whole region."""

    region: str
    instance_type: str
    term_months: int = 12
    offering_class: str = "standard"
    payment: str = "No Upfront"
    product: str = "Linux/UNIX"
    tenancy: str = "default"
    zone: str = ""

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.term_months // 12 * YEAR_SECONDS

    @property
    def scope(self) -> str:
        """AWS's word for where it holds."""
        return "Availability Zone" if self.zone else "Region"

    @property
    def on_demand_hourly(self) -> Decimal:
        """What an hour of the same instance costs without it."""
        return _hourly(self.instance_type, self.region, self.product, self.tenancy)

    @property
    def price(self) -> Offer:
        """What one instance's reservation costs."""
        payment = self.payment.lower().replace(" ", "-")
        kind = f"ec2-{self.offering_class}"
        return offer(self.on_demand_hourly, kind, self.term_months, payment)

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        kind = _digest(self.instance_type)
        letter = regions.find(self.region)
        zones = letter.zone_letters if letter is not None else ()
        bits = (
            TERMS_MONTHS.index(self.term_months)
            | CLASSES.index(self.offering_class) << 1
            | PAYMENTS.index(self.payment) << 2
            | PRODUCTS.index(self.product) << 4
            | TENANCIES.index(self.tenancy) << 6
            | (zones.index(self.zone[-1]) + 1 if self.zone else 0) << 7
        )
        attributes = bits.to_bytes(2, "big")
        check = _check(self.region, kind, attributes)
        hidden = bytes(a ^ b for a, b in zip(attributes, check, strict=False))
        return str(uuid.UUID(bytes=kind + hidden + check))


def find(offering_id: str, region: str) -> Offering | None:
    """The offering of that id in that region, or None."""
    try:
        data = uuid.UUID(offering_id).bytes
    except ValueError:
        return None
    kind, hidden, check = data[:6], data[6:8], data[8:]
    attributes = bytes(a ^ b for a, b in zip(hidden, check, strict=False))
    name, place = _types().get(kind), regions.find(region)
    if name is None or place is None or check != _check(region, kind, attributes):
        return None
    bits, zone = int.from_bytes(attributes, "big"), int.from_bytes(attributes, "big") >> 7
    return Offering(
        region=region,
        instance_type=name,
        term_months=TERMS_MONTHS[bits & 1],
        offering_class=CLASSES[bits >> 1 & 1],
        payment=PAYMENTS[bits >> 2 & 3],
        product=PRODUCTS[bits >> 4 & 3],
        tenancy=TENANCIES[bits >> 6 & 1],
        zone=region + place.zone_letters[zone - 1] if zone else "",
    )


def sold_types(region: str) -> tuple[str, ...]:
    """The instance types that reservations are sold for in a region."""
    return tuple(name for name in instance_types.offered(region) if not _is_hpc(name))


def of_type(
    region: str,
    instance_type: str,
    *,
    terms: Sequence[int] = TERMS_MONTHS,
    classes: Sequence[str] = CLASSES,
    payments: Sequence[str] = PAYMENTS,
    products: Sequence[str] = PRODUCTS,
    tenancies: Sequence[str] = TENANCIES,
    zones: Sequence[str] = ("",),
) -> Iterator[Offering]:
    """The offerings of one type with any of these attributes, always in the same order."""
    for zone, text, tenancy, term, kind, payment in product(
        zones, products, tenancies, terms, classes, payments
    ):
        yield Offering(region, instance_type, term, kind, payment, text, tenancy, zone)


def _is_hpc(name: str) -> bool:
    found = instance_types.find(name)
    return found is None or found.supports_only_hpc


def _digest(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=6, person=b"ri-type").digest()


def _check(region: str, kind: bytes, attributes: bytes) -> bytes:
    text = region.encode() + b"/" + kind + attributes
    return blake2b(text, digest_size=8, person=b"ri-offering").digest()


@lru_cache(maxsize=20_000)
def _hourly(instance_type: str, region: str, product: str, tenancy: str) -> Decimal:
    return costs.instance_hourly(instance_type, region, platform=product, tenancy=tenancy)


@cache
def _types() -> dict[bytes, str]:
    return {_digest(name): name for name in instance_types.names()}
