"""The differences between two worlds: resources added, gone and changed, and what they cost."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from emulator import episodes
from emulator.control import Answer, World
from models import world_contents
from models.world_contents import Resource

_Contents = Mapping[tuple[str, str, str], Resource]


async def between(world: World, one: str, other: str) -> Answer:
    """What `other` has that `one` has not, the reverse, and what both have otherwise.

    Compared is what is configured; measurements, times and states in between are not. Money in
    USD a month of 730 hours, positive where `other` costs more.
    """
    before, after = await asyncio.gather(_contents(world, one), _contents(world, other))
    changed = [
        {**_named(mine), "columns": columns, "monthly_cost_difference": money}
        for key, mine in sorted(before.items())
        if (theirs := after.get(key)) is not None
        for columns, money in [(_columns(mine, theirs), theirs.monthly_cost - mine.monthly_cost)]
        if columns
    ]
    costs = [sum((r.monthly_cost for r in each.values()), Decimal(0)) for each in (before, after)]
    return {
        "from": one,
        "to": other,
        "added": [_listed(after[key]) for key in sorted(after.keys() - before.keys())],
        "gone": [_listed(before[key]) for key in sorted(before.keys() - after.keys())],
        "changed": changed,
        "monthly_cost_from": costs[0],
        "monthly_cost_to": costs[1],
        "monthly_cost_difference": costs[1] - costs[0],
    }


async def _contents(world: World, name: str) -> _Contents:
    async with episodes.opened(world, name) as inside, inside.database.owner() as connection:
        return await world_contents.read(connection)


def _named(one: Resource) -> dict[str, Any]:
    return {
        "account": one.account,
        "resource_type": one.resource_type,
        "resource_id": one.resource_id,
    }


def _listed(one: Resource) -> dict[str, Any]:
    return {**_named(one), "monthly_cost": one.monthly_cost}


def _columns(one: Resource, other: Resource) -> dict[str, list[Any]]:
    """The columns that differ, each with its two values."""
    names = sorted(one.columns.keys() | other.columns.keys())
    return {
        name: [one.columns.get(name), other.columns.get(name)]
        for name in names
        if one.columns.get(name) != other.columns.get(name)
    }
