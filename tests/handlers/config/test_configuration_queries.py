"""Advanced queries over what there is."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud


def selected(cloud: Cloud, expression: str, **more: Any) -> list[dict[str, Any]]:
    answer = cloud.client("config").select_resource_config(Expression=expression, **more)
    return [json.loads(one) for one in answer["Results"]]


@pytest.fixture
def volumes(cloud: Cloud) -> list[str]:
    """Three volumes of 1, 2 and 3 GiB; the last is tagged."""
    ec2 = cloud.client("ec2")
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "env", "Value": "dev"}]}]
    return [
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=n,
                          **({"TagSpecifications": tags} if n == 3 else {}))["VolumeId"]
        for n in (1, 2, 3)
    ]  # fmt: skip


def test_conditions(cloud: Cloud, volumes: list[str]) -> None:
    head = "SELECT resourceId WHERE resourceType = 'AWS::EC2::Volume'"
    for condition, found in (
        ("", volumes),
        (" AND configuration.size_gib >= 2", volumes[1:]),
        (" AND configuration.size_gib > 1 AND configuration.size_gib < 3", volumes[1:2]),
        (f" AND resourceId IN ('{volumes[0]}', '{volumes[2]}')", [volumes[0], volumes[2]]),
        (f" AND resourceId LIKE '%{volumes[1][-9:]}'", [volumes[1]]),
        (" AND tags = 'env=dev'", [volumes[2]]),
        (" AND tags.env = 'dev'", [volumes[2]]),
        (" AND NOT configuration.size_gib = 1", volumes[1:]),
        (" AND (configuration.size_gib = 1 OR tags.env = 'dev')", [volumes[0], volumes[2]]),
        (" AND configuration.encrypted = true", []),
        (" AND awsRegion = 'eu-west-1'", []),
        (" AND configuration.volume_type = 'it''s'", []),
    ):
        rows = selected(cloud, head + condition)
        assert sorted(row["resourceId"] for row in rows) == sorted(found), condition


def test_selection_groups_and_order(cloud: Cloud, volumes: list[str]) -> None:
    rows = selected(
        cloud,
        "SELECT resourceId, accountId, configuration.size_gib, tags.env"
        " WHERE resourceType = 'AWS::EC2::Volume' ORDER BY configuration.size_gib DESC",
    )
    assert rows[0] == {"resourceId": volumes[2], "accountId": cloud.account.number,
                       "configuration": {"size_gib": "3"}, "tags": {"env": "dev"}}  # fmt: skip
    assert [row["resourceId"] for row in rows] == volumes[::-1]
    counted = selected(
        cloud,
        "SELECT resourceType, COUNT(*) WHERE resourceType LIKE 'AWS::EC2::V%'"
        " GROUP BY resourceType ORDER BY COUNT(*) DESC",
    )
    assert counted[0] == {"resourceType": "AWS::EC2::Volume", "COUNT(*)": 3}
    client = cloud.client("config")
    pages = client.get_paginator("select_resource_config").paginate(
        Expression="SELECT resourceId WHERE resourceType = 'AWS::EC2::Volume'",
        PaginationConfig={"PageSize": 2},
    )
    assert [len(page["Results"]) for page in pages] == [2, 1]


@pytest.mark.parametrize(
    "expression",
    [
        "DELETE resourceId",
        "SELECT * WHERE resourceId = 'x'",
        "SELECT nothing",
        "SELECT resourceId WHERE",
        "SELECT resourceId WHERE resourceId = 'x' ; drop table volumes",
        "SELECT resourceId WHERE resourceId ~ 'x'",
        "SELECT resourceId WHERE (resourceId = 'x'",
        "SELECT resourceId ORDER BY resourceName",
        "SELECT resourceId WHERE resourceId = 'x",
    ],
)
def test_what_is_not_understood_is_refused(cloud: Cloud, expression: str) -> None:
    with pytest.raises(ClientError, match="InvalidExpressionException"):
        selected(cloud, expression)


def test_accounts_are_kept_apart(cloud: Cloud, other_cloud: Cloud, volumes: list[str]) -> None:
    query = "SELECT resourceId WHERE resourceType = 'AWS::EC2::Volume'"
    assert selected(other_cloud, query) == []
    assert len(selected(cloud, query)) == len(volumes)
