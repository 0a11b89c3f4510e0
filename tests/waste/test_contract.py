"""Every scenario keeps its contract: it happens, truth and AWS's API show it, a remedy ends it."""

from decimal import Decimal

import pytest

from drift.scenarios import by_name
from tests.fixtures.server import RunningServer
from tests.waste.stage import Play, mirror, perform

PLAYED = [name for name in by_name() if mirror(name) is not None]


@pytest.fixture(scope="session")
def plays(running: RunningServer, request: pytest.FixtureRequest) -> dict[str, Play]:
    """The scenarios that this run asks for, played to their end."""
    asked = {
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module.__name__ == __name__
        and hasattr(item, "callspec") and "name" in item.callspec.params
    }  # fmt: skip
    return perform(running, sorted(asked))


@pytest.mark.parametrize("name", PLAYED)
def test_contract(plays: dict[str, Play], name: str) -> None:
    play = plays[name]
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
