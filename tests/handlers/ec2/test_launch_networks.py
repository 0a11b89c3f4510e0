"""RunInstances: the network that a launch stands in, and the addresses that it takes."""

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from models import launches, networks
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql
from tests.handlers.ec2.launching import IMAGE, launch, launch_one, refused_launch


def test_the_default_network(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    [row] = sql("select * from instances where instance_id = $1", launch_one(ec2))
    number = cloud.account.number
    assert row["vpc_id"] == networks.default_vpc_id(number, "us-east-1")
    assert row["subnet_id"] == networks.default_subnet_id(number, row["availability_zone"])
    assert row["security_group_ids"] == [networks.default_security_group_id(number, "us-east-1")]
    assert row["public_ip_address"].startswith("3.")
    [subnet] = sql("select * from subnets where subnet_id = $1", row["subnet_id"])
    block = ipaddress.ip_network(subnet["cidr_block"])
    assert ipaddress.ip_address(row["private_ip_address"]) in block


# m1.small stands in every zone of us-east-1, the old one included.


def test_private_addresses(cloud: Cloud, ec2: Any) -> None:
    subnet_id = networks.default_subnet_id(cloud.account.number, "us-east-1a")
    there: dict[str, Any] = {"SubnetId": subnet_id, "InstanceType": "m1.small"}
    [one] = launch(ec2, **there, PrivateIpAddress="172.31.0.77")
    assert one["PrivateIpAddress"] == "172.31.0.77"
    again = refused_launch(ec2, **there, PrivateIpAddress="172.31.0.77")
    assert again == ("InvalidIPAddress.InUse", "Address 172.31.0.77 is in use.")
    outside = refused_launch(ec2, **there, PrivateIpAddress="10.0.0.7")
    assert outside[0] == "InvalidParameterValue"
    reserved = refused_launch(ec2, **there, PrivateIpAddress="172.31.0.2")
    assert reserved[1] == "Address 172.31.0.2 is in subnet's reserved address range"
    ec2.terminate_instances(InstanceIds=[one["InstanceId"]])
    [free] = launch(ec2, **there, PrivateIpAddress="172.31.0.77")
    assert free["PrivateIpAddress"] == "172.31.0.77"


def test_a_network_interface_stands_for_the_place(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    group = networks.default_security_group_id(cloud.account.number, "us-east-1")
    subnet_id = networks.default_subnet_id(cloud.account.number, "us-east-1b")
    interface = {
        "DeviceIndex": 0,
        "SubnetId": subnet_id,
        "Groups": [group],
        "AssociatePublicIpAddress": False,
    }
    [row] = sql(
        "select * from instances where instance_id = $1",
        launch_one(ec2, InstanceType="m1.small", NetworkInterfaces=[interface]),
    )
    assert (row["subnet_id"], row["public_ip_address"]) == (subnet_id, None)
    both = refused_launch(ec2, NetworkInterfaces=[interface], SubnetId=subnet_id)
    assert both[0] == "InvalidParameterCombination"


def test_launches_at_once_share_no_address(cloud: Cloud, sql: Sql) -> None:
    subnet_id = networks.default_subnet_id(cloud.account.number, "us-east-1a")
    network_id = networks.default_vpc_id(cloud.account.number, "us-east-1")
    # A /26 has 59 addresses to give; nine launches of seven want 63.
    small = "subnet-" + subnet_id[-17:][::-1]
    cloud.running.rows(
        "insert into subnets (account_id, subnet_id, vpc_id, cidr_block, availability_zone)"
        " values ($1, $2, $3, '10.9.0.0/26', 'us-east-1a')",
        cloud.account.id, small, network_id,
    )  # fmt: skip

    def one(_: int) -> str | int:
        try:
            return len(launch(cloud.client("ec2"), 7, InstanceType="m1.small", SubnetId=small))
        except ClientError as error:
            code: str = error.response["Error"]["Code"]
            return code

    with ThreadPoolExecutor(9) as pool:
        launched = list(pool.map(one, range(9)))
    assert sorted(launched, key=str) == [*[7] * 8, "InsufficientFreeAddressesInSubnet"]
    rows = sql("select private_ip_address from instances where subnet_id = $1", small)
    assert len({row["private_ip_address"] for row in rows}) == len(rows) == 56
    rest = cloud.client("ec2").run_instances(
        ImageId=IMAGE, InstanceType="m1.small", MinCount=1, MaxCount=10, SubnetId=small
    )
    assert len(rest["Instances"]) == 3


@given(
    prefix=st.integers(20, 30),
    used=st.sets(st.integers(0, 4096), max_size=40),
    count=st.integers(0, 40),
    start=st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_addresses_are_free_usable_and_different(
    prefix: int, used: set[int], count: int, start: int
) -> None:
    network = ipaddress.ip_network(f"10.0.0.0/{prefix}")
    in_use = {str(network[n % network.num_addresses]) for n in used}
    found = launches.addresses(str(network), in_use, count, lambda room: start % room)
    usable = {str(network[n]) for n in range(4, network.num_addresses - 1)}
    assert len(set(found)) == len(found)
    assert set(found) <= usable - in_use
    assert len(found) == min(count, len(usable - in_use))
