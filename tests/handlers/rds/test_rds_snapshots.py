"""Snapshots of databases and clusters."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create


def names(answer: dict[str, Any]) -> list[str]:
    return [one["DBSnapshotIdentifier"] for one in answer["DBSnapshots"]]


def test_a_snapshot_lives_from_taking_to_deletion(cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds, CopyTagsToSnapshot=True, Tags=[{"Key": "team", "Value": "shop"}])
    made = rds.create_db_snapshot(
        DBSnapshotIdentifier="monday",
        DBInstanceIdentifier="orders",
        Tags=[{"Key": "why", "Value": "release"}],
    )["DBSnapshot"]
    assert (made["Status"], made["SnapshotType"], made["AllocatedStorage"]) == (
        "creating",
        "manual",
        100,
    )
    [shown] = rds.describe_db_snapshots(DBSnapshotIdentifier="monday")["DBSnapshots"]
    assert (shown["Status"], shown["PercentProgress"]) == ("available", 100)
    assert {tag["Key"] for tag in shown["TagList"]} == {"team", "why"}
    assert shown["DBSnapshotArn"].endswith(f":{cloud.account.number}:snapshot:monday")
    [row] = sql("select * from rds_snapshots where account_id = $1", cloud.account.id)
    assert row["monthly_cost"] == Decimal("9.5000")
    assert refusal(rds.create_db_snapshot, DBSnapshotIdentifier="monday",
                   DBInstanceIdentifier="orders")[0] == "DBSnapshotAlreadyExists"  # fmt: skip
    assert refusal(rds.create_db_snapshot, DBSnapshotIdentifier="x",
                   DBInstanceIdentifier="none")[0] == "DBInstanceNotFound"  # fmt: skip
    rds.delete_db_snapshot(DBSnapshotIdentifier="monday")
    assert sql("select 1 from rds_snapshots where account_id = $1", cloud.account.id) == []
    assert refusal(rds.delete_db_snapshot, DBSnapshotIdentifier="monday") == (
        "DBSnapshotNotFound",
        "DBSnapshot monday not found.",
    )


def test_automated_snapshots_follow_the_retention(cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds, BackupRetentionPeriod=5)
    sql(
        "update rds_instances set created_at = created_at - interval '90 days'"
        " where account_id = $1",
        cloud.account.id,
    )
    found = rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]
    assert len(found) == 5
    first = found[0]
    stamp = f"{first['SnapshotCreateTime']:%Y-%m-%d-%H-%M}"
    assert first["DBSnapshotIdentifier"] == f"rds:orders-{stamp}"
    assert first["DBSnapshotArn"].endswith(f":snapshot:rds:orders-{stamp}")
    assert refusal(rds.delete_db_snapshot, DBSnapshotIdentifier=first["DBSnapshotIdentifier"])[
        0
    ] == ("InvalidDBSnapshotState")
    [one] = rds.describe_db_snapshots(DBSnapshotIdentifier=first["DBSnapshotArn"])["DBSnapshots"]
    assert one["DBSnapshotIdentifier"] == first["DBSnapshotIdentifier"]
    copy = rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier=first["DBSnapshotIdentifier"], TargetDBSnapshotIdentifier="kept"
    )["DBSnapshot"]
    assert copy["SnapshotType"] == "manual"
    rds.modify_db_instance(DBInstanceIdentifier="orders", BackupRetentionPeriod=2)
    assert len(rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]) == 2
    [backup] = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert (backup["DBInstanceIdentifier"], backup["Status"], backup["BackupRetentionPeriod"]) == (
        "orders",
        "active",
        2,
    )
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    assert names(rds.describe_db_snapshots()) == ["kept"]


def test_snapshots_are_filtered_copied_over_regions_and_shared(cloud: Cloud, rds: Any) -> None:
    create(rds, BackupRetentionPeriod=0)
    create(rds, "users", Engine="mysql", BackupRetentionPeriod=0)
    for source in ("orders", "users"):
        rds.create_db_snapshot(DBSnapshotIdentifier=f"{source}-1", DBInstanceIdentifier=source)
    assert names(rds.describe_db_snapshots()) == ["orders-1", "users-1"]
    assert names(rds.describe_db_snapshots(DBInstanceIdentifier="users")) == ["users-1"]
    mysql = [{"Name": "engine", "Values": ["mysql"]}]
    assert names(rds.describe_db_snapshots(Filters=mysql)) == ["users-1"]
    assert names(rds.describe_db_snapshots(SnapshotType="shared")) == []
    arn = rds.describe_db_snapshots()["DBSnapshots"][0]["DBSnapshotArn"]
    abroad = cloud.client("rds", "eu-west-1")
    copy = abroad.copy_db_snapshot(
        SourceDBSnapshotIdentifier=arn,
        TargetDBSnapshotIdentifier="orders-1",
        SourceRegion="us-east-1",
    )["DBSnapshot"]
    assert (copy["SourceRegion"], copy["SourceDBSnapshotIdentifier"]) == ("us-east-1", arn)
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="orders-1", AttributeName="restore", ValuesToAdd=["111122223333"]
    )
    shared = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier="orders-1")
    assert shared["DBSnapshotAttributesResult"] == {
        "DBSnapshotIdentifier": "orders-1",
        "DBSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": ["111122223333"]}],
    }
