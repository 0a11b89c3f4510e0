"""Worlds from Python: played by clients, compared, scored, learnt in; every line of the guide runs.

All of it in one module, so that one server serves it and each pack's world is made once.
"""

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import driftcloud
from driftcloud import DriftcloudError, Environment, Server, Waste, World

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "python.md").read_text()
PLAYED = pytest.mark.driftcloud(pack="janitor", seed=7)
SUMMARY = re.compile(r": (-?[\d.]+) points; captured ([\d.]+) of ([\d.]+) USD a month")


def blocks(language: str) -> list[str]:
    """The guide's code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def named(driftcloud_server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables by which programs find the server of the tests."""
    variables = {
        "DRIFTCLOUD_URL": driftcloud_server.url,
        "DRIFTCLOUD_TOKEN": driftcloud_server._token,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # the guide's programs are those of the environment that the tests run in
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return variables


def unattached(world: World) -> Waste:
    """The dearest volume that nothing uses in the world's region, as the answer key has it."""
    found = world.client("ec2").describe_volumes()["Volumes"]
    here = {one["VolumeId"] for one in found}
    return next(one for one in world.waste("ebs_unattached") if one.resource_id in here)


@PLAYED
def test_a_world_is_played_scored_and_ended(driftcloud_world: World) -> None:
    world = driftcloud_world
    assert (world.pack, world.seed, world.horizon_days) == ("janitor", 7, 14)
    begun = world.today
    volume = unattached(world)
    assert volume.remedies == ("ec2:DeleteVolume",)
    assert volume.since <= begun
    [decoy, *_] = [one for one in world.waste("snap_orphan", decoys=True) if one.decoy]
    assert decoy.harm_usd > 500
    ec2 = world.client("ec2")
    ec2.delete_volume(VolumeId=volume.resource_id)
    assert world.advance() == world.today == begun + timedelta(days=1)
    again = world.server.world(world.name)
    assert (again.today, again.environment) == (world.today, world.environment)
    assert (again.pack, again.seed, again.horizon_days) == ("janitor", 7, 14)
    quick, score = world.quick_score(), world.finish()
    assert score.total == pytest.approx(quick, abs=5)
    assert score.total > 0
    assert (score.begun_on, score.day, score.days_played) == (begun, world.today, 1)
    assert score.captured_usd_month == pytest.approx(volume.monthly_saving_usd)
    assert (score.precision, score.harm_usd, score.breaches) == (1.0, 0.0, 0)
    [deed] = score.deeds
    assert (deed.resource_id, deed.day, deed.days) == (volume.resource_id, begun, 0)
    [principal] = score.principals
    assert principal.principal.endswith("user/agent")
    assert (principal.total, principal.writes) == (score.total, 1)
    assert score.missed[0].because == "open"
    assert f"{score.total:.2f} points" in str(score)
    with pytest.raises(ClientError, match="is finished"):
        ec2.create_volume(Size=1, AvailabilityZone="us-east-1a")


@PLAYED
def test_worlds_are_forked_compared_and_reset(driftcloud_world: World) -> None:
    world = driftcloud_world
    with world.fork("twin") as twin:
        assert not world.diff(twin)
        bucket = twin.resource("s3").create_bucket(Bucket="only-here")
        volume = twin.client("ec2").create_volume(Size=100, AvailabilityZone="us-east-1a")
        difference = world.diff(twin)
        assert {one.resource_id for one in difference.added} == {bucket.name, volume["VolumeId"]}
        assert difference.gone == difference.changed == ()
        assert difference.monthly_cost_difference_usd == pytest.approx(10.0)
        assert world.diff("twin") == difference
        assert twin.account == world.account
        assert twin.environment["AWS_ACCESS_KEY_ID"] != world.environment["AWS_ACCESS_KEY_ID"]
    with pytest.raises(ClientError, match=r"UnrecognizedClient|AuthFailure"):
        twin.client("ec2").describe_volumes()
    twin.delete()
    begun = world.today
    sqs = world.client("sqs")
    sqs.create_queue(QueueName="mine")
    assert world.advance() > begun
    world.reset()
    assert world.today == begun
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="mine")
    with pytest.raises(DriftcloudError, match="has no account 210987654321; there are 1234"):
        world.client("ec2", account="210987654321")


def test_what_is_refused_is_told_in_the_servers_words(driftcloud_server: Server) -> None:
    with pytest.raises(
        DriftcloudError, match="there is no pack nonsense; there are anomaly"
    ) as told:
        driftcloud_server.episode("nonsense")
    assert told.value.status == 400
    with pytest.raises(DriftcloudError, match="needs `Authorization: Bearer"):
        Server(driftcloud_server.url, "wrong").call("status", read=True)
    with pytest.raises(DriftcloudError, match="with url comes token"):
        Server(driftcloud_server.url)
    with pytest.raises(DriftcloudError, match=r"does not answer: .*refused"):
        Server("http://127.0.0.1:9", "token").episode("janitor")
    with pytest.raises(
        DriftcloudError, match=r"did not start[^$]*unrecognized arguments: --no-such"
    ):
        Server(no_such="option")


def test_an_environment_makes_calls_and_lets_a_day_go_by(driftcloud_server: Server) -> None:
    with Environment("janitor", seed=7, horizon=1, server=driftcloud_server) as environment:
        with pytest.raises(RuntimeError, match="reset"):
            environment.step([])
        first, info = environment.reset()
        assert (first["days_left"], first["results"], info["points"]) == (1, [], 0.0)
        assert {len(days) for days in first["bill"].values()} == {7}
        assert first["bill"]["Amazon Elastic Compute Cloud - Compute"][-1] > 0
        volume = unattached(environment.world).resource_id
        action: list[Any] = [
            ("ec2", "DeleteVolume", {"VolumeId": volume}),
            ("ec2", "delete_volume", {"VolumeId": volume}),
            ("ec2", "describe_regions"),
            ("ec2", "DeleteVolume", {"Volume": volume}),
            ("ec2", "MakeCoffee", {}),
            ("sqs", "ListQueues", {}, "eu-west-1"),
        ]
        second, reward, terminated, truncated, info = environment.step(action)
        errors = [one["error"] and one["error"]["Code"] for one in second["results"]]
        assert errors == [
            None, "InvalidVolume.NotFound", None, "ParamValidationError", "UnknownOperation", None,
        ]  # fmt: skip
        assert second["results"][2]["result"]["Regions"]
        assert (second["days_left"], terminated, truncated) == (0, False, True)
        assert reward == info["score"].total > 0
        with pytest.raises(RuntimeError, match="the episode is over"):
            environment.step([])
        again, _ = environment.reset(seed=7)
        assert again == first
        with pytest.raises(ValueError, match="there are no options"):
            environment.reset(options={"render": True})


def test_the_guides_python_runs(named: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code = [one for one in blocks("python") if "def " not in one]
    assert len(code) == 4
    names: dict[str, Any] = {}
    for block in code:
        exec(compile(block, "docs/python.md", "exec"), names)
    said = capsys.readouterr().out
    assert SUMMARY.search(said)
    assert "there is no pack janitorial" in said
    assert re.search(r"vol-\w{17} 10.0\n", said)
    returned, total = map(float, said.split()[-2:])
    assert returned == pytest.approx(total)
    assert total > 0


def test_the_guides_fixtures_run(named: dict[str, str], tmp_path: Path) -> None:
    [code] = [one for one in blocks("python") if one.startswith("# test_my_agent.py")]
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_my_agent.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--strict-markers", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_guides_agents_score_as_it_says(named: dict[str, str]) -> None:
    lines = re.findall(r"^\$ (.*)$", "".join(blocks("console")), re.MULTILINE)
    assert [line.split()[1] for line in lines] == ["examples/agent.py", "examples/naive.py"]
    points = []
    for line in lines:
        done = subprocess.run(
            [sys.executable, *line.split()[1:]],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        found = SUMMARY.search(done.stdout)
        assert found, done.stdout + done.stderr
        points.append(float(found[1]))
    careful, naive = points
    assert careful > 50
    assert naive < 0
    agent = (ROOT / "examples" / "agent.py").read_text()
    assert agent in blocks("python")
    assert len(agent.splitlines()) <= 60


def test_all_that_is_public_is_told() -> None:
    assert set(driftcloud.__all__) <= set(dir(driftcloud))
    for name in driftcloud.__all__:
        assert getattr(driftcloud, name).__doc__
