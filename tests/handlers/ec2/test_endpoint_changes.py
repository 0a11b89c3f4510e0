"""Changes of VPC endpoints: subnets and what they cost, groups, names and policies."""

from decimal import Decimal
from typing import Any

from tests.handlers.ec2.answers import Sql, refusal


def test_an_endpoint_costs_by_its_subnets(ec2: Any, sql: Sql) -> None:
    found = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])
    vpc, subnets = found[0]["VpcId"], [one["SubnetId"] for one in found]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.sqs", VpcEndpointType="Interface",
        SubnetIds=subnets[:1],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip

    def row() -> dict[str, Any]:
        [found] = sql("select * from vpc_endpoints where vpc_endpoint_id = $1", made)
        return found

    modify = ec2.modify_vpc_endpoint
    assert row()["hourly_cost"] == Decimal("0.01")
    modify(VpcEndpointId=made, AddSubnetIds=subnets[1:3], PrivateDnsEnabled=False)
    assert row()["hourly_cost"] == Decimal("0.03")
    modify(VpcEndpointId=made, RemoveSubnetIds=subnets[:1], PolicyDocument='{"Statement": []}')
    assert (row()["subnet_ids"], row()["hourly_cost"]) == (subnets[1:3], Decimal("0.02"))
    group = ec2.create_security_group(GroupName="door", Description="door", VpcId=vpc)["GroupId"]
    modify(VpcEndpointId=made, AddSecurityGroupIds=[group], ResetPolicy=True)
    [shown] = ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"]
    assert group in {one["GroupId"] for one in shown["Groups"]}
    assert (len(shown["SubnetIds"]), shown["PrivateDnsEnabled"]) == (2, False)
    assert row()["policy_document"] is None
    twice = refusal(modify, VpcEndpointId=made, AddSubnetIds=["subnet-0123456789abcdef0"])
    assert twice[0] == "InvalidSubnetID.NotFound"
    tables = refusal(modify, VpcEndpointId=made, AddRouteTableIds=["rtb-0123456789abcdef0"])
    assert tables[0] == "InvalidParameter"
    gateway = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")
    own = gateway["VpcEndpoint"]["VpcEndpointId"]
    assert refusal(modify, VpcEndpointId=own, AddSubnetIds=subnets[:1])[0] == "InvalidParameter"
    absent = refusal(modify, VpcEndpointId=own, AddRouteTableIds=["rtb-0123456789abcdef0"])
    assert absent[0] == "InvalidRouteTableID.NotFound"
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    modify(VpcEndpointId=own, AddRouteTableIds=[table["RouteTables"][0]["RouteTableId"]])
    gone = refusal(modify, VpcEndpointId="vpce-0123456789abcdef0", ResetPolicy=True)
    assert gone[0] == "InvalidVpcEndpointId.NotFound"
