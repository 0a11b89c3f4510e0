"""Changes of domains: what they cost, what a dry run tells, what is refused."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.opensearch.domains import create, describe


def hourly(sql: Sql, cloud: Cloud) -> Decimal:
    """What the account's one domain costs an hour."""
    [row] = sql("select hourly_cost from managed_services where account_id = $1", cloud.account.id)
    found: Decimal = row["hourly_cost"]
    return found


def test_a_smaller_domain_costs_less_at_once(cloud: Cloud, search: Any, sql: Sql) -> None:
    create(search, ClusterConfig={"InstanceType": "r6g.xlarge.search", "InstanceCount": 3})
    # 3 x 0.335 and 300 GiB at 0.122
    assert hourly(sql, cloud) == Decimal("1.0551")
    told = search.update_domain_config(
        DomainName="logs", ClusterConfig={"InstanceType": "r6g.large.search"}, DryRun=True
    )
    assert told["DryRunResults"]["DeploymentType"] == "Blue/Green"
    assert hourly(sql, cloud) == Decimal("1.0551")
    changed = search.update_domain_config(
        DomainName="logs",
        ClusterConfig={"InstanceType": "r6g.large.search", "InstanceCount": 2},
        EBSOptions={"EBSEnabled": True, "VolumeType": "gp2", "VolumeSize": 50},
    )["DomainConfig"]
    assert changed["ClusterConfig"]["Status"]["State"] == "Processing"
    assert "DryRunResults" not in changed
    # 2 x 0.167 and 100 GiB at 0.135
    assert hourly(sql, cloud) == Decimal("0.3525")
    shown = describe(search)
    assert shown["ClusterConfig"]["InstanceCount"] == 2
    assert shown["EBSOptions"] == {"EBSEnabled": True, "VolumeType": "gp2", "VolumeSize": 50}
    config = search.describe_domain_config(DomainName="logs")["DomainConfig"]
    assert config["ClusterConfig"]["Options"]["InstanceType"] == "r6g.large.search"
    assert config["ClusterConfig"]["Status"]["State"] == "Active"
    assert config["ClusterConfig"]["Status"]["UpdateVersion"] == 2
    assert config["AccessPolicies"]["Status"]["UpdateVersion"] == 1
    assert (
        config["ClusterConfig"]["Status"]["UpdateDate"]
        > (config["ClusterConfig"]["Status"]["CreationDate"])
    )


def test_speed_above_what_gp3_brings_along_costs(cloud: Cloud, search: Any, sql: Sql) -> None:
    create(search, ClusterConfig={"InstanceType": "m5.large.search", "InstanceCount": 1})
    assert hourly(sql, cloud) == Decimal("0.1587")
    search.update_domain_config(DomainName="logs", EBSOptions={"Iops": 4000, "Throughput": 250})
    # 1000 IOPS at 0.008 and 125 MiB/s at 0.064 more, a month of 730 hours
    assert hourly(sql, cloud) == Decimal("0.1806")
    told = search.update_domain_config(
        DomainName="logs", EBSOptions={"VolumeSize": 120}, DryRun=True, DryRunMode="Verbose"
    )
    assert told["DryRunResults"]["DeploymentType"] == "DynamicUpdate"
    assert told["DryRunProgressStatus"]["DryRunStatus"] == "succeeded"


def test_masters_go_when_nobody_needs_them(cloud: Cloud, search: Any, sql: Sql) -> None:
    masters = {"DedicatedMasterType": "m6g.large.search", "DedicatedMasterCount": 3}
    create(
        search,
        ClusterConfig={
            "InstanceType": "r6g.large.search", "InstanceCount": 3, "DedicatedMasterEnabled": True,
        } | masters,
    )  # fmt: skip
    search.update_domain_config(DomainName="logs", ClusterConfig={"DedicatedMasterEnabled": False})
    assert "DedicatedMasterType" not in describe(search)["ClusterConfig"]
    assert hourly(sql, cloud) == Decimal("0.5511")
    nodes = search.describe_domain_nodes(DomainName="logs")["DomainNodesStatusList"]
    assert [one["NodeType"] for one in nodes] == ["Data"] * 3
    health = search.describe_domain_health(DomainName="logs")
    assert (health["ClusterHealth"], health["DedicatedMaster"]) == ("Green", False)


def test_what_does_not_go_is_refused(search: Any, ec2: Any) -> None:
    create(search, EncryptionAtRestOptions={"Enabled": True})
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    for more, code in (
        ({"EncryptionAtRestOptions": {"Enabled": False}}, "ValidationException"),
        ({"VPCOptions": {"SubnetIds": [subnet]}}, "ValidationException"),
        ({"EBSOptions": {"VolumeSize": 9999}}, "LimitExceededException"),
        ({"ClusterConfig": {"InstanceCount": 500}}, "LimitExceededException"),
        ({"ClusterConfig": {"WarmEnabled": True, "WarmCount": 2,
                            "WarmType": "ultrawarm1.medium.search"}}, "ValidationException"),
        ({"UseCase": "VECTOR"}, "DisabledOperationException"),
    ):  # fmt: skip
        assert refusal(search.update_domain_config, DomainName="logs", **more)[0] == code, more
    nothing = search.update_domain_config(
        DomainName="logs", ClusterConfig={"InstanceCount": 3}, DryRun=True
    )
    assert nothing["DryRunResults"]["DeploymentType"] == "None"
    assert (
        search.describe_domain_change_progress(DomainName="logs").get("ChangeProgressStatus")
        is None
    )
    assert refusal(
        search.describe_domain_change_progress, DomainName="logs",
        ChangeId="12345678-1234-1234-1234-123456789012",
    )[0] == "ResourceNotFoundException"  # fmt: skip


def test_versions_types_and_limits(search: Any) -> None:
    versions = search.list_versions()["Versions"]
    assert versions[0].startswith("OpenSearch_")
    assert "Elasticsearch_7.10" in versions
    paged = search.list_versions(MaxResults=5)
    rest = search.list_versions(MaxResults=5, NextToken=paged["NextToken"])["Versions"]
    assert [*paged["Versions"], *rest] == versions[:10]
    create(search, EngineVersion="OpenSearch_1.3")
    [found] = search.get_compatible_versions(DomainName="logs")["CompatibleVersions"]
    assert found["SourceVersion"] == "OpenSearch_1.3"
    assert "OpenSearch_2.19" in found["TargetVersions"]
    assert search.get_upgrade_history(DomainName="logs")["UpgradeHistories"] == []
    assert "StepStatus" not in search.get_upgrade_status(DomainName="logs")
    details = search.list_instance_type_details(EngineVersion="OpenSearch_2.19")
    by_type = {one["InstanceType"]: one for one in details["InstanceTypeDetails"]}
    assert by_type["r6g.large.search"]["WarmEnabled"] is True
    assert by_type["t3.small.search"]["WarmEnabled"] is False
    older = search.list_instance_type_details(EngineVersion="Elasticsearch_6.8")
    assert not any(one["InstanceType"].startswith("r6g") for one in older["InstanceTypeDetails"])
    limits = search.describe_instance_type_limits(
        InstanceType="t3.small.search", EngineVersion="OpenSearch_2.19"
    )["LimitsByRole"]["data"]
    [gp3] = [one for one in limits["StorageTypes"] if one["StorageSubTypeName"] == "gp3"]
    assert {"LimitName": "MaximumVolumeSize", "LimitValues": ["100"]} in gp3["StorageTypeLimits"]
    assert limits["InstanceLimits"]["InstanceCountLimits"]["MaximumInstanceCount"] == 10


def test_auto_tune_follows_the_memory_in_use(search: Any, sql: Sql, cloud: Cloud) -> None:
    create(search)
    assert search.describe_domain_auto_tunes(DomainName="logs")["AutoTunes"] == []
    sql("update managed_services set avg_memory_7d = 75 where account_id = $1", cloud.account.id)
    [one] = search.describe_domain_auto_tunes(DomainName="logs")["AutoTunes"]
    assert one["AutoTuneDetails"]["ScheduledAutoTuneDetails"]["ActionType"] == (
        "JVM_HEAP_SIZE_TUNING"
    )
    search.update_domain_config(DomainName="logs", AutoTuneOptions={"DesiredState": "DISABLED"})
    assert search.describe_domain_auto_tunes(DomainName="logs")["AutoTunes"] == []
    assert describe(search)["AutoTuneOptions"]["State"] == "DISABLED"
