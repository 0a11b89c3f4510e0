"""Modifications of databases: at once or pending, and what they cost."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create, describe

ROW = "select * from rds_instances where identifier = $1 and account_id = $2"


def test_a_change_waits_for_the_window_unless_it_is_to_be_at_once(
    cloud: Cloud, rds: Any, sql: Sql
) -> None:
    create(rds)
    answer = rds.modify_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.m5.xlarge", MultiAZ=True
    )["DBInstance"]
    assert answer["DBInstanceClass"] == "db.m5.large"
    assert answer["PendingModifiedValues"] == {"DBInstanceClass": "db.m5.xlarge", "MultiAZ": True}
    [row] = sql(ROW, "orders", cloud.account.id)
    assert (row["hourly_cost"], row["instance_class"]) == (Decimal("0.1780"), "db.m5.large")
    assert row["pending"]["hourly_cost"] == "0.7120"
    rds.modify_db_instance(DBInstanceIdentifier="orders", ApplyImmediately=True)
    shown = describe(rds)
    assert (shown["DBInstanceClass"], shown["MultiAZ"]) == ("db.m5.xlarge", True)
    assert shown["PendingModifiedValues"] == {}
    assert shown["SecondaryAvailabilityZone"] != shown["AvailabilityZone"]
    [row] = sql(ROW, "orders", cloud.account.id)
    # twice 0.356 an hour; twice 100 GiB x 0.115
    assert (row["hourly_cost"], row["storage_monthly_cost"]) == (
        Decimal("0.7120"),
        Decimal("23.0000"),
    )
    events = sql(
        "select field_name, old_value, new_value from resource_change_events"
        " where account_id = $1 and field_name in ('instance_class', 'multi_az') order by 1",
        cloud.account.id,
    )
    assert [tuple(one.values()) for one in events] == [
        ("instance_class", "db.m5.large", "db.m5.xlarge"),
        ("multi_az", "false", "true"),
    ]


def test_a_pending_change_can_be_taken_back(cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds)
    for instance_class in ("db.m5.xlarge", "db.m5.large"):
        rds.modify_db_instance(DBInstanceIdentifier="orders", DBInstanceClass=instance_class)
    assert describe(rds)["PendingModifiedValues"] == {}
    assert sql(ROW, "orders", cloud.account.id)[0]["pending"] == {}


def test_some_settings_never_wait(rds: Any) -> None:
    create(rds)
    rds.modify_db_instance(
        DBInstanceIdentifier="orders",
        BackupRetentionPeriod=14,
        DeletionProtection=True,
        CopyTagsToSnapshot=True,
        PubliclyAccessible=True,
        PreferredMaintenanceWindow="sun:03:00-sun:04:00",
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]},
    )
    shown = describe(rds)
    assert shown["PendingModifiedValues"] == {}
    assert shown["BackupRetentionPeriod"] == 14
    assert shown["DeletionProtection"] is shown["CopyTagsToSnapshot"] is True
    assert shown["PreferredMaintenanceWindow"] == "sun:03:00-sun:04:00"
    assert shown["EnabledCloudwatchLogsExports"] == ["postgresql"]
    # Backups off means an outage, which waits.
    rds.modify_db_instance(DBInstanceIdentifier="orders", BackupRetentionPeriod=0)
    assert describe(rds)["PendingModifiedValues"] == {"BackupRetentionPeriod": 0}


def test_storage_grows_and_changes_its_kind(cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds, StorageType="gp2")
    modify = rds.modify_db_instance
    modify(DBInstanceIdentifier="orders", AllocatedStorage=500, StorageType="gp3",
           ApplyImmediately=True)  # fmt: skip
    [row] = sql(ROW, "orders", cloud.account.id)
    assert (row["storage_type"], row["iops"], row["storage_throughput"]) == ("gp3", 12000, 500)
    assert row["storage_monthly_cost"] == Decimal("57.5000")
    modify(DBInstanceIdentifier="orders", StorageType="io1", Iops=2000, ApplyImmediately=True)
    [row] = sql(ROW, "orders", cloud.account.id)
    # 500 GiB x 0.125 and 2,000 IOPS x 0.10
    assert row["storage_monthly_cost"] == Decimal("262.5000")
    assert refusal(modify, DBInstanceIdentifier="orders", AllocatedStorage=400)[0] == (
        "InvalidParameterCombination"
    )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DBInstanceClass": "db.huge"}, "InvalidParameterValue"),
        ({"EngineVersion": "17.4"}, "InvalidParameterCombination"),
        (
            {"EngineVersion": "15.12", "AllowMajorVersionUpgrade": True},
            "InvalidParameterCombination",
        ),
        ({"EngineVersion": "99"}, "InvalidParameterCombination"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"BackupRetentionPeriod": 40}, "InvalidParameterValue"),
        ({"NewDBInstanceIdentifier": "a--b"}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_become_of_it_is_refused(rds: Any, asked: dict[str, Any], code: str) -> None:
    create(rds)
    assert refusal(rds.modify_db_instance, DBInstanceIdentifier="orders", **asked)[0] == code


def test_a_new_name_keeps_what_is_known_of_it(cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds, Tags=[{"Key": "team", "Value": "shop"}])
    before = describe(rds)
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="orders"
    )
    rds.modify_db_instance(
        DBInstanceIdentifier="orders", NewDBInstanceIdentifier="sales", ApplyImmediately=True
    )
    assert refusal(rds.describe_db_instances, DBInstanceIdentifier="orders")[0] == (
        "DBInstanceNotFound"
    )
    after = describe(rds, "sales")
    assert after["DbiResourceId"] == before["DbiResourceId"]
    assert after["DBInstanceArn"] == before["DBInstanceArn"].replace("orders", "sales")
    assert after["TagList"] == [{"Key": "team", "Value": "shop"}]
    assert after["ReadReplicaDBInstanceIdentifiers"] == ["reader"]
    create(rds)
    ids = sql(
        "select identifier, db_instance_id from rds_instances where account_id = $1",
        cloud.account.id,
    )
    assert len({one["db_instance_id"] for one in ids}) == len(ids) == 3


def test_only_what_is_available_is_modified(rds: Any) -> None:
    create(rds)
    rds.stop_db_instance(DBInstanceIdentifier="orders")
    assert refusal(
        rds.modify_db_instance, DBInstanceIdentifier="orders", DBInstanceClass="db.m5.xlarge"
    ) == ("InvalidDBInstanceState", "Database instance is not in available state.")
    assert refusal(rds.modify_db_instance, DBInstanceIdentifier="none")[0] == "DBInstanceNotFound"
