"""A column of an exported table: its type, what it says, and the SQL that makes it.

Expressions speak of `l` (a line of cost_lines_daily in its period `h`), `a` (its account), `c`
(its commitment), `t` (its tags) and `p` (who pays). Types are those of AWS's table dictionary:
string, double, integer, boolean, timestamp_milliseconds, map.
"""

from dataclasses import dataclass

STRING, DOUBLE, TIMESTAMP, MAP = "string", "double", "timestamp_milliseconds", "map"
INTEGER, BOOLEAN = "integer", "boolean"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `nullable` says that it may be empty."""

    name: str
    type: str
    sql: str
    description: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Property:
    """A configuration of a table that an export may choose: its values, the first the default.

    One without values takes words of its own, and has no default.
    """

    name: str
    values: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be exported.

    `source` is SQL after FROM with {lines} for the lines of the days, of which `condition` leaves
    rows out; `order` is the order of rows.
    `partition` is what the folder of a month is called, before its equals sign. A table that
    `is_today` has no lines: $1 is what it tells today, as JSON.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    source: str
    order: str
    properties: tuple[Property, ...] = ()
    partition: str = "BILLING_PERIOD"
    condition: str = "true"
    is_today: bool = False

    def column(self, name: str) -> Column | None:
        """The column of that name, in any case of letters."""
        return next((one for one in self.columns if one.name.lower() == name.lower()), None)


def text(name: str, sql: str, description: str, *, nullable: bool = True) -> Column:
    """A column of words."""
    return Column(name, STRING, sql, description, nullable)


def number(name: str, sql: str, description: str, *, nullable: bool = True) -> Column:
    """A column of numbers."""
    return Column(name, DOUBLE, sql, description, nullable)


def whole(name: str, sql: str, description: str, *, nullable: bool = True) -> Column:
    """A column of whole numbers."""
    return Column(name, INTEGER, sql, description, nullable)


def flag(name: str, sql: str, description: str, *, nullable: bool = True) -> Column:
    """A column of true and false."""
    return Column(name, BOOLEAN, sql, description, nullable)


def moment(name: str, sql: str, description: str, *, nullable: bool = True) -> Column:
    """A column of instants, UTC."""
    return Column(name, TIMESTAMP, sql, description, nullable)


def pairs(name: str, sql: str, description: str) -> Column:
    """A column of words by words."""
    return Column(name, MAP, sql, description)
