"""A product of the price list: what is sold under one SKU, the same in every region but for money.

Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file.html.
A SKU follows from service, usage type, operation and region, which is also what a line of the bill
says of its use: whoever has the line finds the product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import md5

from models import regions, usage_types
from models.prices import price

# The SKU of a line of the bill `l`, as `Product.sku` makes it.
SKU_SQL = (
    "upper(left(md5(l.product_code || '/' || regexp_replace(l.usage_type, '^("
    + "|".join(sorted(set(usage_types.CODES.values())))
    + ")-', '') || '/' || l.operation), 12) || left(md5(l.region), 4))"
)
US_EAST = frozenset(("us-east-1", "us-east-2"))


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times a price of models.prices."""

    service: str
    item: str
    times: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Tier:
    """What a unit costs from one quantity to another; `more` is the same everywhere, USD."""

    rate: Rate
    begin: str = "0"
    end: str = "Inf"
    more: Decimal = Decimal(0)

    def usd(self, region: str) -> Decimal:
        """USD a unit, unrounded."""
        return price(self.rate.service, self.rate.item, region) * self.rate.times + self.more


@dataclass(frozen=True, slots=True)
class Product:
    """Something sold in every region.

    `usage` is the usage type without its region; `is_new` says that it bears one in us-east-1
    too. `what` completes the description of a price. `reserved` names the kinds of models.discounts
    under which it can be reserved. `to` is where transferred data goes.
    """

    service: str
    family: str
    usage: str
    operation: str
    unit: str
    what: str
    tiers: tuple[Tier, ...]
    shared: Mapping[str, str]  # attributes of many products
    own: Mapping[str, str]
    is_new: bool = False
    reserved: tuple[str, ...] = ()
    to: str = ""

    @property
    def everywhere(self) -> str:
        """The usage type without the region that uses."""
        return f"{usage_types.code(self.to)}-{self.usage}" if self.to else self.usage

    def usage_type(self, region: str) -> str:
        """As a bill of that region says."""
        if self.is_new or self.to:
            return f"{usage_types.code(region)}-{self.everywhere}"
        return usage_types.prefix(region) + self.usage

    @property
    def key(self) -> str:
        """What the SKUs of all regions begin with."""
        return _digest(f"{self.service}/{self.everywhere}/{self.operation}", 12)

    def sku(self, region: str) -> str:
        """The SKU in that region, the same in every world."""
        return self.key + region_key(region)

    def is_sold_in(self, region: str) -> bool:
        """Everywhere; nothing is transferred from a region to itself."""
        return self.to != region

    def prices(self, region: str) -> list[tuple[Tier, Decimal]]:
        """What a unit costs there, by tiers of quantity."""
        if self.to and {region, self.to} == US_EAST:
            near = Tier(Rate("transfer", "cross-region-us-east"))
            return [(near, near.usd(region))]
        return [(tier, tier.usd(region)) for tier in self.tiers]

    def attributes(self, region: str) -> dict[str, str]:
        """All that the price list says of it there."""
        return {
            **self.shared,
            **self.own,
            **located(region, moves=self.service == "AWSDataTransfer"),
            "usagetype": self.usage_type(region),
            "operation": self.operation,
        }


@cache
def region_key(region: str) -> str:
    """What the SKUs of a region end with."""
    return _digest(region, 4)


def _digest(text: str, characters: int) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()[:characters].upper()


@cache
def located(region: str, *, moves: bool = False) -> Mapping[str, str]:
    """The attributes that say where: of data that moves, from where."""
    place = regions.find(region)
    name = place.price_list_location if place is not None else region
    if moves:
        return {"fromLocation": name, "fromLocationType": "AWS Region", "fromRegionCode": region}
    return {"location": name, "locationType": "AWS Region", "regionCode": region}
