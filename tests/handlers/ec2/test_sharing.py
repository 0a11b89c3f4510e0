"""Attributes of images and snapshots: what they say, when they age, with whom they are shared."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, make_instance, refusal
from tests.handlers.ec2.launching import IMAGE

OTHER = "123456789012"


def test_an_image_is_shared_and_ages(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    machine = make_instance(sql, cloud)
    image = ec2.create_image(InstanceId=machine, Name="golden")["ImageId"]

    def told(attribute: str) -> Any:
        answer = ec2.describe_image_attribute(ImageId=image, Attribute=attribute)
        return {k: v for k, v in answer.items() if k not in ("ImageId", "ResponseMetadata")}

    assert told("launchPermission") == {"LaunchPermissions": []}
    modify = ec2.modify_image_attribute
    modify(ImageId=image, LaunchPermission={"Add": [{"UserId": OTHER}]})
    modify(ImageId=image, Description={"Value": "every month"})
    assert told("launchPermission") == {"LaunchPermissions": [{"UserId": OTHER}]}
    assert told("description") == {"Description": {"Value": "every month"}}
    assert told("lastLaunchedTime") == {"LastLaunchedTime": {}}
    modify(ImageId=image, Attribute="launchPermission", OperationType="remove", UserIds=[OTHER])
    assert told("launchPermission") == {"LaunchPermissions": []}
    everybody = {"LaunchPermission": {"Add": [{"Group": "all"}]}}
    assert refusal(modify, ImageId=image, **everybody)[0] == "OperationNotPermitted"
    blocked = ec2.get_image_block_public_access_state()
    assert blocked["ImageBlockPublicAccessState"] == "block-new-sharing"
    modify(ImageId=image, LaunchPermission={"Add": [{"UserId": OTHER}]})
    ec2.reset_image_attribute(ImageId=image, Attribute="launchPermission")
    [row] = sql("select * from images where image_id = $1", image)
    assert (row["launch_users"], row["description"]) == ([], "every month")
    at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=30)
    ec2.enable_image_deprecation(ImageId=image, DeprecateAt=at)
    [shown] = ec2.describe_images(ImageIds=[image])["Images"]
    assert shown["DeprecationTime"] == f"{at:%Y-%m-%dT%H:%M:00.000Z}"
    ec2.disable_image_deprecation(ImageId=image)
    assert "DeprecationTime" not in ec2.describe_images(ImageIds=[image])["Images"][0]
    past = {"ImageId": image, "DeprecateAt": at - timedelta(days=60)}
    assert refusal(ec2.enable_image_deprecation, **past)[0] == "InvalidParameterValue"
    assert refusal(modify, ImageId=IMAGE, Description={"Value": "mine"})[0] == "AuthFailure"
    public = ec2.describe_image_attribute(ImageId=IMAGE, Attribute="blockDeviceMapping")
    assert public["BlockDeviceMappings"][0]["DeviceName"]


def test_a_snapshot_is_shared(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    asked = {"SnapshotId": snapshot, "Attribute": "createVolumePermission"}

    def shared() -> list[dict[str, str]]:
        permissions: list[dict[str, str]] = ec2.describe_snapshot_attribute(**asked)[
            "CreateVolumePermissions"
        ]
        return permissions

    modify = ec2.modify_snapshot_attribute
    modify(**asked, OperationType="add", UserIds=[OTHER], GroupNames=["all"])
    assert shared() == [{"UserId": OTHER}, {"Group": "all"}]
    modify(SnapshotId=snapshot, CreateVolumePermission={"Remove": [{"Group": "all"}]})
    assert shared() == [{"UserId": OTHER}]
    ec2.reset_snapshot_attribute(**asked)
    assert shared() == []
    wrong = refusal(modify, **asked, OperationType="add", UserIds=["me"])
    assert wrong == ("InvalidUserID.Malformed", 'Invalid user id: "me"')
    sql("update snapshots set encrypted = true where snapshot_id = $1", snapshot)
    assert refusal(modify, **asked, OperationType="add", UserIds=[OTHER])[0] == "InvalidParameter"
    gone = {"SnapshotId": "snap-0123456789abcdef0", "Attribute": "createVolumePermission"}
    assert refusal(ec2.reset_snapshot_attribute, **gone)[0] == "InvalidSnapshot.NotFound"
