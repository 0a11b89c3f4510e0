"""RDS through the AWS CLI: a database resized, kept in a snapshot, stopped and removed."""

from decimal import Decimal

from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws


def test_a_database_is_made_smaller_and_then_goes(cloud: Cloud) -> None:
    rows = cloud.running.rows
    name = ("--db-instance-identifier", "orders")
    aws(
        cloud, "rds", "create-db-instance", *name, "--engine", "mysql", "--db-instance-class",
        "db.r5.2xlarge", "--allocated-storage", "200", "--multi-az", "--master-username", "admin",
        "--master-user-password", "correct horse", "--tags", "Key=env,Value=dev",
    )  # fmt: skip
    aws(cloud, "rds", "wait", "db-instance-available", *name)
    sql = "select * from rds_instances where identifier = 'orders' and account_id = $1"
    [before] = rows(sql, cloud.account.id)
    assert before["hourly_cost"] == Decimal("1.9200")
    aws(
        cloud, "rds", "modify-db-instance", *name, "--db-instance-class", "db.r5.large",
        "--no-multi-az", "--apply-immediately",
    )  # fmt: skip
    [after] = rows(sql, cloud.account.id)
    assert (after["hourly_cost"], after["storage_monthly_cost"]) == (
        Decimal("0.2400"),
        Decimal("23.0000"),
    )
    [shown] = aws(cloud, "rds", "describe-db-instances", *name)["DBInstances"]
    assert (shown["DBInstanceClass"], shown["MultiAZ"]) == ("db.r5.large", False)
    assert shown["TagList"] == [{"Key": "env", "Value": "dev"}]
    assert (
        aws(cloud, "rds", "stop-db-instance", *name)["DBInstance"]["DBInstanceStatus"] == "stopping"
    )
    assert rows(sql, cloud.account.id)[0]["state"] == "stopped"
    aws(cloud, "rds", "delete-db-instance", *name, "--final-db-snapshot-identifier", "orders-last")
    assert rows(sql, cloud.account.id) == []
    [kept] = aws(cloud, "rds", "describe-db-snapshots", "--snapshot-type", "manual")["DBSnapshots"]
    assert kept["DBSnapshotIdentifier"] == "orders-last"
    aws(cloud, "rds", "delete-db-snapshot", "--db-snapshot-identifier", "orders-last")
    assert aws(cloud, "rds", "describe-db-snapshots")["DBSnapshots"] == []
