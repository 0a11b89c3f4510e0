"""Network ACLs and DHCP options: what every network is born with."""

from typing import Any

from tests.handlers.ec2.answers import refusal


def test_every_network_has_its_own(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    every = ec2.describe_network_acls()["NetworkAcls"]
    vpcs = ec2.describe_vpcs()["Vpcs"]
    assert sorted(one["VpcId"] for one in every) == sorted(one["VpcId"] for one in vpcs)
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    [acl] = ec2.describe_network_acls(Filters=here)["NetworkAcls"]
    assert acl["IsDefault"]
    [link] = acl["Associations"]
    assert (link["SubnetId"], link["NetworkAclId"]) == (subnet, acl["NetworkAclId"])
    assert [(one["RuleNumber"], one["RuleAction"], one["Egress"]) for one in acl["Entries"]] == [
        (100, "allow", True), (32767, "deny", True), (100, "allow", False), (32767, "deny", False),
    ]  # fmt: skip
    for name, value in (("association.subnet-id", subnet), ("network-acl-id", acl["NetworkAclId"])):
        found = ec2.describe_network_acls(Filters=[{"Name": name, "Values": [value]}])
        assert found["NetworkAcls"] == [acl]
    none = [*here, {"Name": "entry.rule-number", "Values": ["200"]}]
    assert ec2.describe_network_acls(Filters=none)["NetworkAcls"] == []
    gone = refusal(ec2.describe_network_acls, NetworkAclIds=["acl-0123456789abcdef0"])
    assert gone == (
        "InvalidNetworkAclID.NotFound",
        "The networkAcl ID 'acl-0123456789abcdef0' does not exist",
    )
    [options] = ec2.describe_dhcp_options()["DhcpOptions"]
    assert {one["DhcpOptionsId"] for one in vpcs} == {options["DhcpOptionsId"]}
    assert options["DhcpConfigurations"] == [
        {"Key": "domain-name", "Values": [{"Value": "ec2.internal"}]},
        {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]},
    ]
    named = [{"Name": "value", "Values": ["ec2.*"]}]
    assert ec2.describe_dhcp_options(Filters=named)["DhcpOptions"] == [options]
