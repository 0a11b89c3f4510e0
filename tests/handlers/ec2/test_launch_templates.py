"""Launch templates: versions, defaults, and who is told what is missing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal
from tests.handlers.ec2.launching import IMAGE, tagged

Sql = Callable[..., list[dict[str, Any]]]


def create(ec2: Any, name: str = "web", **data: Any) -> str:
    made = ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": IMAGE} | data
    )
    template_id: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return template_id


def test_a_template_and_its_first_version(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    made = ec2.create_launch_template(
        LaunchTemplateName="web",
        VersionDescription="first",
        LaunchTemplateData={
            "ImageId": IMAGE,
            "InstanceType": "t3.micro",
            "Monitoring": {"Enabled": True},
            "TagSpecifications": [tagged("instance", team="a")],
        },
        TagSpecifications=[tagged("launch-template", team="b")],
    )["LaunchTemplate"]
    template_id = made["LaunchTemplateId"]
    assert (made["DefaultVersionNumber"], made["LatestVersionNumber"]) == (1, 1)
    assert made["Tags"] == [{"Key": "team", "Value": "b"}]
    assert made["CreatedBy"].startswith(f"arn:aws:iam::{cloud.account.number}:")
    [row] = sql("select * from launch_template_versions where launch_template_id = $1", template_id)
    assert row["data"]["InstanceType"] == "t3.micro"
    [version] = ec2.describe_launch_template_versions(LaunchTemplateId=template_id)[
        "LaunchTemplateVersions"
    ]
    assert version["LaunchTemplateData"] == row["data"]
    assert (version["VersionNumber"], version["DefaultVersion"]) == (1, True)
    assert version["VersionDescription"] == "first"


def test_versions_build_on_versions(ec2: Any) -> None:
    template_id = create(ec2, InstanceType="t3.micro")
    second = ec2.create_launch_template_version(
        LaunchTemplateId=template_id,
        SourceVersion="1",
        LaunchTemplateData={"InstanceType": "m5.large"},
    )["LaunchTemplateVersion"]
    assert second["VersionNumber"] == 2
    assert second["LaunchTemplateData"] == {"ImageId": IMAGE, "InstanceType": "m5.large"}
    assert second["DefaultVersion"] is False
    third = ec2.create_launch_template_version(
        LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "c5.large"}
    )["LaunchTemplateVersion"]
    assert third["LaunchTemplateData"] == {"InstanceType": "c5.large"}

    def numbers(**more: Any) -> list[int]:
        answer = ec2.describe_launch_template_versions(LaunchTemplateId=template_id, **more)
        return [one["VersionNumber"] for one in answer["LaunchTemplateVersions"]]

    assert numbers() == [3, 2, 1]
    assert numbers(Versions=["$Latest"]) == [3]
    assert numbers(Versions=["$Default", "2"]) == [2, 1]
    assert numbers(MinVersion="2") == [3, 2]
    assert numbers(MaxVersion="1") == [1]
    assert numbers(MinVersion="9") == []
    assert numbers(Filters=[{"Name": "instance-type", "Values": ["m5.*"]}]) == [2]
    assert numbers(Filters=[{"Name": "is-default-version", "Values": ["true"]}]) == [1]
    first = ec2.describe_launch_template_versions(LaunchTemplateId=template_id, MaxResults=2)
    assert numbers(MaxResults=2, NextToken=first["NextToken"]) == [1]


def test_the_default_version(ec2: Any, sql: Sql) -> None:
    template_id = create(ec2)
    ec2.create_launch_template_version(
        LaunchTemplateId=template_id, LaunchTemplateData={"InstanceType": "m5.large"}
    )
    changed = ec2.modify_launch_template(LaunchTemplateId=template_id, DefaultVersion="$Latest")
    assert changed["LaunchTemplate"]["DefaultVersionNumber"] == 2
    [row] = sql("select * from launch_templates where launch_template_id = $1", template_id)
    assert (row["default_version"], row["latest_version"]) == (2, 2)
    missing = refusal(ec2.modify_launch_template, LaunchTemplateId=template_id, DefaultVersion="5")
    assert missing[0] == "InvalidLaunchTemplateId.VersionNotFound"


def test_latest_and_default_of_all_templates(ec2: Any) -> None:
    one, other = create(ec2, "one"), create(ec2, "other")
    ec2.create_launch_template_version(
        LaunchTemplateId=one, LaunchTemplateData={"InstanceType": "m5.large"}
    )

    def found(*versions: str) -> set[tuple[str, int]]:
        answer = ec2.describe_launch_template_versions(Versions=list(versions))
        rows = answer["LaunchTemplateVersions"]
        return {(row["LaunchTemplateId"], row["VersionNumber"]) for row in rows}

    assert found("$Latest") == {(one, 2), (other, 1)}
    assert found("$Default") == {(one, 1), (other, 1)}
    assert found("$Latest", "$Default") == {(one, 1), (one, 2), (other, 1)}
    assert refusal(ec2.describe_launch_template_versions)[0] == "MissingParameter"


def test_templates_are_listed(ec2: Any) -> None:
    made = {create(ec2, f"name-{n}") for n in range(5)}
    pages = ec2.get_paginator("describe_launch_templates").paginate(
        PaginationConfig={"PageSize": 2}
    )
    found = [one["LaunchTemplateId"] for page in pages for one in page["LaunchTemplates"]]
    assert (set(found), len(found)) == (made, 5)
    [one] = ec2.describe_launch_templates(LaunchTemplateNames=["name-3"])["LaunchTemplates"]
    assert one["LaunchTemplateName"] == "name-3"
    filtered = ec2.describe_launch_templates(
        Filters=[{"Name": "launch-template-name", "Values": ["name-1", "name-2"]}]
    )
    assert len(filtered["LaunchTemplates"]) == 2


def test_deleting(ec2: Any, sql: Sql) -> None:
    template_id = create(ec2)
    gone = ec2.delete_launch_template(LaunchTemplateName="web")["LaunchTemplate"]
    assert gone["LaunchTemplateId"] == template_id
    assert not sql(
        "select 1 from launch_template_versions where launch_template_id = $1", template_id
    )
    missing = refusal(ec2.delete_launch_template, LaunchTemplateId=template_id)
    assert missing == (
        "InvalidLaunchTemplateId.NotFound",
        f"The specified launch template, with template ID {template_id}, does not exist.",
    )


def test_a_name_is_given_once_and_a_token_too(ec2: Any) -> None:
    data = {"ImageId": IMAGE}
    first = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData=data, ClientToken="t"
    )
    again = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData=data, ClientToken="t"
    )
    assert first["LaunchTemplate"] == again["LaunchTemplate"]
    taken = refusal(ec2.create_launch_template, LaunchTemplateName="web", LaunchTemplateData=data)
    assert taken == (
        "InvalidLaunchTemplateName.AlreadyExistsException",
        "Launch template name already in use.",
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"LaunchTemplateIds": ["lt-0123456789abcdef0"]}, "InvalidLaunchTemplateId.NotFound"),
        ({"LaunchTemplateIds": ["template"]}, "InvalidLaunchTemplateId.Malformed"),
        ({"LaunchTemplateNames": ["nobody"]}, "InvalidLaunchTemplateName.NotFoundException"),
    ],
)
def test_what_is_not_there(ec2: Any, given: dict[str, Any], code: str) -> None:
    assert refusal(ec2.describe_launch_templates, **given)[0] == code


def test_no_account_sees_anothers_templates(ec2: Any, other_cloud: Cloud) -> None:
    template_id = create(ec2)
    other = other_cloud.client("ec2")
    assert other.describe_launch_templates()["LaunchTemplates"] == []
    code, _ = refusal(other.delete_launch_template, LaunchTemplateId=template_id)
    assert code == "InvalidLaunchTemplateId.NotFound"
    create(other)  # the same name is free in another account


def test_versions_made_at_once_have_numbers_of_their_own(cloud: Cloud, ec2: Any) -> None:
    template_id = create(ec2)

    def one(n: int) -> int:
        made = cloud.client("ec2").create_launch_template_version(
            LaunchTemplateId=template_id, LaunchTemplateData={"KeyName": f"key-{n}"}
        )
        number: int = made["LaunchTemplateVersion"]["VersionNumber"]
        return number

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))) == [2, 3, 4, 5, 6, 7]
    [template] = ec2.describe_launch_templates(LaunchTemplateIds=[template_id])["LaunchTemplates"]
    assert template["LatestVersionNumber"] == 7
