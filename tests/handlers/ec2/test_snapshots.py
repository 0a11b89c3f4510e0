"""Snapshots through boto3, held against SQL."""

from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.handlers.ec2.answers import Sql, make_instance


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


@pytest.fixture
def volume(ec2: Any) -> str:
    made = ec2.create_volume(
        AvailabilityZone="us-east-1a",
        Size=100,
        VolumeType="gp3",
        TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "data"}]}],
    )
    return str(made["VolumeId"])


def test_a_snapshot_from_making_to_deletion(ec2: Any, cloud: Any, volume: str, sql: Sql) -> None:
    made = ec2.create_snapshot(
        VolumeId=volume,
        Description="before the upgrade",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "one"}]}],
    )
    assert made["State"] == "pending"
    assert made["VolumeSize"] == 100
    assert made["OwnerId"] == cloud.account.number
    [row] = sql("select * from snapshots where snapshot_id = $1", made["SnapshotId"])
    assert row["monthly_cost"] == Decimal("5.0000")
    assert row["source_volume_id"] == volume
    assert row["tags"] == {"Name": "one"}
    [shown] = ec2.describe_snapshots(SnapshotIds=[made["SnapshotId"]])["Snapshots"]
    assert shown["State"] == "completed"
    assert shown["Progress"] == "100%"
    assert shown["Description"] == "before the upgrade"
    assert shown["VolumeId"] == volume
    assert shown["StorageTier"] == "standard"
    assert shown["Tags"] == [{"Key": "Name", "Value": "one"}]
    assert "KmsKeyId" not in shown
    ec2.delete_snapshot(SnapshotId=made["SnapshotId"])
    assert sql("select 1 from snapshots where snapshot_id = $1", made["SnapshotId"]) == []
    with pytest.raises(ClientError) as gone:
        ec2.describe_snapshots(SnapshotIds=[made["SnapshotId"]])
    assert code_of(gone) == (
        "InvalidSnapshot.NotFound",
        f"The snapshot '{made['SnapshotId']}' does not exist.",
    )


def test_filters_and_owners(ec2: Any, cloud: Any, volume: str) -> None:
    first = ec2.create_snapshot(VolumeId=volume, Description="daily 1")["SnapshotId"]
    second = ec2.create_snapshot(VolumeId=volume, Description="weekly")["SnapshotId"]
    ec2.create_tags(Resources=[second], Tags=[{"Key": "keep", "Value": "yes"}])

    def found(**given: Any) -> set[str]:
        return {one["SnapshotId"] for one in ec2.describe_snapshots(**given)["Snapshots"]}

    def by(name: str, *values: str) -> set[str]:
        return found(Filters=[{"Name": name, "Values": list(values)}])

    both = {first, second}
    assert by("description", "daily*") == {first}
    assert by("volume-id", volume) == both
    assert by("volume-size", "100") == both
    assert by("volume-size", "99") == set()
    assert by("status", "completed") == both
    assert by("encrypted", "false") == both
    assert by("progress", "100%") == both
    assert by("owner-id", cloud.account.number) == both
    assert by("owner-alias", "amazon") == set()
    assert by("storage-tier", "standard") == both
    assert by("tag:keep", "y?s") == {second}
    assert by("tag-key", "keep") == {second}
    assert found(OwnerIds=["self"]) == both
    assert found(OwnerIds=[cloud.account.number]) == both
    assert found(OwnerIds=["amazon"]) == set()
    assert found(OwnerIds=["111122223333"]) == set()
    assert found(RestorableByUserIds=["self"]) == both
    pages = ec2.get_paginator("describe_snapshots").paginate(
        OwnerIds=["self"], PaginationConfig={"PageSize": 5}
    )
    assert {one["SnapshotId"] for page in pages for one in page["Snapshots"]} == both
    with pytest.raises(ClientError) as refused:
        by("colour", "red")
    assert code_of(refused) == ("InvalidParameterValue", "The filter 'colour' is invalid")
    with pytest.raises(ClientError) as refused:
        found(OwnerIds=["me"])
    assert code_of(refused)[0] == "InvalidUserID.Malformed"


def test_an_image_holds_its_snapshot(ec2: Any, cloud: Any, volume: str, sql: Sql) -> None:
    begun = ec2.create_snapshot(VolumeId=volume)
    assert begun["Tags"] == []  # Ansible's module reads them where nobody gave any
    snapshot = begun["SnapshotId"]
    sql(
        "insert into images (account_id, image_id, name, owner_number, block_device_mappings)"
        " values ($1, $2, 'own', $3, $4)",
        cloud.account.id,
        "ami-" + snapshot[5:],
        cloud.account.number,
        [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "VolumeSize": 100}}],
    )
    calls: list[tuple[Any, dict[str, str]]] = [
        (ec2.delete_snapshot, {"SnapshotId": snapshot}),
        (ec2.modify_snapshot_tier, {"SnapshotId": snapshot, "StorageTier": "archive"}),
    ]
    for call, given in calls:
        with pytest.raises(ClientError) as error:
            call(**given)
        assert code_of(error) == (
            "InvalidSnapshot.InUse",
            f"The snapshot {snapshot} is currently in use by ami-{snapshot[5:]}",
        )
    sql("delete from images where image_id = $1", "ami-" + snapshot[5:])
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_archive_copy_and_attribute(ec2: Any, cloud: Any, volume: str, sql: Sql) -> None:
    snapshot = ec2.create_snapshot(VolumeId=volume, Description="x")["SnapshotId"]
    west = cloud.client("ec2", "us-west-2")
    copy = west.copy_snapshot(
        SourceRegion="us-east-1", SourceSnapshotId=snapshot, Description="copied"
    )["SnapshotId"]
    [shown] = west.describe_snapshots(SnapshotIds=[copy])["Snapshots"]
    assert (shown["VolumeId"], shown["VolumeSize"]) == ("vol-ffffffff", 100)
    with pytest.raises(ClientError) as missing:
        west.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=snapshot)
    assert code_of(missing)[0] == "InvalidSnapshot.NotFound"

    ec2.modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive")
    [row] = sql("select storage_tier, monthly_cost from snapshots where snapshot_id = $1", snapshot)
    assert (row["storage_tier"], row["monthly_cost"]) == ("archive", Decimal("1.2500"))
    told = ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    assert (told["SnapshotId"], told["CreateVolumePermissions"]) == (snapshot, [])


def test_what_is_refused(ec2: Any, other_cloud: Any, volume: str) -> None:
    with pytest.raises(ClientError) as error:
        ec2.create_snapshot(VolumeId="vol-nonsense")
    assert code_of(error)[0] == "InvalidVolumeID.Malformed"
    with pytest.raises(ClientError) as error:
        ec2.create_snapshot(VolumeId="vol-00000000000000000")
    assert code_of(error) == (
        "InvalidVolume.NotFound",
        "The volume 'vol-00000000000000000' does not exist.",
    )
    with pytest.raises(ClientError) as error:
        ec2.delete_snapshot(SnapshotId="snap-nonsense")
    assert code_of(error)[0] == "InvalidSnapshotID.Malformed"
    with pytest.raises(ClientError) as error:
        ec2.create_snapshot(
            VolumeId=volume,
            TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}],
        )
    assert code_of(error)[0] == "InvalidParameterValue"
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    with pytest.raises(ClientError) as error:
        ec2.delete_snapshot(SnapshotId=snapshot, DryRun=True)
    assert code_of(error)[0] == "DryRunOperation"
    assert len(ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]) == 1
    stranger = other_cloud.client("ec2")
    with pytest.raises(ClientError) as error:
        stranger.delete_snapshot(SnapshotId=snapshot)
    assert code_of(error)[0] == "InvalidSnapshot.NotFound"


def test_every_volume_of_an_instance(ec2: Any, cloud: Any, sql: Sql) -> None:
    instance = make_instance(sql, cloud)
    ids = []
    for device in ("/dev/xvda", "/dev/sdf", "/dev/sdg"):
        made = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
        ec2.attach_volume(VolumeId=made, InstanceId=instance, Device=device)
        ids.append(made)
    ec2.create_tags(Resources=[ids[1]], Tags=[{"Key": "part", "Value": "data"}])
    made = ec2.create_snapshots(
        InstanceSpecification={"InstanceId": instance, "ExcludeBootVolume": True},
        Description="all",
        CopyTagsFromSource="volume",
    )["Snapshots"]
    assert {one["VolumeId"] for one in made} == set(ids[1:])
    [tagged] = [one for one in made if one["VolumeId"] == ids[1]]
    assert tagged["Tags"] == [{"Key": "part", "Value": "data"}]
    [count] = sql(
        "select count(*) as n, sum(monthly_cost) as usd from snapshots"
        " where source_volume_id = any($1)",
        ids,
    )
    assert (count["n"], count["usd"]) == (2, Decimal("0.8000"))
    with pytest.raises(ClientError) as error:
        ec2.create_snapshots(
            InstanceSpecification={"InstanceId": instance, "ExcludeDataVolumeIds": [ids[0]]}
        )
    assert code_of(error)[0] == "InvalidParameterValue"
