"""Columns of cost and usage reports of the first kind: CUR 2.0's under their former names.

Source: https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html. CSV calls a column
lineItem/UsageAmount and gives each tag and cost category one of its own, resourceTags/user:team
and costCategory/team; Parquet calls them line_item_usage_amount and resource_tags_user_team.
"""

import re
from collections.abc import Iterable, Sequence

from models.cost_exports import categories
from models.cost_exports.column import MAP, STRING, Column
from models.cost_exports.cost_and_usage import TABLE
from models.cost_exports.lines import TAGS
from models.cost_exports.query import Chosen, Query, quoted

_CATEGORIES = {
    "identity": "identity", "bill": "bill", "line_item": "lineItem", "product": "product",
    "pricing": "pricing", "reservation": "reservation", "savings_plan": "savingsPlan",
}  # fmt: skip
# CUR 2.0 has these beyond what reports had.
_YOUNGER = frozenset(("bill_payer_account_name", "line_item_usage_account_name"))
_LOWER_FIRST = frozenset(("product",))
_SPELT = {
    "pricing_currency": "pricing/currency",
    "pricing_public_on_demand_cost": "pricing/publicOnDemandCost",
    "pricing_public_on_demand_rate": "pricing/publicOnDemandRate", "pricing_term": "pricing/term",
    "pricing_unit": "pricing/unit", "product_region_code": "product/regionCode",
    "product_servicecode": "product/servicecode", "product_usagetype": "product/usagetype",
    "product_sku": "product/sku",
}  # fmt: skip


def query(
    tag_keys: Sequence[str], named: Iterable[str], *, resources: bool, parquet: bool
) -> Query:
    """All columns of a report.

    `tag_keys` are those of the tags that tell costs apart, `named` the cost categories.
    """
    chosen = [
        Chosen(one, "", one.name if parquet else _former(one.name))
        for one in TABLE.columns
        if one.type != MAP and _CATEGORIES.get(_category(one.name)) and one.name not in _YOUNGER
        and (resources or one.name != "line_item_resource_id")
    ]  # fmt: skip
    product = Column("product_name", STRING, "l.service", "The product.")
    chosen.append(Chosen(product, "", "product_product_name" if parquet else "product/ProductName"))
    for name in named:
        column = Column(
            "category", STRING, f"{categories.COLUMN} ->> {quoted(name)}", "A category."
        )
        plain = "cost_category_" + re.sub("[^a-z0-9]", "_", name.lower())
        chosen.append(Chosen(column, "", plain if parquet else f"costCategory/{name}"))
    for key in tag_keys:
        scope = key if key.startswith("aws:") else f"user:{key}"
        column = Column("tag", STRING, f"({TAGS}) ->> {quoted(key)}", "A tag.")
        name = "resource_tags_" + re.sub("[^a-z0-9]", "_", scope.lower())
        chosen.append(Chosen(column, "", name if parquet else f"resourceTags/{scope}"))
    names = [one.name for one in chosen]
    # two keys may differ in what a name cannot tell; the first one keeps it
    return Query(
        TABLE, tuple(one for at, one in enumerate(chosen) if one.name not in names[:at]), ""
    )


def _category(name: str) -> str:
    return next((one for one in _CATEGORIES if name.startswith(f"{one}_")), "")


def _former(name: str) -> str:
    """line_item_usage_amount as lineItem/UsageAmount."""
    if name in _SPELT:
        return _SPELT[name]
    category = _category(name)
    words = name.removeprefix(f"{category}_").replace("_a_r_n", "_ARN").split("_")
    spelt = "".join(word if word.isupper() else word.capitalize() for word in words)
    if category in _LOWER_FIRST:
        spelt = spelt[:1].lower() + spelt[1:]
    return f"{_CATEGORIES[category]}/{spelt}"
