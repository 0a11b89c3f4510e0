"""Exports: CUR 2.0, FOCUS and recommendations, as queries, rows, files and deliveries.

Every figure of a bill is cost_lines_daily's own: the database makes the rows, this package chooses
their columns and puts them into files. Recommendations are Cost Optimization Hub's.
"""

from models.cost_exports import cost_and_usage, focus, recommendations
from models.cost_exports.column import Column, Property, Table
from models.cost_exports.query import Query, QueryError, read

TABLES: tuple[Table, ...] = (cost_and_usage.TABLE, recommendations.TABLE, focus.TABLE)

__all__ = ["TABLES", "Column", "Property", "Query", "QueryError", "Table", "read", "table"]


def table(name: str) -> Table | None:
    """The table of that name."""
    return next((one for one in TABLES if one.name == name), None)
