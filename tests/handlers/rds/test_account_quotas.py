"""Quotas of RDS, and copies of parameter groups, which count among what is used."""

from typing import Any

from tests.handlers.ec2.answers import refusal
from tests.handlers.rds.databases import create


def used(rds: Any) -> dict[str, int]:
    found = rds.describe_account_attributes()["AccountQuotas"]
    assert {one["AccountQuotaName"]: one["Max"] for one in found}["DBInstances"] == 40
    return {one["AccountQuotaName"]: one["Used"] for one in found}


def test_what_there_is_is_counted(rds: Any) -> None:
    before = used(rds)
    create(rds, AllocatedStorage=50)
    rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily="postgres16", Description="ours"
    )
    told = [{"ParameterName": "work_mem", "ParameterValue": "65536", "ApplyMethod": "immediate"}]
    rds.modify_db_parameter_group(DBParameterGroupName="own", Parameters=told)
    target = {"TargetDBParameterGroupIdentifier": "copy",
              "TargetDBParameterGroupDescription": "theirs"}  # fmt: skip
    copy = rds.copy_db_parameter_group
    made = copy(SourceDBParameterGroupIdentifier="own", **target)["DBParameterGroup"]
    assert (made["DBParameterGroupFamily"], made["Description"]) == ("postgres16", "theirs")
    [one] = rds.describe_db_parameters(DBParameterGroupName="copy")["Parameters"]
    assert (one["ParameterName"], one["ParameterValue"]) == ("work_mem", "65536")
    assert refusal(copy, SourceDBParameterGroupIdentifier="own", **target) == (
        "DBParameterGroupAlreadyExists", "Parameter group copy already exists",
    )  # fmt: skip
    for source, code in (("absent", "DBParameterGroupNotFound"),
                         ("default.postgres16", "InvalidParameterValue")):  # fmt: skip
        other = target | {"TargetDBParameterGroupIdentifier": "third"}
        assert refusal(copy, SourceDBParameterGroupIdentifier=source, **other)[0] == code
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="all", DBParameterGroupFamily="aurora-postgresql16",
        Description="ours",
    )  # fmt: skip
    rds.copy_db_cluster_parameter_group(
        SourceDBClusterParameterGroupIdentifier="all",
        TargetDBClusterParameterGroupIdentifier="every",
        TargetDBClusterParameterGroupDescription="theirs",
    )
    after = used(rds)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    subnets = {name: grown.pop(name) for name in list(grown) if "Subnet" in name}
    assert set(subnets) <= {"DBSubnetGroups", "SubnetsPerDBSubnetGroup"}
    assert grown == {
        "DBInstances": 1, "AllocatedStorage": 50, "DBParameterGroups": 2,
        "DBClusterParameterGroups": 2,
    }  # fmt: skip
