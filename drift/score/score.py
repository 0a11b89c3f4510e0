"""The score: its numbers, and the one formula that makes points of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

ZERO, HUNDRED = Decimal(0), Decimal(100)
CENT = Decimal("0.01")
# Of what was missed, the dearest are told one by one.
MOST_MISSED = 20


@dataclass(slots=True)
class Tally:
    """What one principal did, or all of them together.

    captured_usd_month   worth of the labels that were rightly ended, and are so still
    realised_usd         what that saved on the days played
    right, wrong         how many labels were rightly ended, and how many mistakes were made
    harm_usd             what the mistakes cost; breach_usd: what the breaches do
    waited               days from when waste could be seen to when it was ended, one a label
    calls, writes        calls that were signed, and those of them that changed something
    """

    captured_usd_month: Decimal = ZERO
    realised_usd: Decimal = ZERO
    right: int = 0
    wrong: int = 0
    undone: int = 0
    harm_usd: Decimal = ZERO
    breaches: int = 0
    breach_usd: Decimal = ZERO
    waited: list[int] = field(default_factory=list)
    calls: int = 0
    writes: int = 0

    @property
    def precision(self) -> Decimal | None:
        """Right among right and wrong; None where nothing was done."""
        done = self.right + self.wrong
        return Decimal(self.right) / done if done else None

    @property
    def days_to_detect(self) -> Decimal | None:
        """How long waste that was ended could have been seen before; None: none was."""
        return Decimal(sum(self.waited)) / len(self.waited) if self.waited else None

    def add(self, other: "Tally") -> None:
        """Count in what another did."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(frozen=True, slots=True)
class Available:
    """What there was to be had: USD a month, and on the days played since it could be seen."""

    usd_month: Decimal
    usd: Decimal


def points(tally: Tally, available: Available, least_scale: Decimal) -> Decimal:
    """The points of a tally, -100 to 100.

        capture = (captured a month / available a month + realised / available) / 2
        points  = 100 * (capture * precision - (harm + breaches) / scale)

    The first share is how much of the waste was ended for good, the second how much of it was
    saved in time; each is 1 at most. Where cost rose instead, the second is less than 0, down to
    -1, and precision does not soften it. `scale` is what was available over the days played, but
    `least_scale` at least. To do nothing makes 0 points; to end a decoy, less.
    """
    if available.usd_month <= 0:
        capture = ZERO
    else:
        ended = min(Decimal(1), tally.captured_usd_month / available.usd_month)
        saved = ended if available.usd <= 0 else tally.realised_usd / available.usd
        capture = (max(ZERO, ended) + min(Decimal(1), max(Decimal(-1), saved))) / 2
    precision = tally.precision if capture > 0 and tally.precision is not None else Decimal(1)
    scale = max(available.usd, least_scale)
    made = HUNDRED * (capture * precision - (tally.harm_usd + tally.breach_usd) / scale)
    return min(HUNDRED, max(-HUNDRED, made)).quantize(CENT) + ZERO


@dataclass(frozen=True, slots=True)
class Score:
    """The score of an episode so far.

    `ledger_fall_usd` is by how much less the accounts were charged on the days played than if
    nobody had done anything, whatever the reason.
    """

    total: Tally
    by_principal: dict[str, Tally]
    available: Available
    least_scale: Decimal
    begun_on: Any
    last_day: Any
    ledger_fall_usd: Decimal
    deeds: list[dict[str, Any]]
    harms: list[dict[str, Any]]
    missed: list[dict[str, Any]]
    goals: list[dict[str, Any]]

    @property
    def points(self) -> Decimal:
        """The points of all together."""
        return points(self.total, self.available, self.least_scale)

    def as_json(self) -> dict[str, Any]:
        """The score for people and programs; USD as numbers of two places."""
        shown = _shown(self.total, self.available, self.least_scale)
        return {
            "score": shown.pop("score"),
            "begun_on": self.begun_on.isoformat(),
            "day": self.last_day.isoformat(),
            "days_played": (self.last_day - self.begun_on).days,
            "available_usd_month": _usd(self.available.usd_month),
            "available_usd": _usd(self.available.usd),
            **shown,
            "ledger_fall_usd": _usd(self.ledger_fall_usd),
            "principals": [
                {"principal": name, **_shown(tally, self.available, self.least_scale)}
                for name, tally in sorted(self.by_principal.items())
            ],
            "goals": self.goals,
            "deeds": self.deeds,
            "harms": self.harms,
            "missed_labels": len(self.missed),
            "missed": self.missed[:MOST_MISSED],
        }


def _shown(tally: Tally, available: Available, least_scale: Decimal) -> dict[str, Any]:
    return {
        "score": float(points(tally, available, least_scale)),
        "captured_usd_month": _usd(tally.captured_usd_month),
        "realised_usd": _usd(tally.realised_usd),
        "precision": _rounded(tally.precision),
        "right": tally.right,
        "wrong": tally.wrong,
        "undone": tally.undone,
        "harm_usd": _usd(tally.harm_usd),
        "breaches": tally.breaches,
        "days_to_detect": _rounded(tally.days_to_detect),
        "calls": tally.calls,
        "writes": tally.writes,
    }


def together(tallies: Iterable[Tally]) -> Tally:
    """What several did together."""
    total = Tally()
    for one in tallies:
        total.add(one)
    return total


def _usd(value: Decimal) -> float:
    return float(value.quantize(CENT))


def _rounded(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 4))
