"""Subnet groups, parameter groups, engine versions and what can be ordered."""

from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create


def test_a_subnet_group_covers_two_zones(cloud: Cloud, rds: Any, sql: Sql) -> None:
    subnets = cloud.client("ec2").describe_subnets()["Subnets"]
    two = [one["SubnetId"] for one in subnets[:2]]
    make = rds.create_db_subnet_group
    made = make(DBSubnetGroupName="Data", DBSubnetGroupDescription="data tier", SubnetIds=two)
    assert made["DBSubnetGroup"]["DBSubnetGroupName"] == "data"
    assert made["DBSubnetGroup"]["VpcId"] == subnets[0]["VpcId"]
    [row] = sql("select * from rds_subnet_groups where account_id = $1", cloud.account.id)
    assert (row["name"], row["subnet_ids"]) == ("data", two)
    given = {"DBSubnetGroupName": "data", "DBSubnetGroupDescription": "again"}
    assert refusal(make, **given, SubnetIds=two)[0] == "DBSubnetGroupAlreadyExists"
    assert refusal(make, **given, SubnetIds=two[:1])[0] == "DBSubnetGroupDoesNotCoverEnoughAZs"
    assert refusal(make, **given, SubnetIds=["subnet-0"])[0] == "InvalidParameterValue"
    create(rds, DBSubnetGroupName="data")
    assert refusal(rds.delete_db_subnet_group, DBSubnetGroupName="data")[0] == (
        "InvalidDBSubnetGroupStateFault"
    )
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(DBSubnetGroupName="data")
    assert refusal(rds.describe_db_subnet_groups, DBSubnetGroupName="data") == (
        "DBSubnetGroupNotFoundFault",
        "DB Subnet group 'data' does not exist.",
    )


def test_parameter_groups_are_default_or_own(rds: Any) -> None:
    found = rds.describe_db_parameter_groups()["DBParameterGroups"]
    assert "default.postgres16" in {one["DBParameterGroupName"] for one in found}
    make = rds.create_db_parameter_group
    own = {"DBParameterGroupName": "own", "DBParameterGroupFamily": "postgres16"}
    make(**own, Description="ours")
    assert refusal(make, **own, Description="ours")[0] == "DBParameterGroupAlreadyExists"
    rds.modify_db_parameter_group(
        DBParameterGroupName="own",
        Parameters=[
            {"ParameterName": "work_mem", "ParameterValue": "65536", "ApplyMethod": "immediate"}
        ],
    )
    [one] = rds.describe_db_parameters(DBParameterGroupName="own")["Parameters"]
    assert (one["ParameterName"], one["ParameterValue"]) == ("work_mem", "65536")
    assert one["ApplyMethod"] == "immediate"
    create(rds, DBParameterGroupName="own")
    assert refusal(rds.delete_db_parameter_group, DBParameterGroupName="own")[0] == (
        "InvalidDBParameterGroupState"
    )
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    rds.delete_db_parameter_group(DBParameterGroupName="own")
    assert refusal(rds.describe_db_parameter_groups, DBParameterGroupName="own") == (
        "DBParameterGroupNotFound",
        "DBParameterGroup not found: own",
    )
    assert refusal(rds.describe_db_cluster_parameter_groups, DBClusterParameterGroupName="own") == (
        "DBParameterGroupNotFound",
        "DBClusterParameterGroup not found: own",
    )


def test_engine_versions_are_narrowed(rds: Any) -> None:
    [default] = rds.describe_db_engine_versions(Engine="postgres", DefaultOnly=True)[
        "DBEngineVersions"
    ]
    assert (default["EngineVersion"], default["DBParameterGroupFamily"]) == ("16.8", "postgres16")
    assert {one["EngineVersion"]: one["IsMajorVersionUpgrade"]
            for one in default["ValidUpgradeTarget"]} == {"17.2": True, "17.4": True}  # fmt: skip
    pages = rds.get_paginator("describe_db_engine_versions").paginate(
        PaginationConfig={"PageSize": 20}
    )
    found = [one for page in pages for one in page["DBEngineVersions"]]
    assert len(found) == len({(one["Engine"], one["EngineVersion"]) for one in found}) > 40
    named = [{"Name": "engine", "Values": ["mysql"]}]
    mysql = rds.describe_db_engine_versions(Filters=named)["DBEngineVersions"]
    assert {one["Engine"] for one in mysql} == {"mysql"}


def test_options_can_be_ordered_page_by_page(rds: Any) -> None:
    pages = rds.get_paginator("describe_orderable_db_instance_options").paginate(
        Engine="postgres", EngineVersion="16.8", PaginationConfig={"PageSize": 100}
    )
    found = [one for page in pages for one in page["OrderableDBInstanceOptions"]]
    keys = {(one["DBInstanceClass"], one["StorageType"]) for one in found}
    assert len(found) == len(keys)
    assert ("db.m5.large", "gp3") in keys
    one = rds.describe_orderable_db_instance_options(
        Engine="aurora-mysql", DBInstanceClass="db.r5.large"
    )["OrderableDBInstanceOptions"][0]
    assert (one["StorageType"], one["MultiAZCapable"]) == ("aurora", False)
    assert refusal(rds.describe_orderable_db_instance_options, Engine="db2000")[0] == (
        "InvalidParameterValue"
    )
