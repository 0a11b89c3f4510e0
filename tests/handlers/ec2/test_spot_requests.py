"""Spot requests."""

from decimal import Decimal
from typing import Any

import pytest

from models import costs, discounts
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture
def image(ec2: Any) -> str:
    found = ec2.describe_images(
        Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
    )["Images"]
    return next(str(one["ImageId"]) for one in found if one["PlatformDetails"] == "Linux/UNIX")


def described(ec2: Any, *request_ids: str) -> list[dict[str, Any]]:
    found = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=list(request_ids))
    return list(found["SpotInstanceRequests"])


def test_a_request_is_fulfilled_at_once(cloud: Cloud, ec2: Any, image: str, sql: Sql) -> None:
    [made] = ec2.request_spot_instances(
        SpotPrice="",  # Terraform's way to name none
        LaunchSpecification={"ImageId": image, "InstanceType": "m5.large", "SubnetId": ""},
        TagSpecifications=[
            {"ResourceType": "spot-instances-request", "Tags": [{"Key": "team", "Value": "ml"}]}
        ],
    )["SpotInstanceRequests"]
    assert (made["State"], made["Status"]["Code"], made["Type"]) == (
        "active",
        "fulfilled",
        "one-time",
    )
    assert made["Tags"] == [{"Key": "team", "Value": "ml"}]
    assert Decimal(made["SpotPrice"]) == costs.instance_hourly("m5.large", "us-east-1")
    [row] = sql("select * from instances where instance_id = $1", made["InstanceId"])
    assert row["hourly_cost"] == discounts.spot_hourly(
        costs.instance_hourly("m5.large", "us-east-1")
    )
    [reservation] = ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"]
    [instance] = reservation["Instances"]
    assert instance["InstanceLifecycle"] == "spot"
    assert instance["SpotInstanceRequestId"] == made["SpotInstanceRequestId"]
    assert made["LaunchSpecification"]["SubnetId"] == instance["SubnetId"]
    assert made["LaunchedAvailabilityZone"] == instance["Placement"]["AvailabilityZone"]
    found = ec2.describe_spot_instance_requests(
        Filters=[
            {"Name": "state", "Values": ["active"]},
            {"Name": "launch.instance-type", "Values": ["m5.*"]},
            {"Name": "tag:team", "Values": ["ml"]},
        ]
    )["SpotInstanceRequests"]
    assert [one["SpotInstanceRequestId"] for one in found] == [made["SpotInstanceRequestId"]]


def test_a_request_ends_with_its_instance(ec2: Any, image: str) -> None:
    made = ec2.request_spot_instances(
        InstanceCount=2, LaunchSpecification={"ImageId": image, "InstanceType": "m5.large"}
    )["SpotInstanceRequests"]
    one, two = (request["SpotInstanceRequestId"] for request in made)
    cancelled = ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[one])
    assert cancelled["CancelledSpotInstanceRequests"] == [
        {"SpotInstanceRequestId": one, "State": "cancelled"}
    ]
    [shown] = described(ec2, one)
    assert (shown["State"], shown["Status"]["Code"]) == (
        "cancelled",
        "request-canceled-and-instance-running",
    )
    ec2.terminate_instances(InstanceIds=[request["InstanceId"] for request in made])
    [shown] = described(ec2, two)
    assert (shown["State"], shown["Status"]["Code"]) == ("closed", "instance-terminated-by-user")
    absent = "sir-01234567"
    assert refusal(ec2.cancel_spot_instance_requests, SpotInstanceRequestIds=[absent]) == (
        "InvalidSpotInstanceRequestID.NotFound",
        f"The spot instance request ID '{absent}' does not exist",
    )


def test_an_offer_too_low_waits(ec2: Any, image: str, sql: Sql, cloud: Cloud) -> None:
    [made] = ec2.request_spot_instances(
        SpotPrice="0.001", LaunchSpecification={"ImageId": image, "InstanceType": "m5.large"}
    )["SpotInstanceRequests"]
    assert (made["State"], made["Status"]["Code"]) == ("open", "price-too-low")
    assert "InstanceId" not in made
    assert made["LaunchSpecification"]["InstanceType"] == "m5.large"
    assert sql("select 1 from instances where account_id = $1", cloud.account.id) == []
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[made["SpotInstanceRequestId"]])
    [shown] = described(ec2, made["SpotInstanceRequestId"])
    assert shown["Status"]["Code"] == "canceled-before-fulfillment"


def test_run_instances_asks_for_spot_too(ec2: Any, image: str) -> None:
    made = ec2.run_instances(
        ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1,
        InstanceMarketOptions={
            "MarketType": "spot",
            "SpotOptions": {
                "SpotInstanceType": "persistent", "InstanceInterruptionBehavior": "stop",
                "MaxPrice": "0.5",
            },
        },
        TagSpecifications=[
            {"ResourceType": "spot-instances-request", "Tags": [{"Key": "a", "Value": "b"}]}
        ],
    )["Instances"][0]  # fmt: skip
    [shown] = described(ec2, made["SpotInstanceRequestId"])
    assert (shown["Type"], shown["InstanceInterruptionBehavior"]) == ("persistent", "stop")
    assert (shown["SpotPrice"], shown["InstanceId"]) == ("0.500000", made["InstanceId"])
    assert shown["Tags"] == [{"Key": "a", "Value": "b"}]
    ec2.stop_instances(InstanceIds=[made["InstanceId"]])
    [shown] = described(ec2, made["SpotInstanceRequestId"])
    assert (shown["State"], shown["Status"]["Code"]) == ("disabled", "instance-stopped-by-user")
