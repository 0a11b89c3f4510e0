"""Episodes: worlds that begin alike, go their own ways, and never see each other."""

import concurrent.futures
import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from drift import packs
from emulator import episode_snapshots, episodes, scores
from emulator.control import ControlError
from emulator.keys import generate, mark_of
from tests.emulator.episode_player import WRITES, Player, seen
from tests.fixtures.server import Cloud, RunningServer


@pytest.fixture(scope="module")
def tiny() -> Iterator[None]:
    """A pack of two days beside those of the product."""
    packs.__path__.append(str(Path(__file__).with_name("packs")))
    yield
    packs.__path__.pop()


@pytest.fixture(scope="module")
def began(running: RunningServer, tiny: None) -> list[Player]:
    """Two episodes of the same pack and seed; their databases go with those of the tests."""
    world = running.server.world
    return [Player(running, running.run(episodes.start(world, "tiny", seed=7))) for _ in range(2)]


@pytest.fixture(scope="module")
def forks(began: list[Player]) -> list[Player]:
    """Two forks of the second episode."""
    return [began[1].fork() for _ in range(2)]


def test_the_same_pack_and_seed_begin_and_go_on_alike(began: list[Player]) -> None:
    one, other = began
    assert one.told["virtual_date"] == other.told["virtual_date"]
    assert one.told["access_key_id"] != other.told["access_key_id"]
    for player in began:
        assert len(player.client("ec2").describe_instances()["Reservations"]) > 3
        player.advance(2)
    for table, order in (
        ("metrics_daily", "resource_type, resource_id, date"),
        ("drift_happenings", "date, scenario, resource_id"),
        ("truth.labels", "pattern, resource_id, since"),
    ):
        told = f"select to_jsonb(t) - array['id', 'created_at'] as row from {table} t"
        rows = [player.rows(f"{told} order by {order}, 1") for player in began]
        assert rows[0] == rows[1], table
    assert one.rows("select count(*) as n from drift_happenings")[0]["n"] > 0
    diff = one.diff(other)
    assert (diff["added"], diff["gone"], diff["changed"]) == ([], [], [])


def test_the_same_calls_make_the_same_resources(forks: list[Player]) -> None:
    made = []
    for fork in forks:
        ec2 = fork.client("ec2")
        zone = {"AvailabilityZone": "us-east-1a"}
        volumes = [ec2.create_volume(Size=size, **zone)["VolumeId"] for size in (1, 2)]
        user = fork.client("iam").create_user(UserName="alike")["User"]["UserId"]
        monitor = fork.client("ce").create_anomaly_monitor(
            AnomalyMonitor={
                "MonitorName": "alike",
                "MonitorType": "CUSTOM",
                "MonitorSpecification": {"Tags": {"Key": "team", "Values": ["x"]}},
            }
        )
        made.append((volumes, user, monitor["MonitorArn"]))
    assert made[0] == made[1]
    assert made[0][0][0] != made[0][0][1]
    diff = forks[0].diff(forks[1])
    assert (diff["added"], diff["gone"], diff["changed"]) == ([], [], [])


def test_a_fork_is_a_database_of_its_own_when_it_is_opened(began: list[Player]) -> None:
    one = began[1].fork()
    run, world = one.running.run, one.world
    databases = world.database.copies.names
    [row] = one.running.rows("select * from truth.episodes where id = $1", one.id)
    own, snapshot = row["database"], row["snapshot"]
    every: Any = run(episodes.every(world))
    [day] = [each["virtual_date"] for each in every if each["episode"] == one.id]
    assert day == one.told["virtual_date"] == row["begun_on"]
    shown = run(episodes.show(world, one.id))
    assert one.told.pop("keys_of_the_origin")
    assert shown == one.told
    twin = one.fork()
    assert own not in run(databases(own))
    # both make theirs at once, and it is made once
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(each.client("ec2").describe_vpcs) for each in (one, twin) * 2]
        [first, *others] = [each.result()["Vpcs"] for each in asked]
    assert all(each == first for each in others)
    one.client("s3").create_bucket(Bucket="after-the-fork")
    assert own in run(databases(own))
    for each in (one, twin):
        run(episodes.delete(world, each.id))
    assert not run(databases(own)) | run(databases(snapshot))


def test_what_differs_is_told_with_its_cost(forks: list[Player]) -> None:
    ec2 = forks[1].client("ec2")
    [first] = ec2.describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}], MaxResults=5
    )["Reservations"][:1]
    instance = first["Instances"][0]["InstanceId"]
    [row] = forks[1].rows("select hourly_cost from instances where instance_id = $1", instance)
    saved = 730 * row["hourly_cost"]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="gp3")
    ec2.stop_instances(InstanceIds=[instance])
    diff = forks[0].diff(forks[1])
    added = {one["resource_id"]: one["monthly_cost"] for one in diff["added"]}
    assert added == {volume["VolumeId"]: 8}
    [changed] = [one for one in diff["changed"] if one["resource_id"] == instance]
    assert changed["columns"]["state"] == ["running", "stopped"]
    assert saved > 0
    assert changed["monthly_cost_difference"] == -saved
    assert diff["monthly_cost_difference"] == 8 - saved
    back = forks[1].diff(forks[0])
    assert [one["resource_id"] for one in back["gone"]] == [volume["VolumeId"]]


def test_forks_and_their_origin_never_see_each_other(
    began: list[Player], forks: list[Player]
) -> None:
    worlds = [began[1], *forks]
    before = {
        (service, at): seen(world, reads, service, given)
        for service, _, _, reads, given in WRITES
        for at, world in enumerate(worlds)
    }
    for service, write, params, reads, given in WRITES:
        for writer in (2, 0):
            getattr(worlds[writer].client(service), write)(**params)
            after = [seen(world, reads, service, given) for world in worlds]
            changed = {at for at in range(3) if after[at] != before[service, at]}
            assert changed == ({2} if writer == 2 else {0, 2}), (service, writer)
    diff = forks[0].diff(forks[1])
    assert {one["resource_type"] for one in diff["added"]} >= {"vpc", "s3_bucket", "log_group"}


def test_a_reset_brings_back_the_beginning_for_the_same_keys(began: list[Player]) -> None:
    one = began[0]
    one.client("s3").create_bucket(Bucket="until-the-reset")
    one.advance()
    date = one.rows("select max(virtual_date) as day from virtual_clocks")[0]["day"]
    assert date > one.told["virtual_date"]
    told = one.running.run(episodes.reset(one.world, one.id))
    assert told["access_key_id"] == one.told["access_key_id"]
    assert told["secret_access_key"] == one.told["secret_access_key"]
    assert told["virtual_date"] == one.told["virtual_date"]
    deadline = time.monotonic() + 20
    while "until-the-reset" in {
        bucket["Name"] for bucket in one.client("s3").list_buckets()["Buckets"]
    }:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_keys_and_sessions_of_an_episode_lead_into_it(
    began: list[Player], running: RunningServer
) -> None:
    one, other = began
    mark = mark_of(one.told["access_key_id"])
    assert mark.startswith("EP")
    made = one.client("iam").create_access_key(UserName="agent")["AccessKey"]
    assert mark_of(made["AccessKeyId"]) == mark
    sts = one.client(
        "sts",
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
    )
    session = sts.get_session_token()["Credentials"]
    assert session["AccessKeyId"].startswith(f"ASIA{mark}")
    assumed = sts.assume_role(
        RoleArn=f"arn:aws:iam::{one.told['account']}:role/OrganizationAccountAccessRole",
        RoleSessionName="play",
    )["Credentials"]
    for given in (session, assumed):
        assert given["AccessKeyId"].startswith(f"ASIA{mark}")
        client = one.client(
            "s3",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )
        bucket = f"by-{given['AccessKeyId'].lower()}"
        client.create_bucket(Bucket=bucket)
        assert one.rows("select from s3_buckets where name = $1", bucket)
        assert not other.rows("select from s3_buckets where name = $1", bucket)
        assert not running.rows("select from s3_buckets where name = $1", bucket)
    # the session of one with the id of the other is no session
    stolen = session["AccessKeyId"].replace(mark, mark_of(other.told["access_key_id"]))
    client = one.client(
        "sts",
        aws_access_key_id=stolen,
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        client.get_caller_identity()


def test_urls_hosts_and_the_single_gateway_lead_into_it(began: list[Player]) -> None:
    one = began[0]
    s3 = one.client("s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="presigned-in-one")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "presigned-in-one", "Key": "k"})
    request = urllib.request.Request(url, data=b"hello", method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    hosted = one.client("s3", config=Config(s3={"addressing_style": "virtual"}))
    assert hosted.list_objects_v2(Bucket="presigned-in-one")["Contents"][0]["Size"] == 5
    at = datetime.now(UTC).isoformat()
    body = json.dumps({"action": "get_resource", "resource_type": "s3_buckets",
                       "id": "presigned-in-one"}).encode()  # fmt: skip
    text = f"{at}\n{hashlib.sha256(body).hexdigest()}".encode()
    signature = hmac.new(one.told["secret_access_key"].encode(), text, "sha256").hexdigest()
    headers = {"X-Access-Key": one.told["access_key_id"], "X-Timestamp": at}
    request = urllib.request.Request(
        f"{one.running.url}/fakecloud", data=body, headers=headers | {"X-Signature": signature}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["resource"]["name"] == "presigned-in-one"


def test_the_main_worlds_keys_never_look_like_an_episodes(cloud: Cloud) -> None:
    assert not any(generate()[0][4:].startswith("EP") for _ in range(5000))
    # a key that does, as an operator may choose it, still leads to the main world
    made = cloud.running.key(cloud.account)
    assert mark_of(made["access_key_id"]) == ""
    chosen = "AKIAEPZZZZAAAAAAAAAA"
    with pytest.raises(ClientError, match="AuthFailure"):
        cloud.client("ec2", aws_access_key_id=chosen).describe_vpcs()


def _refused(call: Callable[[], Any]) -> str:
    """What a call is told once the server has heard that it is to be refused."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            call()
        except ClientError as error:
            return str(error)
        time.sleep(0.02)
    return "never refused"


def test_a_finished_episode_can_only_be_looked_at(forks: list[Player]) -> None:
    fork = forks[0]
    done = fork.running.run(episodes.finish(fork.world, fork.id))
    assert done["state"] == "finished"
    ec2 = fork.client("ec2")
    assert ec2.describe_vpcs()["Vpcs"]
    assert "UnauthorizedOperation" in _refused(lambda: ec2.create_vpc(CidrBlock="10.9.0.0/16"))
    with pytest.raises(ClientError, match=f"the episode {fork.id} is finished"):
        ec2.create_vpc(CidrBlock="10.9.0.0/16")
    with pytest.raises(ControlError, match="is finished"):
        fork.advance()


def test_a_deleted_episode_is_gone_with_its_databases(forks: list[Player]) -> None:
    fork = forks[0]
    [row] = fork.running.rows("select * from truth.episodes where id = $1", fork.id)
    fork.running.run(episodes.delete(fork.world, fork.id))
    names = {one["datname"] for one in fork.running.rows("select datname from pg_database")}
    assert names.isdisjoint({row["database"], row["snapshot"]})
    assert names >= {"driftcloud"}
    assert "AuthFailure" in _refused(fork.client("ec2").describe_vpcs)


def test_a_fork_of_the_main_world_loses_no_write_and_fails_no_request(
    running: RunningServer, cloud: Cloud
) -> None:
    acknowledged: list[str] = []
    stop = False

    def write() -> None:
        ec2 = cloud.client("ec2")
        while not stop:
            acknowledged.append(
                ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
            )

    with concurrent.futures.ThreadPoolExecutor() as threads:
        writers = [threads.submit(write) for _ in range(3)]
        try:
            time.sleep(0.3)
            before = set(acknowledged)
            told = running.run(episodes.fork(running.server.world, "main"))
            after = len(acknowledged)
            while len(acknowledged) < after + 5:
                time.sleep(0.01)
                assert not any(one.done() for one in writers)
        finally:
            stop = True
        for one in writers:
            one.result()
    player = Player(running, told)
    copied = {row["volume_id"] for row in player.rows("select volume_id from volumes")}
    kept = {row["volume_id"] for row in running.rows("select volume_id from volumes")}
    assert before <= copied
    assert set(acknowledged) <= kept
    own = next(key for key in told["keys"] if key["account"] == cloud.account.number)
    ec2 = player.client(
        "ec2",
        aws_access_key_id=own["access_key_id"],
        aws_secret_access_key=own["secret_access_key"],
    )
    assert {one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]} >= before


def test_what_nobody_did_is_kept_and_goes_on(began: list[Player]) -> None:
    one = began[0]
    one.advance()
    [volume] = one.client("ec2").describe_volumes()["Volumes"][:1]
    one.client("ec2").delete_tags(Resources=[volume["VolumeId"]])

    async def ask() -> tuple[Any, ...]:
        async with (
            episodes.counterfactual(one.world, one.id) as branch,
            branch.database.owner() as connection,
        ):
            return (
                await connection.fetchval(
                    "select oid from pg_database where datname = current_database()"
                ),
                await connection.fetchval("select max(virtual_date) from virtual_clocks"),
                await connection.fetchval(
                    "select count(*) from resource_tags where resource_id = $1", volume["VolumeId"]
                ),
            )

    def today() -> Any:
        return one.rows("select max(virtual_date) as day from virtual_clocks")[0]["day"]

    branch, day, tags = one.running.run(ask())
    assert (day, tags) == (today(), len(volume.get("Tags", ())))
    one.advance()
    assert one.running.run(ask()) == (branch, today(), tags)
    assert today() > day


def test_what_nobody_did_goes_with_its_episode(running: RunningServer, tiny: None) -> None:
    world = running.server.world
    one = Player(running, running.run(episodes.start(world, "tiny", seed=7)))

    async def look() -> str:
        async with episodes.counterfactual(world, one.id) as branch:
            return branch.database.name

    def there() -> set[str]:
        return running.run(world.database.copies.names(world.database.name))

    one.advance()
    kept = running.run(look())
    assert kept in there()
    running.run(episodes.reset(world, one.id))
    one.advance()
    again = running.run(look())
    assert again != kept
    running.run(episodes.finish(world, one.id))
    running.run(scores.final(world, one.id))
    assert again not in there()
    running.run(look())

    async def delete_while_looked_at() -> None:
        async with episodes.counterfactual(world, one.id):
            await episodes.delete(world, one.id)

    running.run(delete_while_looked_at())
    left = running.run(world.database.copies.names(world.database.name))
    assert left.isdisjoint({kept, again})


def test_wishes_that_cannot_be_granted(running: RunningServer, began: list[Player]) -> None:
    world = running.server.world
    with pytest.raises(ControlError, match=r"there is no pack cleaner; there are .*janitor"):
        running.run(episodes.start(world, "cleaner", seed=1))
    with pytest.raises(ControlError, match="there is an episode"):
        running.run(episodes.start(world, "tiny", seed=1, name=began[0].id))
    with pytest.raises(ControlError, match="is not"):
        running.run(episodes.start(world, "tiny", seed=1, name="main"))
    for verb in (episodes.finish, episodes.reset, episodes.delete):
        with pytest.raises(ControlError, match="there is no episode ghost"):
            running.run(verb(world, "ghost"))
    assert episode_snapshots.pack_of("freeze-week").HORIZON > 0
