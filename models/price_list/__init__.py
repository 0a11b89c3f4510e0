"""The price list: every price of models.prices as AWS publishes it, product by product.

A product is the same in every region but for its money, its location and its usage type, so that
products are held once, and an answer is a product and a region.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple

from models import regions, usage_types
from models.price_list import compute, metered, nodes, terms
from models.price_list.product import Product, located

# Attributes that a product has per region; of those that it has by its terms, several at once.
BY_REGION = ("location", "locationType", "regionCode", "fromLocation", "fromLocationType",
             "fromRegionCode")  # fmt: skip
BY_BOTH = ("usagetype", "sku")
BY_TERMS = ("termType", "LeaseContractLength", "OfferingClass", "PurchaseOption")


class Filter(NamedTuple):
    """What a field must be: TERM_MATCH (in any case), EQUALS, CONTAINS, ANY_OF, NONE_OF."""

    kind: str
    field: str
    value: str

    def accepts(self, found: Iterable[str]) -> bool:
        """Whether any of the values of a field does; a field without values meets NONE_OF alone."""
        values = list(found)
        wanted = {one.strip() for one in self.value.split(",")}
        if self.kind == "NONE_OF":
            return not wanted & set(values)
        if self.kind == "ANY_OF":
            return bool(wanted & set(values))
        if self.kind == "CONTAINS":
            return any(self.value in value for value in values)
        if self.kind == "EQUALS":
            return self.value in values
        return self.value.lower() in (value.lower() for value in values)


class Found(NamedTuple):
    """A product in a region."""

    product: Product
    region: str

    def document(self) -> dict[str, Any]:
        """It as one entry of PriceList."""
        return {
            "product": self.described(),
            "serviceCode": self.product.service,
            "terms": terms.of(self.product, self.region),
            "version": terms.VERSION,
            "publicationDate": terms.EFFECTIVE,
        }

    def described(self) -> dict[str, Any]:
        """What it is, without its terms."""
        return {
            "productFamily": self.product.family,
            "attributes": self.product.attributes(self.region),
            "sku": self.product.sku(self.region),
        }


@cache
def _by_service() -> dict[str, list[Product]]:
    found: dict[str, list[Product]] = {}
    for source in (compute, nodes, metered):
        for product in source.products():
            found.setdefault(product.service, []).append(product)
    return dict(sorted(found.items()))


def services() -> list[str]:
    """The codes of all services that have prices, in order."""
    return list(_by_service())


def products(service: str) -> list[Product]:
    """What a service sells; KeyError for a code that is none."""
    return _by_service()[service]


@cache
def attribute_names(service: str) -> list[str]:
    """What its products can be asked for by."""
    names = {"productFamily", "servicecode", "servicename", "usagetype", "operation", "termType"}
    for product in products(service):
        names.update(product.shared, product.own)
        if product.reserved:
            names.update(BY_TERMS)
    names.update(located("us-east-1", moves=service == "AWSDataTransfer"))
    return sorted(names)


@lru_cache(maxsize=256)
def attribute_values(service: str, name: str) -> list[str]:
    """Every value of an attribute, in order."""
    moves = service == "AWSDataTransfer"
    if name in BY_REGION:
        places = [located(region, moves=moves).get(name) for region in regions.all_regions()]
        return sorted({place for place in places if place})
    if name == "usagetype":
        # systems and engines share usage types: look at each of those once
        different = {(one.everywhere, one.is_new): one for one in products(service)}
        return sorted(
            {
                one.usage_type(region)
                for one in different.values()
                for region in regions.all_regions()
                if one.is_sold_in(region)
            }
        )
    return sorted({value for product in products(service) for value in _values(product, name)})


@lru_cache(maxsize=16)  # a list may name half a million products
def find(service: str, filters: tuple[Filter, ...]) -> list[Found]:
    """The products that meet all filters, region by region."""
    known = _names(service)
    asked = [one._replace(field=known.get(one.field.lower(), one.field)) for one in filters]
    both = [one for one in asked if one.field in BY_BOTH]
    of_product = [one for one in asked if one.field not in (*BY_REGION, *BY_BOTH)]
    chosen = [
        product
        for product in products(service)
        if all(one.accepts(_values(product, one.field)) for one in of_product)
        and all(_may_meet(product, one) for one in both)
    ]
    places = _places(service, [one for one in asked if one.field in BY_REGION])
    return [
        Found(product, region)
        for region in places
        for product in chosen
        if product.is_sold_in(region) and all(_meets(product, region, one) for one in both)
    ]


def _places(service: str, filters: list[Filter]) -> list[str]:
    moves = service == "AWSDataTransfer"
    return [
        region
        for region in regions.all_regions()
        if all(
            one.accepts([value] if (value := located(region, moves=moves).get(one.field)) else [])
            for one in filters
        )
    ]


def _may_meet(product: Product, one: Filter) -> bool:
    """Whether there may be a region where the product does: looked at before all of them."""
    if one.kind == "NONE_OF":
        return True
    if one.kind == "CONTAINS":
        if one.field == "sku":
            return True
        region, dash, rest = one.value.partition("-")
        return (
            one.value in product.everywhere
            or (bool(dash) and rest in product.everywhere)
            or (not dash and any(region in code for code in usage_types.CODES.values()))
        )
    wanted = one.value.lower()
    if one.field == "sku":
        return product.key.lower() in wanted
    return product.usage.lower() in wanted


def _meets(product: Product, region: str, one: Filter) -> bool:
    value = product.sku(region) if one.field == "sku" else product.usage_type(region)
    return one.accepts((value,))


def _values(product: Product, field: str) -> tuple[str, ...]:
    """The values that a product has of a field in every region."""
    if field == "productFamily":
        return (product.family,)
    if field == "operation":
        return (product.operation,)
    if field == "termType":
        return ("OnDemand", "Reserved") if product.reserved else ("OnDemand",)
    if field in BY_TERMS:
        return _reserved_values(product.reserved, field)
    value = product.own.get(field, product.shared.get(field))
    return () if value is None else (value,)


@cache
def _reserved_values(reserved: tuple[str, ...], field: str) -> tuple[str, ...]:
    if not reserved:
        return ()
    if field == "LeaseContractLength":
        return ("1yr", "3yr")
    if field == "PurchaseOption":
        return tuple(terms.NAMES.values())
    return tuple(kind.partition("-")[2] for kind in reserved)


@cache
def _names(service: str) -> dict[str, str]:
    """The fields as they are spelt, by their letters alone: clients write ServiceCode, too."""
    names = {*attribute_names(service), *BY_REGION, *BY_BOTH, *BY_TERMS}
    return {name.lower(): name for name in names}
