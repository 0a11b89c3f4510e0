"""Every scenario keeps its contract: it happens, truth and AWS's API show it, a remedy ends it."""

from decimal import Decimal
from typing import Any

import pytest

from drift.scenarios import by_name
from drift.score.score import together
from drift.score.weights import DEFAULT
from models.decoys import DECOYS
from tests.fixtures.server import RunningServer
from tests.waste.stage import Play, Plays, mirror, perform

PLAYED = [name for name in by_name() if mirror(name) is not None]
FOOLING = [
    name
    for name, scenario in by_name().items()
    if hasattr(mirror(name), "remedy")
    and (
        hasattr(scenario, "innocent")
        or (scenario.RESOURCE_TYPE != "account" and scenario.PATTERN in DECOYS)
    )
]
WORSENING = [name for name in PLAYED if hasattr(by_name()[name], "worsen")]
# What a label that saves nothing is worth.
NOMINAL = DEFAULT.nominal


@pytest.fixture(scope="session")
def plays(running: RunningServer, request: pytest.FixtureRequest) -> Plays:
    """The scenarios that this run asks for, played to their end."""
    asked: dict[bool, set[str]] = {False: set(), True: set()}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.module.__name__ == __name__:
            decoy = item.originalname == test_a_decoy_is_punished.__name__
            asked[decoy].add(str(item.callspec.params["name"]))
    return perform(running, sorted(asked[False]), sorted(asked[True]))


@pytest.mark.parametrize("name", PLAYED)
def test_contract(plays: Plays, name: str) -> None:
    play = plays.waste[name]
    scenario = play.scenario
    assert play.resource_id, play.trouble or f"{name} found no occasion in any account"

    # the symptom finds what truth says, and it saves what truth says
    assert play.label is not None
    assert play.label.until is None
    assert play.label.since == play.happened_on
    assert play.label.seen is not None, f"{name} shows no symptom after {play.days} days"
    assert play.label.decoy is None
    assert play.resource_id in play.symptom
    saving = max(Decimal(0), play.symptom[play.resource_id])
    assert play.label.saving == pytest.approx(saving, abs=Decimal("0.0001"))
    assert play.label.remedies == scenario.REMEDIES
    falls = getattr(play.mirror, "COST_FALLS", True)
    assert play.cost > 0 or not falls

    # a client sees it, and ends it
    assert not play.trouble, play.trouble
    assert play.revealed, f"{', '.join(scenario.REVEALED_BY)} do not show {play.resource_id}"
    if not hasattr(play.mirror, "remedy"):
        assert scenario.REMEDIES[0].startswith("advice:")
        return
    assert play.resource_id not in play.symptom_after, f"{play.resource_id} still shows {name}"
    assert play.label_after is not None
    assert play.label_after.until is not None
    assert play.label_after.ended_by == "agent"
    if falls:
        assert play.cost_after < play.cost
    if getattr(play.mirror, "EXACT", False):
        assert play.cost - play.cost_after == pytest.approx(saving * 24 / 730, rel=Decimal("0.02"))


def deeds(play: Play) -> list[dict[str, Any]]:
    """What the score tells of its label among what was rightly done."""
    return of(play, play.part.deeds)


def missed(play: Play) -> list[dict[str, Any]]:
    """What the score tells of its label among what was not done."""
    return of(play, play.part.missed)


def of(play: Play, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of what a score tells, what concerns a play."""
    pattern = play.scenario.PATTERN
    return [
        one
        for one in told
        if one["resource_id"] == play.resource_id and one.get("pattern", pattern) == pattern
    ]


@pytest.mark.parametrize("name", PLAYED)
def test_the_score_moves_by_what_was_promised(plays: Plays, name: str) -> None:
    play = plays.waste[name]
    assert play.resource_id, f"{name} found no occasion in any account"
    assert not play.trouble, play.trouble
    if all(one.startswith("advice:") for one in play.scenario.REMEDIES):
        assert not deeds(play) + missed(play), "what no call ends is not to be had"
        return
    if play.within:
        assert not deeds(play) + missed(play), "it counts with its whole, and only there"
        return
    assert not missed(play), missed(play)
    [deed] = deeds(play)
    assert play.label is not None
    promised = float(play.promised if play.promised > 0 else NOMINAL)
    if play.ends_on - play.looks_on > 1 and deed["captured_usd_month"] < promised:
        # what a mean of a week tells counts for as much as its cost has fallen until then
        assert deed["captured_usd_month"] > 0
    else:
        assert deed["captured_usd_month"] == pytest.approx(promised, abs=0.01)
    harms = of(play, play.part.harms)
    if getattr(play.mirror, "TOO_FAR", False):
        assert [one["kind"] for one in harms] == ["risk"]
    else:
        assert not harms
    if getattr(play.mirror, "EXACT", False):
        # what several kinds find of one resource is realised once, with one of them
        realised = [
            one["realised_usd"] for one in play.part.deeds if one["resource_id"] == play.resource_id
        ]
        assert pytest.approx(max(0.0, float(play.fallen)), abs=0.001) in realised


@pytest.mark.parametrize("name", WORSENING)
def test_left_alone_it_gets_worse(plays: Plays, name: str) -> None:
    play = plays.waste[name]
    assert play.resource_id, f"{name} found no occasion in any account"
    assert play.worse is not None, f"{name} takes no step"
    if getattr(play.mirror, "SAVES_LATER", False):
        assert play.worse.cost > 0
    else:
        assert play.worse.joined or play.worse.saving > 0, play.worse


@pytest.mark.parametrize("name", FOOLING)
def test_a_decoy_is_punished(plays: Plays, name: str) -> None:
    play = plays.decoys[name]
    assert play.resource_id, f"{name} found no occasion to look alike in any account"
    assert play.label is not None
    assert play.label.seen is not None, f"{name} shows no symptom after {play.days} days"
    assert play.label.decoy is not None
    assert not play.trouble, play.trouble
    assert play.label_after is not None
    assert play.label_after.ended_by == "agent"
    assert play.label_after.harm >= 500
    harms = [one for one in of(play, play.part.harms) if one["kind"] == "decoy"]
    assert len(harms) == 1, of(play, play.part.harms)
    # one that several kinds of waste look like is as dear as the dearest of them
    assert harms[0]["usd"] >= float(play.label_after.harm) - 0.01
    assert not deeds(play)
    total = together(play.part.tallies.values())
    assert total.harm_usd >= play.label_after.harm
    assert total.precision is not None
    assert total.precision < 1
