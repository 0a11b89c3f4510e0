"""Tags of RDS's resources."""

from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create, describe


def tags_of(rds: Any, arn: str) -> dict[str, str]:
    listed = rds.list_tags_for_resource(ResourceName=arn)["TagList"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def test_tags_come_change_and_go(cloud: Cloud, other_cloud: Cloud, rds: Any, sql: Sql) -> None:
    create(rds, Tags=[{"Key": "team", "Value": "shop"}])
    arn = describe(rds)["DBInstanceArn"]
    rds.add_tags_to_resource(
        ResourceName=arn,
        Tags=[{"Key": "team", "Value": "billing"}, {"Key": "owner", "Value": "ann"}],
    )
    assert tags_of(rds, arn) == {"team": "billing", "owner": "ann"}
    rows = sql(
        "select t.key, t.value from resource_tags t join rds_instances r"
        " on r.db_instance_id = t.resource_id where t.resource_type = 'rds_instance'"
        " and r.account_id = $1 order by 1",
        cloud.account.id,
    )
    assert [tuple(one.values()) for one in rows] == [("owner", "ann"), ("team", "billing")]
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["team", "nothing"])
    assert tags_of(rds, arn) == {"owner": "ann"}
    foreign = other_cloud.client("rds")
    assert refusal(foreign.list_tags_for_resource, ResourceName=arn)[0] == "DBInstanceNotFound"
    assert refusal(foreign.add_tags_to_resource, ResourceName=arn, Tags=[])[0] == (
        "DBInstanceNotFound"
    )


def test_every_kind_of_resource_takes_tags(rds: Any) -> None:
    create(rds)
    rds.create_db_cluster(
        DBClusterIdentifier="shop",
        Engine="aurora-mysql",
        MasterUsername="app",
        MasterUserPassword="correct horse",
    )
    snapshot = rds.create_db_snapshot(DBSnapshotIdentifier="one", DBInstanceIdentifier="orders")
    of_cluster = rds.create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier="one", DBClusterIdentifier="shop"
    )
    group = rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily="postgres16", Description="ours"
    )
    subnets = rds.describe_db_subnet_groups()["DBSubnetGroups"][0]
    for arn in (
        rds.describe_db_clusters()["DBClusters"][0]["DBClusterArn"],
        snapshot["DBSnapshot"]["DBSnapshotArn"],
        of_cluster["DBClusterSnapshot"]["DBClusterSnapshotArn"],
        group["DBParameterGroup"]["DBParameterGroupArn"],
        subnets["DBSubnetGroupArn"],
    ):
        rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}])
        assert tags_of(rds, arn) == {"a": "b"}, arn
    [shown] = rds.describe_db_snapshots(DBSnapshotIdentifier="one")["DBSnapshots"]
    assert shown["TagList"] == [{"Key": "a", "Value": "b"}]


def test_what_is_no_resource_is_refused(cloud: Cloud, rds: Any) -> None:
    head = f"arn:aws:rds:us-east-1:{cloud.account.number}"
    for name, code in (
        ("nothing", "InvalidParameterValue"),
        (f"{head}:table:x", "InvalidParameterValue"),
        (f"{head}:db:x", "DBInstanceNotFound"),
        (f"{head}:cluster:x", "DBClusterNotFoundFault"),
        (f"{head}:snapshot:x", "DBSnapshotNotFound"),
    ):
        assert refusal(rds.list_tags_for_resource, ResourceName=name)[0] == code
    create(rds)
    reserved = [{"Key": "aws:x", "Value": "y"}]
    assert refusal(rds.add_tags_to_resource, ResourceName=f"{head}:db:orders", Tags=reserved)[
        0
    ] == ("InvalidParameterValue")
