"""Guardrails enforced: refusals in every protocol, approvals, and freezes by virtual time."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from emulator import cli, control, guard_verbs
from emulator.control import ControlError
from models.guardrails import POLICY
from tests.fixtures.guarded import (
    TODAY,
    breaches,
    client_day,
    instance,
    refused,
    set_clock,
    verb,
    volume,
)
from tests.fixtures.server import Cloud, RunningServer

Sql = Callable[..., list[dict[str, Any]]]


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


def test_who_has_leave_may(cloud: Cloud) -> None:
    set_clock(cloud)
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


def test_a_freeze_ends_by_virtual_time(cloud: Cloud, sql: Sql) -> None:
    set_clock(cloud)
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
    known = cli.verbs()
    assert {"guardrails_observe", "guardrails_enforce", "freeze", "approve"} <= set(known)
    with pytest.raises(ControlError, match="until when"):
        running.run(guard_verbs.freeze(running.server.world, "soon"))
    assert "guardrails_breaches" in control.READS


def test_what_is_new_or_only_attached_passes(cloud: Cloud) -> None:
    set_clock(cloud)
    verb(cloud, "freeze", "2026-03-20")
    verb(cloud, "guardrails_enforce")
    ec2, rds, scaling = (cloud.client(name) for name in ("ec2", "rds", "autoscaling"))
    one, disk = instance(cloud), volume(cloud)
    ec2.attach_volume(InstanceId=one, VolumeId=disk, Device="/dev/sdf")
    ec2.create_snapshot(VolumeId=disk)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    rds.create_db_instance(
        DBInstanceIdentifier="orders", Engine="mysql", DBInstanceClass="db.r5.large",
        AllocatedStorage=100, MasterUsername="admin", MasterUserPassword="correct horse",
    )  # fmt: skip
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="orders"
    )
    image = ec2.describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]
    scaling.create_launch_configuration(
        LaunchConfigurationName="web", ImageId=image["ImageId"], InstanceType="m5.large"
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="web", MinSize=0, MaxSize=4,
        DesiredCapacity=2, AvailabilityZones=["us-east-1a"],
    )  # fmt: skip
    assert breaches(cloud) == []
    for call in (
        lambda: ec2.terminate_instances(InstanceIds=[one]),
        lambda: rds.delete_db_instance(DBInstanceIdentifier="copy", SkipFinalSnapshot=True),
        lambda: scaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True),
    ):
        assert refused(call)[0] == 403


@pytest.mark.parametrize(("policy", "broken"), [("recommend_only", []), ("ignore", ["kube"])])
def test_a_cluster_is_not_asked_how_many_nodes_it_has(
    cloud: Cloud, sql: Sql, policy: str, broken: list[str]
) -> None:
    one = instance(cloud)
    sql(
        """with made as (insert into container_clusters
                         (account_id, name, env, control_plane_hourly_cost)
                         values ($1, 'kube', 'dev', 0.1) returning id, arn),
                tagged as (insert into resource_tags
                           (account_id, resource_type, resource_id, key, value)
                           select $1, 'container_cluster', arn, $3, $4 from made)
           insert into container_nodes (cluster_id, instance_id, instance_type, hourly_cost)
           select id, $2, 'm5.large', 0.096 from made""",
        cloud.account.id, one, POLICY, policy,
    )  # fmt: skip
    cloud.client("ec2").terminate_instances(InstanceIds=[one])
    count = "select desired_nodes from container_clusters where account_id = $1"
    assert sql(count, cloud.account.id) == [{"desired_nodes": 0}]
    assert [found[1].rpartition("/")[2] for found in breaches(cloud)] == broken
