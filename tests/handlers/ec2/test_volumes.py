"""Volumes through boto3, and behind them through SQL."""

from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import launch

ZONE = "us-east-1a"


def test_a_volume_lives_from_creation_to_deletion(ec2: Any, sql: Sql) -> None:
    made = ec2.create_volume(
        AvailabilityZone=ZONE,
        Size=500,
        VolumeType="gp3",
        Iops=4000,
        Throughput=250,
        TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "owner", "Value": "data"}]}],
    )
    volume_id = made["VolumeId"]
    assert made["State"] == "creating"
    [row] = sql("select * from volumes where volume_id = $1", volume_id)
    # 500 GiB x 0.08, 1,000 IOPS above 3,000 x 0.005, 125 MiB/s above 125 x 0.04
    assert row["monthly_cost"] == Decimal("50.0000")
    assert row["tags"] == {"owner": "data"}
    [shown] = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert shown["State"] == "available"
    assert (shown["Iops"], shown["Throughput"]) == (4000, 250)
    assert shown["Tags"] == [{"Key": "owner", "Value": "data"}]
    assert shown["Attachments"] == []
    ec2.delete_volume(VolumeId=volume_id)
    assert sql("select 1 from volumes where volume_id = $1", volume_id) == []
    assert sql("select 1 from resource_tags where resource_id = $1", volume_id) == []
    assert refusal(ec2.describe_volumes, VolumeIds=[volume_id]) == (
        "InvalidVolume.NotFound",
        f"The volume '{volume_id}' does not exist.",
    )


def test_the_same_token_makes_one_volume(ec2: Any, sql: Sql) -> None:
    asked = {"AvailabilityZone": ZONE, "Size": 8, "ClientToken": "once"}
    first, second = ec2.create_volume(**asked), ec2.create_volume(**asked)
    assert first["VolumeId"] == second["VolumeId"]
    assert len(sql("select 1 from volumes where client_token = 'once' and volume_id = $1",
                   first["VolumeId"])) == 1  # fmt: skip
    assert refusal(ec2.create_volume, **asked | {"Size": 9})[0] == "IdempotentParameterMismatch"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Size": 8, "AvailabilityZone": "us-east-1z"}, "InvalidZone.NotFound"),
        ({}, "MissingParameter"),
        ({"Size": 0}, "InvalidParameterValue"),
        ({"Size": 8, "VolumeType": "gp2", "Iops": 300}, "InvalidParameterCombination"),
        ({"Size": 8, "VolumeType": "io1"}, "MissingParameter"),
        ({"Size": 8, "VolumeType": "gp3", "Iops": 2999}, "InvalidParameterValue"),
        ({"Size": 8, "VolumeType": "gp3", "Iops": 5000}, "InvalidParameterValue"),
        ({"Size": 100, "VolumeType": "st1"}, "InvalidParameterValue"),
        ({"Size": 8, "VolumeType": "gp3", "Throughput": 1000}, "InvalidParameterValue"),
        ({"Size": 8, "MultiAttachEnabled": True}, "InvalidParameterCombination"),
        ({"SnapshotId": "snap-1"}, "InvalidSnapshotID.Malformed"),
        ({"SnapshotId": "snap-00000000000000000"}, "InvalidSnapshot.NotFound"),
    ],
)
def test_what_a_type_cannot_be_is_refused(ec2: Any, asked: dict[str, Any], code: str) -> None:
    assert refusal(ec2.create_volume, **{"AvailabilityZone": ZONE} | asked)[0] == code


def test_attached_volumes_are_held_and_told(ec2: Any, sql: Sql) -> None:
    [instance] = launch(ec2, Placement={"AvailabilityZone": ZONE})
    instance_id = instance["InstanceId"]
    volume_id = ec2.create_volume(AvailabilityZone=ZONE, Size=20)["VolumeId"]
    answer = ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device="/dev/sdf")
    assert (answer["State"], answer["Device"]) == ("attaching", "/dev/sdf")
    assert refusal(ec2.delete_volume, VolumeId=volume_id) == (
        "VolumeInUse",
        f"Volume {volume_id} is currently attached to {instance_id}",
    )
    second = ec2.create_volume(AvailabilityZone=ZONE, Size=20)["VolumeId"]
    with pytest.raises(ClientError, match="already in use"):
        ec2.attach_volume(VolumeId=second, InstanceId=instance_id, Device="/dev/sdf")
    elsewhere = ec2.create_volume(AvailabilityZone="us-east-1b", Size=20)["VolumeId"]
    assert (
        refusal(ec2.attach_volume, VolumeId=elsewhere, InstanceId=instance_id, Device="/dev/sdg")[0]
        == "InvalidVolume.ZoneMismatch"
    )
    filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    devices = {
        one["Attachments"][0]["Device"] for one in ec2.describe_volumes(Filters=filters)["Volumes"]
    }
    assert devices == {instance["RootDeviceName"], "/dev/sdf"}
    ec2.detach_volume(VolumeId=volume_id)
    [row] = sql("select state, last_used_at from volumes where volume_id = $1", volume_id)
    assert row["state"] == "available"
    assert row["last_used_at"] is not None
    root = ec2.describe_volumes(
        Filters=[*filters, {"Name": "attachment.device", "Values": [instance["RootDeviceName"]]}]
    )["Volumes"][0]["VolumeId"]
    assert refusal(ec2.detach_volume, VolumeId=root)[0] == "OperationNotPermitted"


def test_several_attachments_are_for_provisioned_iops(ec2: Any) -> None:
    volume_id = ec2.create_volume(AvailabilityZone=ZONE, Size=10, VolumeType="io2", Iops=500)[
        "VolumeId"
    ]
    assert refusal(ec2.modify_volume, VolumeId=volume_id, Size=0)[0] == "InvalidParameterValue"
    changed = ec2.modify_volume(VolumeId=volume_id, MultiAttachEnabled=True)["VolumeModification"]
    assert changed["OriginalMultiAttachEnabled"] is False
    assert changed["TargetMultiAttachEnabled"] is True
    [shown] = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert (shown["MultiAttachEnabled"], shown["Iops"]) == (True, 500)


def test_a_modification_changes_the_cost_and_rests_six_hours(ec2: Any, sql: Sql) -> None:
    volume_id = ec2.create_volume(AvailabilityZone=ZONE, Size=500, VolumeType="gp2")["VolumeId"]
    answer = ec2.modify_volume(VolumeId=volume_id, VolumeType="gp3")["VolumeModification"]
    assert answer["ModificationState"] == "modifying"
    assert (answer["OriginalVolumeType"], answer["TargetVolumeType"]) == ("gp2", "gp3")
    assert (answer["OriginalIops"], answer["TargetIops"]) == (1500, 3000)
    [row] = sql("select volume_type, monthly_cost from volumes where volume_id = $1", volume_id)
    assert row == {"volume_type": "gp3", "monthly_cost": Decimal("40.0000")}
    [done] = ec2.describe_volumes_modifications(VolumeIds=[volume_id])["VolumesModifications"]
    assert (done["ModificationState"], done["Progress"]) == ("completed", 100)
    assert (
        refusal(ec2.modify_volume, VolumeId=volume_id, Size=600)[0]
        == "VolumeModificationRateExceeded"
    )
    events = sql(
        "select field_name, old_value, new_value, change_source from resource_change_events"
        " where resource_id = $1 and field_name = 'volume_type'",
        volume_id,
    )
    assert events == [
        {
            "field_name": "volume_type",
            "old_value": "gp2",
            "new_value": "gp3",
            "change_source": "agent",
        }
    ]


def test_volumes_never_shrink(ec2: Any) -> None:
    volume_id = ec2.create_volume(AvailabilityZone=ZONE, Size=50)["VolumeId"]
    with pytest.raises(ClientError, match="New size cannot be smaller than existing size"):
        ec2.modify_volume(VolumeId=volume_id, Size=49)


def test_filters_pages_and_wildcards(ec2: Any) -> None:
    sizes = [11, 12, 13, 14, 15]
    for size in sizes:
        ec2.create_volume(
            AvailabilityZone=ZONE,
            Size=size,
            VolumeType="gp3" if size % 2 else "gp2",
            TagSpecifications=[
                {"ResourceType": "volume", "Tags": [{"Key": "app", "Value": f"shop-{size}"}]}
            ],
        )

    def found(name: str, *values: str) -> list[int]:
        answer = ec2.describe_volumes(Filters=[{"Name": name, "Values": list(values)}])
        return sorted(one["Size"] for one in answer["Volumes"])

    assert found("size", "12", "13") == [12, 13]
    assert found("volume-type", "gp2") == [12, 14]
    assert found("volume-type", "gp?") == sizes
    assert found("tag:app", "shop-1[") == []
    assert found("tag:app", "shop-1?") == sizes
    assert found("tag:app", "*-13", "shop-15") == [13, 15]
    assert found("tag-key", "app") == sizes
    assert found("create-time", "20*") == sizes
    assert found("encrypted", "false") == sizes
    assert found("status", "in-use") == []
    with pytest.raises(ClientError, match="The filter 'nonsense' is invalid"):
        found("nonsense", "x")
    pages = list(ec2.get_paginator("describe_volumes").paginate(PaginationConfig={"PageSize": 5}))
    assert sorted(one["Size"] for page in pages for one in page["Volumes"]) == sizes


def test_tokens_serve_only_their_own_question(ec2: Any, other_cloud: Cloud) -> None:
    for _ in range(7):
        ec2.create_volume(AvailabilityZone=ZONE, Size=1)
    token = ec2.describe_volumes(MaxResults=5)["NextToken"]
    assert len(ec2.describe_volumes(MaxResults=5, NextToken=token)["Volumes"]) == 2
    filters = [{"Name": "size", "Values": ["1"]}]
    for client, more in (
        (ec2, {"NextToken": token, "Filters": filters}),
        (ec2, {"NextToken": token[:-2] + "xx"}),
        (ec2, {"NextToken": "anything"}),
        (other_cloud.client("ec2"), {"NextToken": token}),
    ):
        assert refusal(client.describe_volumes, MaxResults=5, **more)[0] == "InvalidNextToken"


def test_a_dry_run_leaves_no_trace(ec2: Any, sql: Sql, cloud: Cloud) -> None:
    assert refusal(ec2.create_volume, AvailabilityZone=ZONE, Size=5, DryRun=True) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    )
    assert sql("select 1 from volumes where account_id = $1", cloud.account.id) == []
    few = cloud.with_scopes("read:*").client("ec2")
    assert (
        refusal(few.create_volume, AvailabilityZone=ZONE, Size=5, DryRun=True)[0]
        == "UnauthorizedOperation"
    )


def test_regions_and_accounts_are_worlds_of_their_own(cloud: Cloud, other_cloud: Cloud) -> None:
    volume_id = cloud.client("ec2").create_volume(AvailabilityZone=ZONE, Size=5)["VolumeId"]
    for stranger in (cloud.client("ec2", "eu-west-1"), other_cloud.client("ec2")):
        assert stranger.describe_volumes()["Volumes"] == []
        code, _ = refusal(stranger.delete_volume, VolumeId=volume_id)
        assert code == "InvalidVolume.NotFound"
