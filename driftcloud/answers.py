"""What the server answers, typed: scores, waste, and the differences between two worlds.

Money is in USD: `…_usd_month` for a month of 730 hours, `…_usd` in all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Deed:
    """Waste, and what became of it: ended by somebody, or missed.

    captured_usd_month   what of `usd_month` is saved from now on
    day                  the virtual day of the deed, `days` how long it could have been seen before
    because              why it was missed: open, undone or breach; "" where it was not
    """

    account: str
    pattern: str
    resource_type: str
    resource_id: str
    usd_month: float
    captured_usd_month: float
    principal: str | None
    day: date | None
    days: int | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Harm:
    """One mistake. `kind`: decoy, destroyed, outage, broken, risk, overbought or breach."""

    account: str
    kind: str
    resource_type: str
    resource_id: str
    usd: float
    principal: str
    day: date
    why: str


@dataclass(frozen=True, slots=True)
class Principal:
    """What one principal, named by its ARN, has of the score; the members are those of Score."""

    principal: str
    total: float
    captured_usd_month: float
    realised_usd: float
    precision: float | None
    right: int
    wrong: int
    undone: int
    harm_usd: float
    breaches: int
    days_to_detect: float | None
    calls: int
    writes: int


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a world so far, from its end state and audit trail alone.

    total                points, -100 to 100; who does nothing has 0
    available_usd_month  what there was to be saved; captured_usd_month: what of it was
    available_usd        the same over the days played, since it could be seen; realised_usd: what
                         was saved in them
    precision            right among right and wrong; None where nothing was done
    right, wrong, undone deeds that were right, mistakes, and right deeds that were taken back
    harm_usd             what the mistakes cost; breaches: changes against a freeze or a policy
    days_to_detect       how long waste that was ended could have been seen before, on average
    calls, writes        signed calls, and those of them that changed something
    ledger_fall_usd      by how much less was charged than if nobody had done anything
    missed               the dearest of what was not ended; missed_labels: of how many
    goals                what the pack wants beside: name, reached, target, share of the way
    """

    episode: str
    total: float
    begun_on: date
    day: date
    days_played: int
    available_usd_month: float
    available_usd: float
    captured_usd_month: float
    realised_usd: float
    precision: float | None
    right: int
    wrong: int
    undone: int
    harm_usd: float
    breaches: int
    days_to_detect: float | None
    calls: int
    writes: int
    ledger_fall_usd: float
    principals: tuple[Principal, ...]
    deeds: tuple[Deed, ...]
    harms: tuple[Harm, ...]
    missed: tuple[Deed, ...]
    missed_labels: int
    goals: tuple[Mapping[str, Any], ...]

    def __str__(self) -> str:
        """The score in a line."""
        precision = "-" if self.precision is None else f"{100 * self.precision:.0f} %"
        return (
            f"{self.episode} on {self.day}: {self.total:.2f} points; captured"
            f" {self.captured_usd_month:.2f} of {self.available_usd_month:.2f} USD a month,"
            f" precision {precision}, harm {self.harm_usd:.2f} USD, {self.breaches} breaches,"
            f" {self.calls} calls"
        )

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Score":
        """The score that the server told."""
        return _made(
            cls,
            {
                **told,
                "total": told["score"],
                "principals": tuple(
                    _made(Principal, {**one, "total": one["score"]}) for one in told["principals"]
                ),
                "deeds": tuple(_made(Deed, one) for one in told["deeds"]),
                "harms": tuple(_made(Harm, one) for one in told["harms"]),
                "missed": tuple(_made(Deed, one) for one in told["missed"]),
                "goals": tuple(told["goals"]),
            },
        )


@dataclass(frozen=True, slots=True)
class Waste:
    """One line of the answer key: a resource, the kind of waste it is, and what ends it.

    since, seen   the virtual day it began, and the first on which it could be seen
    remedies      operations that end it, such as "ec2:DeleteVolume", the mildest first
    decoy         why it only looks like waste; "" where it is some. harm_usd: what ending it costs
    until         the day it was over, and ended_by whom: agent, itself, …; None while it lasts
    """

    account: str
    pattern: str
    resource_type: str
    resource_id: str
    monthly_saving_usd: float
    since: date
    seen: date | None
    owner: str | None
    remedies: tuple[str, ...]
    decoy: str = ""
    harm_usd: float = 0.0
    until: date | None = None
    ended_by: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Waste":
        """One row that the server told."""
        money = {name: float(told.get(name) or 0) for name in ("monthly_saving_usd", "harm_usd")}
        return _made(cls, {**told, **money, "remedies": tuple(told["remedies"])})


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource by which two worlds differ. `columns`: what differs, each with both values."""

    account: str
    resource_type: str
    resource_id: str
    monthly_cost_usd: float | None = None
    columns: Mapping[str, tuple[Any, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What another world has that this one has not, the reverse, and what both have otherwise.

    monthly_cost_difference_usd   positive where the other costs more, USD a month of 730 hours
    """

    added: tuple[Resource, ...]
    gone: tuple[Resource, ...]
    changed: tuple[Resource, ...]
    monthly_cost_difference_usd: float

    def __bool__(self) -> bool:
        """Whether the worlds differ at all."""
        return bool(self.added or self.gone or self.changed)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Difference":
        """The difference that the server told."""
        lists = {
            name: tuple(_resource(one) for one in told[name])
            for name in ("added", "gone", "changed")
        }
        money = float(told["monthly_cost_difference"])
        return cls(**lists, monthly_cost_difference_usd=money)


def _resource(told: Mapping[str, Any]) -> Resource:
    cost = told.get("monthly_cost", told.get("monthly_cost_difference"))
    columns = told.get("columns")
    pairs = columns and {name: (mine, theirs) for name, (mine, theirs) in columns.items()}
    return _made(
        Resource,
        {**told, "monthly_cost_usd": None if cost is None else float(cost), "columns": pairs},
    )


def _made(cls: type[_T], told: Mapping[str, Any]) -> _T:
    """A dataclass of what it has names for; days are made of their ISO form."""
    known = {one.name: one.type for one in fields(cls)}  # type: ignore[arg-type]
    return cls(
        **{
            name: date.fromisoformat(value)
            if value is not None and known[name] in (date, date | None)
            else value
            for name, value in told.items()
            if name in known
        }
    )
