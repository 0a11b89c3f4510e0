"""Domains through the Elasticsearch API, which sees what OpenSearch's sees."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture
def es(cloud: Cloud) -> Any:
    """A boto3 client of the Elasticsearch API in us-east-1."""
    return cloud.client("es")


def create(es: Any, name: str = "catalog", **more: Any) -> dict[str, Any]:
    """A new domain: two m5.large.elasticsearch with 50 GiB of gp2, unless told otherwise."""
    asked = {
        "DomainName": name,
        "ElasticsearchVersion": "7.10",
        "ElasticsearchClusterConfig": {
            "InstanceType": "m5.large.elasticsearch",
            "InstanceCount": 2,
        },
        "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp2", "VolumeSize": 50},
    }
    made: dict[str, Any] = es.create_elasticsearch_domain(**asked | more)["DomainStatus"]
    return made


def test_one_domain_in_two_languages(cloud: Cloud, es: Any, sql: Sql) -> None:
    made = create(es, TagList=[{"Key": "env", "Value": "dev"}])
    assert made["ElasticsearchVersion"] == "7.10"
    assert made["Processing"] is True
    newer = cloud.client("opensearch")
    shown = newer.describe_domain(DomainName="catalog")["DomainStatus"]
    assert shown["EngineVersion"] == "Elasticsearch_7.10"
    assert shown["ClusterConfig"]["InstanceType"] == "m5.large.search"
    [row] = sql("select * from managed_services where account_id = $1", cloud.account.id)
    # 2 x 0.142 and 100 GiB at 0.135
    assert (row["service_type"], row["hourly_cost"]) == ("elasticsearch", Decimal("0.3025"))
    es.update_elasticsearch_domain_config(
        DomainName="catalog", ElasticsearchClusterConfig={"InstanceCount": 1}
    )
    [older] = es.describe_elasticsearch_domains(DomainNames=["catalog"])["DomainStatusList"]
    assert older["ElasticsearchClusterConfig"]["InstanceType"] == "m5.large.elasticsearch"
    assert older["ElasticsearchClusterConfig"]["InstanceCount"] == 1
    assert older["Endpoint"] == shown["Endpoint"]
    config = es.describe_elasticsearch_domain_config(DomainName="catalog")["DomainConfig"]
    assert config["ElasticsearchClusterConfig"]["Options"]["InstanceType"] == (
        "m5.large.elasticsearch"
    )
    assert config["ElasticsearchVersion"]["Options"] == "7.10"
    assert es.list_tags(ARN=made["ARN"])["TagList"] == [{"Key": "env", "Value": "dev"}]
    es.add_tags(ARN=made["ARN"], TagList=[{"Key": "team", "Value": "shop"}])
    es.remove_tags(ARN=made["ARN"], TagKeys=["env"])
    assert newer.list_tags(ARN=made["ARN"])["TagList"] == [{"Key": "team", "Value": "shop"}]
    assert es.delete_elasticsearch_domain(DomainName="catalog")["DomainStatus"]["Deleted"] is True
    # a type that the API's model does not list and the service takes
    small = {"InstanceType": "t3.small.elasticsearch", "InstanceCount": 1}
    made = create(es, "small", ElasticsearchClusterConfig=small)
    assert made["ElasticsearchClusterConfig"]["InstanceType"] == "t3.small.elasticsearch"
    assert refusal(es.describe_elasticsearch_domain, DomainName="catalog") == (
        "ResourceNotFoundException",
        "Domain not found: catalog",
    )


def test_domains_of_opensearch_are_there_too(cloud: Cloud, es: Any) -> None:
    cloud.client("opensearch").create_domain(
        DomainName="logs",
        ClusterConfig={"InstanceType": "r6g.large.search", "InstanceCount": 1},
        EBSOptions={"EBSEnabled": True, "VolumeSize": 10},
    )
    assert es.list_domain_names()["DomainNames"] == [
        {"DomainName": "logs", "EngineType": "OpenSearch"}
    ]
    shown = es.describe_elasticsearch_domain(DomainName="logs")["DomainStatus"]
    assert shown["ElasticsearchVersion"] == "OpenSearch_2.19"
    assert shown["ElasticsearchClusterConfig"]["InstanceType"] == "r6g.large.elasticsearch"
    found = es.get_compatible_elasticsearch_versions()["CompatibleElasticsearchVersions"]
    by_source = {one["SourceVersion"]: one["TargetVersions"] for one in found}
    assert "OpenSearch_1.3" in by_source["7.10"]
