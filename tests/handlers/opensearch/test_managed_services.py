"""Domains: made, described, listed, tagged and deleted."""

from decimal import Decimal
from typing import Any

import pytest

from models import managed_services
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.opensearch.domains import create, describe


def test_a_new_domain_is_as_asked(cloud: Cloud, search: Any, sql: Sql) -> None:
    made = create(
        search,
        ClusterConfig={
            "InstanceType": "r6g.large.search",
            "InstanceCount": 4,
            "ZoneAwarenessEnabled": True,
            "DedicatedMasterEnabled": True,
            "DedicatedMasterType": "m6g.large.search",
            "DedicatedMasterCount": 3,
            "WarmEnabled": True,
            "WarmType": "ultrawarm1.medium.search",
            "WarmCount": 2,
        },
        EncryptionAtRestOptions={"Enabled": True},
        TagList=[{"Key": "env", "Value": "prod"}],
    )
    number = cloud.account.number
    assert made["ARN"] == f"arn:aws:es:us-east-1:{number}:domain/logs"
    assert made["DomainId"] == f"{number}/logs"
    assert (made["Created"], made["Deleted"], made["Processing"]) == (True, False, True)
    assert made["DomainProcessingStatus"] == "Creating"
    assert "Endpoint" not in made
    shown = describe(search)
    assert (shown["Processing"], shown["DomainProcessingStatus"]) == (False, "Active")
    assert shown["Endpoint"].startswith("search-logs-")
    assert shown["Endpoint"].endswith(".us-east-1.es.amazonaws.com")
    assert shown["ClusterConfig"] == {
        "InstanceType": "r6g.large.search",
        "InstanceCount": 4,
        "ZoneAwarenessEnabled": True,
        "ZoneAwarenessConfig": {"AvailabilityZoneCount": 2},
        "DedicatedMasterEnabled": True,
        "DedicatedMasterType": "m6g.large.search",
        "DedicatedMasterCount": 3,
        "WarmEnabled": True,
        "WarmType": "ultrawarm1.medium.search",
        "WarmCount": 2,
        "ColdStorageOptions": {"Enabled": False},
        "MultiAZWithStandbyEnabled": False,
    }
    assert shown["EBSOptions"] == {
        "EBSEnabled": True,
        "VolumeType": "gp3",
        "VolumeSize": 100,
        "Iops": 3000,
        "Throughput": 125,
    }
    assert shown["EncryptionAtRestOptions"] == {"Enabled": True}
    [row] = sql("select * from managed_services where account_id = $1", cloud.account.id)
    # 4 x 0.167 + 3 x 0.128 + 2 x 0.238, and 400 GiB at 0.122 a month of 730 hours
    assert row["hourly_cost"] == Decimal("1.5948")
    assert (row["env"], row["service_type"]) == ("prod", "opensearch")


def test_names_and_several_at_once(search: Any, cloud: Cloud) -> None:
    create(search, "logs")
    create(
        search,
        "orders",
        EngineVersion="Elasticsearch_7.10",
        ClusterConfig={"InstanceType": "m5.large.search", "InstanceCount": 1},
    )
    assert search.list_domain_names()["DomainNames"] == [
        {"DomainName": "logs", "EngineType": "OpenSearch"},
        {"DomainName": "orders", "EngineType": "Elasticsearch"},
    ]
    only = search.list_domain_names(EngineType="Elasticsearch")["DomainNames"]
    assert [one["DomainName"] for one in only] == ["orders"]
    found = search.describe_domains(DomainNames=["orders", "absent", "logs"])["DomainStatusList"]
    assert [one["DomainName"] for one in found] == ["orders", "logs"]
    elsewhere = cloud.client("opensearch", "eu-west-1")
    assert elsewhere.list_domain_names()["DomainNames"] == []
    code, message = refusal(search.describe_domains, DomainNames=[f"logs-{n}" for n in range(6)])
    assert code == "ValidationException"
    assert "maximum of 5" in message


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"EngineVersion": "OpenSearch_9.9"}, "ValidationException"),
        ({"EBSOptions": {"EBSEnabled": False}}, "ValidationException"),
        ({"EBSOptions": {"EBSEnabled": True, "VolumeSize": 5000}}, "LimitExceededException"),
        (
            {"EBSOptions": {"EBSEnabled": True, "VolumeType": "gp2", "Iops": 4000}},
            "ValidationException",
        ),
        (
            {
                "ClusterConfig": {
                    "InstanceType": "r6g.large.search",
                    "InstanceCount": 3,
                    "ZoneAwarenessEnabled": True,
                }
            },
            "ValidationException",
        ),
        ({"ClusterConfig": {"InstanceType": "r6g.large.search", "InstanceCount": 81}},
         "LimitExceededException"),
        ({"ClusterConfig": {"InstanceType": "ultrawarm1.medium.search"}}, "ValidationException"),
        ({"EngineVersion": "Elasticsearch_6.8"}, "InvalidTypeException"),
        ({"VPCOptions": {"SubnetIds": ["subnet-0123456789abcdef0"]}}, "ValidationException"),
        ({"DomainName": "Logs"}, "ValidationException"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(search: Any, more: dict[str, Any], code: str) -> None:
    with pytest.raises(search.exceptions.ClientError) as caught:
        create(search, **more)
    assert caught.value.response["Error"]["Code"] == code
    assert search.list_domain_names()["DomainNames"] == []


def test_a_name_is_taken_once(search: Any) -> None:
    create(search)
    with pytest.raises(search.exceptions.ResourceAlreadyExistsException):
        create(search)


def test_what_is_not_there(search: Any) -> None:
    for call in (search.describe_domain, search.describe_domain_config, search.delete_domain):
        assert refusal(call, DomainName="absent") == (
            "ResourceNotFoundException",
            "Domain not found: absent",
        )


def test_a_domain_in_a_network_of_ones_own(search: Any, ec2: Any, other_cloud: Cloud) -> None:
    subnets = ec2.describe_subnets()["Subnets"]
    one = subnets[0]
    create(search, VPCOptions={"SubnetIds": [one["SubnetId"]]})
    shown = describe(search)
    assert shown["VPCOptions"]["VPCId"] == one["VpcId"]
    assert shown["VPCOptions"]["AvailabilityZones"] == [one["AvailabilityZone"]]
    assert len(shown["VPCOptions"]["SecurityGroupIds"]) == 1
    assert shown["Endpoints"]["vpc"].startswith("vpc-logs-")
    assert "Endpoint" not in shown
    foreign = other_cloud.client("opensearch")
    with pytest.raises(foreign.exceptions.ValidationException):
        create(foreign, VPCOptions={"SubnetIds": [one["SubnetId"]]})


def test_tags_by_arn(search: Any, other_cloud: Cloud) -> None:
    arn = create(search, TagList=[{"Key": "team", "Value": "search"}])["ARN"]
    search.add_tags(ARN=arn, TagList=[{"Key": "env", "Value": "dev"}])
    assert search.list_tags(ARN=arn)["TagList"] == [
        {"Key": "env", "Value": "dev"},
        {"Key": "team", "Value": "search"},
    ]
    search.remove_tags(ARN=arn, TagKeys=["team", "absent"])
    assert search.list_tags(ARN=arn)["TagList"] == [{"Key": "env", "Value": "dev"}]
    assert refusal(search.list_tags, ARN=arn.replace("logs", "absent"))[0] == (
        "ResourceNotFoundException"
    )
    foreign = other_cloud.client("opensearch")
    for call, more in ((foreign.list_tags, {}), (foreign.remove_tags, {"TagKeys": ["env"]})):
        assert refusal(call, ARN=arn, **more) == ("ValidationException", "Invalid ARN provided.")
    many = [{"Key": f"k{n}", "Value": "v"} for n in range(50)]
    assert refusal(search.add_tags, ARN=arn, TagList=many)[0] == "LimitExceededException"


def test_states_take_their_time(
    cloud: Cloud, search: Any, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud.running.server.settings, "transition_seconds", 3600.0)

    def pass_an_hour() -> None:
        sql("update managed_services set settles_at = settles_at - interval '2 hours'"
            " where account_id = $1", cloud.account.id)  # fmt: skip

    create(search)
    assert describe(search)["DomainProcessingStatus"] == "Creating"
    update = {"DomainName": "logs", "ClusterConfig": {"InstanceType": "m6g.large.search"}}
    assert refusal(search.update_domain_config, **update)[0] == "ValidationException"
    pass_an_hour()
    assert describe(search)["DomainProcessingStatus"] == "Active"
    search.update_domain_config(**update)
    shown = describe(search)
    assert (shown["Processing"], shown["DomainProcessingStatus"]) == (True, "Modifying")
    assert shown["ModifyingProperties"] == [
        {
            "Name": "ClusterConfig.InstanceType",
            "ActiveValue": "r6g.large.search",
            "PendingValue": "m6g.large.search",
            "ValueType": "PLAIN_TEXT",
        }
    ]
    config = search.describe_domain_config(DomainName="logs")["DomainConfig"]
    assert config["ClusterConfig"]["Status"]["State"] == "Processing"
    assert config["EBSOptions"]["Status"]["State"] == "Active"
    told = search.describe_domain_change_progress(DomainName="logs")["ChangeProgressStatus"]
    assert (told["Status"], told["TotalNumberOfStages"]) == ("PROCESSING", 6)
    assert told["PendingProperties"] == ["ClusterConfig.InstanceType"]
    pass_an_hour()
    sql(managed_services.SETTLE.partition(";")[0])
    told = search.describe_domain_change_progress(
        DomainName="logs", ChangeId=told["ChangeId"]
    )["ChangeProgressStatus"]  # fmt: skip
    assert (told["Status"], told["CompletedProperties"]) == (
        "COMPLETED",
        ["ClusterConfig.InstanceType"],
    )
    assert search.delete_domain(DomainName="logs")["DomainStatus"]["Deleted"] is True
    assert describe(search)["DomainProcessingStatus"] == "Deleting"
    pass_an_hour()
    assert search.list_domain_names()["DomainNames"] == []
    create(search)
    assert describe(search)["DomainProcessingStatus"] == "Creating"
