"""The commercial regions: names, zones, opt-in, and how prices and usage types call them.

Facts as AWS publishes them (names, zone ids, usage type prefixes, opening years); the data is
prices/regions.csv, because the price list's factors hang on the same names.
"""

import hashlib
from functools import cache, lru_cache
from itertools import permutations
from typing import NamedTuple

from models.prices import HOME_REGION, table

CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}

HOME = HOME_REGION

# use1-az3 is the old building of Northern Virginia: machines of later years never came there.
LEGACY_ZONE_IDS = frozenset({"use1-az3"})


class Zone(NamedTuple):
    """An availability zone as one account sees it."""

    name: str  # us-east-1a
    zone_id: str  # use1-az1: the same building for every account
    region: str

    @property
    def is_legacy(self) -> bool:
        """Whether only old machine families stand there."""
        return self.zone_id in LEGACY_ZONE_IDS


class Region(NamedTuple):
    """A region and its price-list names."""

    name: str  # us-east-1
    place: str  # US East (N. Virginia)
    country: str  # ISO 3166: US
    continent: str  # North America
    usage_prefix: str  # USE1, in usage types such as USE1-BoxUsage:m5.large
    opened: int  # year
    tier: int  # 1 the largest … 3 the smallest: how much of the catalogue stands there
    opt_in: bool  # whether an account must ask for it
    zone_letters: tuple[str, ...]
    zone_ids: tuple[str, ...]

    @property
    def opt_in_status(self) -> str:
        """`opt-in-not-required`, or `not-opted-in` as for an account that never asked."""
        return "not-opted-in" if self.opt_in else "opt-in-not-required"

    @property
    def price_list_location(self) -> str:
        """The `location` attribute of the price list: Europe is spelt EU there."""
        return self.place.replace("Europe (", "EU (")

    @property
    def usage_type_prefix(self) -> str:
        """What usage types of instances start with: nothing in us-east-1, else `USW2-`."""
        return (
            "" if self.name == "us-east-1" else _BILLED_AS.get(self.name, self.usage_prefix) + "-"
        )


# Ireland kept the prefix that it had as the only European region.
_BILLED_AS = {"eu-west-1": "EU"}


@cache
def all_regions() -> dict[str, Region]:
    """Every commercial region by name, in the table's order."""
    return {name: _region(cells) for name, cells in table("regions").items()}


def find(name: str) -> Region | None:
    """The region of that name."""
    return all_regions().get(name)


def exists(name: str) -> bool:
    """Whether AWS has a commercial region of that name."""
    return name in table("regions")


@lru_cache(maxsize=1024)
def zones(region: str, account_number: str = "") -> tuple[Zone, ...]:
    """The region's zones by letter; an unknown region has none.

    As at AWS, which building a letter means is drawn once per account: the pairing of letters
    and zone ids is a stable shuffle of the account number. Without one: in the table's order.
    The old building keeps its place in the table, which is the letter e: an account where
    us-east-1a were the zone without today's machines would surprise every example.
    """
    known = find(region)
    if known is None:
        return ()
    ids = known.zone_ids
    if account_number:
        orders = _orders(ids)
        ids = orders[_draw(f"zones {account_number} {region}", len(orders))]
    pairs = zip(known.zone_letters, ids, strict=True)
    return tuple(Zone(region + letter, zone_id, region) for letter, zone_id in pairs)


@cache
def _orders(ids: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(order for order in permutations(ids) if _keeps_legacy(order, ids))


def _keeps_legacy(order: tuple[str, ...], ids: tuple[str, ...]) -> bool:
    return all(
        one == other for one, other in zip(order, ids, strict=True) if other in LEGACY_ZONE_IDS
    )


def zone_of(region: str, account_number: str, name: str | None, zone_id: str | None) -> Zone | None:
    """The region's first zone of that name and id, as the account sees them; None fits all."""
    for zone in zones(region, account_number):
        if name in (None, zone.name) and zone_id in (None, zone.zone_id):
            return zone
    return None


@lru_cache(maxsize=20_000)
def zone_id(zone_name: str | None, account_number: str) -> str | None:
    """The id of a zone as the account has it: use1-az4 for us-east-1a; None for no zone of any."""
    found = zones(zone_name[:-1], account_number) if zone_name else ()
    return next((one.zone_id for one in found if one.name == zone_name), None)


def of_zone(zone_name: str) -> str:
    """The region of a zone name: us-east-1a → us-east-1; "" for what is no zone of any."""
    region = find(zone_name[:-1])
    return region.name if region and zone_name[-1:] in region.zone_letters else ""


def _draw(text: str, bound: int) -> int:
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "big") % bound


def _region(cells: tuple[str, ...]) -> Region:
    name, place, country, continent, prefix, opened, tier, opt_in, marks, code = cells[:10]
    pairs = marks.split()
    return Region(
        name=name,
        place=place,
        country=country,
        continent=CONTINENTS[continent],
        usage_prefix=prefix,
        opened=int(opened),
        tier=int(tier),
        opt_in=opt_in == "yes",
        zone_letters=tuple(pair[0] for pair in pairs),
        zone_ids=tuple(f"{code}-az{pair[1:]}" for pair in pairs),
    )
