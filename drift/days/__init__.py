"""What happens on every day: one module per noun, with `write(day)` and perhaps `live(day)`."""

import importlib
import pkgutil
from functools import cache
from graphlib import TopologicalSorter
from types import ModuleType

# What AFTER is of a module that comes after all others, but for those that come after itself.
EVERYTHING = ("*",)


@cache
def in_order() -> tuple[ModuleType, ...]:
    """Every module of this package, those named in another's AFTER before it, else by name."""
    modules = {
        found.name: importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    }
    after = {name: set(getattr(modules[name], "AFTER", ())) for name in sorted(modules)}
    for name, before in after.items():
        if before == set(EVERYTHING):
            after[name] = set(modules) - _following(name, after)
    order = TopologicalSorter({name: sorted(before) for name, before in after.items()})
    return tuple(modules[name] for name in order.static_order())


def _following(name: str, after: dict[str, set[str]]) -> set[str]:
    """A module and all that come after it, directly or by way of others."""
    found, fresh = set[str](), {name}
    while fresh:
        found |= fresh
        fresh = {one for one, before in after.items() if before & fresh} - found
    return found
