"""What happens on some days: one module per mess, each with ODDS, `happen(day)` and SYMPTOM.

A scenario's docstring is its story. `ODDS` is its chance per tick. `happen(day)` makes the mess
and returns a Happening, or None where the account offers no occasion. `SYMPTOM` is the SQL that
finds it: $1 is the account, $2 the virtual now, the first column is the resource's id and `saving`
what the remedy saves, USD a month. `PATTERN` is what the waste is called, `RESOURCE_TYPE` whose it
is, and `REMEDIES` the operations that end it.
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def by_name() -> dict[str, ModuleType]:
    """Every scenario, in the order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}
