"""Fragments: answers made of what was written before are those of a server that knows nothing."""

import gc
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

import models
from emulator import fragments
from emulator.fragments import Fragments
from models import instances
from models.guardrails import FREEZE
from models.listing import SHIFT, Listing
from tests.fixtures.guarded import TODAY, client_day, instance, set_clock, verb, volume
from tests.fixtures.server import Cloud, RunningServer

Sql = Callable[..., list[dict[str, Any]]]
Ask = Callable[[], Any]


@pytest.fixture
def forget(running: RunningServer) -> Iterator[Callable[[], None]]:
    """Lets the server forget all that it has written."""

    def begin() -> None:
        running.server.fragments = Fragments()

    begin()
    yield begin
    begin()


@pytest.fixture
def reads(monkeypatch: Any) -> list[bool]:
    """What lists the server reads from now on: whether in brief."""
    found: list[bool] = []
    whole = Listing.page

    async def page(self: Listing, *args: Any, **named: Any) -> Any:
        found.append(named.get("brief", False))
        return await whole(self, *args, **named)

    monkeypatch.setattr(Listing, "page", page)
    return found


def _asker(cloud: Cloud, method: str, member: str, **params: Any) -> Ask:
    client = cloud.client("ec2")
    return lambda: getattr(client, method)(**params)[member]


def _kept(running: RunningServer) -> int:
    return sum(len(shelf.texts) for shelf in running.server.fragments._shelves.values())


# --- revisions ----------------------------------------------------------------------------------


def _listings() -> Iterator[tuple[str, Listing]]:
    for found in iter_modules(models.__path__, "models."):
        module = import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, Listing) and value.revision:
                yield f"{found.name}.{name}", value


LISTINGS = dict(_listings())


@pytest.mark.parametrize("name", LISTINGS)
def test_a_revision_knows_of_every_table_that_is_shown(name: str) -> None:
    listing = LISTINGS[name]
    tables = re.compile(r"\b(?:from|join) (\w+) as (\w+)")
    # an account keeps its number
    shown = {table for table, _ in tables.findall(listing._head)} - {"cloud_accounts"}
    for table, alias in tables.findall(listing._brief):
        if {f"{alias}.xmin", f"{alias}.ctid"} <= set(re.findall(r"\w+\.\w+", listing._brief)):
            shown.discard(table)
    assert shown == set()


def test_instances_volumes_and_snapshots_are_kept() -> None:
    assert {"models.instances.LISTING", "models.volumes.LISTING", "models.snapshots.LISTING"} <= (
        set(LISTINGS)
    )


CHANGES = {
    "its own row": "update instances set key_name = 'another' where instance_id = $1",
    "a tag": (
        "insert into resource_tags (account_id, resource_type, resource_id, key, value)"
        " select account_id, 'instance', instance_id, 'late', 'yes' from instances"
        " where instance_id = $1"
    ),
    "a volume's name": (
        "update volumes set attach_device = '/dev/sdq' where attached_instance_id = $1"
    ),
    "a volume that leaves": (
        "update volumes set attached_instance_id = null, attach_device = null, attach_time = null,"
        " state = 'available' where attached_instance_id = $1"
    ),
    "a group's name": (
        "update security_groups set name = 'renamed' from instances as i"
        " where i.instance_id = $1 and group_id = any(i.security_group_ids)"
    ),
    "a network's names": (
        "update vpcs set enable_dns_hostnames = not coalesce(enable_dns_hostnames, is_default)"
        " from instances as i where i.instance_id = $1 and vpcs.vpc_id = i.vpc_id"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_anybody_is_seen(
    change: str, cloud: Cloud, sql: Sql, running: RunningServer, forget: Callable[[], None]
) -> None:
    one, other = instance(cloud, Name="web"), instance(cloud)
    lists = (
        _asker(cloud, "describe_instances", "Reservations"),
        _asker(cloud, "describe_instances", "Reservations", InstanceIds=[one]),
        _asker(cloud, "describe_instances", "Reservations", MaxResults=5),
        _asker(
            cloud, "describe_instances", "Reservations",
            Filters=[{"Name": "instance-state-name", "Values": ["running"]}],
        ),
    )  # fmt: skip
    before = [ask() for ask in lists]
    assert [ask() for ask in lists] == before
    assert _kept(running) == 2
    sql(CHANGES[change], one)
    warm = [ask() for ask in lists]
    assert warm[0] != before[0]
    forget()
    assert [ask() for ask in lists] == warm
    assert [machine["InstanceId"] for found in warm[0] for machine in found["Instances"]] == sorted(
        (one, other)
    )


def test_a_revision_is_the_same_however_it_is_asked_for(
    cloud: Cloud, sql: Sql, running: RunningServer, forget: Callable[[], None], reads: list[bool]
) -> None:
    ec2 = cloud.client("ec2")
    one = instance(cloud)
    groups = sorted(
        ec2.create_security_group(GroupName=f"group-{n}", Description="one of several")["GroupId"]
        for n in range(3)
    )
    ec2.modify_instance_attribute(InstanceId=one, Groups=groups)
    for device in "fghi":
        disk = volume(cloud)
        ec2.attach_volume(VolumeId=disk, InstanceId=one, Device=f"/dev/sd{device}")
    # the first by name are the last by place
    sql("update security_groups set description = 'moved' where group_id = $1", groups[0])
    sql(
        "update volumes set iops = iops where volume_id = (select min(volume_id) from volumes"
        " where attached_instance_id = $1)",
        one,
    )
    ask = _asker(cloud, "describe_instances", "Reservations")
    reads.clear()
    first = ask()
    assert first[0]["Instances"][0]["SecurityGroups"][0]["GroupId"] == groups[0]
    assert [ask(), ask()] == [first, first]
    assert reads == [False, True, True]
    assert len(running.run(_revisions(running, one))) == 1


async def _revisions(running: RunningServer, instance_id: str) -> set[str]:
    """An instance's revisions, as PostgreSQL makes them in one way and another."""
    found = set()
    on, off = "set enable_indexscan = on", "set enable_indexscan = off"
    async with running.server.database.owner() as connection:
        for way in (on, off, f"{on}; set enable_bitmapscan = off"):
            await connection.execute(way)
            for head in (instances.LISTING._head, instances.LISTING._brief):
                text = head.replace(SHIFT, "interval '0'")
                row = await connection.fetchrow(f"{text} where i.instance_id = $1", instance_id)
                assert row is not None
                found.add(row["revision"])
    return found


def test_a_shelf_with_nothing_on_it_is_not_kept(
    cloud: Cloud, running: RunningServer, forget: Callable[[], None]
) -> None:
    assert _asker(cloud, "describe_volumes", "Volumes")() == []
    assert running.server.fragments._shelves == {}


def test_volumes_and_snapshots_are_what_they_are_now(
    cloud: Cloud, sql: Sql, running: RunningServer, forget: Callable[[], None]
) -> None:
    ec2 = cloud.client("ec2")
    disk = volume(cloud, Name="data")
    copy = ec2.create_snapshot(VolumeId=disk)["SnapshotId"]
    volumes = _asker(cloud, "describe_volumes", "Volumes")
    snapshots = _asker(cloud, "describe_snapshots", "Snapshots", OwnerIds=["self"])
    assert (volumes(), snapshots()) == (volumes(), snapshots())
    assert _kept(running) == 2
    ec2.create_tags(Resources=[disk, copy], Tags=[{"Key": "team", "Value": "search"}])
    for found in (*volumes(), *snapshots()):
        assert {"Key": "team", "Value": "search"} in found["Tags"]
    sql("update snapshots set completed_at = now() + interval '1 day' where snapshot_id = $1", copy)
    assert snapshots()[0]["State"] == "pending"
    sql("update volumes set size_gib = 123 where volume_id = $1", disk)
    assert volumes()[0]["Size"] == 123
    ec2.delete_snapshot(SnapshotId=copy)
    ec2.delete_volume(VolumeId=disk)
    assert (volumes(), snapshots()) == ([], [])


# --- what is not kept ---------------------------------------------------------------------------


def test_times_follow_the_clock(cloud: Cloud, forget: Callable[[], None]) -> None:
    instance(cloud)
    reservations = _asker(cloud, "describe_instances", "Reservations")

    def launched() -> datetime:
        found: datetime = reservations()[0]["Instances"][0]["LaunchTime"]
        return found

    set_clock(cloud)
    first = launched()
    assert launched() == first
    set_clock(cloud, TODAY + timedelta(days=5))
    assert launched() == first - timedelta(days=5)
    assert launched() == first - timedelta(days=5)
    forget()
    assert launched() == first - timedelta(days=5)


def test_freezes_are_never_kept(
    cloud: Cloud, running: RunningServer, forget: Callable[[], None]
) -> None:
    set_clock(cloud)
    frozen, free = instance(cloud), instance(cloud, team="web")
    verb(cloud, "freeze", "2026-03-20", resource=frozen)
    reservations = _asker(cloud, "describe_instances", "Reservations")
    for _ in range(3):
        tags = {
            found["Instances"][0]["InstanceId"]: {
                tag["Key"]: tag["Value"] for tag in found["Instances"][0]["Tags"]
            }
            for found in reservations()
        }
        assert tags[free] == {"team": "web"}
        assert tags[frozen][FREEZE].startswith(client_day(date(2026, 3, 20)))
        assert _kept(running) == 1


def test_a_reservation_of_several_is_shown_whole(
    cloud: Cloud, running: RunningServer, forget: Callable[[], None]
) -> None:
    ec2 = cloud.client("ec2")
    alone = instance(cloud)
    image = ec2.describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]["ImageId"]
    several = ec2.run_instances(ImageId=image, InstanceType="m5.large", MinCount=3, MaxCount=3)
    mates = sorted(one["InstanceId"] for one in several["Instances"])
    ask = _asker(cloud, "describe_instances", "Reservations", MaxResults=50)
    _asker(cloud, "describe_instances", "Reservations", InstanceIds=[alone])()
    _asker(cloud, "describe_instances", "Reservations", InstanceIds=[mates[0]])()
    assert _kept(running) == 2
    for _ in range(2):
        groups = [sorted(one["InstanceId"] for one in found["Instances"]) for found in ask()]
        assert sorted(groups, key=len) == [[alone], mates]


def test_the_row_behind_a_page_is_not_read(
    cloud: Cloud, forget: Callable[[], None], reads: list[bool]
) -> None:
    disks = sorted(volume(cloud) for _ in range(7))
    client = cloud.client("ec2")
    reads.clear()

    def shown(**more: Any) -> tuple[list[str], str | None]:
        found = client.describe_volumes(MaxResults=5, **more)
        return [one["VolumeId"] for one in found["Volumes"]], found.get("NextToken")

    assert shown()[0] == disks[:5]
    ids, token = shown()
    assert ids == disks[:5]
    assert token is not None
    assert shown(NextToken=token) == (disks[5:], None)
    # in full; in brief and nothing more; in brief, and in full what is new
    assert reads == [False, True, True, False]


def test_there_is_only_so_much_room(
    cloud: Cloud, running: RunningServer, forget: Callable[[], None], monkeypatch: Any
) -> None:
    disks = [volume(cloud, Name=f"disk-{n}") for n in range(6)]
    ask = _asker(cloud, "describe_volumes", "Volumes")
    whole = ask()
    [shelf] = running.server.fragments._shelves.values()
    length = len(shelf.texts[disks[0]][1])
    forget()
    worlds = len(fragments._worlds)
    monkeypatch.setattr(fragments, "MOST_CHARACTERS", 3 * (length + 20) * worlds)
    for _ in range(4):
        assert ask() == whole
        assert 1 <= _kept(running) <= 3


def test_worlds_share_the_room() -> None:
    gc.collect()
    before = len(fragments._worlds)
    mine = [Fragments() for _ in range(3)]
    assert len(fragments._worlds) == before + 3
    mine.clear()
    gc.collect()
    assert len(fragments._worlds) == before
