"""The operator's view of the truth: what is waste in the accounts, and what it costs."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from emulator.control import Answer, ControlError, World
from models import accounts


async def waste(world: World, *, account: str, pattern: str, decoys: bool) -> Answer:
    """Waste with totals by pattern and owner; money in USD a month."""
    from drift import waste as truth

    every = []
    async with world.database.owner() as connection:
        chosen = await accounts.every(connection)
        if account and account not in {one.number for one in chosen}:
            raise ControlError(f"there is no account {account}; see driftcloud accounts list")
        for one in chosen:
            if account in ("", one.number):
                every += [(one.number, found) for found in await truth.found(connection, one.id)]
    known = {found.pattern for _, found in every}
    if pattern and pattern not in known:
        raise ControlError(f"nothing here is {pattern!r}; there are {', '.join(sorted(known))}")
    shown = [(number, one) for number, one in every if pattern in ("", one.pattern)]
    wasted = [one for _, one in shown if one.decoy is None]
    return {
        "monthly_saving_usd": truth.total(wasted),
        "resources": len({(one.resource_type, one.resource_id) for one in wasted}),
        "decoys": sum(one.decoy is not None for _, one in shown),
        "by_pattern": _totals((one.pattern, one.monthly_saving) for one in wasted),
        "by_owner": _totals((one.owner or "nobody", one.monthly_saving) for one in wasted),
        "waste": [_row(number, one) for number, one in shown if decoys or one.decoy is None],
    }


def _totals(pairs: Any) -> dict[str, Decimal]:
    """USD by name, the dearest first."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for name, usd in pairs:
        found[name] += usd
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _row(number: str, one: Any) -> dict[str, Any]:
    row = {
        "account": number,
        "pattern": one.pattern,
        "resource_type": one.resource_type,
        "resource_id": one.resource_id,
        "monthly_saving_usd": one.monthly_saving,
        "since": one.since,
        "owner": one.owner,
        "remedies": list(one.remedies),
    }
    return row if one.decoy is None else {**row, "decoy": one.decoy}
