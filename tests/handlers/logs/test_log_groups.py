"""Log groups through boto3: their lives, lists, retention, and what is refused."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def logs(cloud: Cloud) -> Any:
    return cloud.client("logs")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    told = caught.value.response["Error"]
    return told["Code"], told["Message"]


def test_a_group_lives(cloud: Cloud, logs: Any, sql: Any) -> None:
    logs.create_log_group(
        logGroupName="/app/web", kmsKeyId=KEY, tags={"env": "prod", "team": "web"},
        logGroupClass="INFREQUENT_ACCESS",
    )  # fmt: skip
    [shown] = logs.describe_log_groups()["logGroups"]
    arn = f"arn:aws:logs:us-east-1:{cloud.account.number}:log-group:/app/web"
    assert abs(shown.pop("creationTime") - time.time() * 1000) < 60_000
    assert shown == {
        "logGroupName": "/app/web",
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "storedBytes": 0,
        "kmsKeyId": KEY,
        "logGroupClass": "INFREQUENT_ACCESS",
    }
    assert sql("select env, retention_days from log_groups where arn = $1", arn) == [
        {"env": "prod", "retention_days": None}
    ]
    logs.put_retention_policy(logGroupName="/app/web", retentionInDays=14)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 14
    logs.delete_retention_policy(logGroupName="/app/web")
    logs.disassociate_kms_key(logGroupName="/app/web")
    [shown] = logs.describe_log_groups()["logGroups"]
    assert "retentionInDays" not in shown
    assert "kmsKeyId" not in shown
    logs.associate_kms_key(resourceIdentifier=arn, kmsKeyId=KEY)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == KEY
    logs.put_log_group_deletion_protection(logGroupIdentifier=arn, deletionProtectionEnabled=True)
    assert logs.describe_log_groups()["logGroups"][0]["deletionProtectionEnabled"] is True
    assert refused(logs.delete_log_group, logGroupName="/app/web")[0] == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier=arn, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/app/web")
    assert logs.describe_log_groups()["logGroups"] == []
    gone = ("ResourceNotFoundException", "The specified log group does not exist.")
    assert refused(logs.delete_log_group, logGroupName="/app/web") == gone
    assert refused(logs.put_retention_policy, logGroupName="/app/web", retentionInDays=1) == gone


def test_tags_old_and_new(cloud: Cloud, logs: Any) -> None:
    logs.create_log_group(logGroupName="g", tags={"a": "1"})
    arn = f"arn:aws:logs:us-east-1:{cloud.account.number}:log-group:g"
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.tag_log_group(logGroupName="g", tags={"c": "3"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {
        "a": "1", "b": "2", "c": "3",
    }  # fmt: skip
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.untag_log_group(logGroupName="g", tags=["b", "none"])
    assert logs.list_tags_log_group(logGroupName="g")["tags"] == {"c": "3"}
    assert refused(logs.list_tags_for_resource, resourceArn=arn + "x")[0] == (
        "ResourceNotFoundException"
    )
    many = {f"k{n}": "" for n in range(50)}
    assert refused(logs.tag_resource, resourceArn=arn, tags=many)[0] == "TooManyTagsException"
    assert refused(logs.tag_resource, resourceArn=arn, tags={"aws:x": ""})[0] == (
        "InvalidParameterException"
    )


def test_lists(cloud: Cloud, logs: Any, other_cloud: Cloud) -> None:
    names = ["/aws/lambda/a", "/aws/lambda/b_1", "/aws/lambda/bx1", "/ecs/a"]
    for name in names:
        logs.create_log_group(logGroupName=name, tags={"n": name[-1]})
    other_cloud.client("logs").create_log_group(logGroupName="/aws/lambda/other")
    logs.create_log_group(logGroupName="/rare", logGroupClass="INFREQUENT_ACCESS")

    def listed(**params: Any) -> list[str]:
        return [one["logGroupName"] for one in logs.describe_log_groups(**params)["logGroups"]]

    assert listed() == [*names, "/rare"]
    assert listed(logGroupNamePrefix="/aws/lambda/b_") == ["/aws/lambda/b_1"]
    assert listed(logGroupNamePattern="/a") == [*names]
    assert listed(logGroupNamePattern="/A") == []
    assert listed(logGroupClass="INFREQUENT_ACCESS") == ["/rare"]
    arn = f"arn:aws:logs:us-east-1:{cloud.account.number}:log-group:/ecs/a"
    assert listed(logGroupIdentifiers=["/rare", arn]) == ["/ecs/a", "/rare"]
    found = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2})
    pages = [[one["logGroupName"] for one in page["logGroups"]] for page in found]
    assert pages == [names[:2], names[2:], ["/rare"]]
    assert logs.list_log_groups(logGroupNamePattern="^/ecs")["logGroups"] == [
        {"logGroupName": "/ecs/a", "logGroupArn": arn, "logGroupClass": "STANDARD"}
    ]
    tagged = logs.list_log_groups(logGroupTags=[{"key": "n", "values": ["1"]}])["logGroups"]
    assert [one["logGroupName"] for one in tagged] == names[1:3]
    assert refused(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="a") == (
        "InvalidParameterException",
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    )
    assert refused(logs.describe_log_groups, nextToken="x" * 40) == (
        "InvalidParameterException", "The specified nextToken is invalid.",
    )  # fmt: skip
    assert listed(includeLinkedAccounts=True, accountIdentifiers=["111122223333"]) == []


def test_what_a_group_cannot_be(logs: Any) -> None:
    logs.create_log_group(logGroupName="g")
    assert refused(logs.create_log_group, logGroupName="g") == (
        "ResourceAlreadyExistsException", "The specified log group already exists",
    )  # fmt: skip
    code, message = refused(logs.put_retention_policy, logGroupName="g", retentionInDays=15)
    assert code == "InvalidParameterException"
    assert message.startswith(
        "1 validation error detected: Value '15' at 'retentionInDays' failed to satisfy"
        " constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, 30,"
    )
    assert refused(logs.create_log_group, logGroupName="AWS/x")[0] == "InvalidParameterException"
    assert refused(logs.create_log_group, logGroupName="a b")[0] == "InvalidParameterException"
    assert refused(logs.create_log_group, logGroupName="k", kmsKeyId="mine")[0] == (
        "InvalidParameterException"
    )
    logs.create_log_group(logGroupName="d", logGroupClass="DELIVERY")
    assert refused(logs.put_retention_policy, logGroupName="d", retentionInDays=7)[0] == (
        "InvalidParameterException"
    )
    shown = logs.describe_log_groups(logGroupNamePrefix="d")["logGroups"]
    assert shown[0]["retentionInDays"] == 2
