"""Prices of the list as SYMPTOMs read them: constants in their text, by region."""

from functools import cache

from models import prices


@cache
def price(service: str, item: str, region: str) -> str:
    """USD of one unit of an item in a row's region (SQL), as SQL."""
    usd, _unit, group = prices.rates()[service, item]
    regions = list(prices.table("regions"))
    factors = ",".join(str(prices.factor(one, group)) for one in regions)
    return (
        f"({usd} * coalesce((SELECT z.factor FROM unnest('{{{','.join(regions)}}}'::text[],"
        f" '{{{factors}}}'::numeric[]) AS z (region, factor) WHERE z.region = {region}), 1))"
    )
