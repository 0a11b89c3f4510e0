"""Price list files: all products of a service in a region, as JSON or CSV, piece by piece.

Layout: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html.
A file holds what GetProducts answers of the same region, product for product; EC2's is 80 MB.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from models import regions
from models.price_list import Found, products, services, terms

DISCLAIMER = (
    "This pricing list is for informational purposes only. All prices are subject to the"
    " additional terms included in the pricing pages on http://aws.amazon.com."
)
_AT_ONCE = 64  # entries a piece
_PRICED = ("SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate",
           "StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency",
           "LeaseContractLength", "PurchaseOption", "OfferingClass", "Product Family",
           "serviceCode")  # fmt: skip
_AS_IT_IS = frozenset(("operation", "usageType", "serviceName"))
_SPELT = {"usagetype": "usageType", "servicename": "serviceName", "vcpu": "vCPU"}
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class PriceList(NamedTuple):
    """One version of a service's prices in a region."""

    service: str
    region: str

    @property
    def arn(self) -> str:
        """What ListPriceLists names it."""
        return f"arn:aws:pricing:::price-list/aws/{self.service}/USD/{terms.VERSION}/{self.region}"

    @property
    def path(self) -> str:
        """Where AWS keeps it, without the file's name."""
        return f"offers/v1.0/aws/{self.service}/{terms.VERSION}/{self.region}"

    def found(self) -> list[Found]:
        """What it lists."""
        return [
            Found(one, self.region) for one in products(self.service) if one.is_sold_in(self.region)
        ]


def find(service: str, version: str, region: str) -> PriceList | None:
    """The price list of that version; `current` is the newest, and there is no other."""
    known = (
        service in services()
        and version in (terms.VERSION, "current")
        and regions.find(region) is not None
    )
    return PriceList(service, region) if known else None


def by_arn(arn: str) -> PriceList | None:
    """The price list of an ARN that ListPriceLists gave."""
    service, currency, version, region, *more = [*arn.partition("/aws/")[2].split("/"), "", "", ""]
    one = find(service, version, region) if currency == "USD" and not any(more) else None
    return one if one is not None and one.arn == arn else None


def as_json(of: PriceList) -> Iterator[bytes]:
    """The file in JSON: products by SKU, then their terms by type and SKU."""
    head = {
        "formatVersion": "v1.0",
        "disclaimer": DISCLAIMER,
        "offerCode": of.service,
        "version": terms.VERSION,
        "publicationDate": terms.EFFECTIVE,
    }
    yield orjson.dumps(head)[:-1] + b',"products":{'
    found = of.found()
    yield from _entries(found, Found.described)
    yield b'},"terms":{"OnDemand":{'
    yield from _entries(found, lambda one: terms.on_demand(one.product, one.region))
    reserved = [one for one in found if one.product.reserved]
    if reserved:
        yield b'},"Reserved":{'
        yield from _entries(reserved, lambda one: terms.reserved(one.product, one.region))
    yield b'}},"attributesList":{}}'


def _entries(found: list[Found], entry: Callable[[Found], dict[str, Any]]) -> Iterator[bytes]:
    """Entries by SKU, without the braces around them."""
    for first in range(0, len(found), _AT_ONCE):
        some = found[first : first + _AT_ONCE]
        text = orjson.dumps({one.product.sku(one.region): entry(one) for one in some})[1:-1]
        yield b"," + text if first else text


def as_csv(of: PriceList) -> Iterator[bytes]:
    """The file in CSV: five rows on itself, the names of columns, and a row for each price."""
    found = of.found()
    names: dict[str, None] = {}
    for one in found:
        names.update(dict.fromkeys(one.product.attributes(one.region)))
    names.pop("servicecode", None)
    yield _lines(
        [
            ("FormatVersion", "v1.0"),
            ("Disclaimer", DISCLAIMER),
            ("Publication Date", terms.EFFECTIVE),
            ("Version", terms.VERSION),
            ("OfferCode", of.service),
            (*_PRICED, *(_title(name) for name in names)),
        ]
    )
    for first in range(0, len(found), _AT_ONCE):
        yield _lines(row for one in found[first : first + _AT_ONCE] for row in _rows(one, names))


def _rows(one: Found, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    attributes = one.product.attributes(one.region)
    shown = [attributes.get(name, "") for name in names]
    for kind, offers in terms.of(one.product, one.region).items():
        for offer in offers.values():
            said = offer["termAttributes"]
            for price in offer["priceDimensions"].values():
                yield (
                    offer["sku"], offer["offerTermCode"], price["rateCode"], kind,
                    price["description"], offer["effectiveDate"][:10],
                    price.get("beginRange", ""), price.get("endRange", ""), price["unit"],
                    price["pricePerUnit"]["USD"], "USD", said.get("LeaseContractLength", ""),
                    said.get("PurchaseOption", ""), said.get("OfferingClass", ""),
                    one.product.family, one.product.service, *shown,
                )  # fmt: skip


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _title(name: str) -> str:
    """An attribute as the head of its column: instanceType as Instance Type."""
    spelt = _SPELT.get(name, name)
    if spelt in _AS_IT_IS or spelt == "vCPU":
        return spelt
    return " ".join(word[:1].upper() + word[1:] for word in _WORD.split(spelt))


FILES: dict[str, tuple[str, Callable[[PriceList], Iterator[bytes]]]] = {
    "json": ("application/json", as_json),
    "csv": ("text/csv", as_csv),
}
"""Formats of files: their media type, and what writes them."""
