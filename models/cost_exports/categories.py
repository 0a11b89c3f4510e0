"""Cost categories of exported lines: what the rules of the account's categories make of each.

A row of an export sees them as `g.categories`, a map of names and values; where no column asks for
them they are not made. Source: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-cost-category-columns.html.
"""

from datetime import date, timedelta

from models.cost_expressions import Categories, Compiler
from models.listing import Binder

COLUMN = "g.categories"
PLACE = "{categories}"
SOURCE = f"CROSS JOIN LATERAL (SELECT {PLACE}) g"
NONE = "NULL::jsonb AS categories"


def select(found: Categories, bind: Binder, day: date) -> str:
    """What stands at PLACE for the lines of a day; names and values are bound."""
    if not found:
        return NONE
    compiler = Compiler(bind, found, day, day + timedelta(days=1))
    pairs = ", ".join(
        f"{bind(name, '::text')}, nullif({compiler.value('COST_CATEGORY', name)}, '')"
        for name in found
    )
    made = f"nullif(jsonb_strip_nulls(jsonb_build_object({pairs})), '{{}}'::jsonb) AS categories"
    tags = ", ".join(
        f"t.tags ->> {bind(key, '::text')} AS {alias}" for key, alias in compiler.tag_keys.items()
    )
    return f"{made} FROM (SELECT {tags}) s" if tags else made
