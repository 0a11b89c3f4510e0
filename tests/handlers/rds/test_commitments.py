"""Reserved databases."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal

WANTED = {
    "DBInstanceClass": "db.m5.large",
    "ProductDescription": "mysql",
    "MultiAZ": False,
    "Duration": "1",
    "OfferingType": "Partial Upfront",
}


def offering(rds: Any) -> dict[str, Any]:
    found = rds.describe_reserved_db_instances_offerings(**WANTED)["ReservedDBInstancesOfferings"]
    return next(one for one in found if one["ProductDescription"] == "mysql")


def test_a_reservation_is_bought_and_counts(cloud: Cloud, rds: Any, sql: Sql) -> None:
    sold = offering(rds)
    # a third off 0.171 an hour, half of it paid ahead for 8,760 hours
    assert (sold["FixedPrice"], sold["RecurringCharges"][0]["RecurringChargeAmount"]) == (
        501.8166,
        0.0573,
    )
    offering_id = sold["ReservedDBInstancesOfferingId"]
    [same] = rds.describe_reserved_db_instances_offerings(
        ReservedDBInstancesOfferingId=offering_id
    )["ReservedDBInstancesOfferings"]
    assert same == sold
    bought = rds.purchase_reserved_db_instances_offering(
        ReservedDBInstancesOfferingId=offering_id,
        ReservedDBInstanceId="year-one",
        DBInstanceCount=3,
        Tags=[{"Key": "team", "Value": "data"}],
    )["ReservedDBInstance"]
    assert (bought["State"], bought["DBInstanceCount"]) == ("payment-pending", 3)
    [shown] = rds.describe_reserved_db_instances(ReservedDBInstanceId="year-one")[
        "ReservedDBInstances"
    ]
    assert (shown["State"], shown["DBInstanceClass"], shown["Duration"]) == (
        "active",
        "db.m5.large",
        31536000,
    )
    [row] = sql("select * from commitments where account_id = $1", cloud.account.id)
    assert (row["service"], row["hourly_commitment_amount"], row["instance_family"]) == (
        "rds",
        Decimal("0.3438"),
        "m5",
    )
    arn = shown["ReservedDBInstanceArn"]
    assert arn == f"arn:aws:rds:us-east-1:{cloud.account.number}:ri:year-one"
    assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [
        {"Key": "team", "Value": "data"}
    ]
    assert (
        refusal(
            rds.purchase_reserved_db_instances_offering,
            ReservedDBInstancesOfferingId=offering_id,
            ReservedDBInstanceId="year-one",
        )[0]
        == "ReservedDBInstanceAlreadyExists"
    )


def test_reservations_belong_to_an_account_and_region(
    cloud: Cloud, other_cloud: Cloud, rds: Any
) -> None:
    offering_id = offering(rds)["ReservedDBInstancesOfferingId"]
    rds.purchase_reserved_db_instances_offering(ReservedDBInstancesOfferingId=offering_id)
    assert len(rds.describe_reserved_db_instances()["ReservedDBInstances"]) == 1
    for elsewhere in (other_cloud.client("rds"), cloud.client("rds", "eu-west-1")):
        assert elsewhere.describe_reserved_db_instances()["ReservedDBInstances"] == []
    assert (
        refusal(
            cloud.client("rds", "eu-west-1").purchase_reserved_db_instances_offering,
            ReservedDBInstancesOfferingId=offering_id,
        )[0]
        == "ReservedDBInstancesOfferingNotFound"
    )
    assert refusal(rds.describe_reserved_db_instances, ReservedDBInstanceId="none")[0] == (
        "ReservedDBInstanceNotFound"
    )


def test_offerings_are_paged(rds: Any) -> None:
    pages = rds.get_paginator("describe_reserved_db_instances_offerings").paginate(
        DBInstanceClass="db.r5.large", PaginationConfig={"PageSize": 20}
    )
    found = [one for page in pages for one in page["ReservedDBInstancesOfferings"]]
    ids = {one["ReservedDBInstancesOfferingId"] for one in found}
    # nine products with a standby or without, two of Aurora without; five ways to pay
    assert len(found) == len(ids) == 9 * 2 * 5 + 2 * 5
