"""Scores of episodes: played by real clients, told by CLI and admin API, kept in a history."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drift import packs
from emulator import cli, control, episodes, guard_verbs, scores
from tests.emulator.episode_player import Player
from tests.fixtures.server import RunningServer

_LABELS = """
select resource_id, saving_usd_month::float8 as saving, harm_usd::float8 as harm from truth.labels
 where pattern = $1 and until is null and seen is not null and (decoy is not null) = $2
 order by resource_id"""


@pytest.fixture(scope="module")
def players(running: RunningServer) -> Iterator[list[Player]]:
    """Two episodes that begin alike."""
    world = running.server.world
    packs.__path__.append(str(Path(__file__).with_name("packs")))
    found = [Player(running, running.run(episodes.start(world, "quiet", seed=5))) for _ in range(2)]
    yield found
    for player in found:
        running.run(episodes.delete(world, player.id))
    packs.__path__.pop()


def labels(player: Player, pattern: str, *, decoys: bool = False) -> list[dict[str, Any]]:
    """What the truth says of a kind of waste."""
    return player.rows(_LABELS, pattern, decoys)


def scored(player: Player, **more: Any) -> dict[str, Any]:
    """The score as it stands."""
    return player.running.run(scores.score_episode(player.world, player.id, **more))


def second_of(player: Player) -> Player:
    """Another principal in the same episode."""
    iam = player.client("iam")
    iam.create_user(UserName="second")
    iam.attach_user_policy(
        UserName="second", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    key = iam.create_access_key(UserName="second")["AccessKey"]
    told = player.told | {
        "access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"],
    }  # fmt: skip
    return Player(player.running, told)


def play(player: Player) -> dict[str, Any]:
    """What both episodes live through: an address and a volume that are waste, and a decoy."""
    second = second_of(player)
    player.advance(1)
    [address, *_] = labels(player, "eip_unassociated")
    player.client("ec2").release_address(AllocationId=address["resource_id"])
    [volume, *_] = labels(player, "ebs_unattached")
    second.client("ec2").delete_volume(VolumeId=volume["resource_id"])
    player.advance(1)
    return {"address": address, "volume": volume}


def test_a_score_follows_from_what_was_done(players: list[Player]) -> None:
    player, other = players
    player.client("ec2").describe_volumes()
    nothing = scored(player)
    assert (nothing["score"], nothing["right"], nothing["days_played"]) == (0.0, 0, 0)
    assert nothing["available_usd_month"] > 0
    [caller] = nothing["principals"]
    assert (caller["principal"][-5:], caller["calls"], caller["writes"]) == ("agent", 1, 0)

    deeds = play(player)
    found = scored(player)
    saving = deeds["address"]["saving"], deeds["volume"]["saving"]
    assert found["captured_usd_month"] == pytest.approx(sum(saving))
    by_name = {one["principal"].rpartition("/")[2]: one for one in found["principals"]}
    assert by_name["agent"]["captured_usd_month"] == pytest.approx(saving[0])
    assert by_name["second"]["captured_usd_month"] == pytest.approx(saving[1])
    assert by_name["second"]["realised_usd"] == pytest.approx(saving[1] / 30.4, rel=0.05)
    assert (by_name["second"]["calls"], by_name["second"]["writes"]) == (1, 1)
    assert (found["precision"], found["wrong"], found["harm_usd"]) == (1.0, 0, 0.0)
    assert found["score"] > 0
    assert {one["resource_id"] for one in found["deeds"]} == {
        deeds["address"]["resource_id"], deeds["volume"]["resource_id"],
    }  # fmt: skip

    play(other)
    again = scored(other)
    mine = found.pop("episode"), again.pop("episode")
    assert mine == (player.id, other.id)
    for one in (found, again):
        # the first of them was looked at once more
        one.pop("calls")
        one["principals"] = [{**each, "calls": 0} for each in one["principals"]]
    assert again == found


def test_a_decoy_and_a_breach_are_punished_and_the_final_score_stays(
    players: list[Player],
) -> None:
    _, player = players
    run, world = player.running.run, player.world
    before = scored(player)
    delete = player.client("ec2").delete_snapshot
    [decoy, *_] = labels(player, "snap_orphan", decoys=True)
    delete(SnapshotId=decoy["resource_id"])

    async def freeze() -> None:
        async with episodes.opened(world, player.id) as one:
            await guard_verbs.freeze(one, "2027-01-01")

    run(freeze())
    [orphan, *_] = labels(player, "snap_orphan")
    delete(SnapshotId=orphan["resource_id"])
    found = scored(player, final=True)
    [broken, breach] = found["harms"]
    assert (broken["kind"], broken["resource_id"]) == ("decoy", decoy["resource_id"])
    assert broken["usd"] == found["harm_usd"] == pytest.approx(decoy["harm"], abs=0.01)
    assert (breach["kind"], breach["resource_id"]) == ("breach", orphan["resource_id"])
    assert (found["wrong"], found["breaches"]) == (1, 1)
    assert found["captured_usd_month"] == before["captured_usd_month"]
    assert found["score"] < 0 < before["score"]

    run(episodes.finish(world, player.id))
    assert scored(player)["score"] == found["score"]
    history = run(scores.score(world, player.id, history=True))
    assert isinstance(history, list)
    assert history[-1]["final"] is True
    assert {one["episode"] for one in history} == {player.id}


def test_the_admin_api_and_the_command_line_tell_the_score(players: list[Player]) -> None:
    player, _ = players
    request = urllib.request.Request(
        f"{player.running.url}/_driftcloud/score",
        data=json.dumps({"episode": player.id}).encode(),
        headers={"Authorization": f"Bearer {control.bearer(player.world)}"},
    )
    with urllib.request.urlopen(request) as answer:
        told = json.loads(answer.read())
    assert told["episode"] == player.id
    assert told["score"] > 0
    shown = cli._readable(told)
    assert "principals:" in shown
    assert told["principals"][0]["principal"] in shown
    chosen = cli.parser().parse_args(["score", player.id, "--json"])
    assert (chosen.episode, chosen.history) == (player.id, False)
    assert cli.parser().parse_args(["score"]).episode == ""
