"""Guardrails: seen as tags, and what is done against them recorded."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import health
from models import accounts
from models.guardrails import FREEZE, POLICY
from tests.fixtures.guarded import (
    breaches,
    client_day,
    instance,
    set_clock,
    tags_of,
    verb,
    volume,
)
from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]


# --- seen as tags -----------------------------------------------------------------------------


def test_a_policy_shows_only_where_it_says_something(cloud: Cloud, sql: Sql) -> None:
    one, other = instance(cloud, Name="web"), instance(cloud)
    assert tags_of(cloud, one) == {"Name": "web"}
    sql("update instances set optimization_policy = 'ignore' where instance_id = $1", one)
    assert tags_of(cloud, one) == {"Name": "web", POLICY: "ignore"}
    assert tags_of(cloud, other) == {}
    ec2 = cloud.client("ec2")
    by_tag = [{"Name": f"tag:{POLICY}", "Values": ["ignore"]}]
    [found] = ec2.describe_instances(Filters=by_tag)["Reservations"]
    assert found["Instances"][0]["InstanceId"] == one
    [told] = cloud.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": POLICY, "Values": ["ignore"]}]
    )["ResourceTagMappingList"]
    assert told["ResourceARN"].endswith(one)
    sql("update instances set optimization_policy = 'auto_safe' where instance_id = $1", one)
    assert tags_of(cloud, one) == {"Name": "web"}


def test_a_tag_sets_the_column(cloud: Cloud, sql: Sql) -> None:
    column = "select optimization_policy as p from instances where instance_id = $1"
    one = instance(cloud, **{POLICY: "recommend_only"})
    assert sql(column, one) == [{"p": "recommend_only"}]
    ec2 = cloud.client("ec2")
    ec2.create_tags(Resources=[one], Tags=[{"Key": POLICY, "Value": "ignore"}])
    assert sql(column, one) == [{"p": "ignore"}]
    ec2.create_tags(Resources=[one], Tags=[{"Key": POLICY, "Value": "whatever"}])
    assert sql(column, one) == [{"p": "ignore"}]
    arn = f"arn:aws:ec2:us-east-1:{cloud.account.number}:instance/{one}"
    tagging = cloud.client("resourcegroupstaggingapi")
    tagging.tag_resources(ResourceARNList=[arn], Tags={POLICY: "recommend_only"})
    assert sql(column, one) == [{"p": "recommend_only"}]
    ec2.delete_tags(Resources=[one], Tags=[{"Key": POLICY}])
    assert sql(column, one) == [{"p": "auto_safe"}]
    assert tags_of(cloud, one) == {}
    [first, second] = [one for one in breaches(cloud) if one[2] != "ec2:RunInstances"]
    assert first[:2] == ("policy", one)
    assert first[2:] == (
        "tagging:TagResources",
        "the policy was loosened from ignore to recommend_only; the policy is ignore",
    )
    assert second[2:] == (
        "ec2:DeleteTags",
        "the policy was loosened from recommend_only to auto_safe; the policy is recommend_only",
    )


def test_who_breaks_a_policy_is_told_though_another_was_before(cloud: Cloud) -> None:
    one = instance(cloud, **{POLICY: "ignore"}, **{f"k{n}": "x" for n in range(49)})
    ec2, database = cloud.client("ec2"), cloud.running.server.database
    more = [{"Key": "more", "Value": "x"}, {"Key": POLICY, "Value": "recommend_only"}]
    waits = (
        "select exists (select from pg_locks where pg_backend_pid() = any(pg_blocking_pids(pid)))"
    )

    async def call() -> None:
        # one tag too many until the other has made room, which the call waits for
        async with database.owner() as other, other.transaction():
            await other.execute(
                "update instances set tags = tags - 'k0' where instance_id = $1", one
            )
            called = asyncio.to_thread(ec2.create_tags, Resources=[one], Tags=more)
            task = asyncio.ensure_future(called)
            while not await other.fetchval(waits):
                await other.execute("select pg_sleep(0.01)")
        await task

    cloud.running.run(call())
    assert [broken[2] for broken in breaches(cloud)] == ["ec2:CreateTags"]
    by_name = [{"AttributeKey": "EventName", "AttributeValue": "CreateTags"}]
    assert len(cloud.client("cloudtrail").lookup_events(LookupAttributes=by_name)["Events"]) == 1


def test_databases_and_groups_show_what_is_safe(cloud: Cloud, sql: Sql) -> None:
    rds = cloud.client("rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier="orders", Engine="mysql", DBInstanceClass="db.r5.large",
        AllocatedStorage=100, MasterUsername="admin", MasterUserPassword="correct horse",
    )["DBInstance"]  # fmt: skip
    assert made.get("TagList", []) == []
    arn = made["DBInstanceArn"]
    sql("update rds_instances set optimization_policy = 'auto_safe' where arn = $1", arn)
    shown = rds.describe_db_instances(DBInstanceIdentifier="orders")["DBInstances"][0]
    assert shown["TagList"] == [{"Key": POLICY, "Value": "auto_safe"}]
    rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": POLICY, "Value": "ignore"}])
    column = "select optimization_policy as p from rds_instances where arn = $1"
    assert sql(column, arn) == [{"p": "ignore"}]
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=[POLICY])
    assert sql(column, arn) == [{"p": "recommend_only"}]
    [loosened] = breaches(cloud)
    assert loosened[0] == "policy"
    assert loosened[2] == "rds:RemoveTagsFromResource"


def test_a_freeze_is_told_in_the_clients_time(cloud: Cloud, sql: Sql) -> None:
    set_clock(cloud)
    one = instance(cloud)
    verb(cloud, "freeze", "2026-03-20", resource=one)
    [row] = sql("select tags, optimization_freeze_until as f from instances where instance_id = $1",
                one)  # fmt: skip
    assert row["f"] == datetime(2026, 3, 20, tzinfo=UTC)
    assert row["tags"] == {FREEZE: "2026-03-20T00:00:00Z"}
    told = f"{client_day(date(2026, 3, 20))}T00:00:00Z"
    assert tags_of(cloud, one) == {FREEZE: told}
    ec2 = cloud.client("ec2")
    by_tag = [{"Name": f"tag:{FREEZE}", "Values": [told]}]
    [described] = ec2.describe_instances(Filters=by_tag)["Reservations"]
    assert described["Instances"][0]["Tags"] == [{"Key": FREEZE, "Value": told}]
    [tagged] = cloud.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": FREEZE}])[
        "ResourceTagMappingList"
    ]
    assert tagged["Tags"] == [{"Key": FREEZE, "Value": told}]
    values = cloud.client("resourcegroupstaggingapi").get_tag_values(Key=FREEZE)["TagValues"]
    assert values == [told]
    later = client_day(date(2026, 4, 1))
    ec2.create_tags(Resources=[one], Tags=[{"Key": FREEZE, "Value": later}])
    [row] = sql("select optimization_freeze_until as f from instances where instance_id = $1", one)
    assert row["f"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert tags_of(cloud, one) == {FREEZE: later}
    by_name = [{"AttributeKey": "EventName", "AttributeValue": "CreateTags"}]
    [event] = cloud.client("cloudtrail").lookup_events(LookupAttributes=by_name)["Events"]
    assert f'"value":"{later}"' in event["CloudTrailEvent"]
    assert breaches(cloud) == []
    ec2.delete_tags(Resources=[one], Tags=[{"Key": FREEZE}])
    assert [b[3] for b in breaches(cloud)] == [
        "the freeze was lifted; frozen until 2026-04-01T00:00:00Z"
    ]


def test_only_tags_tell_of_a_freeze(cloud: Cloud) -> None:
    set_clock(cloud)
    day = client_day(date(2026, 3, 20))
    said = f'{{"{FREEZE}": "2026-03-20"}}'
    ssm, logs = cloud.client("ssm"), cloud.client("logs")
    ssm.put_parameter(Name="/told", Type="String", Value=said, Tags=[{"Key": FREEZE, "Value": day}])
    assert ssm.get_parameter(Name="/told")["Parameter"]["Value"] == said
    tagged = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/told")
    assert tagged["TagList"] == [{"Key": FREEZE, "Value": day}]
    logs.create_log_group(logGroupName="/told", tags={FREEZE: day})
    arn = f"arn:aws:logs:us-east-1:{cloud.account.number}:log-group:/told"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {FREEZE: day}


def test_a_frozen_account_is_told_by_a_parameter(cloud: Cloud) -> None:
    set_clock(cloud)
    verb(cloud, "freeze", "2026-03-20T06:00")
    told = f"{client_day(date(2026, 3, 20))}T06:00:00Z"
    ssm = cloud.client("ssm")
    name = "/guardrails/freeze_optimizations_until"
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == told
    [tagged] = cloud.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": FREEZE}])[
        "ResourceTagMappingList"
    ]
    assert tagged["Tags"] == [{"Key": FREEZE, "Value": told}]
    report = cloud.running.run(
        health.report(cloud.running.server.database, cloud.running.server.settings)
    )
    [own] = [one for one in report["accounts"] if one["account"] == cloud.account.number]
    assert (own["guardrails"], own["frozenUntil"].hour) == ("observe", 6)
    verb(cloud, "freeze", "off")
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name=name)


# --- observed ---------------------------------------------------------------------------------


def test_what_is_against_a_policy_is_done_and_recorded(cloud: Cloud, sql: Sql) -> None:
    one = instance(cloud, **{POLICY: "recommend_only"})
    free = instance(cloud)
    ec2 = cloud.client("ec2")
    ec2.create_tags(Resources=[one], Tags=[{"Key": "team", "Value": "web"}])
    assert breaches(cloud) == []
    ec2.stop_instances(InstanceIds=[one, free])
    [told] = verb(cloud, "guardrails_breaches")
    assert told["principal"] == cloud.client("sts").get_caller_identity()["Arn"]
    assert (told["kind"], told["resource_type"], told["resource_id"]) == ("policy", "instance", one)
    assert told["operation"] == "ec2:StopInstances"
    assert told["detail"].startswith("state from running to ")
    assert told["detail"].endswith("; the policy is recommend_only")
    [event] = sql(
        "select e.event_name from truth.breaches b join trail_events e on e.event_id = b.event_id"
        " and e.account_id = b.account_id where b.account_id = $1",
        cloud.account.id,
    )
    assert event["event_name"] == "StopInstances"


def test_who_breaks_a_guardrail_is_named_in_a_transaction_too(cloud: Cloud, sql: Sql) -> None:
    pair = [instance(cloud, **{POLICY: "ignore"}) for _ in range(2)]
    # several resources are tagged in a transaction, whose COMMIT takes the trail's entry along
    cloud.client("ec2").create_tags(Resources=pair, Tags=[{"Key": POLICY, "Value": "auto_safe"}])
    told = verb(cloud, "guardrails_breaches")
    assert sorted(one["resource_id"] for one in told) == sorted(pair)
    who = cloud.client("sts").get_caller_identity()["Arn"]
    assert {(one["principal"], one["operation"]) for one in told} == {(who, "ec2:CreateTags")}


def test_nobody_is_named_where_no_call_is_behind_a_breach(cloud: Cloud, sql: Sql) -> None:
    one = instance(cloud, **{POLICY: "ignore"})
    sql(
        "with agent as (select set_config('driftcloud.source', 'agent', true) as source)"
        " update instances set monitoring = 'enabled' from agent"
        " where instance_id = $1 and source = 'agent'",
        one,
    )
    [told] = verb(cloud, "guardrails_breaches")
    assert (told["resource_id"], told["principal"], told["operation"]) == (one, None, None)


def test_every_service_is_observed(cloud: Cloud, sql: Sql) -> None:
    s3, logs = cloud.client("s3"), cloud.client("logs")
    bucket = f"guarded-{cloud.account.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_tagging(
        Bucket=bucket, Tagging={"TagSet": [{"Key": POLICY, "Value": "recommend_only"}]}
    )
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    logs.create_log_group(logGroupName="/app", tags={POLICY: "ignore"})
    logs.put_retention_policy(logGroupName="/app", retentionInDays=7)
    disk = volume(cloud, **{POLICY: "ignore"})
    cloud.client("ec2").delete_volume(VolumeId=disk)
    function = f"arn:aws:lambda:us-east-1:{cloud.account.number}:function:job"
    sql(
        "insert into lambda_functions (account_id, name, arn, env, region, memory_mb)"
        " values ($1, 'job', $2, 'dev', 'us-east-1', 1024)",
        cloud.account.id,
        function,
    )
    lambda_ = cloud.client("lambda")
    lambda_.tag_resource(Resource=function, Tags={POLICY: "recommend_only"})
    lambda_.update_function_configuration(FunctionName="job", MemorySize=512)
    found = {(one[2], one[1]) for one in breaches(cloud)}
    assert found == {
        ("s3:PutBucketLifecycleConfiguration", bucket),
        (
            "logs:PutRetentionPolicy",
            f"arn:aws:logs:us-east-1:{cloud.account.number}:log-group:/app",
        ),
        ("ec2:DeleteVolume", disk),
        ("lambda:UpdateFunctionConfiguration", function),
    }


def test_drift_and_people_break_nothing(cloud: Cloud, sql: Sql) -> None:
    one = instance(cloud, **{POLICY: "ignore"})
    verb(cloud, "guardrails_enforce")
    sql("update instances set state = 'stopped' where instance_id = $1", one)
    sql(
        "with source as (select set_config('driftcloud.source', 'drift_engine', false))"
        " update instances set instance_type = 'm5.xlarge' from source where instance_id = $1",
        one,
    )
    sql("select set_config('driftcloud.source', '', false)")
    assert breaches(cloud) == []


def test_a_reset_ends_a_freeze_and_forgets_breaches(cloud: Cloud, sql: Sql) -> None:
    set_clock(cloud)
    verb(cloud, "freeze", "2026-03-20")
    cloud.client("ec2").delete_volume(VolumeId=volume(cloud))
    assert [one[0] for one in breaches(cloud)] == ["freeze"]

    async def empty() -> None:
        async with cloud.running.server.database.owner() as connection:
            await accounts.reset(connection, cloud.account.id)

    cloud.running.run(empty())
    assert breaches(cloud) == []
    [left] = sql(
        "select freeze_optimizations_until as until, guardrails,"
        " (select count(*) from parameters p where p.account_id = a.id) as parameters"
        " from cloud_accounts a where id = $1",
        cloud.account.id,
    )
    assert left == {"until": None, "guardrails": "observe", "parameters": 0}
