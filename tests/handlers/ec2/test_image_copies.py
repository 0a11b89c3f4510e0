"""Images copied between regions and registered of snapshots, and versions of templates deleted."""

from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, make_instance, refusal


def test_an_image_is_registered_and_copied(ec2: Any, cloud: Cloud) -> None:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=9, Encrypted=True)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 1})
    device = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}
    asked = {"Name": "golden", "Architecture": "x86_64", "RootDeviceName": "/dev/xvda",
             "BlockDeviceMappings": [device], "VirtualizationType": "hvm",
             "EnaSupport": True}  # fmt: skip
    image = ec2.register_image(**asked)["ImageId"]
    assert refusal(ec2.register_image, **asked)[0] == "InvalidAMIName.Duplicate"
    no_root = asked | {"Name": "rootless", "RootDeviceName": "/dev/sda1"}
    assert refusal(ec2.register_image, **no_root)[0] == "InvalidBlockDeviceMapping"
    gone = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}
    lost = asked | {"Name": "lost", "BlockDeviceMappings": [gone]}
    assert refusal(ec2.register_image, **lost)[0] == "InvalidSnapshot.NotFound"
    [shown] = ec2.describe_images(ImageIds=[image])["Images"]
    assert shown["BlockDeviceMappings"][0]["Ebs"] == {
        "SnapshotId": snapshot, "VolumeSize": 9, "VolumeType": "gp2", "Encrypted": True,
        "DeleteOnTermination": True,
    }  # fmt: skip
    assert refusal(ec2.delete_snapshot, SnapshotId=snapshot)[0] == "InvalidSnapshot.InUse"
    machine = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    assert machine["Instances"][0]["Architecture"] == "x86_64"
    ec2.create_tags(Resources=[image], Tags=[{"Key": "team", "Value": "base"}])
    west = cloud.client("ec2", "us-west-2")
    copy = west.copy_image(
        Name="golden", SourceImageId=image, SourceRegion="us-east-1", CopyImageTags=True,
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "from", "Value": "east"}]}],
    )["ImageId"]  # fmt: skip
    where = [{"Name": "source-image-id", "Values": [image]}]
    [found] = west.describe_images(Owners=["self"], Filters=where)["Images"]
    assert (found["ImageId"], found["SourceImageRegion"]) == (copy, "us-east-1")
    assert {one["Key"] for one in found["Tags"]} == {"team", "from"}
    ebs = found["BlockDeviceMappings"][0]["Ebs"]
    [copied] = west.describe_snapshots(SnapshotIds=[ebs["SnapshotId"]])["Snapshots"]
    assert (copied["VolumeSize"], copied["Encrypted"]) == (9, True)
    again = {"Name": "golden", "SourceImageId": image, "SourceRegion": "us-east-1"}
    assert refusal(west.copy_image, **again)[0] == "InvalidAMIName.Duplicate"
    absent = again | {"Name": "absent", "SourceImageId": "ami-0123456789abcdef0"}
    assert refusal(west.copy_image, **absent)[0] == "InvalidAMIID.NotFound"


def test_versions_of_a_template_are_deleted(ec2: Any) -> None:
    named = {"LaunchTemplateName": "web"}
    ec2.create_launch_template(**named, LaunchTemplateData={"InstanceType": "t3.micro"})
    for size in ("t3.small", "t3.large"):
        ec2.create_launch_template_version(**named, LaunchTemplateData={"InstanceType": size})
    told = ec2.delete_launch_template_versions(**named, Versions=["1", "2", "9"])
    done = told["SuccessfullyDeletedLaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in done] == [2]
    failed = told["UnsuccessfullyDeletedLaunchTemplateVersions"]
    assert [(one["VersionNumber"], one["ResponseError"]["Code"]) for one in failed] == [
        (1, "unexpectedError"), (9, "launchTemplateVersionDoesNotExist"),
    ]  # fmt: skip
    left = ec2.describe_launch_template_versions(**named)["LaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in left] == [3, 1]


def test_a_network_address_of_a_machine_is_a_target(ec2: Any, cloud: Cloud, sql: Sql) -> None:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    machine = make_instance(sql, cloud, vpc_id=vpc)
    [table] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
        "RouteTables"
    ]
    route = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "10.0.0.0/8"}
    ec2.create_route(**route, InstanceId=machine)
    named = [{"Name": "route.instance-id", "Values": [machine]}]
    assert ec2.describe_route_tables(Filters=named)["RouteTables"][0]["Routes"][2]["State"] == (
        "active"
    )
    sql("update instances set state = 'stopped' where instance_id = $1", machine)
    dark = [{"Name": "route.state", "Values": ["blackhole"]}]
    assert len(ec2.describe_route_tables(Filters=dark)["RouteTables"]) == 1
