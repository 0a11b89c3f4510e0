"""Capacity reservations."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from emulator import control
from models import costs
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal


def reserve(ec2: Any, count: int = 3, **more: Any) -> dict[str, Any]:
    made = ec2.create_capacity_reservation(
        **{
            "InstanceType": "m5.large",
            "InstancePlatform": "Linux/UNIX",
            "AvailabilityZone": "us-east-1a",
            "InstanceCount": count,
        }
        | more
    )
    return dict(made["CapacityReservation"])


def launch(cloud: Cloud, ec2: Any, count: int) -> list[str]:
    [subnet] = ec2.describe_subnets(
        Filters=[
            {"Name": "availability-zone", "Values": ["us-east-1a"]},
            {"Name": "default-for-az", "Values": ["true"]},
        ]
    )["Subnets"]
    image = ec2.describe_images(
        Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
    )["Images"]
    linux = next(one["ImageId"] for one in image if one["PlatformDetails"] == "Linux/UNIX")
    made = ec2.run_instances(
        ImageId=linux, InstanceType="m5.large", MinCount=count, MaxCount=count,
        SubnetId=subnet["SubnetId"],
    )  # fmt: skip
    return [one["InstanceId"] for one in made["Instances"]]


def test_instances_fill_reservations_the_oldest_first(cloud: Cloud, ec2: Any) -> None:
    team = [{"Key": "team", "Value": "shop"}]
    specification = {"ResourceType": "capacity-reservation", "Tags": team}
    first = reserve(ec2, 3, TagSpecifications=[specification])
    assert (first["State"], first["AvailableInstanceCount"]) == ("active", 3)
    assert first["CapacityReservationArn"].endswith(
        f":{cloud.account.number}:capacity-reservation/{first['CapacityReservationId']}"
    )
    second = reserve(ec2, 2)
    targeted = reserve(ec2, 1, InstanceMatchCriteria="targeted")
    made = launch(cloud, ec2, 4)

    def free() -> dict[str, int]:
        rows = ec2.describe_capacity_reservations()["CapacityReservations"]
        return {one["CapacityReservationId"]: one["AvailableInstanceCount"] for one in rows}

    order = [one["CapacityReservationId"] for one in (first, second, targeted)]
    assert sum(free()[one] for one in order[:2]) == 1
    assert free()[order[2]] == 1
    ec2.stop_instances(InstanceIds=made[:2])
    assert sum(free()[one] for one in order[:2]) == 3
    found = ec2.describe_capacity_reservations(
        Filters=[{"Name": "tag:team", "Values": ["shop"]}]
    )["CapacityReservations"]  # fmt: skip
    assert [one["CapacityReservationId"] for one in found] == [order[0]]


def test_a_reservation_is_changed_and_cancelled(ec2: Any, sql: Sql) -> None:
    made = reserve(ec2)["CapacityReservationId"]
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    ec2.modify_capacity_reservation(
        CapacityReservationId=made, InstanceCount=5, EndDate=end, EndDateType="limited"
    )
    [shown] = ec2.describe_capacity_reservations(CapacityReservationIds=[made])[
        "CapacityReservations"
    ]
    assert (shown["TotalInstanceCount"], shown["EndDateType"]) == (5, "limited")
    assert abs(shown["EndDate"] - end) < timedelta(seconds=2)
    ec2.modify_capacity_reservation(CapacityReservationId=made, EndDateType="unlimited")
    assert ec2.cancel_capacity_reservation(CapacityReservationId=made)["Return"] is True
    [shown] = ec2.describe_capacity_reservations(
        Filters=[{"Name": "state", "Values": ["cancelled"]}]
    )["CapacityReservations"]
    assert (shown["CapacityReservationId"], shown["AvailableInstanceCount"]) == (made, 0)
    code, _ = refusal(ec2.cancel_capacity_reservation, CapacityReservationId=made)
    assert code == "InvalidCapacityReservationState"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"InstanceCount": 0}, "InvalidParameterValue"),
        ({"InstanceType": "m99.huge"}, "InvalidParameterValue"),
        ({"AvailabilityZone": "us-east-1z"}, "InvalidParameterValue"),
        ({"EndDateType": "limited"}, "InvalidParameterCombination"),
        ({"EndDate": "2001-01-01T00:00:00Z"}, "InvalidParameterValue"),
        ({"StartDate": "2031-01-01T00:00:00Z"}, "UnsupportedOperation"),
    ],
)
def test_what_cannot_be_reserved_is_refused(ec2: Any, change: dict[str, Any], code: str) -> None:
    assert refusal(lambda **asked: reserve(ec2, **asked), **change)[0] == code


def test_an_unknown_reservation_is_not_found(ec2: Any) -> None:
    absent = "cr-0123456789abcdef0"
    assert refusal(ec2.cancel_capacity_reservation, CapacityReservationId=absent) == (
        "InvalidCapacityReservationId.NotFound",
        f"The capacity reservation '{absent}' does not exist",
    )


def test_unused_capacity_is_billed(
    cloud: Cloud, ec2: Any, running: RunningServer, sql: Sql
) -> None:
    running.run(
        control.estate_create(running.server.world, "1", days=1, account=cloud.account.number)
    )
    running.server.clocks.forget()
    made = reserve(ec2, 4)["CapacityReservationId"]
    launch(cloud, ec2, 1)
    running.run(control.tick(running.server.world, days=1, account=cloud.account.number))
    [row] = sql(
        "select metric_payload, estimated_daily_cost from metrics_daily where resource_id = $1",
        made,
    )
    price = costs.instance_hourly("m5.large", "us-east-1")
    assert row["metric_payload"]["unused"] == 3
    assert row["estimated_daily_cost"] == (price * 24 * 3).quantize(Decimal("0.0001"))
