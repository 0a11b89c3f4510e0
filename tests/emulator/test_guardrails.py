"""Guardrails: seen as tags, observed or enforced, approved, and frozen by virtual time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import control, guard_verbs, health
from emulator.control import ControlError
from tests.fixtures.server import Cloud, RunningServer

Sql = Callable[..., list[dict[str, Any]]]

TODAY = date(2026, 3, 15)
POLICY, FREEZE = "optimization_policy", "optimization_freeze_until"


@pytest.fixture
def frozen_clock(cloud: Cloud) -> None:
    """The account's newest simulated day is TODAY."""
    cloud.running.rows(
        "insert into virtual_clocks (account_id, seed, virtual_date) values ($1, 1, $2)"
        " on conflict (account_id) do update set virtual_date = excluded.virtual_date",
        cloud.account.id,
        TODAY,
    )
    cloud.running.server.clocks.forget(str(cloud.account.id))


def client_day(day: date) -> str:
    """A virtual day as the client's calendar has it."""
    return (day + (datetime.now(UTC).date() - TODAY)).isoformat()


def verb(cloud: Cloud, name: str, *args: Any, **more: Any) -> Any:
    """What an operator's verb answers, for the test's own account."""
    function = getattr(guard_verbs, name)
    more = {"account": cloud.account.number} | more
    return cloud.running.run(function(cloud.running.server.world, *args, **more))


def breaches(cloud: Cloud) -> list[tuple[str, str, str, str]]:
    """Kind, resource, operation and detail of what was breached."""
    names = ("kind", "resource_id", "operation", "detail")
    return [tuple(one[name] for name in names) for one in verb(cloud, "guardrails_breaches")]


def refused(call: Callable[[], Any]) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        call()
    told = caught.value.response
    status: int = told["ResponseMetadata"]["HTTPStatusCode"]
    return status, told["Error"]["Code"], told["Error"]["Message"]


def instance(cloud: Cloud, **tags: str) -> str:
    """A running instance with tags."""
    ec2 = cloud.client("ec2")
    image = ec2.describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]
    specification = [
        {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
    ]
    made = ec2.run_instances(
        ImageId=image["ImageId"], InstanceType="m5.large", MinCount=1, MaxCount=1,
        **({"TagSpecifications": specification} if tags else {}),
    )  # fmt: skip
    found: str = made["Instances"][0]["InstanceId"]
    return found


def volume(cloud: Cloud, **tags: str) -> str:
    """A volume with tags."""
    specification = [
        {"ResourceType": "volume", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
    ]
    more = {"TagSpecifications": specification} if tags else {}
    made = cloud.client("ec2").create_volume(
        Size=100, AvailabilityZone="us-east-1a", VolumeType="gp2", **more
    )
    found: str = made["VolumeId"]
    return found


def tags_of(cloud: Cloud, resource: str) -> dict[str, str]:
    """The tags of an EC2 resource, as DescribeTags tells them."""
    given = [{"Name": "resource-id", "Values": [resource]}]
    return {
        one["Key"]: one["Value"] for one in cloud.client("ec2").describe_tags(Filters=given)["Tags"]
    }


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


def test_a_freeze_is_told_in_the_clients_time(cloud: Cloud, sql: Sql, frozen_clock: None) -> None:
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
    assert len(ec2.describe_instances(Filters=by_tag)["Reservations"]) == 1
    [tagged] = cloud.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": FREEZE}])[
        "ResourceTagMappingList"
    ]
    assert tagged["Tags"] == [{"Key": FREEZE, "Value": told}]
    later = client_day(date(2026, 4, 1))
    ec2.create_tags(Resources=[one], Tags=[{"Key": FREEZE, "Value": later}])
    [row] = sql("select optimization_freeze_until as f from instances where instance_id = $1", one)
    assert row["f"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert tags_of(cloud, one) == {FREEZE: later}
    assert breaches(cloud) == []
    ec2.delete_tags(Resources=[one], Tags=[{"Key": FREEZE}])
    assert [b[3] for b in breaches(cloud)] == [
        "the freeze was lifted; frozen until 2026-04-01T00:00:00Z"
    ]


def test_a_frozen_account_is_told_by_a_parameter(cloud: Cloud, frozen_clock: None) -> None:
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


# --- enforced ---------------------------------------------------------------------------------


def test_a_refusal_says_why_in_each_protocol(cloud: Cloud, sql: Sql) -> None:
    number = cloud.account.number
    one, disk = instance(cloud, **{POLICY: "ignore"}), volume(cloud, **{POLICY: "recommend_only"})
    ec2, s3, logs, rds = (cloud.client(name) for name in ("ec2", "s3", "logs", "rds"))
    bucket = f"kept-{number}"
    s3.create_bucket(Bucket=bucket)
    sql("update s3_buckets set optimization_policy = 'ignore' where name = $1", bucket)
    logs.create_log_group(logGroupName="/kept", tags={POLICY: "ignore"})
    rds.create_db_instance(
        DBInstanceIdentifier="kept", Engine="mysql", DBInstanceClass="db.r5.large",
        AllocatedStorage=100, MasterUsername="admin", MasterUserPassword="correct horse",
    )  # fmt: skip
    function = f"arn:aws:lambda:us-east-1:{number}:function:kept"
    sql(
        "insert into lambda_functions (account_id, name, arn, env, region, memory_mb)"
        " values ($1, 'kept', $2, 'dev', 'us-east-1', 1024)",
        cloud.account.id,
        function,
    )
    lambda_ = cloud.client("lambda")
    lambda_.tag_resource(Resource=function, Tags={POLICY: "ignore"})
    verb(cloud, "guardrails_enforce")
    caller = cloud.client("sts").get_caller_identity()["Arn"]
    events = "select count(*) as n from resource_change_events where account_id = $1"
    [before] = sql(events, cloud.account.id)

    status, code, message = refused(lambda: ec2.stop_instances(InstanceIds=[one]))
    assert (status, code) == (403, "UnauthorizedOperation")
    assert message == (
        f"You are not authorized to perform this operation. User: {caller} is not authorized to"
        f" perform: ec2:StopInstances on resource: arn:aws:ec2:us-east-1:{number}:instance/{one}"
        f" with an explicit deny in a guardrail: optimization_policy of {one} is ignore"
    )
    status, code, message = refused(
        lambda: rds.modify_db_instance(
            DBInstanceIdentifier="kept", DBInstanceClass="db.t3.medium", ApplyImmediately=True
        )
    )
    assert (status, code) == (403, "AccessDenied")
    assert "is not authorized to perform: rds:ModifyDBInstance on resource" in message
    assert message.endswith("is recommend_only and the change is not approved")
    status, code, message = refused(
        lambda: logs.put_retention_policy(logGroupName="/kept", retentionInDays=7)
    )
    assert (status, code) == (400, "AccessDeniedException")
    assert "with an explicit deny in a guardrail" in message
    status, code, _ = refused(lambda: s3.delete_bucket(Bucket=bucket))
    assert (status, code) == (403, "AccessDenied")
    status, code, _ = refused(
        lambda: lambda_.update_function_configuration(FunctionName="kept", MemorySize=512)
    )
    assert (status, code) == (403, "AccessDeniedException")
    assert refused(lambda: ec2.delete_volume(VolumeId=disk))[1] == "UnauthorizedOperation"
    loosen = [{"Key": POLICY, "Value": "auto_safe"}]
    assert (
        refused(lambda: ec2.create_tags(Resources=[disk], Tags=loosen))[1]
        == "UnauthorizedOperation"
    )
    assert (
        refused(lambda: lambda_.untag_resource(Resource=function, TagKeys=[POLICY]))[1]
        == "AccessDeniedException"
    )
    assert sql(events, cloud.account.id) == [before]
    assert breaches(cloud) == []
    shown = ec2.describe_volumes(VolumeIds=[disk])["Volumes"][0]
    assert (shown["State"], shown["Tags"]) == (
        "available", [{"Key": POLICY, "Value": "recommend_only"}],
    )  # fmt: skip


def test_of_several_none_is_changed(cloud: Cloud, sql: Sql) -> None:
    free, kept = instance(cloud), instance(cloud, **{POLICY: "ignore"})
    verb(cloud, "guardrails_enforce")
    ec2 = cloud.client("ec2")
    assert refused(lambda: ec2.terminate_instances(InstanceIds=[free, kept]))[0] == 403
    states = "select state from instances where instance_id = any($1::text[])"
    assert [row["state"] for row in sql(states, [free, kept])] == ["running", "running"]
    code = refused(lambda: ec2.stop_instances(InstanceIds=[kept], DryRun=True))[1]
    assert code == "UnauthorizedOperation"
    ec2.stop_instances(InstanceIds=[free])
    verb(cloud, "guardrails_observe")
    ec2.stop_instances(InstanceIds=[kept])
    assert len(breaches(cloud)) == 1


def test_who_has_leave_may(cloud: Cloud, frozen_clock: None) -> None:
    one, ignored = volume(cloud, **{POLICY: "recommend_only"}), volume(cloud, **{POLICY: "ignore"})
    verb(cloud, "guardrails_enforce")
    ec2 = cloud.client("ec2")
    told = verb(cloud, "approve", one, days=2)
    assert told["approved_until"].date() == TODAY + timedelta(days=2)
    ec2.modify_volume(VolumeId=one, VolumeType="gp3")
    cloud.running.rows(
        "update virtual_clocks set virtual_date = virtual_date + 3 where account_id = $1",
        cloud.account.id,
    )
    cloud.running.server.clocks.forget(str(cloud.account.id))
    assert refused(lambda: ec2.delete_volume(VolumeId=one))[0] == 403
    verb(cloud, "approve", one)
    ec2.delete_volume(VolumeId=one)
    with pytest.raises(ControlError, match="ignored"):
        verb(cloud, "approve", ignored)
    with pytest.raises(ControlError, match="no resource"):
        verb(cloud, "approve", "vol-0")


def test_a_freeze_ends_by_virtual_time(cloud: Cloud, frozen_clock: None, sql: Sql) -> None:
    disk, other = volume(cloud), volume(cloud)
    verb(cloud, "freeze", "2026-03-17")
    verb(cloud, "guardrails_enforce")
    ec2 = cloud.client("ec2")
    status, _, message = refused(lambda: ec2.delete_volume(VolumeId=disk))
    assert status == 403
    assert message.endswith(
        "with an explicit deny in a guardrail: optimizations of the account are frozen until "
        f"{client_day(date(2026, 3, 17))}T00:00:00Z"
    )
    verb(cloud, "freeze", "2026-04-30", resource=other)
    sql("update virtual_clocks set virtual_date = '2026-03-17' where account_id = $1",
        cloud.account.id)  # fmt: skip
    cloud.running.server.clocks.forget(str(cloud.account.id))
    ec2.delete_volume(VolumeId=disk)
    assert f"{other} are frozen" in refused(lambda: ec2.delete_volume(VolumeId=other))[2]
    verb(cloud, "freeze", "off", resource=other)
    ec2.delete_volume(VolumeId=other)


def test_a_group_is_not_scaled_in_unasked(cloud: Cloud) -> None:
    scaling = cloud.client("autoscaling")
    image = cloud.client("ec2").describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]
    scaling.create_launch_configuration(
        LaunchConfigurationName="web", ImageId=image["ImageId"], InstanceType="m5.large"
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="web", MinSize=0, MaxSize=4,
        DesiredCapacity=2, AvailabilityZones=["us-east-1a"],
    )  # fmt: skip
    verb(cloud, "guardrails_enforce")
    code = refused(
        lambda: scaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
    )[:2]
    assert code == (403, "AccessDenied")
    [group] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])[
        "AutoScalingGroups"
    ]
    assert (group["DesiredCapacity"], len(group["Instances"])) == (2, 2)
    verb(cloud, "approve", "web")
    scaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)


def test_the_server_lists_its_verbs(running: RunningServer) -> None:
    from emulator import cli

    known = cli.verbs()
    assert {"guardrails_observe", "guardrails_enforce", "freeze", "approve"} <= set(known)
    with pytest.raises(ControlError, match="until when"):
        running.run(guard_verbs.freeze(running.server.world, "soon"))
    assert "guardrails_breaches" in control.READS
