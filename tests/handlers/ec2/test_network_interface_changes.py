"""Network interfaces that are made by themselves."""

from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, make_instance, refusal


def default_subnet(ec2: Any, zone: str = "us-east-1a") -> dict[str, Any]:
    [subnet] = ec2.describe_subnets(
        Filters=[
            {"Name": "availability-zone", "Values": [zone]},
            {"Name": "default-for-az", "Values": ["true"]},
        ]
    )["Subnets"]
    return dict(subnet)


def test_an_interface_lives_from_making_to_deletion(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    subnet = default_subnet(ec2)
    team = [{"Key": "team", "Value": "shop"}]
    made = ec2.create_network_interface(
        SubnetId=subnet["SubnetId"],
        Description="spare",
        TagSpecifications=[{"ResourceType": "network-interface", "Tags": team}],
    )["NetworkInterface"]
    interface = made["NetworkInterfaceId"]
    assert (made["Status"], made["VpcId"], made["TagSet"]) == ("pending", subnet["VpcId"], team)
    assert [one["GroupName"] for one in made["Groups"]] == ["default"]

    def shown() -> dict[str, Any]:
        [one] = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])[
            "NetworkInterfaces"
        ]
        return dict(one)

    assert shown()["Status"] == "available"
    assert "Attachment" not in shown()
    instance = make_instance(
        sql, cloud, subnet_id=subnet["SubnetId"], vpc_id=subnet["VpcId"],
        availability_zone="us-east-1a", instance_type="m5.large",
    )  # fmt: skip
    attachment = ec2.attach_network_interface(
        NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1
    )["AttachmentId"]
    assert shown()["Status"] == "in-use"
    assert shown()["Attachment"]["AttachmentId"] == attachment
    assert (shown()["Attachment"]["DeviceIndex"], shown()["Attachment"]["InstanceId"]) == (
        1,
        instance,
    )
    assert shown()["Attachment"]["DeleteOnTermination"] is False
    assert refusal(ec2.delete_network_interface, NetworkInterfaceId=interface) == (
        "InvalidParameterValue",
        f"Network interface '{interface}' is currently in use.",
    )
    assert refusal(
        ec2.attach_network_interface,
        NetworkInterfaceId=interface,
        InstanceId=instance,
        DeviceIndex=2,
    ) == ("InvalidNetworkInterface.InUse", f"Interface: [{interface}] in use.")
    ec2.detach_network_interface(AttachmentId=attachment)
    code, _ = refusal(ec2.detach_network_interface, AttachmentId=attachment)
    assert code == "InvalidAttachmentID.NotFound"
    code, _ = refusal(ec2.delete_subnet, SubnetId=subnet["SubnetId"])
    assert code == "DependencyViolation"
    ec2.create_tags(Resources=[interface], Tags=[{"Key": "more", "Value": "1"}])
    found = ec2.describe_network_interfaces(Filters=[{"Name": "tag:more", "Values": ["1"]}])
    assert [one["NetworkInterfaceId"] for one in found["NetworkInterfaces"]] == [interface]
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    assert refusal(ec2.describe_network_interfaces, NetworkInterfaceIds=[interface]) == (
        "InvalidNetworkInterfaceID.NotFound",
        f"The networkInterface ID '{interface}' does not exist",
    )


def test_an_instance_that_ends_lets_go_of_its_interfaces(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    subnet = default_subnet(ec2)
    instance = make_instance(
        sql, cloud, subnet_id=subnet["SubnetId"], vpc_id=subnet["VpcId"],
        availability_zone="us-east-1a", instance_type="m5.xlarge",
    )  # fmt: skip
    kept, gone = (
        ec2.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"][
            "NetworkInterfaceId"
        ]
        for _ in range(2)
    )
    for index, interface in enumerate((kept, gone), 1):
        attachment = ec2.attach_network_interface(
            NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=index
        )["AttachmentId"]
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=gone,
        Attachment={"AttachmentId": attachment, "DeleteOnTermination": True},
    )
    ec2.terminate_instances(InstanceIds=[instance])
    rows = sql(
        "select network_interface_id, attached_instance_id from network_interfaces"
        " where account_id = $1",
        cloud.account.id,
    )
    assert [tuple(row.values()) for row in rows] == [(kept, None)]


def test_attributes_are_changed_and_read(ec2: Any) -> None:
    subnet = default_subnet(ec2)
    group = ec2.create_security_group(GroupName="web", Description="w", VpcId=subnet["VpcId"])
    interface = ec2.create_network_interface(
        SubnetId=subnet["SubnetId"],
        PrivateIpAddress=subnet["CidrBlock"].replace(".0/20", ".77"),
    )["NetworkInterface"]["NetworkInterfaceId"]

    def change(**more: Any) -> None:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, **more)

    def attribute(name: str) -> dict[str, Any]:
        return dict(
            ec2.describe_network_interface_attribute(NetworkInterfaceId=interface, Attribute=name)
        )

    change(Description={"Value": "new"})
    change(SourceDestCheck={"Value": False})
    change(Groups=[group["GroupId"]])
    assert attribute("description")["Description"]["Value"] == "new"
    assert attribute("sourceDestCheck")["SourceDestCheck"]["Value"] is False
    assert [one["GroupId"] for one in attribute("groupSet")["Groups"]] == [group["GroupId"]]
    assert refusal(ec2.delete_security_group, GroupId=group["GroupId"])[0] == "DependencyViolation"
    address = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][
        0
    ]["PrivateIpAddress"]
    assert refusal(
        ec2.create_network_interface, SubnetId=subnet["SubnetId"], PrivateIpAddress=address
    ) == ("InvalidIPAddress.InUse", f"Address {address} is in use.")
    code, _ = refusal(
        ec2.create_network_interface, SubnetId=subnet["SubnetId"], PrivateIpAddress="10.0.0.9"
    )
    assert code == "InvalidParameterValue"
    code, _ = refusal(ec2.create_network_interface, SubnetId=subnet["SubnetId"], Ipv6AddressCount=1)
    assert code == "UnsupportedOperation"
