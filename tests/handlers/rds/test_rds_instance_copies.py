"""Replicas of databases, and databases out of snapshots."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create, describe


def test_a_replica_follows_its_source_until_it_is_promoted(
    cloud: Cloud, rds: Any, sql: Sql
) -> None:
    create(rds)
    made = rds.create_db_instance_read_replica(
        DBInstanceIdentifier="reader",
        SourceDBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.medium",
    )["DBInstance"]
    assert made["ReadReplicaSourceDBInstanceIdentifier"] == "orders"
    assert describe(rds)["ReadReplicaDBInstanceIdentifiers"] == ["reader"]
    [row] = sql("select * from rds_instances where identifier = 'reader' and account_id = $1",
                cloud.account.id)  # fmt: skip
    assert (row["replica_of"], row["hourly_cost"], row["storage_monthly_cost"]) == (
        "orders",
        Decimal("0.0720"),
        Decimal("11.5000"),
    )
    for identifier in ("orders", "reader"):
        assert refusal(rds.stop_db_instance, DBInstanceIdentifier=identifier) == (
            "InvalidDBInstanceState",
            "Cannot stop or start a Read-Replica instance",
        )
    rds.promote_read_replica(DBInstanceIdentifier="reader")
    shown = describe(rds, "reader")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in shown
    assert shown["BackupRetentionPeriod"] == 1
    assert refusal(rds.promote_read_replica, DBInstanceIdentifier="reader")[0] == (
        "InvalidDBInstanceState"
    )
    rds.stop_db_instance(DBInstanceIdentifier="orders")


def test_replicas_outlive_their_source(rds: Any) -> None:
    create(rds)
    replicate = rds.create_db_instance_read_replica
    replicate(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="orders")
    assert refusal(replicate, DBInstanceIdentifier="reader",
                   SourceDBInstanceIdentifier="orders")[0] == "DBInstanceAlreadyExists"  # fmt: skip
    assert refusal(replicate, DBInstanceIdentifier="other",
                   SourceDBInstanceIdentifier="none")[0] == "DBInstanceNotFound"  # fmt: skip
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in describe(rds, "reader")


def test_without_backups_there_is_no_replica(rds: Any) -> None:
    create(rds, BackupRetentionPeriod=0)
    code, message = refusal(
        rds.create_db_instance_read_replica,
        DBInstanceIdentifier="reader",
        SourceDBInstanceIdentifier="orders",
    )
    assert code == "InvalidDBInstanceState"
    assert "Automated backups are not enabled" in message


def test_a_snapshot_becomes_a_database_again(cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds, Engine="mysql", StorageType="io1", Iops=1000, DBName="shop")
    rds.create_db_snapshot(DBSnapshotIdentifier="monday", DBInstanceIdentifier="orders")
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    restored = rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="again", DBSnapshotIdentifier="monday"
    )["DBInstance"]
    assert (restored["Engine"], restored["DBName"], restored["Iops"]) == ("mysql", "shop", 1000)
    [row] = sql("select * from rds_instances where identifier = 'again' and account_id = $1",
                cloud.account.id)  # fmt: skip
    assert (row["hourly_cost"], row["storage_monthly_cost"]) == (
        Decimal("0.1710"),
        Decimal("112.5000"),
    )
    assert refusal(
        rds.restore_db_instance_from_db_snapshot,
        DBInstanceIdentifier="more",
        DBSnapshotIdentifier="tuesday",
    ) == ("DBSnapshotNotFound", "DBSnapshot tuesday not found.")
