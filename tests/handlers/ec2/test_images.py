"""Images: the public ones for everybody, an account's own from its instances."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from models import public_images
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal
from tests.handlers.ec2.launching import ARM_IMAGE, IMAGE, launch_one, tagged

Sql = Callable[..., list[dict[str, Any]]]


def found(ec2: Any, **params: Any) -> set[str]:
    return {image["ImageId"] for image in ec2.describe_images(**params)["Images"]}


def filtered(ec2: Any, name: str, *values: str) -> set[str]:
    return found(ec2, Filters=[{"Name": name, "Values": list(values)}])


def test_a_public_image(ec2: Any) -> None:
    [image] = ec2.describe_images(ImageIds=[IMAGE])["Images"]
    line = public_images.line("al2023")
    build, day = line.builds[0]
    assert image["Name"] == line.name.format(build=build)
    assert image["CreationDate"].startswith(day) or image["CreationDate"] > day
    assert image["CreationDate"].endswith("21:14:06.000Z")
    assert (image["OwnerId"], image["ImageOwnerAlias"]) == (line.owner, "amazon")
    assert (image["Public"], image["State"], image["Architecture"]) == (True, "available", "x86_64")
    [device] = image["BlockDeviceMappings"]
    assert (device["DeviceName"], device["Ebs"]["VolumeSize"]) == ("/dev/xvda", 8)


def test_owners(ec2: Any) -> None:
    every = found(ec2)
    assert found(ec2, Owners=["self"]) == set()
    amazon = found(ec2, Owners=["amazon"])
    canonical = found(ec2, Owners=[public_images.CANONICAL])
    assert IMAGE in amazon
    assert canonical
    assert not amazon & canonical
    assert found(ec2, Owners=["amazon", public_images.CANONICAL]) == amazon | canonical
    assert amazon | canonical <= every
    assert found(ec2, ExecutableUsers=["all"]) == every
    assert found(ec2, ExecutableUsers=["self"]) == set()


def test_filters(ec2: Any) -> None:
    assert ARM_IMAGE in filtered(ec2, "architecture", "arm64")
    assert IMAGE not in filtered(ec2, "architecture", "arm64")
    assert IMAGE in filtered(ec2, "name", "al2023-ami-2023.*-kernel-6.1-x86_64")
    assert filtered(ec2, "platform", "windows") == filtered(ec2, "platform-details", "Windows")
    assert IMAGE in filtered(ec2, "block-device-mapping.volume-size", "8")
    assert IMAGE in filtered(ec2, "block-device-mapping.encrypted", "false")
    assert filtered(ec2, "kernel-id", "aki-1") == set()
    parameter = public_images.line("al2023").parameter
    assert filtered(ec2, "public-ssm-parameter-name", str(parameter)) == {IMAGE}
    [image] = ec2.describe_images(ImageIds=[IMAGE])["Images"]
    assert IMAGE in filtered(ec2, "creation-date", image["CreationDate"][:10] + "*")
    error = refusal(ec2.describe_images, Filters=[{"Name": "colour", "Values": ["red"]}])
    assert error == ("InvalidParameterValue", "The filter 'colour' is invalid")


def test_pages(ec2: Any) -> None:
    pages = ec2.get_paginator("describe_images").paginate(PaginationConfig={"PageSize": 7})
    ids = [image["ImageId"] for page in pages for image in page["Images"]]
    assert len(ids) == len(set(ids))
    assert set(ids) == found(ec2)


def test_what_is_not_there(ec2: Any) -> None:
    missing = refusal(ec2.describe_images, ImageIds=["ami-0123456789abcdef0"])
    assert missing == (
        "InvalidAMIID.NotFound",
        "The image id '[ami-0123456789abcdef0]' does not exist",
    )
    assert refusal(ec2.describe_images, ImageIds=["ami"])[0] == "InvalidAMIID.Malformed"


def test_deprecated_images(cloud: Cloud, ec2: Any) -> None:
    # The account lives in real time, where some builds may be old enough: compare with SQL.
    old = {
        row["image_id"]
        for row in cloud.running.rows(
            "select image_id from images where region = 'us-east-1' and account_id is null"
            " and deprecation_time <= now()"
        )
    }
    assert not old & found(ec2)
    assert old <= found(ec2, IncludeDeprecated=True)


def test_an_image_of_an_instance(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(
        ec2,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 100, "VolumeType": "gp3"}}
        ],
    )
    image_id = ec2.create_image(
        InstanceId=instance_id,
        Name="golden 1",
        Description="first",
        TagSpecifications=[tagged("image", a="1"), tagged("snapshot", b="2")],
    )["ImageId"]
    [image] = ec2.describe_images(Owners=["self"])["Images"]
    assert (image["ImageId"], image["Name"], image["Public"]) == (image_id, "golden 1", False)
    assert (image["OwnerId"], image["SourceInstanceId"]) == (cloud.account.number, instance_id)
    assert image["Tags"] == [{"Key": "a", "Value": "1"}]
    devices = {one["DeviceName"]: one["Ebs"] for one in image["BlockDeviceMappings"]}
    assert {name: ebs["VolumeSize"] for name, ebs in devices.items()} == {
        "/dev/xvda": 8,
        "/dev/sdf": 100,
    }
    rows = sql("select * from snapshots where account_id = $1 order by size_gib", cloud.account.id)
    assert [row["monthly_cost"] for row in rows] == [Decimal("0.4000"), Decimal("5.0000")]
    assert {row["snapshot_id"] for row in rows} == {ebs["SnapshotId"] for ebs in devices.values()}
    assert rows[0]["tags"] == {"b": "2"}
    copy = launch_one(ec2, ImageId=image_id)
    volumes = sql("select * from volumes where attached_instance_id = $1", copy)
    assert {volume["snapshot_id"] for volume in volumes} == {r["snapshot_id"] for r in rows}


def test_devices_can_be_left_out(ec2: Any) -> None:
    instance_id = launch_one(
        ec2, BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 100}}]
    )
    image_id = ec2.create_image(
        InstanceId=instance_id,
        Name="root only",
        NoReboot=True,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "NoDevice": ""}],
    )["ImageId"]
    [image] = ec2.describe_images(ImageIds=[image_id])["Images"]
    assert [one["DeviceName"] for one in image["BlockDeviceMappings"]] == ["/dev/xvda"]


def test_names(ec2: Any) -> None:
    instance_id = launch_one(ec2)
    image_id = ec2.create_image(InstanceId=instance_id, Name="golden")["ImageId"]
    again = refusal(ec2.create_image, InstanceId=instance_id, Name="golden")
    assert again == (
        "InvalidAMIName.Duplicate",
        f"AMI name golden is already in use by AMI {image_id}",
    )
    assert refusal(ec2.create_image, InstanceId=instance_id, Name="a*c")[0] == (
        "InvalidAMIName.Malformed"
    )
    missing = refusal(ec2.create_image, InstanceId="i-0123456789abcdef0", Name="other")
    assert missing[0] == "InvalidInstanceID.NotFound"


def test_deregistering_leaves_snapshots(ec2: Any, sql: Sql, cloud: Cloud) -> None:
    image_id = ec2.create_image(InstanceId=launch_one(ec2), Name="golden")["ImageId"]
    [snapshot] = sql("select * from snapshots where account_id = $1", cloud.account.id)
    held = refusal(ec2.delete_snapshot, SnapshotId=snapshot["snapshot_id"])
    assert held[0] == "InvalidSnapshot.InUse"
    ec2.deregister_image(ImageId=image_id)
    assert found(ec2, Owners=["self"]) == set()
    ec2.delete_snapshot(SnapshotId=snapshot["snapshot_id"])
    assert refusal(ec2.deregister_image, ImageId=image_id)[0] == "InvalidAMIID.NotFound"


def test_deregistering_with_snapshots(ec2: Any, sql: Sql, cloud: Cloud) -> None:
    image_id = ec2.create_image(InstanceId=launch_one(ec2), Name="golden")["ImageId"]
    [snapshot] = sql("select * from snapshots where account_id = $1", cloud.account.id)
    answer = ec2.deregister_image(ImageId=image_id, DeleteAssociatedSnapshots=True)
    assert answer["DeleteSnapshotResults"] == [
        {"SnapshotId": snapshot["snapshot_id"], "ReturnCode": "success"}
    ]
    assert not sql("select 1 from snapshots where account_id = $1", cloud.account.id)


def test_images_of_others(ec2: Any, other_cloud: Cloud) -> None:
    image_id = ec2.create_image(InstanceId=launch_one(ec2), Name="golden")["ImageId"]
    other = other_cloud.client("ec2")
    assert refusal(other.describe_images, ImageIds=[image_id])[0] == "InvalidAMIID.NotFound"
    assert refusal(other.deregister_image, ImageId=image_id)[0] == "InvalidAMIID.NotFound"
    public = refusal(ec2.deregister_image, ImageId=IMAGE)
    assert public == ("AuthFailure", f"Not authorized for image:{IMAGE}")
    launched = refusal(
        other.run_instances, ImageId=image_id, InstanceType="t3.micro", MinCount=1, MaxCount=1
    )
    assert launched[0] == "InvalidAMIID.NotFound"


def test_one_name_is_given_once_even_at_once(cloud: Cloud, ec2: Any) -> None:
    instance_id = launch_one(ec2)

    def one(_: int) -> str:
        try:
            made = cloud.client("ec2").create_image(InstanceId=instance_id, Name="golden")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return str(made["ImageId"][:4])

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == ["InvalidAMIName.Duplicate"] * 3 + ["ami-"]
    assert len(found(ec2, Owners=["self"])) == 1
