"""Route tables, internet gateways and DHCP options through boto3: their lives and refusals."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture
def vpc(ec2: Any) -> str:
    """A VPC that is not the default one."""
    return str(ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"])


def tables(ec2: Any, name: str, *values: str) -> list[dict[str, Any]]:
    asked = [{"Name": name, "Values": list(values)}]
    found: list[dict[str, Any]] = ec2.describe_route_tables(Filters=asked)["RouteTables"]
    return found


def subnet(ec2: Any, vpc: str, at: int = 0) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.5.{at}.0/24")
    return str(made["Subnet"]["SubnetId"])


def test_what_a_vpc_is_born_with(ec2: Any, cloud: Cloud, vpc: str) -> None:
    [main] = [one for one in ec2.describe_route_tables()["RouteTables"] if one["VpcId"] != vpc]
    [gateway] = ec2.describe_internet_gateways()["InternetGateways"]
    assert main["OwnerId"] == cloud.account.number
    assert main["Associations"][0]["Main"] is True
    assert [(route["DestinationCidrBlock"], route["GatewayId"]) for route in main["Routes"]] == [
        ("172.31.0.0/16", "local"),
        ("0.0.0.0/0", gateway["InternetGatewayId"]),
    ]
    assert gateway["Attachments"] == [{"State": "available", "VpcId": main["VpcId"]}]
    [closed] = tables(ec2, "vpc-id", vpc)
    assert [route["DestinationCidrBlock"] for route in closed["Routes"]] == ["10.5.0.0/16"]


def test_the_way_out_of_a_vpc(ec2: Any, vpc: str) -> None:
    private = subnet(ec2, vpc)
    tags = [{"ResourceType": "route-table", "Tags": [{"Key": "Name", "Value": "private"}]}]
    made = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags)["RouteTable"]
    table, everywhere = made["RouteTableId"], {"DestinationCidrBlock": "0.0.0.0/0"}
    assert made["Tags"] == [{"Key": "Name", "Value": "private"}]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    route = {"RouteTableId": table, "GatewayId": gateway, **everywhere}
    assert refusal(ec2.create_route, **route) == (
        "InvalidParameterValue",
        f"route table {table} and network gateway {gateway} belong to different networks",
    )
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    second = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    attach = ec2.attach_internet_gateway
    assert refusal(attach, InternetGatewayId=second, VpcId=vpc)[0] == "InvalidParameterValue"
    assert refusal(attach, InternetGatewayId=gateway, VpcId=vpc)[0] == "Resource.AlreadyAssociated"
    ec2.create_route(**route)
    assert refusal(ec2.create_route, **route) == (
        "RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists."
    )  # fmt: skip
    link = ec2.associate_route_table(RouteTableId=table, SubnetId=private)["AssociationId"]
    again = refusal(ec2.associate_route_table, RouteTableId=table, SubnetId=private)
    assert again[0] == "Resource.AlreadyAssociated"
    [found] = tables(ec2, "association.subnet-id", private)
    assert found["RouteTableId"] == table == tables(ec2, "tag:Name", "private")[0]["RouteTableId"]
    assert [one["RouteTableAssociationId"] for one in found["Associations"]] == [link]
    # a route outlives what it leads to, and leads nowhere then
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert tables(ec2, "route.state", "blackhole")[0]["RouteTableId"] == table
    refused = refusal(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
    assert refused == (
        "Gateway.NotAttached", f"resource {gateway} is not attached to network {vpc}"
    )  # fmt: skip
    out = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    out_id = out["EgressOnlyInternetGatewayId"]
    ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0",
                     EgressOnlyInternetGatewayId=out_id)  # fmt: skip
    assert tables(ec2, "route.egress-only-internet-gateway-id", out_id)
    public = subnet(ec2, vpc, 1)
    nat = ec2.create_nat_gateway(SubnetId=public, ConnectivityType="private")["NatGateway"]
    ec2.replace_route(RouteTableId=table, NatGatewayId=nat["NatGatewayId"], **everywhere)
    assert tables(ec2, "route.nat-gateway-id", nat["NatGatewayId"])
    gone = refusal(ec2.replace_route, RouteTableId=table, NatGatewayId=nat["NatGatewayId"],
                   DestinationCidrBlock="10.9.0.0/16")  # fmt: skip
    assert gone[1].startswith("There is no route defined for '10.9.0.0/16' in the route table.")
    ec2.delete_route(RouteTableId=table, **everywhere)
    assert refusal(ec2.delete_route, RouteTableId=table, **everywhere) == (
        "InvalidRoute.NotFound",
        f"no route with destination-cidr-block 0.0.0.0/0 in route table {table}",
    )
    assert refusal(ec2.delete_route_table, RouteTableId=table)[0] == "DependencyViolation"
    ec2.disassociate_route_table(AssociationId=link)
    assert refusal(ec2.disassociate_route_table, AssociationId=link)[0] == (
        "InvalidAssociationID.NotFound"
    )
    for one in (gateway, second):
        ec2.delete_internet_gateway(InternetGatewayId=one)
    ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=out_id)
    assert ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"] == []
    ec2.delete_route_table(RouteTableId=table)


def test_another_table_becomes_the_main_one(ec2: Any, vpc: str) -> None:
    [main] = tables(ec2, "vpc-id", vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    link = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet(ec2, vpc))
    old = main["Associations"][0]["RouteTableAssociationId"]
    assert refusal(ec2.disassociate_route_table, AssociationId=old)[0] == "InvalidParameterValue"
    assert refusal(ec2.delete_route_table, RouteTableId=main["RouteTableId"])[0] == (
        "DependencyViolation"
    )
    new = ec2.replace_route_table_association(AssociationId=old, RouteTableId=table)
    [found] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert {one["RouteTableAssociationId"]: one["Main"] for one in found["Associations"]} == {
        new["NewAssociationId"]: True, link["AssociationId"]: False,
    }  # fmt: skip
    ec2.delete_route_table(RouteTableId=main["RouteTableId"])


def test_what_other_networks_have_is_out_of_reach(ec2: Any, other_cloud: Cloud, vpc: str) -> None:
    theirs = other_cloud.client("ec2")
    [gateway] = theirs.describe_internet_gateways()["InternetGateways"]
    [table] = theirs.describe_route_tables()["RouteTables"]
    gone = refusal(ec2.detach_internet_gateway, VpcId=vpc,
                   InternetGatewayId=gateway["InternetGatewayId"])  # fmt: skip
    assert gone == (
        "InvalidInternetGatewayID.NotFound",
        f"The internetGateway ID '{gateway['InternetGatewayId']}' does not exist",
    )
    place = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "10.0.0.0/8"}
    assert refusal(ec2.create_route, GatewayId="igw-12345678", **place) == (
        "InvalidRouteTableID.NotFound",
        f"The routeTable ID '{table['RouteTableId']}' does not exist",
    )
    [main] = tables(ec2, "vpc-id", vpc)
    own = place | {"RouteTableId": main["RouteTableId"]}
    for target, code in (
        ({"GatewayId": "igw-12345678"}, "InvalidGatewayID.NotFound"),
        ({"NatGatewayId": "nat-12345678"}, "InvalidNatGatewayID.NotFound"),
        ({"CarrierGatewayId": "cagw-12345678"}, "UnsupportedOperation"),
        ({}, "MissingParameter"),
    ):
        assert refusal(ec2.create_route, **own, **target)[0] == code
    assert refusal(
        ec2.delete_route, RouteTableId=main["RouteTableId"], DestinationCidrBlock="10.5.0.0/16"
    )[1] == (f"cannot remove local route 10.5.0.0/16 in route table {main['RouteTableId']}")


def test_dhcp_options_come_and_go(ec2: Any, vpc: str) -> None:
    [own] = ec2.describe_dhcp_options()["DhcpOptions"]
    told = [{"Key": "domain-name", "Values": ["corp.example"]}]
    made = ec2.create_dhcp_options(DhcpConfigurations=told)["DhcpOptions"]
    options = made["DhcpOptionsId"]
    assert made["DhcpConfigurations"] == [
        {"Key": "domain-name", "Values": [{"Value": "corp.example"}]}
    ]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"] == options
    assert refusal(ec2.delete_dhcp_options, DhcpOptionsId=options)[0] == "DependencyViolation"
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"] == "default"
    ec2.associate_dhcp_options(DhcpOptionsId=own["DhcpOptionsId"], VpcId=vpc)
    ec2.delete_dhcp_options(DhcpOptionsId=options)
    found = [{"Name": "value", "Values": ["AmazonProvidedDNS"]}]
    assert ec2.describe_dhcp_options(Filters=found)["DhcpOptions"] == [own]
    assert refusal(ec2.associate_dhcp_options, DhcpOptionsId=options, VpcId=vpc)[0] == (
        "InvalidDhcpOptionID.NotFound"
    )


def test_what_is_written_by_sql_is_there(ec2: Any, cloud: Cloud, sql: Sql) -> None:
    [row] = sql(
        "insert into vpcs (account_id, vpc_id, cidr_block) values ($1, $2, '10.77.0.0/16')"
        " returning vpc_id", cloud.account.id, "vpc-0" + cloud.account.number + "abcd",
    )  # fmt: skip
    [table] = tables(ec2, "vpc-id", row["vpc_id"])
    assert table["Associations"][0]["Main"] is True
    ec2.create_tags(Resources=[table["RouteTableId"]], Tags=[{"Key": "team", "Value": "net"}])
    assert tables(ec2, "tag:team", "net")[0]["RouteTableId"] == table["RouteTableId"]
    ec2.delete_vpc(VpcId=row["vpc_id"])
    assert tables(ec2, "vpc-id", row["vpc_id"]) == []
