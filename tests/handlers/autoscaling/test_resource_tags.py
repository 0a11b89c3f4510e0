"""Tags of groups: put, told, deleted, passed on to members."""

from collections.abc import Callable
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP, ids
from tests.handlers.ec2.answers import Sql, refusal

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]

ROWS = """select t.key, t.value from resource_tags t join autoscaling_groups g
    on t.resource_type = 'autoscaling_group' and t.resource_id = g.arn
 where g.account_id = $1 and g.name = $2 order by t.key"""


def tag(key: str, value: str, group: str = GROUP, passed_on: bool = True) -> dict[str, Any]:
    return {
        "ResourceId": group,
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": passed_on,
    }


def test_their_life(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group()
    first = ids(shown())
    autoscaling.create_or_update_tags(
        Tags=[tag("env", "dev"), tag("owner", "ben", passed_on=False)]
    )
    rows = [tuple(row.values()) for row in sql(ROWS, cloud.account.id, GROUP)]
    assert rows == [("env", "dev"), ("owner", "ben")]
    assert shown()["Tags"] == [tag("env", "dev"), tag("owner", "ben", passed_on=False)]
    assert autoscaling.describe_tags()["Tags"] == shown()["Tags"]
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=3)
    [new] = ids(shown()) - first
    [row] = sql("select tags from instances where instance_id = $1", new)
    assert row["tags"]["env"] == "dev"
    assert "owner" not in row["tags"]
    [old] = sql("select tags from instances where instance_id = $1", sorted(first)[0])
    assert "env" not in old["tags"]
    autoscaling.create_or_update_tags(Tags=[tag("env", "prod", passed_on=False)])
    assert shown()["Tags"][0] == tag("env", "prod", passed_on=False)
    autoscaling.delete_tags(
        Tags=[{"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "env"}]
    )
    assert [tuple(row.values()) for row in sql(ROWS, cloud.account.id, GROUP)] == [("owner", "ben")]
    [stored] = sql("select * from autoscaling_groups where account_id = $1", cloud.account.id)
    assert (stored["tags"], stored["propagated_tag_keys"]) == ({"owner": "ben"}, [])


def test_filters_and_pages(autoscaling: Any, make_group: Make) -> None:
    for name in ("a", "b"):
        make_group(name, MinSize=0, DesiredCapacity=0)
        autoscaling.create_or_update_tags(
            Tags=[tag("team", name, name), tag("owner", "x", name, passed_on=False)]
        )

    def found(**filters: list[str]) -> list[tuple[str, str]]:
        asked = [{"Name": name.replace("_", "-"), "Values": v} for name, v in filters.items()]
        answer = autoscaling.describe_tags(Filters=asked)["Tags"]
        return [(one["ResourceId"], one["Key"]) for one in answer]

    assert found(auto_scaling_group=["a"]) == [("a", "owner"), ("a", "team")]
    assert found(key=["team"]) == [("a", "team"), ("b", "team")]
    assert found(value=["b"]) == [("b", "team")]
    assert found(propagate_at_launch=["false"]) == [("a", "owner"), ("b", "owner")]
    assert refusal(autoscaling.describe_tags, Filters=[{"Name": "x", "Values": ["y"]}])[0] == (
        "ValidationError"
    )
    pages = autoscaling.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 3})
    assert [len(one["Tags"]) for one in pages] == [3, 1]


def test_refusals(autoscaling: Any, make_group: Make, shown: Show) -> None:
    assert refusal(autoscaling.create_or_update_tags, Tags=[tag("a", "b", "nobody")]) == (
        "ValidationError",
        "AutoScalingGroup not found - AutoScaling Group nobody not found",
    )
    make_group(MinSize=0, DesiredCapacity=0)
    assert refusal(autoscaling.create_or_update_tags, Tags=[tag("aws:a", "b")])[0] == (
        "ValidationError"
    )
    many = [tag(f"key-{number}", "x") for number in range(50)]
    autoscaling.create_or_update_tags(Tags=many)
    code, _ = refusal(autoscaling.create_or_update_tags, Tags=[tag("more", "x")])
    assert code == "LimitExceeded"
    assert len(shown()["Tags"]) == 50


def test_tags_written_elsewhere_are_seen(
    cloud: Cloud, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group()
    arn = shown()["AutoScalingGroupARN"]
    sql(
        "insert into resource_tags (account_id, resource_type, resource_id, key, value)"
        " values ($1, 'autoscaling_group', $2, 'from', 'elsewhere')",
        cloud.account.id, arn,
    )  # fmt: skip
    assert shown()["Tags"] == [tag("from", "elsewhere", passed_on=False)]
