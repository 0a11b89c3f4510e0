"""Elastic IPs through boto3, held against SQL."""

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.handlers.ec2.answers import Sql, make_instance, refusal

FREE, IDLE = Decimal("0.0000"), Decimal("0.0050")


def row_of(sql: Sql, allocation_id: str) -> dict[str, Any]:
    [row] = sql("select * from elastic_ips where allocation_id = $1", allocation_id)
    return row


def public_ip(sql: Sql, instance_id: str) -> str | None:
    [row] = sql("select public_ip_address from instances where instance_id = $1", instance_id)
    value: str | None = row["public_ip_address"]
    return value


def test_an_address_from_allocation_to_release(ec2: Any, cloud: Any, sql: Sql) -> None:
    made = ec2.allocate_address(
        Domain="vpc",
        TagSpecifications=[
            {"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "nat"}]}
        ],
    )
    allocation, address = made["AllocationId"], made["PublicIp"]
    assert ipaddress.IPv4Address(address).is_global
    assert (made["Domain"], made["NetworkBorderGroup"]) == ("vpc", "us-east-1")
    row = row_of(sql, allocation)
    assert (row["state"], row["hourly_cost"]) == ("unassociated", IDLE)
    [shown] = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
    assert shown == {
        "PublicIp": address,
        "AllocationId": allocation,
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": "us-east-1",
        "Tags": [{"Key": "Name", "Value": "nat"}],
    }
    [told] = ec2.describe_addresses_attribute(AllocationIds=[allocation])["Addresses"]
    assert told == {"PublicIp": address, "AllocationId": allocation}

    instance = make_instance(sql, cloud)
    association = ec2.associate_address(AllocationId=allocation, InstanceId=instance)[
        "AssociationId"
    ]
    row = row_of(sql, allocation)
    assert (row["state"], row["hourly_cost"]) == ("associated", FREE)
    assert public_ip(sql, instance) == address
    [shown] = ec2.describe_addresses(PublicIps=[address])["Addresses"]
    assert shown["InstanceId"] == instance
    assert shown["AssociationId"] == association
    assert shown["PrivateIpAddress"] == "10.0.0.7"
    assert shown["NetworkInterfaceOwnerId"] == cloud.account.number
    assert shown["NetworkInterfaceId"].startswith("eni-")
    assert refusal(ec2.release_address, AllocationId=allocation) == (
        "InvalidIPAddress.InUse",
        f"Address {address} is in use.",
    )
    # Done again, it is what it was.
    assert (
        ec2.associate_address(AllocationId=allocation, InstanceId=instance)["AssociationId"]
        == association
    )

    ec2.disassociate_address(AssociationId=association)
    row = row_of(sql, allocation)
    assert (row["state"], row["hourly_cost"], row["associated_instance_id"]) == (
        "unassociated",
        IDLE,
        None,
    )
    assert public_ip(sql, instance) is None
    assert refusal(ec2.disassociate_address, AssociationId=association) == (
        "InvalidAssociationID.NotFound",
        f"The association ID '{association}' does not exist",
    )
    ec2.release_address(AllocationId=allocation)
    assert refusal(ec2.release_address, AllocationId=allocation) == (
        "InvalidAllocationID.NotFound",
        f"The allocation ID '{allocation}' does not exist",
    )


def test_moving_an_address(ec2: Any, cloud: Any, sql: Sql) -> None:
    first, second = make_instance(sql, cloud), make_instance(sql, cloud, "stopped")
    one, two = ec2.allocate_address(), ec2.allocate_address()
    held = ec2.associate_address(AllocationId=one["AllocationId"], InstanceId=first)
    assert refusal(
        ec2.associate_address,
        AllocationId=one["AllocationId"],
        InstanceId=second,
        AllowReassociation=False,
    ) == (
        "Resource.AlreadyAssociated",
        f"resource {one['AllocationId']} is already associated with associate-id"
        f" {held['AssociationId']}",
    )
    ec2.associate_address(AllocationId=one["AllocationId"], InstanceId=second)
    assert public_ip(sql, first) is None
    assert public_ip(sql, second) == one["PublicIp"]
    # A stopped machine does not make an address free of charge.
    assert row_of(sql, one["AllocationId"])["hourly_cost"] == IDLE
    # Another address takes its place, and it becomes idle.
    ec2.associate_address(PublicIp=two["PublicIp"], InstanceId=second)
    assert public_ip(sql, second) == two["PublicIp"]
    row = row_of(sql, one["AllocationId"])
    assert (row["state"], row["associated_instance_id"], row["association_id"]) == (
        "unassociated",
        None,
        None,
    )
    ec2.disassociate_address(PublicIp=two["PublicIp"])
    assert public_ip(sql, second) is None


def test_an_address_on_a_network_interface(ec2: Any, cloud: Any, sql: Sql) -> None:
    instance = make_instance(sql, cloud)
    [row] = sql("select network_interface_id from instances where instance_id = $1", instance)
    made = ec2.allocate_address()
    ec2.associate_address(
        AllocationId=made["AllocationId"], NetworkInterfaceId=row["network_interface_id"]
    )
    assert public_ip(sql, instance) == made["PublicIp"]
    assert refusal(
        ec2.associate_address,
        AllocationId=made["AllocationId"],
        NetworkInterfaceId="eni-00000000000000000",
    ) == (
        "InvalidNetworkInterfaceID.NotFound",
        "The networkInterface ID 'eni-00000000000000000' does not exist",
    )


def test_filters(ec2: Any, cloud: Any, sql: Sql) -> None:
    instance = make_instance(sql, cloud)
    used, idle = ec2.allocate_address(), ec2.allocate_address()
    association = ec2.associate_address(AllocationId=used["AllocationId"], InstanceId=instance)
    ec2.create_tags(Resources=[idle["AllocationId"]], Tags=[{"Key": "env", "Value": "dev"}])

    def by(name: str, *values: str) -> set[str]:
        found = ec2.describe_addresses(Filters=[{"Name": name, "Values": list(values)}])
        return {one["AllocationId"] for one in found["Addresses"]}

    one, other = {used["AllocationId"]}, {idle["AllocationId"]}
    assert by("instance-id", instance) == one
    assert by("association-id", association["AssociationId"]) == one
    assert by("network-interface-owner-id", cloud.account.number) == one
    assert by("private-ip-address", "10.0.*") == one
    assert by("public-ip", idle["PublicIp"]) == other
    assert by("allocation-id", idle["AllocationId"]) == other
    assert by("tag:env", "d*") == other
    assert by("domain", "vpc") == one | other
    assert by("network-border-group", "us-east-1") == one | other
    west = cloud.client("ec2", "us-west-2")
    assert west.describe_addresses()["Addresses"] == []


@pytest.mark.parametrize(
    ("operation", "given", "told"),
    [
        (
            "describe_addresses",
            {"PublicIps": ["198.51.100.7"]},
            ("InvalidAddress.NotFound", "Address '198.51.100.7' not found."),
        ),
        (
            "describe_addresses",
            {"AllocationIds": ["eipalloc-00000000000000000"]},
            (
                "InvalidAllocationID.NotFound",
                "The allocation ID 'eipalloc-00000000000000000' does not exist",
            ),
        ),
        (
            "associate_address",
            {"AllocationId": "eipalloc-00000000000000000"},
            (
                "MissingParameter",
                "Either 'InstanceId' or 'NetworkInterfaceId' must be specified",
            ),
        ),
        (
            "release_address",
            {},
            ("MissingParameter", "Either 'AllocationId' or 'PublicIp' must be specified."),
        ),
    ],
)
def test_what_is_refused(
    ec2: Any, operation: str, given: dict[str, Any], told: tuple[str, str]
) -> None:
    assert refusal(getattr(ec2, operation), **given) == told


def test_one_wanted_address_is_given_once(cloud: Any, other_cloud: Any, sql: Sql) -> None:
    wanted = cloud.client("ec2").allocate_address()["PublicIp"]
    assert refusal(other_cloud.client("ec2").allocate_address, Address=wanted) == (
        "InvalidAddress.NotFound",
        f"Address '{wanted}' not found.",
    )
    assert len(sql("select 1 from elastic_ips where public_ip = $1", wanted)) == 1


def test_two_who_want_one_instance(cloud: Any, sql: Sql) -> None:
    instance = make_instance(sql, cloud)
    ec2 = cloud.client("ec2")
    allocations = [ec2.allocate_address()["AllocationId"] for _ in range(6)]

    def put(allocation_id: str) -> str:
        try:
            ec2.associate_address(AllocationId=allocation_id, InstanceId=instance)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(put, allocations)) == {""}
    rows = sql("select public_ip from elastic_ips where associated_instance_id = $1", instance)
    assert [row["public_ip"] for row in rows] == [public_ip(sql, instance)]
