"""Transit gateways, and the VPCs attached to them."""

from decimal import Decimal
from typing import Any

from emulator import control
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal


def attach(ec2: Any, gateway: str) -> tuple[str, str]:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    made = ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet]
    )["TransitGatewayVpcAttachment"]
    assert (made["State"], made["SubnetIds"]) == ("pending", [subnet])
    return made["TransitGatewayAttachmentId"], vpc


def test_a_gateway_lives_from_making_to_deletion(cloud: Cloud, ec2: Any) -> None:
    made = ec2.create_transit_gateway(
        Description="hub",
        Options={"AmazonSideAsn": 64999},
        TagSpecifications=[
            {"ResourceType": "transit-gateway", "Tags": [{"Key": "team", "Value": "net"}]}
        ],
    )["TransitGateway"]
    gateway = made["TransitGatewayId"]
    assert made["State"] == "pending"
    [shown] = ec2.describe_transit_gateways(
        Filters=[{"Name": "tag:team", "Values": ["net"]}]
    )["TransitGateways"]  # fmt: skip
    assert (shown["State"], shown["Description"]) == ("available", "hub")
    assert shown["TransitGatewayArn"] == (
        f"arn:aws:ec2:us-east-1:{cloud.account.number}:transit-gateway/{gateway}"
    )
    assert shown["Options"]["AmazonSideAsn"] == 64999
    assert shown["Options"]["AssociationDefaultRouteTableId"].startswith("tgw-rtb-")
    attachment, vpc = attach(ec2, gateway)
    [listed] = ec2.describe_transit_gateway_attachments(
        Filters=[{"Name": "resource-id", "Values": [vpc]}]
    )["TransitGatewayAttachments"]
    assert (listed["ResourceType"], listed["State"]) == ("vpc", "available")
    assert listed["TransitGatewayAttachmentId"] == attachment
    assert refusal(ec2.delete_transit_gateway, TransitGatewayId=gateway) == (
        "IncorrectState",
        f"{gateway} has non-deleted VPC Attachments: {attachment}.",
    )
    ec2.create_tags(Resources=[attachment, gateway], Tags=[{"Key": "seen", "Value": "1"}])
    [listed] = ec2.describe_transit_gateway_vpc_attachments(
        Filters=[{"Name": "tag:seen", "Values": ["1"]}]
    )["TransitGatewayVpcAttachments"]
    assert listed["VpcId"] == vpc
    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=attachment)
    answer = ec2.delete_transit_gateway(TransitGatewayId=gateway)
    assert answer["TransitGateway"]["State"] == "deleting"
    [shown] = ec2.describe_transit_gateways(TransitGatewayIds=[gateway])["TransitGateways"]
    assert shown["State"] == "deleted"
    assert refusal(ec2.delete_transit_gateway, TransitGatewayId=gateway)[0] == "IncorrectState"
    absent = "tgw-0123456789abcdef0"
    code, _ = refusal(ec2.describe_transit_gateways, TransitGatewayIds=[absent])
    assert code == "InvalidTransitGatewayID.NotFound"


def test_attachments_are_billed_by_the_hour(
    cloud: Cloud, ec2: Any, running: RunningServer, sql: Sql
) -> None:
    number = cloud.account.number
    running.run(control.estate_create(running.server.world, "1", days=1, account=number))
    running.server.clocks.forget()
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    attachment, vpc = attach(ec2, gateway)
    code, _ = refusal(
        ec2.create_transit_gateway_vpc_attachment, TransitGatewayId=gateway, VpcId=vpc,
        SubnetIds=[ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][
            0]["SubnetId"]],
    )  # fmt: skip
    assert code == "DuplicateTransitGatewayAttachment"
    running.run(control.tick(running.server.world, days=1, account=number))
    [row] = sql("select estimated_daily_cost from metrics_daily where resource_id = $1", attachment)
    assert row["estimated_daily_cost"] == Decimal("1.2000")
