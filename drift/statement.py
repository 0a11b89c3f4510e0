"""A fixed SQL statement with named parameters, compiled once into PostgreSQL's numbered ones."""

import re
from collections.abc import Mapping
from typing import Any

# The types of a day's values: PostgreSQL cannot always infer them ("date - 1" has two readings).
TYPES = {
    "account": "uuid", "number": "text", "date": "date", "since": "date", "end": "timestamptz",
    "seed": "bigint", "world": "bigint", "weekend": "boolean", "exact": "boolean",
    "public_ipv_four": "boolean",
    "busy_prod": "float8", "busy": "float8", "variance": "float8", "growth": "float8",
}  # fmt: skip

_NAME = re.compile(r"(?<![:\w]):([a-z_]+)")
_FRAGMENT = re.compile(r"\{([a-z_]+)\}")


# A day's rows are new, and to look for each before it is written takes a third of the time.
_ONCE = "ON CONFLICT (resource_type, resource_id, date) DO NOTHING"


def there_is(table: str, condition: str = "true") -> str:
    """SQL for whether the account has any row in `table` of which `condition` holds."""
    return f"EXISTS (SELECT FROM {table} WHERE account_id = :account AND {condition})"


class Statement:
    """SQL in which `:name` stands for a value of the day, and `{name}` for a fragment of SQL.

    Fragments are constants of this package, set in when the module is imported; values are bound
    when the statement runs. `::type` stays a cast. `sql` has $1, $2, … in the order of `names`;
    every name is bound once, however often it occurs. Where `{once}` stands, `wary` leaves alone
    what is there already, and `sql` fails at it; elsewhere they are the same. `occasion` is a
    condition without which the statement finds nothing to do (drift/occasions.py).
    """

    def __init__(self, sql: str, *, occasion: str = "", **fragments: str) -> None:
        self.occasion = occasion
        self.names: list[str] = []
        self.sql = self._compiled(sql, {**fragments, "once": ""})
        self.wary = self._compiled(sql, {**fragments, "once": _ONCE})

    def _compiled(self, sql: str, fragments: Mapping[str, str]) -> str:
        while _FRAGMENT.search(sql):
            sql = _FRAGMENT.sub(lambda match: fragments[match[1]], sql)
        return _NAME.sub(self._number, sql)

    def _number(self, match: re.Match[str]) -> str:
        name = match[1]
        if name not in self.names:
            self.names.append(name)
        cast = f"::{TYPES[name]}" if name in TYPES else ""
        return f"${self.names.index(name) + 1}{cast}"

    def args(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the statement's order; KeyError names one that is missing."""
        return [values[name] for name in self.names]
