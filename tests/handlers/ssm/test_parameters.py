"""Parameters, and managed instances."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, make_instance, refusal

LATEST = "/aws/service/ami-amazon-linux-latest/"


@pytest.fixture
def ssm(cloud: Cloud) -> Any:
    return cloud.client("ssm")


def test_public_parameters_name_images(ssm: Any, ec2: Any) -> None:
    name = f"{LATEST}al2023-ami-kernel-default-x86_64"
    found = ssm.get_parameter(Name=name)["Parameter"]
    assert found["ARN"] == f"arn:aws:ssm:us-east-1::parameter{name}"
    assert found["DataType"] == "aws:ec2:image"
    [image] = ec2.describe_images(ImageIds=[found["Value"]])["Images"]
    assert image["Name"].startswith("al2023-ami-")
    listed = [
        one["Name"]
        for page in ssm.get_paginator("get_parameters_by_path").paginate(
            Path=LATEST, PaginationConfig={"PageSize": 2}
        )
        for one in page["Parameters"]
    ]
    assert name in listed
    assert len(listed) == len(set(listed)) >= 4
    both = ssm.get_parameters(Names=[name, "absent"])
    assert [one["Value"] for one in both["Parameters"]] == [found["Value"]]
    assert both["InvalidParameters"] == ["absent"]


def test_a_parameter_lives_from_putting_to_deletion(cloud: Cloud, ssm: Any) -> None:
    put = ssm.put_parameter(
        Name="/shop/db/host", Value="a", Type="String", Tags=[{"Key": "team", "Value": "shop"}]
    )
    assert (put["Version"], put["Tier"]) == (1, "Standard")
    code, _ = refusal(ssm.put_parameter, Name="/shop/db/host", Value="b", Type="String")
    assert code == "ParameterAlreadyExists"
    assert ssm.put_parameter(Name="/shop/db/host", Value="b", Overwrite=True)["Version"] == 2
    found = ssm.get_parameter(Name="/shop/db/host")["Parameter"]
    assert (found["Value"], found["Version"], found["Type"]) == ("b", 2, "String")
    assert found["ARN"] == f"arn:aws:ssm:us-east-1:{cloud.account.number}:parameter/shop/db/host"
    assert ssm.get_parameter(Name=found["ARN"])["Parameter"]["Value"] == "b"
    assert ssm.get_parameter(Name="/shop/db/host:2")["Parameter"]["Selector"] == ":2"
    code, _ = refusal(ssm.get_parameter, Name="/shop/db/host:7")
    assert code == "ParameterVersionNotFound"
    ssm.put_parameter(Name="/shop/top", Value="x,y", Type="StringList")
    top = ssm.get_parameters_by_path(Path="/shop")["Parameters"]
    assert [one["Name"] for one in top] == ["/shop/top"]
    every = ssm.get_parameters_by_path(Path="/shop/", Recursive=True)["Parameters"]
    assert [one["Name"] for one in every] == ["/shop/db/host", "/shop/top"]
    described = ssm.describe_parameters(
        ParameterFilters=[{"Key": "Type", "Values": ["StringList"]}]
    )["Parameters"]
    assert [one["Name"] for one in described] == ["/shop/top"]
    named = {"ResourceType": "Parameter", "ResourceId": "/shop/db/host"}
    ssm.add_tags_to_resource(**named, Tags=[{"Key": "a", "Value": "b"}])
    ssm.remove_tags_from_resource(**named, TagKeys=["team"])
    assert ssm.list_tags_for_resource(**named)["TagList"] == [{"Key": "a", "Value": "b"}]
    ssm.delete_parameter(Name="/shop/db/host")
    assert refusal(ssm.get_parameter, Name="/shop/db/host")[0] == "ParameterNotFound"
    assert refusal(ssm.delete_parameter, Name="/shop/db/host")[0] == "ParameterNotFound"


def test_secrets_are_shown_to_who_asks_for_them(cloud: Cloud, ssm: Any, sql: Sql) -> None:
    ssm.put_parameter(Name="password", Value="tiger", Type="SecureString")
    assert ssm.get_parameter(Name="password")["Parameter"]["Value"] != "tiger"
    shown = ssm.get_parameter(Name="password", WithDecryption=True)["Parameter"]
    assert shown["Value"] == "tiger"
    [row] = sql("select value from parameters where account_id = $1", cloud.account.id)
    assert "tiger" not in row["value"]
    code, _ = refusal(ssm.put_parameter, Name="/aws/x", Value="1", Type="String")
    assert code == "ValidationException"
    code, _ = refusal(ssm.put_parameter, Name="big", Value="x" * 4097, Type="String")
    assert code == "ValidationException"


def test_instances_with_a_role_are_managed(cloud: Cloud, ssm: Any, sql: Sql) -> None:
    profile = f"arn:aws:iam::{cloud.account.number}:instance-profile/app"
    managed = make_instance(sql, cloud, iam_instance_profile_arn=profile)
    off = make_instance(sql, cloud, iam_instance_profile_arn=profile, state="stopped")
    make_instance(sql, cloud)
    shown = {
        one["InstanceId"]: one["PingStatus"]
        for one in ssm.describe_instance_information()["InstanceInformationList"]
    }
    assert shown == {managed: "Online", off: "ConnectionLost"}
    [one] = ssm.describe_instance_information(
        Filters=[{"Key": "InstanceIds", "Values": [managed]}]
    )["InstanceInformationList"]
    assert (one["PlatformType"], one["ResourceType"]) == ("Linux", "EC2Instance")
    code, _ = refusal(
        ssm.describe_instance_information, Filters=[{"Key": "Nonsense", "Values": ["x"]}]
    )
    assert code == "InvalidFilterKey"
