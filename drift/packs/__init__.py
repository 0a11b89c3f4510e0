"""What an episode is about: one module per pack, found by its name.

A pack's docstring says what is to be done in it. `ESTATE` is the size of the estate, `DAYS` its
history, and `HORIZON` the virtual days that are played. `PATTERNS` are the kinds of waste that
count; None: all. `KNOBS` are overrides of drift.day.Knobs for the days played, and `MODE` is what
guardrails do: 'observe' records a breach, 'enforce' refuses the call. A pack may have `GOALS`
(drift/score/goals.py), which count beside the waste, and
`prepare(connection, accounts)`, which sets up the fresh world before it is played: `connection` is
an asyncpg connection of the owner role outside a transaction, `accounts` the ids of the accounts.
What it does follows from the seeds of the accounts alone.
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def by_name() -> dict[str, ModuleType]:
    """Every pack, in the order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}
