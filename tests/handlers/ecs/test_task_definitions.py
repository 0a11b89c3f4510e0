"""Task definitions: revisions, their rules, and their end."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.handlers.ecs.conftest import register


def test_revisions_are_counted_and_listed(ecs: Any) -> None:
    arns = [register(ecs), register(ecs), register(ecs, "api")]
    assert arns[1].endswith(":task-definition/web:2")
    assert ecs.list_task_definitions(familyPrefix="web")["taskDefinitionArns"] == arns[:2]
    assert ecs.list_task_definitions(sort="DESC")["taskDefinitionArns"] == [
        arns[2], arns[1], arns[0],
    ]  # fmt: skip
    pages = list(ecs.get_paginator("list_task_definitions").paginate(
        PaginationConfig={"PageSize": 2}))  # fmt: skip
    assert [len(page["taskDefinitionArns"]) for page in pages] == [2, 1]
    assert ecs.list_task_definition_families()["families"] == ["api", "web"]
    assert ecs.list_task_definition_families(familyPrefix="w")["families"] == ["web"]
    newest = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    assert (newest["revision"], newest["cpu"], newest["compatibilities"]) == (
        2, "256", ["EC2", "FARGATE"],
    )  # fmt: skip
    assert newest["containerDefinitions"][0]["essential"] is True


def test_a_revision_ends(ecs: Any) -> None:
    first, second = register(ecs), register(ecs)
    gone = ecs.deregister_task_definition(taskDefinition=second)["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    assert "deregisteredAt" in gone
    shown = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    assert shown["taskDefinitionArn"] == first
    told = ecs.delete_task_definitions(taskDefinitions=[first, second, "absent:1"])
    assert [one["taskDefinitionArn"] for one in told["taskDefinitions"]] == [second]
    assert told["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    assert [one["reason"] for one in told["failures"]] == [
        "TASK_DEFINITION_ACTIVE", "TASK_DEFINITION_DOES_NOT_EXIST",
    ]  # fmt: skip
    ecs.deregister_task_definition(taskDefinition=first)
    assert ecs.list_task_definition_families(status="ACTIVE")["families"] == []
    assert ecs.list_task_definition_families(status="INACTIVE")["families"] == ["web"]
    with pytest.raises(ClientError, match=r"Unable to describe task definition\."):
        ecs.describe_task_definition(taskDefinition="web")
    assert register(ecs).endswith(":3")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"memory": "4096"}, "No Fargate configuration exists for given values: 256 CPU, 4096"),
        ({"networkMode": "bridge"}, "Fargate only supports network mode"),
        ({"containerDefinitions": []}, "Container list cannot be empty"),
        ({"containerDefinitions": [{"name": "a"}]}, "Container.image should not be null or empty"),
    ],
)
def test_rules(ecs: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        register(ecs, **given)
    assert caught.value.response["Error"]["Code"] == "ClientException"


def test_sizes_may_be_written_with_units(ecs: Any) -> None:
    register(ecs, cpu=".5 vCPU", memory="1GB")
    shown = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    assert (shown["cpu"], shown["memory"]) == ("512", "1024")
