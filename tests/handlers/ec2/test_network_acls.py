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


def test_a_network_acl_lives(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    [born] = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    made = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]
    acl = made["NetworkAclId"]
    assert [one["RuleNumber"] for one in made["Entries"]] == [32767, 32767]
    entry = {"NetworkAclId": acl, "RuleNumber": 90, "Egress": False}
    web = entry | {"Protocol": "tcp", "RuleAction": "allow", "CidrBlock": "10.1.2.3/16",
                   "PortRange": {"From": 443, "To": 443}}  # fmt: skip
    ec2.create_network_acl_entry(**web)
    assert refusal(ec2.create_network_acl_entry, **web) == (
        "NetworkAclEntryAlreadyExists",
        "The network acl entry identified by 90 already exists.",
    )
    ec2.replace_network_acl_entry(**web | {"RuleAction": "deny"})
    ec2.create_network_acl_entry(**web | {"RuleNumber": 80, "Egress": True, "Protocol": "-1"})
    link = born["Associations"][0]["NetworkAclAssociationId"]
    new = ec2.replace_network_acl_association(AssociationId=link, NetworkAclId=acl)
    here = [{"Name": "association.subnet-id", "Values": [subnet]}]
    [found] = ec2.describe_network_acls(Filters=here)["NetworkAcls"]
    assert found["NetworkAclId"] == acl
    assert found["Entries"][2] == {
        "CidrBlock": "10.1.0.0/16", "Egress": False, "PortRange": {"From": 443, "To": 443},
        "Protocol": "6", "RuleAction": "deny", "RuleNumber": 90,
    }  # fmt: skip
    ports = [{"Name": "entry.port-range.from", "Values": ["443"]}]
    assert ec2.describe_network_acls(Filters=ports)["NetworkAcls"] == [found]
    assert refusal(ec2.delete_network_acl, NetworkAclId=acl)[0] == "DependencyViolation"
    assert refusal(ec2.delete_vpc, VpcId=vpc)[0] == "DependencyViolation"
    back = {"AssociationId": new["NewAssociationId"], "NetworkAclId": born["NetworkAclId"]}
    ec2.replace_network_acl_association(**back)
    assert refusal(ec2.replace_network_acl_association, **back)[0] == (
        "InvalidAssociationID.NotFound"
    )
    ec2.delete_network_acl_entry(**entry)
    assert refusal(ec2.delete_network_acl_entry, **entry)[0] == "InvalidNetworkAclEntry.NotFound"
    ec2.delete_network_acl(NetworkAclId=acl)
    assert refusal(ec2.delete_network_acl, NetworkAclId=born["NetworkAclId"]) == (
        "InvalidParameterValue",
        f"cannot delete default network ACL {born['NetworkAclId']}",
    )
    # the default one can be emptied, as those do who manage it
    ec2.delete_network_acl_entry(NetworkAclId=born["NetworkAclId"], RuleNumber=100, Egress=True)
    left = ec2.describe_network_acls(NetworkAclIds=[born["NetworkAclId"]])["NetworkAcls"][0]
    assert [one["RuleNumber"] for one in left["Entries"]] == [32767, 100, 32767]
