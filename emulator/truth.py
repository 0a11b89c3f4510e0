"""The operator's view of the truth: what is waste in the accounts, and what it costs."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from drift.truth import Label
from emulator.control import Answer, ControlError, World
from models import accounts

# Two APIs of one service.
_SERVICES = {"elbv2": "elb", "es": "opensearch"}

Counted = tuple[str, Label, Decimal]


async def waste(
    world: World, *, account: str, pattern: str, decoys: bool, ended: bool = False
) -> Answer:
    """Waste with totals by pattern, service and owner; money in USD a month of 730 hours."""
    every = await _labels(world, account, ended=ended)
    known = {one.pattern for _, one, _ in every}
    if pattern and pattern not in known:
        raise ControlError(f"nothing here is {pattern!r}; there are {', '.join(sorted(known))}")
    shown = [row for row in every if pattern in ("", row[1].pattern)]
    lasting = [row for row in shown if row[1].until is None]
    wasted = [row for row in lasting if row[1].decoy is None]
    answer: dict[str, Any] = {
        "monthly_saving_usd": sum((usd for _, _, usd in wasted), Decimal(0)),
        "resources": len({(one.resource_type, one.resource_id) for _, one, _ in wasted}),
        "decoys": len(lasting) - len(wasted),
        "by_pattern": _totals((one.pattern, usd) for _, one, usd in wasted),
        "by_service": _totals((_service(one), usd) for _, one, usd in wasted),
        "by_owner": _totals((one.owner or "nobody", usd) for _, one, usd in wasted),
        "waste": [_row(*row) for row in lasting if decoys or row[1].decoy is None],
    }
    if ended:
        over = [row for row in shown if row[1].until is not None]
        answer["ended"] = [_row(*row) for row in over if decoys or row[1].decoy is None]
    return answer


async def _labels(world: World, account: str, *, ended: bool) -> list[Counted]:
    """Account, label, and what the label adds to the whole, the dearest first."""
    from drift import truth

    every: list[Counted] = []
    async with world.database.owner() as connection:
        chosen = await accounts.every(connection)
        if account and account not in {one.number for one in chosen}:
            raise ControlError(f"there is no account {account}; see driftcloud accounts list")
        for one in chosen:
            if account in ("", one.number):
                found = await truth.settled(connection, one.id, ended=ended)
                counts = await truth.counted(connection, one.id, found)
                every += [(one.number, *pair) for pair in zip(found, counts, strict=True)]
    return sorted(every, key=lambda row: -row[1].saving)


def _service(label: Label) -> str:
    """The service whose operation ends it; advice is nobody's."""
    prefix = label.remedies[0].partition(":")[0] if label.remedies else "advice"
    return _SERVICES.get(prefix, prefix)


def _totals(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """USD by name, the dearest first."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for name, usd in pairs:
        found[name] += usd
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _row(number: str, label: Label, usd: Decimal) -> dict[str, Any]:
    row = {
        "account": number,
        "pattern": label.pattern,
        "resource_type": label.resource_type,
        "resource_id": label.resource_id,
        "monthly_saving_usd": label.saving,
        "since": label.since,
        "seen": label.seen,
        "owner": label.owner,
        "remedies": list(label.remedies),
    }
    if label.until is not None:
        row |= {"until": label.until, "ended_by": label.ended_by}
    elif label.decoy is None and usd != label.saving:
        row["counted_usd"] = usd
    return row if label.decoy is None else {**row, "decoy": label.decoy, "harm_usd": label.harm}
