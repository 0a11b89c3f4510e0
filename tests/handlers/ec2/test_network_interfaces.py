"""Network interfaces through boto3: what instances, gateways and endpoints have."""

from ipaddress import ip_address, ip_network
from typing import Any

from tests.handlers.ec2.answers import Sql, make_instance, refusal


def test_interfaces_follow_from_their_holders(ec2: Any, cloud: Any, sql: Sql) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.6.2.0/24", AvailabilityZone="us-east-1a")[
        "Subnet"
    ]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="w", VpcId=vpc)["GroupId"]
    instance = make_instance(sql, cloud, vpc_id=vpc, subnet_id=subnet, security_group_ids=[group])
    one, two = ec2.allocate_address(), ec2.allocate_address()
    held = ec2.associate_address(AllocationId=one["AllocationId"], InstanceId=instance)
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=two["AllocationId"])
    gateway_id = gateway["NatGateway"]["NatGatewayId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.kms",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]
    shown = ec2.describe_network_interfaces()["NetworkInterfaces"]
    by_kind = {one["InterfaceType"]: one for one in shown}
    assert len(shown) == len(by_kind) == 3
    own = by_kind["interface"]
    assert own["Attachment"]["InstanceId"] == instance
    assert own["Attachment"]["InstanceOwnerId"] == cloud.account.number
    assert own["Association"]["PublicIp"] == one["PublicIp"]
    assert own["Association"]["AssociationId"] == held["AssociationId"]
    assert own["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    assert own["RequesterManaged"] is False
    nat = by_kind["nat_gateway"]
    assert nat["Description"] == f"Interface for NAT Gateway {gateway_id}"
    assert nat["Association"]["AllocationId"] == two["AllocationId"]
    door = by_kind["vpc_endpoint"]
    assert [door["NetworkInterfaceId"]] == endpoint["NetworkInterfaceIds"]
    assert ip_address(door["PrivateIpAddress"]) in ip_network("10.6.2.0/24")
    assert door["Attachment"]["InstanceOwnerId"] == "amazon-aws"

    def by(name: str, *values: str) -> set[str]:
        found = ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": list(values)}])
        return {one["InterfaceType"] for one in found["NetworkInterfaces"]}

    assert by("subnet-id", subnet) == set(by_kind)
    assert by("attachment.instance-id", instance) == {"interface"}
    assert by("group-id", group) == {"interface", "vpc_endpoint"}
    assert by("group-name", "we*") == {"interface", "vpc_endpoint"}
    assert by("requester-managed", "true") == {"nat_gateway", "vpc_endpoint"}
    assert by("requester-id", "amazon-aws") == {"nat_gateway", "vpc_endpoint"}
    assert by("interface-type", "nat_gateway") == {"nat_gateway"}
    assert by("description", "*NAT*") == {"nat_gateway"}
    assert by("association.public-ip", one["PublicIp"]) == {"interface"}
    assert by("status", "available") == set()
    one_id = door["NetworkInterfaceId"]
    [again] = ec2.describe_network_interfaces(NetworkInterfaceIds=[one_id])["NetworkInterfaces"]
    assert again == door
    assert refusal(
        ec2.describe_network_interfaces, NetworkInterfaceIds=["eni-00000000000000000"]
    ) == (
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID 'eni-00000000000000000' does not exist",
    )
