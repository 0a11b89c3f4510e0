"""What became of the labels of the truth: what was there to be had, and what of it was done right."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from drift.score.changes import UNKNOWN, Change, Changes, Key
from drift.score.stock import Thing, ancestors
from drift.score.weights import Weights

_LABELS = """
SELECT pattern, resource_type, resource_id, since, seen, until, ended_by, decoy, remedies,
       saving_usd_month AS saving, harm_usd AS harm
  FROM truth.labels WHERE account_id = $1 AND (until IS NULL OR until >= $2)
 ORDER BY resource_type, resource_id, pattern, since"""
# The least share of a saving that is told from the noise of a day.
_NOTABLE = Decimal("0.1")
_TAGGING = ("CreateTags", "AddTags", "TagResource", "PutBucketTagging", "CreateOrUpdateTags")
_ENDING = ("Terminate", "Delete", "Release", "Deregister", "Cancel", "Remove")
_STOPPING = ("Stop", "Scale", "SetDesired", "UpdateAutoScalingGroup", "UpdateService")


@dataclass(frozen=True, slots=True)
class Label:
    """A row of truth.labels. `saving` in USD a month."""

    pattern: str
    key: Key
    since: date
    seen: date | None
    until: date | None
    ended_by: str | None
    decoy: str | None
    remedies: tuple[str, ...]
    saving: Decimal
    harm: Decimal

    @property
    def may_end(self) -> bool:
        """Whether one of its remedies is to be rid of the resource."""
        return any(one.partition(":")[2].startswith(_ENDING) for one in self.remedies)

    @property
    def is_tagging(self) -> bool:
        """Whether tags are all that it lacks."""
        return any(one.partition(":")[2].startswith(_TAGGING) for one in self.remedies)

    @property
    def may_stop(self) -> bool:
        """Whether one of its remedies is to stop the resource, or more."""
        return self.may_end or any(
            one.partition(":")[2].startswith(_STOPPING) for one in self.remedies
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one label.

    `verdict`: right (a player ended it as it should be), partly (it shows still, and costs less by a
    player's doing), wrong (a player ended a decoy, or destroyed what was to be kept), open, undone,
    breach (ended against a freeze or a policy), or void (it could not be had: over by itself, gone
    with its parent, counted with another, frozen all the while, ended by no call, left over of what
    a player did).
    `worth` is what there was to be had, USD a month, and `captured` what of it was; `acted` is the
    virtual day of the deed.
    """

    label: Label
    verdict: str
    worth: Decimal
    captured: Decimal = Decimal(0)
    principal: str | None = None
    acted: date | None = None


@dataclass(frozen=True)
class Circumstances:
    """What judging the labels of an account takes."""

    changes: Changes
    before: Mapping[Key, Thing]  # in the world in which nothing was done
    after: Mapping[Key, Thing]
    frozen_until: datetime | None
    approved: Set[Key]
    breached: Set[Key]
    begun_on: date
    last_day: date
    weights: Weights
    fallen: Callable[[Iterable[Key]], Decimal]  # by how much less resources cost now, USD a month
    undisturbed: Mapping[tuple[str, Key], Decimal]  # what labels save where nothing was done
    known: Set[tuple[str, Key]]  # labels of the world in which nothing was done
    happened: Set[Key]  # what drift made a mess of since
    parts: Set[tuple[str, Key]] = frozenset()  # labels that are counted with another's
    children: Mapping[Key, Collection[Key]] = field(default_factory=dict)

    def family(self, key: Key) -> list[Key]:
        """A resource, and all that hangs on it."""
        found, waiting = [key], [key]
        while waiting:
            for child in self.children.get(waiting.pop(), ()):
                if child not in found:
                    found.append(child)
                    waiting.append(child)
        return found


async def read(
    actual: Any, without: Any, account_id: uuid.UUID, begun_on: date, patterns: Set[str] | None
) -> list[Label]:
    """The labels that an episode had, of the kinds that count; what was over before it is left out."""
    over = {
        (one.pattern, one.key, one.since)
        for one in await _read(without, account_id, begun_on)
        if one.until is not None and one.until <= begun_on
    }
    return [
        one
        for one in await _read(actual, account_id, begun_on)
        if (patterns is None or one.pattern in patterns)
        and (one.pattern, one.key, one.since) not in over
    ]


async def _read(connection: Any, account_id: uuid.UUID, begun_on: date) -> list[Label]:
    return [
        Label(
            row["pattern"], (row["resource_type"], row["resource_id"]), row["since"], row["seen"],
            row["until"], row["ended_by"], row["decoy"], tuple(row["remedies"]), row["saving"],
            row["harm"],
        )
        for row in await connection.fetch(_LABELS, account_id, begun_on)
    ]  # fmt: skip


def judged(labels: Iterable[Label], about: Circumstances) -> list[Outcome]:
    """What became of each label."""
    every = list(labels)
    again = {(one.pattern, one.key) for one in every if one.until is None and one.seen is not None}
    outcomes = [
        _judged(one, about, (one.pattern, one.key) in again)
        for one in every
        if one.key not in about.changes.created
    ]
    return _without_bystanders(outcomes, about)


def _judged(label: Label, about: Circumstances, again: bool) -> Outcome:
    worth = max(label.saving, about.undisturbed.get((label.pattern, label.key), Decimal(0)))
    worth = worth if worth > 0 else about.weights.nominal
    by_call = any(not one.startswith("advice:") for one in label.remedies)
    counts = by_call and (label.pattern, label.key) not in about.parts
    family = [*about.family(label.key), *ancestors(about.before, label.key)]
    deed = about.changes.last_agent(family, label.until)
    if deed is None and label.key[0] == "account" and label.until is not None:
        # a flow of the whole account ends by a change of something else
        deed = next((one for one in about.changes.deeds if one.day <= label.until), None)
    if label.until is None:
        return _open(label, worth, deed, about, counts)
    if label.ended_by != "agent" and (label.ended_by != "itself" or deed is None):
        return Outcome(label, "void", worth)
    principal = (deed.principal if deed else None) or UNKNOWN
    acted = deed.day if deed else label.until
    if label.decoy is not None or _destroyed(label, about):
        return Outcome(label, "wrong", worth, principal=principal, acted=acted)
    if not counts or _left_over(label, about):
        return Outcome(label, "void", worth)
    if {label.key, *ancestors(about.before, label.key)} & about.breached:
        verdict = "void" if _frozen(label, about) else "breach"
        return Outcome(label, verdict, worth, principal=principal, acted=acted)
    if about.changes.undone(label.key):
        return Outcome(label, "undone", worth, principal=principal, acted=acted)
    if again:
        # what was made smaller, and can be smaller still, is counted with what shows now
        verdict = "undone" if _fallen(label, worth, about) is None else "void"
        return Outcome(label, verdict, worth, principal=principal, acted=acted)
    return Outcome(label, "right", worth, worth, principal, acted)


def _open(
    label: Label, worth: Decimal, deed: Change | None, about: Circumstances, counts: bool
) -> Outcome:
    """A label that shows still. What follows a mean of seven days does, for a week after the deed."""
    if label.seen is None or label.decoy is not None or not counts or _left_over(label, about):
        return Outcome(label, "void", worth)
    if deed is not None and label.key not in about.breached and not about.changes.undone(label.key):
        fallen = _fallen(label, worth, about)
        if fallen is not None:
            principal = deed.principal or UNKNOWN
            return Outcome(label, "partly", worth, fallen, principal, deed.day)
    return Outcome(label, "void" if _frozen(label, about) else "open", worth)


def _left_over(label: Label, about: Circumstances) -> bool:
    """Whether there is this waste by a player's doing alone: who makes it ends no waste by ending it."""
    return (label.pattern, label.key) not in about.known and label.key not in about.happened


def _fallen(label: Label, worth: Decimal, about: Circumstances) -> Decimal | None:
    """What of a label's worth its resource costs less by now, USD a month; None: next to nothing."""
    fallen = min(worth, about.fallen(about.family(label.key)))
    return fallen if fallen >= worth * _NOTABLE else None


def _frozen(label: Label, about: Circumstances) -> bool:
    """Whether nobody was allowed to do anything about it on any of the days."""
    thing = about.before.get(label.key)
    if thing is None or thing.policy is None or label.is_tagging:
        return False
    if thing.policy != "auto_safe" and label.key not in about.approved:
        return True
    end = datetime.combine(about.last_day, datetime.min.time(), UTC) + timedelta(days=1)
    return any(
        until is not None and until >= end for until in (about.frozen_until, thing.frozen_until)
    )


def _destroyed(label: Label, about: Circumstances) -> bool:
    """Whether a player put an end to what was only to be changed."""
    before, after = about.before.get(label.key), about.after.get(label.key)
    if before is None or before.gone or not about.changes.of.get(label.key):
        return False
    if after is None or after.gone:
        return not label.may_end
    return after.down and not before.down and not label.may_stop


def _without_bystanders(outcomes: list[Outcome], about: Circumstances) -> list[Outcome]:
    """What ended with a resource that was rightly ended says nothing more: it was no deed of its own."""
    rightly = {
        one.label.key for one in outcomes if one.verdict == "right" and one.label.may_stop
    }  # fmt: skip
    found = []
    for one in outcomes:
        over = {one.label.key, *ancestors(about.before, one.label.key)} & rightly
        if one.verdict == "wrong" and one.label.decoy is None and over:
            one = Outcome(one.label, "void", one.worth)
        found.append(one)
    return found


def by_resource(outcomes: Iterable[Outcome], *verdicts: str) -> dict[Key, list[Outcome]]:
    """The outcomes with one of some verdicts, by their resources."""
    found: dict[Key, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        if one.verdict in verdicts:
            found[one.label.key].append(one)
    return found


def worth(outcomes: Iterable[Outcome]) -> Decimal:
    """What the labels of one resource are worth together: what two kinds find is saved once."""
    return _together((one.label, one.worth) for one in outcomes)


def captured(outcomes: Iterable[Outcome]) -> Decimal:
    """What of that was captured."""
    return _together((one.label, one.captured) for one in outcomes)


def _together(pairs: Iterable[tuple[Label, Decimal]]) -> Decimal:
    every = list(pairs)
    savings = [usd for label, usd in every if label.saving > 0]
    rest = [usd for label, usd in every if label.saving <= 0]
    return max(savings, default=Decimal(0)) + sum(rest, Decimal(0))
