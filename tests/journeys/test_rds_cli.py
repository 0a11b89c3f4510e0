"""RDS through the AWS CLI: a database resized, kept in a snapshot, stopped and removed."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.fixtures.server import Cloud

AWS = Path(sys.executable).parent / "aws"


def aws(cloud: Cloud, *words: str) -> Any:
    """What the AWS CLI prints for `aws rds …`, read as JSON."""
    done = subprocess.run(
        [AWS, "--endpoint-url", cloud.running.url, "rds", *words],
        env=os.environ | cloud.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_a_database_is_made_smaller_and_then_goes(cloud: Cloud) -> None:
    rows = cloud.running.rows
    name = ("--db-instance-identifier", "orders")
    aws(
        cloud, "create-db-instance", *name, "--engine", "mysql", "--db-instance-class",
        "db.r5.2xlarge", "--allocated-storage", "200", "--multi-az", "--master-username", "admin",
        "--master-user-password", "correct horse", "--tags", "Key=env,Value=dev",
    )  # fmt: skip
    aws(cloud, "wait", "db-instance-available", *name)
    sql = "select * from rds_instances where identifier = 'orders' and account_id = $1"
    [before] = rows(sql, cloud.account.id)
    assert before["hourly_cost"] == Decimal("1.9200")
    aws(
        cloud, "modify-db-instance", *name, "--db-instance-class", "db.r5.large", "--no-multi-az",
        "--apply-immediately",
    )  # fmt: skip
    [after] = rows(sql, cloud.account.id)
    assert (after["hourly_cost"], after["storage_monthly_cost"]) == (
        Decimal("0.2400"),
        Decimal("23.0000"),
    )
    [shown] = aws(cloud, "describe-db-instances", *name)["DBInstances"]
    assert (shown["DBInstanceClass"], shown["MultiAZ"]) == ("db.r5.large", False)
    assert shown["TagList"] == [{"Key": "env", "Value": "dev"}]
    assert aws(cloud, "stop-db-instance", *name)["DBInstance"]["DBInstanceStatus"] == "stopping"
    assert rows(sql, cloud.account.id)[0]["state"] == "stopped"
    aws(cloud, "delete-db-instance", *name, "--final-db-snapshot-identifier", "orders-last")
    assert rows(sql, cloud.account.id) == []
    [kept] = aws(cloud, "describe-db-snapshots", "--snapshot-type", "manual")["DBSnapshots"]
    assert kept["DBSnapshotIdentifier"] == "orders-last"
    aws(cloud, "delete-db-snapshot", "--db-snapshot-identifier", "orders-last")
    assert aws(cloud, "describe-db-snapshots")["DBSnapshots"] == []
