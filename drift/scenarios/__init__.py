"""What happens on some days: one module per mess.

A scenario's docstring is its story, and it has

- `ODDS`: its chance per tick.
- `PATTERN`: what the waste is called. No two scenarios have the same.
- `RESOURCE_TYPE`: whose it is, of driftcloud_resource_types, or `account` where an account's
  flow is the waste and no single resource.
- `REMEDIES`: the operations that end it, as service:Operation, the mildest first. Where no call
  does, one `advice:` and what a person is to do instead.
- `REVEALED_BY`: operations as service:Operation, all served here, whose answers show it.
- `TRAPS`: short sentences, each about a look-alike that is innocent and how it is told.
- `SYMPTOM`: the SELECT that finds it. $1 is the account, $2 the virtual now. Two columns: the
  resource's id as metrics_daily and resource_tags spell it for the type, and `saving`, what the
  remedy saves, USD a month of 730 hours. It runs in every tick: it looks things up by index, and
  takes a week of daily rows of many resources at most, a month of few (`symptoms.known_days`).
  It shows decoys too: they look alike.
- `happen(day)`: makes the mess and returns a Happening, or None where the account offers no
  occasion. Labels are made of those resources of it that are of RESOURCE_TYPE.

It may have

- `innocent(day)` and `INNOCENT`, the reason in a word: makes a look-alike whose innocence shows in
  metrics or in history. Those that tags tell are in models/decoys.py and need no code.
- `heal(day, resource_id)`: what an owner does who comes back, or what lets the waste end by itself;
  True where it did. Without it drift/healing.py knows what is usual for the type.
- `worsen(day, resource_id)`: one step more of the same (drift/worsening.py has some): a Happening,
  or None where it goes no further. What of it is of RESOURCE_TYPE and new is labelled likewise.
- `PART_OF`: another pattern and a SELECT ($1 is the account) of pairs, id here and id there: its
  saving is counted there, where both show.
- `REACHES`: a SELECT ($1 the account, $2 an id) of resource_type and resource_id whose changes may
  end it besides the resource's own, as a group's do its members'.
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


@cache
def by_pattern() -> dict[str, ModuleType]:
    """Every scenario by what its waste is called."""
    return {module.PATTERN: module for module in by_name().values()}
