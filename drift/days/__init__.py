"""What happens on every day: one module per noun, with `write(day)` and perhaps `live(day)`."""

import importlib
import pkgutil
from functools import cache
from graphlib import TopologicalSorter
from types import ModuleType


@cache
def in_order() -> tuple[ModuleType, ...]:
    """Every module of this package, those named in another's AFTER before it, else by name."""
    modules = {
        found.name: importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    }
    order = TopologicalSorter(
        {name: sorted(getattr(modules[name], "AFTER", ())) for name in sorted(modules)}
    )
    return tuple(modules[name] for name in order.static_order())
