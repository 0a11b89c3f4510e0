"""Route tables and internet gateways through boto3: what a VPC's contents imply."""

from typing import Any

from tests.handlers.ec2.answers import refusal


def test_routes_follow_from_what_a_vpc_has(ec2: Any, cloud: Any) -> None:
    [main] = ec2.describe_route_tables()["RouteTables"]
    [gateway] = ec2.describe_internet_gateways()["InternetGateways"]
    assert main["OwnerId"] == cloud.account.number
    assert main["Associations"][0]["Main"] is True
    assert [(route["DestinationCidrBlock"], route["GatewayId"]) for route in main["Routes"]] == [
        ("172.31.0.0/16", "local"),
        ("0.0.0.0/0", gateway["InternetGatewayId"]),
    ]
    assert gateway["Attachments"] == [{"State": "available", "VpcId": main["VpcId"]}]

    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    [closed] = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    assert [route["DestinationCidrBlock"] for route in closed["Routes"]] == ["10.5.0.0/16"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.5.{n}.0/24", AvailabilityZone="us-east-1a")[
            "Subnet"
        ]["SubnetId"]
        for n in range(2)
    ]
    address = ec2.allocate_address()["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]
    tables = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    [private] = [one for one in tables if not one["Associations"][0]["Main"]]
    assert [one["SubnetId"] for one in private["Associations"]] == [subnets[1]]
    assert private["Routes"][1]["NatGatewayId"] == nat["NatGatewayId"]

    def by(name: str, *values: str) -> set[str]:
        found = ec2.describe_route_tables(Filters=[*of_vpc, {"Name": name, "Values": list(values)}])
        return {one["RouteTableId"] for one in found["RouteTables"]}

    assert by("association.main", "true") == {closed["RouteTableId"]}
    assert by("association.subnet-id", subnets[1]) == {private["RouteTableId"]}
    assert by("route.nat-gateway-id", nat["NatGatewayId"]) == {private["RouteTableId"]}
    assert by("route.gateway-id", "igw-*") == {closed["RouteTableId"]}
    assert by("route.origin", "CreateRouteTable") == {one["RouteTableId"] for one in tables}
    gateways = ec2.describe_internet_gateways(
        Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}]
    )
    assert len(gateways["InternetGateways"]) == 1
    assert refusal(ec2.describe_route_tables, RouteTableIds=["rtb-12345678"]) == (
        "InvalidRouteTableID.NotFound",
        "The routeTable ID 'rtb-12345678' does not exist",
    )
    assert refusal(ec2.describe_internet_gateways, InternetGatewayIds=["igw-12345678"]) == (
        "InvalidInternetGatewayID.NotFound",
        "The internetGateway ID 'igw-12345678' does not exist",
    )
