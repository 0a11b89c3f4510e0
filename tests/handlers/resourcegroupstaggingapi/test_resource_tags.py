"""Tags of all resources through the Resource Groups Tagging API."""

from typing import Any

import pytest

from emulator import control
from models import resource_arns
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture
def tagging(cloud: Cloud) -> Any:
    return cloud.client("resourcegroupstaggingapi")


def pairs(one: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in one["Tags"]}


def arns(answer: dict[str, Any]) -> list[str]:
    return [one["ResourceARN"] for one in answer["ResourceTagMappingList"]]


def volume(cloud: Cloud, region: str = "us-east-1", **tags: str) -> str:
    made = cloud.client("ec2", region).create_volume(
        AvailabilityZone=f"{region}a",
        Size=8,
        TagSpecifications=[
            {
                "ResourceType": "volume",
                "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            }
        ]
        if tags
        else [],
    )
    return f"arn:aws:ec2:{region}:{cloud.account.number}:volume/{made['VolumeId']}"


def test_resources_are_found_by_tag_type_and_arn(cloud: Cloud, tagging: Any) -> None:
    one = volume(cloud, team="shop", env="dev")
    two = volume(cloud, team="data", env="dev")
    volume(cloud)
    volume(cloud, "eu-west-1", team="shop")
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName="busy", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average",
        Period=300, EvaluationPeriods=1, Threshold=80, ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "team", "Value": "shop"}],
    )  # fmt: skip
    alarm = f"arn:aws:cloudwatch:us-east-1:{cloud.account.number}:alarm:busy"

    def found(**question: Any) -> set[str]:
        return set(arns(tagging.get_resources(**question)))

    shop = {"Key": "team", "Values": ["shop", "nobody"]}
    assert found(TagFilters=[shop]) == {one, alarm}
    assert found(TagFilters=[shop, {"Key": "env"}]) == {one}
    assert found(TagFilters=[{"Key": "env", "Values": ["dev"]}]) == {one, two}
    assert found(TagFilters=[shop], ResourceTypeFilters=["ec2"]) == {one}
    assert found(TagFilters=[shop], ResourceTypeFilters=["cloudwatch:alarm"]) == {alarm}
    assert found(TagFilters=[shop], ResourceTypeFilters=["ec2:volum"]) == set()
    assert found(ResourceTypeFilters=["ec2:volume", "cloudwatch"]) == {one, two, alarm}
    assert found(ResourceARNList=[two, alarm, one + "0"]) == {two, alarm}
    assert found(TagFilters=[{"Key": "TEAM"}]) == set()
    [shown] = tagging.get_resources(ResourceARNList=[one])["ResourceTagMappingList"]
    assert shown["Tags"] == [{"Key": "env", "Value": "dev"}, {"Key": "team", "Value": "shop"}]
    [told] = tagging.get_resources(ResourceARNList=[one], IncludeComplianceDetails=True)[
        "ResourceTagMappingList"
    ]
    assert told["ComplianceDetails"]["ComplianceStatus"] is True


def test_pages_go_through_every_resource_once(cloud: Cloud, tagging: Any) -> None:
    made = {volume(cloud, team="shop", n=str(n)) for n in range(7)}
    paginator = tagging.get_paginator("get_resources")
    seen = [
        arns(page)
        for page in paginator.paginate(
            ResourceTypeFilters=["ec2:volume"], PaginationConfig={"PageSize": 3}
        )
    ]
    assert [len(page) for page in seen] == [3, 3, 1]
    assert {arn for page in seen for arn in page} == made
    first = tagging.get_resources(ResourcesPerPage=2, ResourceTypeFilters=["ec2:volume"])
    code, _ = refusal(tagging.get_resources, PaginationToken=first["PaginationToken"])
    assert code == "PaginationTokenExpiredException"
    assert tagging.get_resources(ResourcesPerPage=100)["PaginationToken"] == ""


def test_pages_by_number_of_tags_split_no_resource(cloud: Cloud, tagging: Any) -> None:
    tags = {f"k{n:02}": "v" for n in range(40)}
    for _ in range(3):
        volume(cloud, **tags)
    first = tagging.get_resources(TagsPerPage=100, ResourceTypeFilters=["ec2:volume"])
    assert [len(one["Tags"]) for one in first["ResourceTagMappingList"]] == [40, 40]
    second = tagging.get_resources(
        TagsPerPage=100,
        ResourceTypeFilters=["ec2:volume"],
        PaginationToken=first["PaginationToken"],
    )
    assert len(arns(second)) == 1
    assert second["PaginationToken"] == ""


def test_tagging_reaches_the_resource_itself(cloud: Cloud, tagging: Any, ec2: Any) -> None:
    arn = volume(cloud, old="1")
    absent = arn[:-17] + "0" * 17
    answer = tagging.tag_resources(ResourceARNList=[arn, absent], Tags={"team": "shop", "old": "2"})
    assert list(answer["FailedResourcesMap"]) == [absent]
    failure = answer["FailedResourcesMap"][absent]
    assert (failure["StatusCode"], failure["ErrorCode"]) == (400, "InvalidParameterException")
    [shown] = ec2.describe_volumes(VolumeIds=[arn.rpartition("/")[2]])["Volumes"]
    assert pairs(shown) == {"team": "shop", "old": "2"}
    answer = tagging.untag_resources(ResourceARNList=[arn], TagKeys=["old", "never"])
    assert answer["FailedResourcesMap"] == {}
    [shown] = ec2.describe_volumes(VolumeIds=[arn.rpartition("/")[2]])["Volumes"]
    assert pairs(shown) == {"team": "shop"}
    many = {f"k{n}": "v" for n in range(50)}
    answer = tagging.tag_resources(ResourceARNList=[arn], Tags=many)
    assert "at most 50" in answer["FailedResourcesMap"][arn]["ErrorMessage"]
    assert pairs(tagging.get_resources(ResourceARNList=[arn])["ResourceTagMappingList"][0]) == {
        "team": "shop"
    }


def test_keys_and_values_are_those_of_the_region(cloud: Cloud, tagging: Any) -> None:
    volume(cloud, team="shop", zone="a")
    volume(cloud, team="data")
    volume(cloud, "eu-west-1", only="there")
    keys = tagging.get_tag_keys()["TagKeys"]
    assert set(keys) >= {"team", "zone"}
    assert "only" not in keys
    assert keys == sorted(set(keys))
    assert tagging.get_tag_values(Key="team")["TagValues"] == ["data", "shop"]
    assert tagging.get_tag_values(Key="only")["TagValues"] == []
    there = cloud.client("resourcegroupstaggingapi", "eu-west-1")
    assert there.get_tag_values(Key="only")["TagValues"] == ["there"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"ResourcesPerPage": 101}, "ResourcesPerPage"),
        ({"TagsPerPage": 150}, "TagsPerPage"),
        ({"ExcludeCompliantResources": True}, "IncludeComplianceDetails"),
        ({"ResourceARNList": ["volume/1"]}, "not a valid AmazonResourceName"),
        ({"ResourceARNList": ["arn:aws:s3:::a"], "ResourcesPerPage": 5}, "together"),
        ({"TagFilters": [{"Values": ["x"]}]}, "must have a key"),
        ({"ResourceTypeFilters": ["a b"]}, "not a valid resource type"),
    ],
)
def test_what_is_not_taken_is_refused(tagging: Any, question: dict[str, Any], words: str) -> None:
    code, message = refusal(tagging.get_resources, **question)
    assert code == "InvalidParameterException"
    assert words in message


def test_tags_of_aws_itself_are_not_for_others(cloud: Cloud, tagging: Any) -> None:
    arn = volume(cloud)
    code, _ = refusal(tagging.tag_resources, ResourceARNList=[arn], Tags={"aws:x": "1"})
    assert code == "InvalidParameterException"
    assert refusal(tagging.get_compliance_summary)[0] == "ConstraintViolationException"
    assert tagging.describe_report_creation()["Status"] == "NO REPORT"


def test_every_tagged_resource_of_an_estate_is_shown(
    cloud: Cloud, running: RunningServer, tagging: Any, sql: Sql
) -> None:
    running.run(
        control.estate_create(running.server.world, "20", days=1, account=cloud.account.number)
    )
    running.server.clocks.forget()
    shown = {}
    for region in ("us-east-1", "us-west-2", "eu-west-1"):
        client = cloud.client("resourcegroupstaggingapi", region)
        for page in client.get_paginator("get_resources").paginate():
            for one in page["ResourceTagMappingList"]:
                assert one["ResourceARN"] not in shown
                shown[one["ResourceARN"]] = pairs(one)
    rows = sql(
        "select resource_type, resource_id, jsonb_object_agg(key, value) as tags"
        " from resource_tags where account_id = $1 group by 1, 2",
        cloud.account.id,
    )
    assert len(rows) > 100
    ends = {arn.rpartition("/")[2] if ":ec2:" in arn else arn for arn in shown}
    known = ends | {arn.rpartition(":")[2] for arn in shown}
    # what bears a name that another account gave first is kept under name.account.region
    kept = {row["resource_id"].partition(f".{cloud.account.number}.")[0] for row in rows}
    assert kept - known == set()
    assert len(shown) == len(rows)
    missing = tagging.tag_resources(ResourceARNList=list(shown)[:20], Tags={"seen": "yes"})
    assert all(":us-east-1:" not in arn for arn in missing["FailedResourcesMap"])


def test_every_type_of_resource_has_an_arn(sql: Sql) -> None:
    """A new type whose id is not an ARN needs a line in WRITTEN, or one in WITHOUT_ARN."""
    rows = sql("select resource_type, id_column from driftcloud_resource_types")
    unwritten = {
        row["resource_type"]
        for row in rows
        if row["id_column"] not in ("arn", "lb_arn")
        and row["resource_type"] not in resource_arns.WRITTEN
    }
    assert unwritten == resource_arns.WITHOUT_ARN
    assert set(resource_arns.WRITTEN) <= {row["resource_type"] for row in rows}
