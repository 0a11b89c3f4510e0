"""Clusters and their members through boto3 and SQL."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create, describe


def make(rds: Any, identifier: str = "shop", members: int = 2) -> dict[str, Any]:
    """A cluster of Aurora PostgreSQL with members of db.r5.large, shop-0 the writer."""
    made: dict[str, Any] = rds.create_db_cluster(
        DBClusterIdentifier=identifier,
        Engine="aurora-postgresql",
        MasterUsername="app",
        MasterUserPassword="correct horse",
        Tags=[{"Key": "env", "Value": "prod"}],
    )["DBCluster"]
    for n in range(members):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{identifier}-{n}",
            DBInstanceClass="db.r5.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier=identifier,
            PromotionTier=n,
        )
    return made


def show(rds: Any, identifier: str = "shop") -> dict[str, Any]:
    [found] = rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
    return dict(found)


def test_a_cluster_lives_from_creation_to_deletion(cloud: Cloud, rds: Any, sql: Sql) -> None:
    assert make(rds)["Status"] == "creating"
    shown = show(rds)
    assert (shown["Status"], shown["EngineVersion"], shown["Port"]) == ("available", "16.6", 5432)
    members = shown["DBClusterMembers"]
    told = rds.describe_db_instances(DBInstanceIdentifier="shop-0")["DBInstances"][0]
    assert (told["PromotionTier"], members[0]["PromotionTier"]) == (0, 0)
    of_it = [{"Name": "db-cluster-id", "Values": [shown["DBClusterArn"]]}]
    assert rds.describe_global_clusters(Filters=of_it)["GlobalClusters"] == []
    assert refusal(rds.describe_global_clusters, GlobalClusterIdentifier="all")[0] == (
        "GlobalClusterNotFoundFault"
    )
    assert {one["DBInstanceIdentifier"]: one["IsClusterWriter"] for one in members} == {
        "shop-0": True,
        "shop-1": False,
    }
    assert shown["DBClusterArn"].endswith(f":{cloud.account.number}:cluster:shop")
    assert shown["TagList"] == [{"Key": "env", "Value": "prod"}]
    assert shown["Endpoint"].startswith("shop.cluster-")
    member = describe(rds, "shop-0")
    assert (member["DBClusterIdentifier"], member["StorageType"]) == ("shop", "aurora")
    costs = sql(
        "select hourly_cost, storage_monthly_cost from rds_instances where account_id = $1"
        " order by identifier",
        cloud.account.id,
    )
    # the one volume is paid for once
    assert [tuple(one.values()) for one in costs] == [
        (Decimal("0.2900"), Decimal("0.1000")),
        (Decimal("0.2900"), Decimal("0.0000")),
    ]
    delete = rds.delete_db_cluster
    assert refusal(delete, DBClusterIdentifier="shop", SkipFinalSnapshot=True)[0] == (
        "InvalidDBClusterStateFault"
    )
    for n in range(2):
        rds.delete_db_instance(DBInstanceIdentifier=f"shop-{n}")
    assert refusal(delete, DBClusterIdentifier="shop")[0] == "InvalidParameterCombination"
    delete(DBClusterIdentifier="shop", FinalDBSnapshotIdentifier="shop-last")
    [last] = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    assert (last["DBClusterSnapshotIdentifier"], last["Status"]) == ("shop-last", "available")
    assert refusal(rds.describe_db_clusters, DBClusterIdentifier="shop") == (
        "DBClusterNotFoundFault",
        "DBCluster shop not found.",
    )


def test_a_cluster_stops_and_starts_with_all_its_members(cloud: Cloud, rds: Any, sql: Sql) -> None:
    make(rds)
    assert refusal(rds.stop_db_instance, DBInstanceIdentifier="shop-0") == (
        "InvalidParameterCombination",
        "aurora-postgresql DB instances are not eligible for stopping and starting.",
    )
    assert rds.stop_db_cluster(DBClusterIdentifier="shop")["DBCluster"]["Status"] == "stopping"
    states = "select distinct state from rds_instances where account_id = $1"
    assert sql(states, cloud.account.id) == [{"state": "stopped"}]
    assert show(rds)["Status"] == "stopped"
    assert "AutomaticRestartTime" in show(rds)
    code, message = refusal(rds.stop_db_cluster, DBClusterIdentifier="shop")
    assert code == "InvalidDBClusterStateFault"
    assert message.startswith("DbCluster shop is in stopped state but expected it to be one of")
    assert rds.start_db_cluster(DBClusterIdentifier="shop")["DBCluster"]["Status"] == "starting"
    assert sql(states, cloud.account.id) == [{"state": "available"}]
    assert refusal(rds.start_db_cluster, DBClusterIdentifier="shop")[0] == (
        "InvalidDBClusterStateFault"
    )


def test_members_follow_their_cluster(rds: Any) -> None:
    make(rds, members=1)
    rds.modify_db_cluster(
        DBClusterIdentifier="shop",
        NewDBClusterIdentifier="store",
        BackupRetentionPeriod=10,
        DeletionProtection=True,
        ApplyImmediately=True,
    )
    shown = show(rds, "store")
    assert (shown["BackupRetentionPeriod"], shown["DeletionProtection"]) == (10, True)
    assert shown["DBClusterArn"].endswith(":cluster:store")
    member = describe(rds, "shop-0")
    assert (member["DBClusterIdentifier"], member["BackupRetentionPeriod"]) == ("store", 10)
    assert (
        refusal(rds.modify_db_instance, DBInstanceIdentifier="shop-0", BackupRetentionPeriod=3)[0]
        == "InvalidParameterCombination"
    )
    assert refusal(rds.delete_db_cluster, DBClusterIdentifier="store", SkipFinalSnapshot=True)[
        1
    ].startswith("Cannot delete protected Cluster")


def test_aurora_written_by_sql_has_a_cluster(cloud: Cloud, rds: Any, sql: Sql) -> None:
    sql(
        "insert into rds_instances (account_id, identifier, engine, instance_class)"
        " values ($1, 'lone', 'aurora-mysql', 'db.r5.large')",
        cloud.account.id,
    )
    assert [
        one["DBInstanceIdentifier"] for one in show(rds, "lone-cluster")["DBClusterMembers"]
    ] == ["lone"]
    assert describe(rds, "lone")["DBClusterIdentifier"] == "lone-cluster"


def test_clusters_are_filtered_and_belong_to_one_account(
    cloud: Cloud, other_cloud: Cloud, rds: Any
) -> None:
    make(rds, members=0)
    create(rds)
    found = rds.describe_db_clusters(Filters=[{"Name": "engine", "Values": ["aurora-postgresql"]}])
    assert len(found["DBClusters"]) == 1
    none = rds.describe_db_clusters(Filters=[{"Name": "db-cluster-id", "Values": ["other"]}])
    assert none["DBClusters"] == []
    assert other_cloud.client("rds").describe_db_clusters()["DBClusters"] == []
    assert cloud.client("rds", "eu-west-1").describe_db_clusters()["DBClusters"] == []
    assert refusal(lambda: make(rds, members=0))[0] == "DBClusterAlreadyExistsFault"


def test_cluster_snapshots_are_taken_copied_and_deleted(cloud: Cloud, rds: Any) -> None:
    make(rds)
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="one", DBClusterIdentifier="shop")
    rds.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier="one", TargetDBClusterSnapshotIdentifier="two"
    )
    found = rds.describe_db_cluster_snapshots(DBClusterIdentifier="shop", SnapshotType="manual")
    assert [one["DBClusterSnapshotIdentifier"] for one in found["DBClusterSnapshots"]] == [
        "one",
        "two",
    ]
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="one")
    assert refusal(rds.delete_db_cluster_snapshot, DBClusterSnapshotIdentifier="one") == (
        "DBClusterSnapshotNotFoundFault",
        "DBClusterSnapshot one not found.",
    )
    shared = rds.describe_db_cluster_snapshot_attributes(DBClusterSnapshotIdentifier="two")
    assert shared["DBClusterSnapshotAttributesResult"]["DBClusterSnapshotAttributes"] == [
        {"AttributeName": "restore", "AttributeValues": []}
    ]
