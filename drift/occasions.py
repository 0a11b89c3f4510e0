"""Occasions: what a day finds nothing to do for, learned by one question.

Half of a day's statements bring something to its end, or are about things that an account has none
of. A statement's `occasion`, and a day module's `OCCASION` for all that it does, is a
condition in SQL, of the account as the day begins: where it does not hold, there is nothing to do.
It may hold too often, never too seldom: no earlier step of a day brings about what it asks for.
"""

from collections.abc import Mapping
from functools import cache
from types import ModuleType

from drift import days
from drift.day import Day
from drift.statement import Statement


async def learn(day: Day) -> None:
    """Tell the day what it need not do."""
    conditions, question = _question()
    [row] = await day.fetch(question)
    day.missing = frozenset(
        condition for condition, holds in zip(conditions, row["hold"], strict=True) if not holds
    )


def idle(day: Day, module: ModuleType) -> bool:
    """Whether a day module has nothing to do on this day."""
    if (occasion := getattr(module, "OCCASION", None)) is not None:
        return occasion in day.missing
    every = _statements(module)
    return bool(every) and all(one.occasion in day.missing for one in every)


@cache
def _question() -> tuple[tuple[str, ...], Statement]:
    """Every condition, and the SELECT that tells which of them hold."""
    conditions: dict[str, None] = {}
    for module in days.in_order():
        asked = [getattr(module, "OCCASION", ""), *(one.occasion for one in _statements(module))]
        conditions.update((one, None) for one in asked if one)
    return tuple(conditions), Statement("SELECT ARRAY[" + ",\n".join(conditions) + "] AS hold")


@cache
def _statements(module: ModuleType) -> tuple[Statement, ...]:
    named = vars(module).values()
    listed = (value.values() if isinstance(value, Mapping) else (value,) for value in named)
    return tuple(one for values in listed for one in values if isinstance(one, Statement))
