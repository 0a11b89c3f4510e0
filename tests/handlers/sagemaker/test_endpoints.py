"""Endpoints and their configurations: deployed, resized, replaced, deleted."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


def configure(sagemaker: Any, name: str = "ranker-v1", **variant: Any) -> str:
    """A configuration of two ml.m5.xlarge, unless told otherwise; its ARN."""
    one = {
        "VariantName": "main",
        "ModelName": "ranker",
        "InstanceType": "ml.m5.xlarge",
        "InitialInstanceCount": 2,
    } | variant
    one = {key: value for key, value in one.items() if value is not None}
    made = sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[one])
    return str(made["EndpointConfigArn"])


def test_a_whole_life(cloud: Cloud, sagemaker: Any, model: str, sql: Sql) -> None:
    configure(sagemaker)
    arn = sagemaker.create_endpoint(
        EndpointName="Ranker", EndpointConfigName="ranker-v1",
        Tags=[{"Key": "env", "Value": "staging"}],
    )["EndpointArn"]  # fmt: skip
    assert arn == f"arn:aws:sagemaker:us-east-1:{cloud.account.number}:endpoint/ranker"
    shown = sagemaker.describe_endpoint(EndpointName="Ranker")
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "ranker-v1")
    assert shown["ProductionVariants"] == [
        {
            "VariantName": "main",
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentInstanceCount": 2,
            "DesiredInstanceCount": 2,
        }
    ]

    def row() -> dict[str, Any]:
        [found] = sql("select * from managed_services where account_id = $1", cloud.account.id)
        return found

    assert (row()["hourly_cost"], row()["node_count"]) == (Decimal("0.4600"), 2)
    assert row()["env"] == "staging"
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="Ranker",
        DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredInstanceCount": 1}],
    )
    assert (row()["hourly_cost"], row()["node_count"]) == (Decimal("0.2300"), 1)
    told = refusal(
        sagemaker.update_endpoint_weights_and_capacities,
        EndpointName="Ranker",
        DesiredWeightsAndCapacities=[{"VariantName": "absent", "DesiredInstanceCount": 1}],
    )
    assert told == (
        "ValidationException",
        f'The variant name(s) "absent" is/are not present within endpoint "{arn}".',
    )
    configure(sagemaker, "ranker-v2", InstanceType="ml.c5.xlarge")
    sagemaker.update_endpoint(
        EndpointName="Ranker", EndpointConfigName="ranker-v2", RetainAllVariantProperties=True
    )
    assert (row()["hourly_cost"], row()["node_count"]) == (Decimal("0.2040"), 1)
    sagemaker.update_endpoint(EndpointName="Ranker", EndpointConfigName="ranker-v2")
    assert (row()["hourly_cost"], row()["node_count"]) == (Decimal("0.4080"), 2)
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "env", "Value": "staging"}]
    sagemaker.delete_endpoint(EndpointName="Ranker")
    assert refusal(sagemaker.describe_endpoint, EndpointName="Ranker") == (
        "ValidationException",
        f'Could not find endpoint "{arn}".',
    )
    assert sql("select 1 from resource_tags where resource_id = $1", arn) == []


def test_serverless_costs_nothing_by_the_hour(
    cloud: Cloud, sagemaker: Any, model: str, sql: Sql
) -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    configure(sagemaker, InstanceType=None, InitialInstanceCount=None, ServerlessConfig=serverless)
    sagemaker.create_endpoint(EndpointName="rare", EndpointConfigName="ranker-v1")
    [one] = sagemaker.describe_endpoint(EndpointName="rare")["ProductionVariants"]
    assert one["CurrentServerlessConfig"] == serverless
    assert "CurrentInstanceCount" not in one
    [row] = sql("select * from managed_services where account_id = $1", cloud.account.id)
    assert (row["hourly_cost"], row["node_count"]) == (Decimal(0), 0)


def test_what_there_is_not(cloud: Cloud, sagemaker: Any, model: str) -> None:
    head = f"arn:aws:sagemaker:us-east-1:{cloud.account.number}"
    assert refusal(sagemaker.describe_model, ModelName="absent") == (
        "ValidationException",
        f'Could not find model "{head}:model/absent".',
    )
    for call in (sagemaker.describe_endpoint_config, sagemaker.delete_endpoint_config):
        assert refusal(call, EndpointConfigName="absent") == (
            "ValidationException",
            f'Could not find endpoint configuration "{head}:endpoint-config/absent".',
        )
    configure(sagemaker)
    assert refusal(configure, sagemaker=sagemaker)[1] == (
        f'Cannot create already existing endpoint configuration "{head}:endpoint-config/ranker-v1".'
    )
    assert (
        "Could not find model"
        in refusal(configure, sagemaker=sagemaker, name="other", ModelName="absent")[1]
    )
    sagemaker.delete_model(ModelName=model)
    assert sagemaker.list_models()["Models"] == []
    sagemaker.delete_endpoint_config(EndpointConfigName="ranker-v1")
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_lists(sagemaker: Any, model: str) -> None:
    configure(sagemaker)
    for name in ("b", "a", "c"):
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="ranker-v1")
    newest = [one["EndpointName"] for one in sagemaker.list_endpoints()["Endpoints"]]
    assert newest == ["c", "a", "b"]
    found = sagemaker.list_endpoints(SortBy="Name", SortOrder="Ascending", MaxResults=2)
    assert [one["EndpointName"] for one in found["Endpoints"]] == ["a", "b"]
    rest = sagemaker.list_endpoints(
        SortBy="Name", SortOrder="Ascending", MaxResults=2, NextToken=found["NextToken"]
    )
    assert [one["EndpointName"] for one in rest["Endpoints"]] == ["c"]
    assert "NextToken" not in rest
    assert sagemaker.list_endpoints(StatusEquals="Failed")["Endpoints"] == []


def test_tags(sagemaker: Any, model: str, other_cloud: Cloud) -> None:
    arn = configure(sagemaker)
    added = sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}])["Tags"]
    assert added == [{"Key": "a", "Value": "1"}]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    foreign = other_cloud.client("sagemaker")
    assert refusal(foreign.list_tags, ResourceArn=arn)[0] == "ValidationException"
