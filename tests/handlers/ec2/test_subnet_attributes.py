"""Attributes of subnets: public addresses of what is launched there."""

from typing import Any

from tests.handlers.ec2.answers import refusal
from tests.handlers.ec2.launching import IMAGE


def test_machines_get_public_addresses_where_it_was_said(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]

    def launched() -> str | None:
        made = ec2.run_instances(
            ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet
        )["Instances"][0]["InstanceId"]
        found = ec2.describe_instances(InstanceIds=[made])["Reservations"][0]["Instances"][0]
        address: str | None = found.get("PublicIpAddress")
        return address

    assert launched() is None
    modify = ec2.modify_subnet_attribute
    modify(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    [shown] = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert shown["MapPublicIpOnLaunch"] is True
    assert launched() is not None
    modify(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
    modify(SubnetId=subnet, EnableDns64={"Value": False})
    assert launched() is None
    on = refusal(modify, SubnetId=subnet, EnableDns64={"Value": True})
    assert on == ("UnsupportedOperation", "EnableDns64 cannot be turned on here.")
    gone = refusal(modify, SubnetId="subnet-0123456789abcdef0", MapPublicIpOnLaunch={"Value": True})
    assert gone[0] == "InvalidSubnetID.NotFound"
    assert refusal(modify, SubnetId=subnet)[0] == "MissingParameter"
