"""NAT gateways and VPC endpoints through boto3, held against SQL."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24", AvailabilityZone="us-east-1a")
    return str(made["Subnet"]["SubnetId"])


def test_a_gateway_takes_its_address_and_gives_it_back(
    ec2: Any, vpc: str, subnet: str, sql: Sql
) -> None:
    address = ec2.allocate_address()
    given = {
        "SubnetId": subnet,
        "AllocationId": address["AllocationId"],
        "ClientToken": "once",
        "TagSpecifications": [
            {"ResourceType": "natgateway", "Tags": [{"Key": "env", "Value": "dev"}]}
        ],
    }
    made = ec2.create_nat_gateway(**given)["NatGateway"]
    assert (made["State"], made["VpcId"]) == ("pending", vpc)
    gateway = made["NatGatewayId"]
    assert ec2.create_nat_gateway(**given)["NatGateway"]["NatGatewayId"] == gateway
    assert refusal(ec2.create_nat_gateway, **{**given, "SubnetId": "subnet-12345678"})[0] == (
        "IdempotentParameterMismatch"
    )
    [shown] = ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
    [used] = shown["NatGatewayAddresses"]
    assert (shown["State"], used["PublicIp"]) == ("available", address["PublicIp"])
    assert used["PrivateIp"].startswith("10.8.0.")
    assert shown["Tags"] == [{"Key": "env", "Value": "dev"}]
    [row] = sql("select hourly_cost from nat_gateways where nat_gateway_id = $1", gateway)
    assert row["hourly_cost"] == Decimal("0.0450")
    [held] = ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"]
    assert held["AssociationId"] == used["AssociationId"]
    assert held["NetworkInterfaceId"] == used["NetworkInterfaceId"]
    assert refusal(ec2.create_nat_gateway, **{**given, "ClientToken": "other"}) == (
        "Resource.AlreadyAssociated",
        f"resource {address['AllocationId']} is already associated with associate-id"
        f" {held['AssociationId']}",
    )
    assert refusal(ec2.release_address, AllocationId=address["AllocationId"])[0] == (
        "InvalidIPAddress.InUse"
    )
    assert refusal(ec2.disassociate_address, AssociationId=held["AssociationId"])[0] == (
        "AuthFailure"
    )
    assert refusal(ec2.delete_subnet, SubnetId=subnet)[0] == "DependencyViolation"

    assert ec2.delete_nat_gateway(NatGatewayId=gateway)["NatGatewayId"] == gateway
    [gone] = ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": ["deleted"]}])[
        "NatGateways"
    ]
    assert gone["NatGatewayId"] == gateway
    assert gone["DeleteTime"] >= gone["CreateTime"]
    not_found = ("NatGatewayNotFound", f"The Nat Gateway {gateway} was not found")
    assert refusal(ec2.delete_nat_gateway, NatGatewayId=gateway) == not_found
    [row] = sql(
        "select state, hourly_cost from elastic_ips where allocation_id = $1",
        address["AllocationId"],
    )
    assert (row["state"], row["hourly_cost"]) == ("unassociated", Decimal("0.0050"))
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.delete_subnet(SubnetId=subnet)
    sql(
        "update nat_gateways set deleted_at = deleted_at - $2::interval where nat_gateway_id = $1",
        gateway,
        timedelta(hours=1, seconds=1),
    )
    assert refusal(ec2.describe_nat_gateways, NatGatewayIds=[gateway]) == not_found


def test_gateway_filters_and_refusals(ec2: Any, vpc: str, subnet: str) -> None:
    private = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
    assert "PublicIp" not in private["NatGatewayAddresses"][0]

    def by(name: str, *values: str) -> list[str]:
        found = ec2.describe_nat_gateways(Filter=[{"Name": name, "Values": list(values)}])
        return [one["NatGatewayId"] for one in found["NatGateways"]]

    own = [private["NatGatewayId"]]
    assert by("vpc-id", vpc) == own
    assert by("subnet-id", subnet) == own
    assert by("state", "pending", "avail*") == own
    assert by("nat-gateway-id", own[0]) == own
    assert by("tag-key", "env") == []
    assert refusal(ec2.create_nat_gateway, SubnetId=subnet)[0] == "MissingParameter"
    assert refusal(ec2.create_nat_gateway, SubnetId="subnet-12345678", ConnectivityType="private")[
        0
    ] == ("InvalidSubnetID.NotFound")
    assert refusal(ec2.create_nat_gateway, SubnetId=subnet, AllocationId="eipalloc-12345678") == (
        "InvalidAllocationID.NotFound",
        "The allocation ID 'eipalloc-12345678' does not exist",
    )
    assert refusal(ec2.delete_nat_gateway, NatGatewayId="nat-x")[0] == "NatGatewayMalformed"


def test_an_interface_endpoint(ec2: Any, cloud: Any, vpc: str, subnet: str, sql: Sql) -> None:
    second = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.1.0/24", AvailabilityZone="us-east-1b")[
        "Subnet"
    ]["SubnetId"]
    service = "com.amazonaws.us-east-1.ecr.dkr"
    given = {
        "VpcId": vpc,
        "VpcEndpointType": "Interface",
        "ServiceName": service,
        "SubnetIds": [subnet, second],
    }
    made = ec2.create_vpc_endpoint(**given)["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    assert (made["State"], made["PrivateDnsEnabled"]) == ("pending", True)
    [row] = sql("select * from vpc_endpoints where vpc_endpoint_id = $1", endpoint)
    assert row["hourly_cost"] == Decimal("0.0200")
    [shown] = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
    assert shown["State"] == "available"
    assert shown["SubnetIds"] == [subnet, second]
    assert len(set(shown["NetworkInterfaceIds"])) == 2
    assert [group["GroupName"] for group in shown["Groups"]] == ["default"]
    names = [entry["DnsName"] for entry in shown["DnsEntries"]]
    assert names[0].endswith(".ecr.dkr.us-east-1.vpce.amazonaws.com")
    assert names[1] == "dkr.ecr.us-east-1.amazonaws.com"
    assert shown["OwnerId"] == cloud.account.number
    assert refusal(ec2.create_vpc_endpoint, **given) == (
        "InvalidParameter",
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for"
        f" {service} in the VPC {vpc}",
    )
    assert refusal(ec2.delete_subnet, SubnetId=subnet)[0] == "DependencyViolation"
    told = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint, "vpce-00000000000000000"])
    [left] = told["Unsuccessful"]
    assert left["ResourceId"] == "vpce-00000000000000000"
    assert left["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"
    assert refusal(ec2.describe_vpc_endpoints, VpcEndpointIds=[endpoint])[0] == (
        "InvalidVpcEndpointId.NotFound"
    )


def test_a_gateway_endpoint_is_free(ec2: Any, vpc: str, sql: Sql) -> None:
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=["rtb-12345678"],
        ClientToken="s3",
    )["VpcEndpoint"]
    assert (made["VpcEndpointType"], made["State"]) == ("Gateway", "available")
    assert made["RouteTableIds"] == ["rtb-12345678"]
    assert made.get("Groups", []) == []
    [row] = sql(
        "select hourly_cost from vpc_endpoints where vpc_endpoint_id = $1", made["VpcEndpointId"]
    )
    assert row["hourly_cost"] == 0

    def by(name: str, *values: str) -> int:
        found = ec2.describe_vpc_endpoints(Filters=[{"Name": name, "Values": list(values)}])
        return len(found["VpcEndpoints"])

    assert by("vpc-id", vpc) == 1
    assert by("service-name", "*.s3") == 1
    assert by("vpc-endpoint-type", "Interface") == 0
    assert by("vpc-endpoint-state", "available") == 1
    for wrong, code in (
        ("com.example.s3", "InvalidServiceName"),
        ("com.amazonaws.us-east-1.ecr.api", "InvalidParameter"),
    ):
        assert refusal(ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=wrong)[0] == code
    assert refusal(ec2.delete_vpc, VpcId=vpc)[0] == "DependencyViolation"
