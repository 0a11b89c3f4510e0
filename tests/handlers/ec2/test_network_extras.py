"""Prefix lists, flow logs, peering connections and settings of EC2: their lives and refusals."""

from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal


def test_prefix_lists(ec2: Any, cloud: Cloud) -> None:
    of_aws = ec2.describe_prefix_lists()["PrefixLists"]
    assert {one["PrefixListName"] for one in of_aws} == {
        "com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3",
    }  # fmt: skip
    made = ec2.create_managed_prefix_list(
        PrefixListName="offices", AddressFamily="IPv4", MaxEntries=2,
        Entries=[{"Cidr": "198.51.100.0/24", "Description": "Bern"}],
    )["PrefixList"]  # fmt: skip
    list_id = made["PrefixListId"]
    assert (made["Version"], made["State"]) == (1, "create-in-progress")
    every = ec2.describe_managed_prefix_lists()["PrefixLists"]
    assert {one["OwnerId"] for one in every} == {"AWS", cloud.account.number}
    named = [{"Name": "prefix-list-name", "Values": ["off*"]}]
    [found] = ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"]
    assert found["PrefixListId"] == list_id
    modify = ec2.modify_managed_prefix_list
    changed = modify(
        PrefixListId=list_id, CurrentVersion=1, AddEntries=[{"Cidr": "203.0.113.0/24"}],
        RemoveEntries=[{"Cidr": "198.51.100.0/24"}],
    )["PrefixList"]  # fmt: skip
    assert changed["Version"] == 2
    old = {"CurrentVersion": 1, "AddEntries": [{"Cidr": "10.0.0.0/8"}]}
    assert refusal(modify, PrefixListId=list_id, **old)[0] == "PrefixListVersionMismatch"
    many = [{"Cidr": f"10.{at}.0.0/16"} for at in range(3)]
    assert refusal(modify, PrefixListId=list_id, CurrentVersion=2, AddEntries=many)[0] == (
        "PrefixListMaxEntriesExceeded"
    )
    entries = ec2.get_managed_prefix_list_entries
    assert [one["Cidr"] for one in entries(PrefixListId=list_id)["Entries"]] == ["203.0.113.0/24"]
    assert entries(PrefixListId=list_id, TargetVersion=1)["Entries"] == [
        {"Cidr": "198.51.100.0/24", "Description": "Bern"}
    ]
    ec2.restore_managed_prefix_list_version(
        PrefixListId=list_id, PreviousVersion=1, CurrentVersion=2
    )
    assert entries(PrefixListId=list_id)["Entries"][0]["Description"] == "Bern"
    # rules name both kinds of lists
    group = ec2.create_security_group(GroupName="lists", Description="lists")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    for one in (list_id, of_aws[0]["PrefixListId"]):
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[
            rule | {"PrefixListIds": [{"PrefixListId": one}]}])  # fmt: skip
    assert refusal(ec2.authorize_security_group_egress, GroupId=group, IpPermissions=[
        rule | {"PrefixListIds": [{"PrefixListId": "pl-12345678"}]}])[0] == (
        "InvalidPrefixListID.NotFound"
    )  # fmt: skip
    delete = ec2.delete_managed_prefix_list
    assert refusal(delete, PrefixListId=list_id)[0] == "DependencyViolation"
    ec2.delete_security_group(GroupId=group)
    delete(PrefixListId=list_id)
    assert refusal(entries, PrefixListId=list_id)[0] == "InvalidPrefixListID.NotFound"


def test_flow_logs(ec2: Any, cloud: Cloud) -> None:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    role = f"arn:aws:iam::{cloud.account.number}:role/flow"
    asked = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL"}
    told = asked | {"LogGroupName": "/vpc/flows", "DeliverLogsPermissionArn": role}
    tags = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "Name", "Value": "all"}]}]
    made = ec2.create_flow_logs(**told, TagSpecifications=tags)
    [log] = made["FlowLogIds"]
    assert made["Unsuccessful"] == []
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/vpc/")["logGroups"]
    assert [one["logGroupName"] for one in groups] == ["/vpc/flows"]
    [failed] = ec2.create_flow_logs(**told)["Unsuccessful"]
    assert (failed["ResourceId"], failed["Error"]["Code"]) == (vpc, "FlowLogAlreadyExists")
    gone = "vpc-0123456789abcdef0"
    [failed] = ec2.create_flow_logs(**told | {"ResourceIds": [gone]})["Unsuccessful"]
    assert failed["Error"]["Code"] == "InvalidVpcID.NotFound"
    bucket = {"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::flows-nowhere/a/"}
    assert refusal(ec2.create_flow_logs, **asked, **bucket) == (
        "LogDestinationNotFoundException", "LogDestination: flows-nowhere does not exist."
    )  # fmt: skip
    name = f"flows-{cloud.account.number}"
    cloud.client("s3").create_bucket(Bucket=name)
    bucket["LogDestination"] = f"arn:aws:s3:::{name}/a/"
    [other] = ec2.create_flow_logs(**asked, **bucket, MaxAggregationInterval=60)["FlowLogIds"]
    [shown] = ec2.describe_flow_logs(Filter=[{"Name": "log-destination-type", "Values": ["s3"]}])[
        "FlowLogs"
    ]
    assert (shown["FlowLogId"], shown["MaxAggregationInterval"]) == (other, 60)
    assert shown["DestinationOptions"]["FileFormat"] == "plain-text"
    [shown] = ec2.describe_flow_logs(Filter=[{"Name": "tag:Name", "Values": ["all"]}])["FlowLogs"]
    assert (shown["FlowLogId"], shown["LogGroupName"]) == (log, "/vpc/flows")
    assert refusal(ec2.delete_flow_logs, FlowLogIds=[log, "fl-0123456789abcdef0"])[0] == (
        "InvalidFlowLogId.NotFound"
    )
    ec2.delete_flow_logs(FlowLogIds=[log, other])
    assert ec2.describe_flow_logs()["FlowLogs"] == []


def test_peering_connections(ec2: Any, cloud: Cloud) -> None:
    here = ec2.create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    there = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    ask = ec2.create_vpc_peering_connection
    made = ask(VpcId=here, PeerVpcId=there)["VpcPeeringConnection"]
    peering = made["VpcPeeringConnectionId"]
    assert made["Status"]["Code"] == "pending-acceptance"
    assert made["AccepterVpcInfo"]["CidrBlock"] == "10.42.0.0/16"
    assert refusal(ask, VpcId=there, PeerVpcId=here)[0] == "VpcPeeringConnectionAlreadyExists"
    [table] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [here]}])[
        "RouteTables"
    ]
    route = {"RouteTableId": table["RouteTableId"], "DestinationCidrBlock": "10.42.0.0/16",
             "VpcPeeringConnectionId": peering}  # fmt: skip
    assert refusal(ec2.create_route, **route)[0] == "InvalidVpcPeeringConnectionID.NotFound"
    accepted = ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert accepted["VpcPeeringConnection"]["Status"]["Code"] == "active"
    assert refusal(ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=peering) == (
        "InvalidStateTransition",
        f"Invalid state transition for {peering}, attempted to transition from active to active",
    )
    ec2.create_route(**route)
    ec2.modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=peering,
        AccepterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": True},
    )
    # groups of peered networks may be named
    groups = [ec2.create_security_group(GroupName="peer", Description="peer", VpcId=vpc)["GroupId"]
              for vpc in (here, there)]  # fmt: skip
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": groups[1]}]}])  # fmt: skip
    [shown] = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
    options = shown["AccepterVpcInfo"]["PeeringOptions"]
    assert options["AllowDnsResolutionFromRemoteVpc"] is True
    [reference] = ec2.describe_security_group_references(GroupId=groups[1:])[
        "SecurityGroupReferenceSet"
    ]
    assert (reference["ReferencingVpcId"], reference["VpcPeeringConnectionId"]) == (here, peering)
    stale = ec2.describe_stale_security_groups
    assert stale(VpcId=here)["StaleSecurityGroupSet"] == []
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    [left] = stale(VpcId=here)["StaleSecurityGroupSet"]
    assert left["StaleIpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == groups[1]
    assert stale(VpcId=there)["StaleSecurityGroupSet"] == []
    ec2.delete_security_group(GroupId=groups[1])
    [gone] = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert gone["Status"]["Code"] == "deleted"
    [table] = ec2.describe_route_tables(RouteTableIds=[table["RouteTableId"]])["RouteTables"]
    assert table["Routes"][1]["State"] == "blackhole"
    # across regions a connection is accepted on the other side
    west = cloud.client("ec2", "us-west-2")
    far = west.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"]
    far_id = ask(VpcId=here, PeerVpcId=far, PeerRegion="us-west-2")["VpcPeeringConnection"][
        "VpcPeeringConnectionId"
    ]
    assert refusal(ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=far_id)[0] == (
        "OperationNotPermitted"
    )
    west.reject_vpc_peering_connection(VpcPeeringConnectionId=far_id)
    same = ec2.create_vpc(CidrBlock="10.41.0.0/20")["Vpc"]["VpcId"]
    assert ask(VpcId=here, PeerVpcId=same)["VpcPeeringConnection"]["Status"]["Code"] == "failed"


def test_settings(ec2: Any) -> None:
    assert ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"] is False
    ec2.enable_serial_console_access()
    assert ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"] is True
    assert ec2.get_snapshot_block_public_access_state()["State"] == "unblocked"
    ec2.enable_snapshot_block_public_access(State="block-new-sharing")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    share = {"SnapshotId": snapshot, "Attribute": "createVolumePermission",
             "OperationType": "add", "GroupNames": ["all"]}  # fmt: skip
    assert refusal(ec2.modify_snapshot_attribute, **share)[0] == "OperationNotPermitted"
    assert ec2.disable_snapshot_block_public_access()["State"] == "unblocked"
    ec2.modify_snapshot_attribute(**share)


def test_what_aws_tells_of_account_and_services(ec2: Any) -> None:
    [default] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    told = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    assert [one["AttributeValues"][0]["AttributeValue"] for one in told] == [default["VpcId"]]
    services = ec2.describe_vpc_endpoint_services
    gateways = services(Filters=[{"Name": "service-type", "Values": ["Gateway"]}])
    assert gateways["ServiceNames"] == [
        "com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3",
    ]  # fmt: skip
    first = services(MaxResults=5)
    rest = services(NextToken=first["NextToken"])
    kinds = [one["ServiceId"] for one in first["ServiceDetails"] + rest["ServiceDetails"]]
    assert len(set(kinds)) == len(kinds) == len(services()["ServiceDetails"])
    assert refusal(services, ServiceNames=["com.amazonaws.us-east-1.none"])[0] == (
        "InvalidServiceName"
    )


def test_new_machines_have_the_accounts_metadata_options(ec2: Any) -> None:
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=2)
    told = ec2.get_instance_metadata_defaults()["AccountLevel"]
    assert (told["HttpTokens"], told["HttpPutResponseHopLimit"]) == ("required", 2)
    [first] = ec2.run_instances(**asked)["Instances"]
    assert first["MetadataOptions"]["HttpTokens"] == "required"
    own = {"MetadataOptions": {"HttpTokens": "optional"}}
    [second] = ec2.run_instances(**asked, **own)["Instances"]
    options = second["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("optional", 2)
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference", HttpPutResponseHopLimit=-1)
    assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {"ManagedBy": "account"}
    [third] = ec2.run_instances(**asked)["Instances"]
    assert third["MetadataOptions"]["HttpPutResponseHopLimit"] == 1
