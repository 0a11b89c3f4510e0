"""Innocence: some happenings only look like waste, and their tags say why."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from drift import innocence, truth
from drift.day import Day, Happening, Knobs
from drift.scenarios import by_name
from models.decoys import DECOYS
from tests.drift.conftest import World


class Nowhere:
    """A connection that writes nothing."""

    async def execute(self, *_words: Any) -> str:
        return "INSERT 0 1"

    async def fetch(self, _sql: str, *_words: Any) -> list[Any]:
        return []  # nothing here is waste already


def alike(name: str) -> Any:
    """A scenario of the same pattern and odds that always finds an occasion."""
    scenario = by_name()[name]

    async def happen(_day: Day) -> Happening:
        return Happening("", ((scenario.RESOURCE_TYPE, "x"),))

    more = {"innocent": happen, "INNOCENT": "x"} if hasattr(scenario, "innocent") else {}
    return SimpleNamespace(
        PATTERN=scenario.PATTERN, RESOURCE_TYPE=scenario.RESOURCE_TYPE, happen=happen, **more
    )


async def test_one_happening_in_eight_is_a_decoy() -> None:
    counts = {True: 0, False: 0}
    twins: dict[str, Any] = {name: alike(name) for name in by_name()}
    for at in range(1000):
        today = date(2026, 1, 1) + timedelta(days=at)
        day = Day(Nowhere(), uuid.UUID(int=1), "123456789012", today, 42, Knobs())
        for name, scenario in by_name().items():
            if day.random(f"odds/{name}").random() < scenario.ODDS:
                _, reason = await innocence.happen(day, name, twins[name])
                counts[reason is not None] += 1
    assert counts[True] + counts[False] > 1000
    assert 0.10 <= counts[True] / (counts[True] + counts[False]) <= 0.15


async def test_a_decoy_bears_its_tags_and_its_label_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (
        "unassociated_address",
        "idle_load_balancer",
        "missing_log_retention",
        "volume_of_the_old_kind",
    )
    await world.begin(2)
    odds = {**dict.fromkeys(by_name(), 0.0), **dict.fromkeys(names, 1.0)}
    for name in names:
        monkeypatch.delattr(by_name()[name], "innocent", raising=False)
    (report,) = await world.tick(knobs=Knobs(odds=odds, decoys=1.0))
    assert sorted(report.scenarios) == sorted(names)
    labels = await truth.labels(world.owner, world.account, unseen=True)
    for name in names:
        scenario = by_name()[name]
        (label,) = [one for one in labels if one.pattern == scenario.PATTERN and one.decoy]
        (decoy,) = [one for one in DECOYS[scenario.PATTERN] if one.reason == label.decoy]
        tags = {row["key"]: row["value"] for row in await world.rows(
            "SELECT key, value FROM resource_tags WHERE account_id = $1 AND resource_id = $2",
            label.resource_id)}  # fmt: skip
        assert decoy.tags.items() <= tags.items()
        assert (label.saving, label.since) == (Decimal(0), report.virtual_date)
        assert label.harm >= 500
    column = await world.value(
        "SELECT count(*) FROM elastic_ips WHERE account_id = $1 AND tags ? 'allowlisted'"
    )
    assert column == 1


async def test_what_is_waste_stays_waste(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(by_name()["idle_instance"], "innocent", raising=False)
    await world.begin(2)
    await world.owner.execute(
        """INSERT INTO truth.labels (account_id, pattern, resource_type, resource_id, since, seen)
           SELECT account_id, 'ec2_idle', 'instance', instance_id, '2026-06-02', '2026-06-02'
             FROM instances WHERE account_id = $1 ON CONFLICT DO NOTHING""",
        world.account,
    )
    odds = {**dict.fromkeys(by_name(), 0.0), "idle_instance": 1.0}
    (report,) = await world.tick(knobs=Knobs(odds=odds, decoys=1.0))
    assert report.scenarios == ["idle_instance"]
    excuses = [key for decoy in DECOYS["ec2_idle"] for key in decoy.tags]
    assert await world.rows(
        "SELECT key FROM resource_tags WHERE account_id = $1 AND key = ANY ($2)", excuses
    ) == []  # fmt: skip


async def test_no_decoys_where_none_are_wanted(world: World) -> None:
    await world.begin(2)
    await world.tick(3, Knobs(odds=dict.fromkeys(by_name(), 1.0), decoys=0.0))
    labels = await truth.labels(world.owner, world.account, unseen=True)
    assert len(labels) > 30
    assert [one for one in labels if one.decoy] == []


def test_a_share_is_a_share() -> None:
    with pytest.raises(ValueError, match="decoys"):
        Knobs(decoys=1.5)
