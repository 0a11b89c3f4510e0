"""Databases through boto3, and behind them through SQL."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create, describe

ROW = "select * from rds_instances where identifier = $1 and account_id = $2"


def test_a_database_lives_from_creation_to_deletion(cloud: Cloud, rds: Any, sql: Sql) -> None:
    made = create(rds, "Orders", Tags=[{"Key": "env", "Value": "staging"}])
    assert (made["DBInstanceStatus"], made["DBInstanceIdentifier"]) == ("creating", "orders")
    assert "Endpoint" not in made
    [row] = sql(ROW, "orders", cloud.account.id)
    # an hour of db.m5.large with PostgreSQL; 100 GiB x 0.115
    assert (row["hourly_cost"], row["storage_monthly_cost"]) == (
        Decimal("0.1780"),
        Decimal("11.5000"),
    )
    assert (row["env"], row["engine_version"], row["state"]) == ("staging", "16.8", "available")
    shown = describe(rds)
    assert shown["DBInstanceStatus"] == "available"
    assert shown["DBInstanceArn"] == f"arn:aws:rds:us-east-1:{cloud.account.number}:db:orders"
    assert shown["Endpoint"]["Address"].startswith("orders.c")
    assert shown["Endpoint"]["Port"] == 5432
    assert (shown["Iops"], shown["StorageThroughput"]) == (3000, 125)
    assert shown["TagList"] == [{"Key": "env", "Value": "staging"}]
    assert shown["PendingModifiedValues"] == {}
    group = shown["DBSubnetGroup"]
    assert (group["DBSubnetGroupName"], len(group["Subnets"])) == ("default", 6)
    assert len(shown["VpcSecurityGroups"]) == 1
    assert shown["DBParameterGroups"] == [
        {"DBParameterGroupName": "default.postgres16", "ParameterApplyStatus": "in-sync"}
    ]
    gone = rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    assert gone["DBInstance"]["DBInstanceStatus"] == "deleting"
    assert sql(ROW, "orders", cloud.account.id) == []
    assert sql("select 1 from resource_tags where account_id = $1 and resource_type = $2",
               cloud.account.id, "rds_instance") == []  # fmt: skip
    assert refusal(rds.describe_db_instances, DBInstanceIdentifier="orders") == (
        "DBInstanceNotFound",
        "DBInstance orders not found.",
    )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Engine": "db2000"}, "InvalidParameterValue"),
        ({"EngineVersion": "3.1"}, "InvalidParameterCombination"),
        ({"DBInstanceClass": "db.huge"}, "InvalidParameterValue"),
        ({"AllocatedStorage": 5}, "InvalidParameterValue"),
        ({"Iops": 5000}, "InvalidParameterCombination"),
        ({"StorageType": "io1"}, "InvalidParameterCombination"),
        ({"StorageType": "floppy"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"DBInstanceIdentifier": "two--hyphens"}, "InvalidParameterValue"),
        ({"DBInstanceIdentifier": "1st"}, "InvalidParameterValue"),
        ({"Engine": "aurora-mysql"}, "InvalidParameterCombination"),
        ({"DBClusterIdentifier": "none"}, "DBClusterNotFoundFault"),
        ({"DBSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault"),
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
        ({"AvailabilityZone": "us-east-1a", "MultiAZ": True}, "InvalidParameterCombination"),
    ],
)
def test_what_cannot_be_is_refused(rds: Any, asked: dict[str, Any], code: str) -> None:
    assert (
        refusal(lambda **more: create(rds, **more), **asked)[0] == code
        if ("DBInstanceIdentifier" not in asked)
        else refusal(lambda: create(rds, asked["DBInstanceIdentifier"]))[0] == code
    )


def test_names_are_taken_once_in_an_account_and_region(
    cloud: Cloud, other_cloud: Cloud, rds: Any, sql: Sql
) -> None:
    create(rds)
    assert refusal(lambda: create(rds)) == (
        "DBInstanceAlreadyExists",
        "DB instance already exists",
    )
    create(cloud.client("rds", "eu-west-1"))
    create(other_cloud.client("rds"))
    assert len(sql("select 1 from rds_instances where identifier = 'orders' and account_id = $1",
                   cloud.account.id)) == 2  # fmt: skip
    elsewhere = other_cloud.client("rds", "eu-west-1")
    assert elsewhere.describe_db_instances()["DBInstances"] == []
    arn = describe(rds)["DBInstanceArn"]
    assert describe(rds, arn)["DBInstanceArn"] == arn
    assert refusal(other_cloud.client("rds").describe_db_instances, DBInstanceIdentifier=arn)[
        0
    ] == ("DBInstanceNotFound")
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    assert describe(other_cloud.client("rds"))["DBInstanceStatus"] == "available"


def test_lists_are_filtered_and_paged(rds: Any) -> None:
    for n in range(23):
        create(rds, f"db-{n:02d}", Engine="mysql" if n % 2 else "postgres")
    first = rds.describe_db_instances(MaxRecords=20)
    assert [len(first["DBInstances"]), "Marker" in first] == [20, True]
    rest = rds.describe_db_instances(MaxRecords=20, Marker=first["Marker"])
    assert ([one["DBInstanceIdentifier"] for one in rest["DBInstances"]], "Marker" in rest) == (
        ["db-20", "db-21", "db-22"],
        False,
    )
    pages = rds.get_paginator("describe_db_instances").paginate(PaginationConfig={"PageSize": 20})
    assert len({one["DBInstanceIdentifier"] for page in pages for one in page["DBInstances"]}) == 23
    assert refusal(rds.describe_db_instances, MaxRecords=5)[0] == "InvalidParameterValue"
    assert refusal(rds.describe_db_instances, Marker="made up")[0] == "InvalidParameterValue"
    one = describe(rds, "db-03")
    for name, value in (
        ("db-instance-id", one["DBInstanceArn"]),
        ("db-instance-id", "DB-03"),
        ("dbi-resource-id", one["DbiResourceId"]),
    ):
        found = rds.describe_db_instances(Filters=[{"Name": name, "Values": [value]}])
        assert [each["DBInstanceIdentifier"] for each in found["DBInstances"]] == ["db-03"]
    mysql = rds.describe_db_instances(Filters=[{"Name": "engine", "Values": ["mysql"]}])
    assert len(mysql["DBInstances"]) == 11
    unknown = [{"Name": "colour", "Values": ["red"]}]
    assert refusal(rds.describe_db_instances, Filters=unknown) == (
        "InvalidParameterValue",
        "Unrecognized filter name: colour",
    )


def test_deletion_asks_for_a_last_snapshot_and_heeds_protection(
    cloud: Cloud, rds: Any, sql: Sql
) -> None:
    create(rds, DeletionProtection=True)
    delete = rds.delete_db_instance
    assert refusal(delete, DBInstanceIdentifier="orders") == (
        "InvalidParameterCombination",
        "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
    )
    assert (
        "Cannot delete protected DB Instance"
        in (refusal(delete, DBInstanceIdentifier="orders", SkipFinalSnapshot=True)[1])
    )
    rds.modify_db_instance(DBInstanceIdentifier="orders", DeletionProtection=False)
    delete(DBInstanceIdentifier="orders", FinalDBSnapshotIdentifier="orders-last")
    [row] = sql("select * from rds_snapshots where account_id = $1", cloud.account.id)
    assert (row["identifier"], row["source_identifier"], row["allocated_storage_gib"]) == (
        "orders-last",
        "orders",
        100,
    )
    # 100 GiB x 0.095
    assert row["monthly_cost"] == Decimal("9.5000")
    assert sql(ROW, "orders", cloud.account.id) == []


def test_what_stops_costs_storage_and_starts_again(cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds)
    stopped = rds.stop_db_instance(DBInstanceIdentifier="orders")["DBInstance"]
    assert stopped["DBInstanceStatus"] == "stopping"
    [row] = sql(ROW, "orders", cloud.account.id)
    assert (row["state"], row["hourly_cost"]) == ("stopped", Decimal("0.1780"))
    shown = describe(rds)
    assert (shown["AutomaticRestartTime"].date() - shown["InstanceCreateTime"].date()).days == 7
    assert refusal(rds.stop_db_instance, DBInstanceIdentifier="orders") == (
        "InvalidDBInstanceState",
        "Instance orders is not in available state.",
    )
    assert refusal(rds.reboot_db_instance, DBInstanceIdentifier="orders")[0] == (
        "InvalidDBInstanceState"
    )
    started = rds.start_db_instance(DBInstanceIdentifier="orders")["DBInstance"]
    assert started["DBInstanceStatus"] == "starting"
    [row] = sql(ROW, "orders", cloud.account.id)
    assert (row["state"], row["stopped_at"]) == ("available", None)
    assert refusal(rds.start_db_instance, DBInstanceIdentifier="orders")[0] == (
        "InvalidDBInstanceState"
    )
    assert (
        rds.reboot_db_instance(DBInstanceIdentifier="orders")["DBInstance"]["DBInstanceStatus"]
        == "rebooting"
    )
    assert refusal(rds.reboot_db_instance, DBInstanceIdentifier="orders", ForceFailover=True)[
        0
    ] == ("InvalidParameterCombination")
    events = sql(
        "select old_value, new_value from resource_change_events where account_id = $1"
        " and field_name = 'state' order by changed_at",
        cloud.account.id,
    )
    assert [(one["old_value"], one["new_value"]) for one in events] == [
        ("available", "stopped"),
        ("stopped", "available"),
    ]
