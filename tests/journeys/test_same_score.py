"""The same deeds in the same world make the same score, however many processes serve it."""

from typing import Any

from botocore.config import Config

from tests.fixtures.server import SESSION
from tests.journeys.process import Process


def _client(process: Process, service: str, key: dict[str, Any]) -> Any:
    """A client with connections of its own, so that any worker may answer."""
    return SESSION.client(
        service,
        region_name="us-east-1",
        endpoint_url=process.url,
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
    )


def _played(process: Process, key: dict[str, Any]) -> dict[str, Any]:
    """The score of an episode in which waste is ended, and what only looks like it."""
    name = key["episode"]
    process.cli("episode", "advance", name)
    shown = process.cli("waste", "--episode", name, "--decoys")["waste"]
    snapshots = [one for one in shown if one["pattern"] == "snap_orphan"]
    volumes = [one for one in shown if one["pattern"] == "ebs_unattached" and "decoy" not in one]
    decoys = [one for one in snapshots if "decoy" in one]
    assert volumes
    assert decoys
    for one in [*decoys[:1], *[one for one in snapshots if "decoy" not in one][:2]]:
        _client(process, "ec2", key).delete_snapshot(SnapshotId=one["resource_id"])
    for one in volumes[:2]:
        _client(process, "ec2", key).delete_volume(VolumeId=one["resource_id"])
    made = _client(process, "ec2", key).create_volume(AvailabilityZone="us-east-1a", Size=8)
    process.cli("episode", "advance", name)
    found: dict[str, Any] = process.cli("score", name)
    return {**found, "made": made["VolumeId"]}


def test_one_worker_and_two_tell_the_same_score() -> None:
    process = Process()
    try:
        process.start()
        process.cli("estate", "create", "small", "--days", "2", "--seed", "5")
        keys = [process.cli("episode", "fork", "main", "--name", name) for name in ("one", "two")]
        alone = _played(process, keys[0])
        process.stop()
        process.options = ("--workers", "2")
        process.start()
        together = _played(process, keys[1])
    finally:
        process.remove()
    assert (alone.pop("episode"), together.pop("episode")) == ("one", "two")
    assert alone["captured_usd_month"] > 0
    assert alone["harm_usd"] > 500
    assert together == alone
