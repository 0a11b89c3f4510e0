"""Scalable targets, their policies, schedules and activities; and what a day makes of them."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from drift import engine
from drift.day import Knobs
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.lambda_.functions import create
from tests.handlers.rds.databases import create as create_database

FIRST = date(2026, 6, 1)
CALM = Knobs(mess=0)
SERVICE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/main/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
FUNCTION = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:ingest:live",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}
CLUSTER = {
    "ServiceNamespace": "rds",
    "ResourceId": "cluster:orders",
    "ScalableDimension": "rds:cluster:ReadReplicaCount",
}


@pytest.fixture
def scaling(cloud: Cloud) -> Any:
    """A boto3 client of Application Auto Scaling in us-east-1."""
    return cloud.client("application-autoscaling")


@pytest.fixture
def tick(cloud: Cloud) -> Callable[[], None]:
    """Lets a calm day pass; the first one is FIRST, a Monday, and over already."""
    server = cloud.running.server

    async def begin() -> None:
        async with server.database.owner() as connection:
            await engine.history(connection, cloud.account.id, FIRST, 1, knobs=CALM)
        server.clocks.forget(str(cloud.account.id))

    async def pass_day() -> None:
        async with server.database.owner() as connection:
            assert await engine.tick(connection, cloud.account.id, knobs=CALM)
        server.clocks.forget(str(cloud.account.id))

    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
    cloud.running.run(begin())
    return lambda: cloud.running.run(pass_day())


@pytest.fixture
def service(cloud: Cloud, sql: Sql) -> str:
    """A service of two Fargate tasks; its ARN."""
    [cluster] = sql(
        "insert into container_clusters (account_id, name, orchestrator, region)"
        " values ($1, 'main', 'ecs', 'us-east-1') returning id", cloud.account.id,
    )  # fmt: skip
    [made] = sql(
        "insert into container_services (cluster_id, name, region, launch_type, replica_count,"
        " requested_cpu, requested_memory_mb) values ($1, 'web', 'us-east-1', 'FARGATE', 2, 1,"
        " 2048) returning arn", cluster["id"],
    )  # fmt: skip
    return str(made["arn"])


def count(sql: Sql, service: str) -> int:
    """How many tasks the service has."""
    return int(
        sql("select replica_count from container_services where arn = $1", service)[0][
            "replica_count"
        ]
    )


def test_a_target_lives_from_registration_to_its_end(
    cloud: Cloud, other_cloud: Cloud, scaling: Any, service: str
) -> None:
    made = scaling.register_scalable_target(
        **SERVICE, MinCapacity=1, MaxCapacity=5, Tags={"team": "web"}
    )
    arn = made["ScalableTargetARN"]
    [shown] = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    created = shown.pop("CreationTime")
    assert abs(created - datetime.now(UTC)) < timedelta(days=1)
    assert shown == {
        **SERVICE,
        "MinCapacity": 1,
        "MaxCapacity": 5,
        "RoleARN": f"arn:aws:iam::{cloud.account.number}:role/aws-service-role/"
        "ecs.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
        "SuspendedState": {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        },
        "ScalableTargetARN": arn,
    }
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"team": "web"}
    scaling.tag_resource(ResourceARN=arn, Tags={"env": "dev"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"env": "dev"}
    again = scaling.register_scalable_target(
        **SERVICE, MaxCapacity=8, SuspendedState={"ScheduledScalingSuspended": True}
    )
    assert again["ScalableTargetARN"] == arn
    [shown] = scaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[SERVICE["ResourceId"]]
    )["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (1, 8)
    assert shown["SuspendedState"]["ScheduledScalingSuspended"] is True
    assert scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"] == []
    theirs = other_cloud.client("application-autoscaling")
    assert theirs.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    assert refusal(theirs.deregister_scalable_target, **SERVICE) == (
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: ecs, resource ID: service/main/web,"
        " scalable dimension: ecs:service:DesiredCount",
    )
    scaling.deregister_scalable_target(**SERVICE)
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    assert refusal(scaling.list_tags_for_resource, ResourceARN=arn)[0] == (
        "ResourceNotFoundException"
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"MinCapacity": 1}, "both MinCapacity and MaxCapacity"),
        ({"MinCapacity": 3, "MaxCapacity": 2}, "cannot be less than"),
        ({"MinCapacity": -1, "MaxCapacity": 2}, "negative"),
        ({"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "service/main/none"}, "doesn't exist"),
        ({"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "web"}, "Unsupported service"),
        ({"MinCapacity": 1, "MaxCapacity": 2, "ServiceNamespace": "rds"}, "Unsupported service"),
        ({"MinCapacity": 1, "MaxCapacity": 2, "ServiceNamespace": "dynamodb",
          "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "ResourceId": "table/a"},
         "not supported by this emulator"),
    ],
)  # fmt: skip
def test_what_cannot_be_scaled_is_refused(
    scaling: Any, service: str, asked: dict[str, Any], words: str
) -> None:
    code, told = refusal(scaling.register_scalable_target, **SERVICE | asked)
    assert code == "ValidationException"
    assert words in told


def test_lists_go_on_page_by_page(cloud: Cloud, scaling: Any) -> None:
    lambdas = cloud.client("lambda")
    create(lambdas, cloud)
    lambdas.publish_version(FunctionName="ingest")
    for name in ("a", "b", "c"):
        lambdas.create_alias(FunctionName="ingest", Name=name, FunctionVersion="1")
        where = {**FUNCTION, "ResourceId": f"function:ingest:{name}"}
        scaling.register_scalable_target(**where, MinCapacity=1, MaxCapacity=5)
    pages = scaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="lambda", PaginationConfig={"PageSize": 2}
    )
    found = [[one["ResourceId"][-1] for one in page["ScalableTargets"]] for page in pages]
    assert found == [["a", "b"], ["c"]]
    assert refusal(
        scaling.describe_scalable_targets, ServiceNamespace="lambda", NextToken="wrong"
    )[0] == "InvalidNextTokenException"  # fmt: skip


def tracking(metric: str, target: float) -> dict[str, Any]:
    """The settings of a policy that follows a predefined metric."""
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        },
    }


def test_policies_are_the_targets_own(cloud: Cloud, scaling: Any, service: str) -> None:
    policy = tracking("ECSServiceAverageCPUUtilization", 50.0)
    assert refusal(scaling.put_scaling_policy, **SERVICE, PolicyName="cpu", **policy)[0] == (
        "ObjectNotFoundException"
    )
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=5)
    made = scaling.put_scaling_policy(**SERVICE, PolicyName="cpu", **policy)
    assert made["PolicyARN"].endswith(":resource/ecs/service/main/web:policyName/cpu")
    assert len(made["Alarms"]) == 2
    scaling.put_scaling_policy(
        **SERVICE, PolicyName="steps", PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
        },
    )  # fmt: skip
    found = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert [(one["PolicyName"], one["PolicyType"]) for one in found] == [
        ("cpu", "TargetTrackingScaling"),
        ("steps", "StepScaling"),
    ]
    assert found[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50
    named = scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["steps"])
    [one] = named["ScalingPolicies"]
    assert one["StepScalingPolicyConfiguration"]["AdjustmentType"] == "ChangeInCapacity"
    wrong = tracking("RDSReaderAverageCPUUtilization", 50.0)
    assert "cannot be followed" in refusal(
        scaling.put_scaling_policy, **SERVICE, PolicyName="no", **wrong
    )[1]  # fmt: skip
    scaling.delete_scaling_policy(**SERVICE, PolicyName="steps")
    assert refusal(scaling.delete_scaling_policy, **SERVICE, PolicyName="steps")[0] == (
        "ObjectNotFoundException"
    )


def tomorrow(hour: int) -> str:
    """An hour of the day that the next tick makes, as clients tell time."""
    day = datetime.now(UTC).date() + timedelta(days=1)
    return datetime.combine(day, time(hour)).isoformat()


def test_a_schedule_moves_bounds_and_capacity(
    cloud: Cloud, scaling: Any, service: str, sql: Sql, tick: Callable[[], None]
) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=5)
    scaling.put_scheduled_action(
        **SERVICE, ScheduledActionName="sale", Schedule=f"at({tomorrow(9)})",
        ScalableTargetAction={"MinCapacity": 4, "MaxCapacity": 6},
    )  # fmt: skip
    scaling.put_scheduled_action(
        **SERVICE, ScheduledActionName="never", Schedule="cron(0 5 1 1 ? 2199)",
        ScalableTargetAction={"MaxCapacity": 1}, Timezone="Europe/Berlin",
    )  # fmt: skip
    found = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert [one["ScheduledActionName"] for one in found] == ["never", "sale"]
    assert found[1]["ScalableTargetAction"] == {"MinCapacity": 4, "MaxCapacity": 6}
    assert refusal(
        scaling.put_scheduled_action, **SERVICE, ScheduledActionName="bad", Schedule="cron(x)",
        ScalableTargetAction={"MaxCapacity": 1},
    )[0] == "ValidationException"  # fmt: skip
    assert count(sql, service) == 2
    tick()
    assert count(sql, service) == 4
    [target] = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (4, 6)
    [done] = scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    assert (done["Description"], done["StatusCode"]) == (
        "Setting desired count to 4.",
        "Successful",
    )
    assert done["Cause"] == "minimum capacity was set to 4 by scheduled action sale"
    [event] = sql(
        "select old_value, new_value, change_source from resource_change_events where account_id ="
        " $1 and resource_id = $2 and field_name = 'replica_count'", cloud.account.id, service,
    )  # fmt: skip
    assert tuple(event.values()) == ("2", "4", "drift_engine")
    tick()
    assert (
        len(scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]) == 1
    )
    scaling.delete_scheduled_action(**SERVICE, ScheduledActionName="sale")
    scaling.deregister_scalable_target(**SERVICE)
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"] == []


def test_a_service_follows_its_target(
    cloud: Cloud, scaling: Any, service: str, sql: Sql, tick: Callable[[], None]
) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=9)
    scaling.put_scaling_policy(
        **SERVICE, PolicyName="cpu", **tracking("ECSServiceAverageCPUUtilization", 5.0)
    )
    tick()
    payload = sql(
        "select metric_payload as payload from metrics_daily where resource_id = $1"
        " order by date desc limit 1", service,
    )[0]["payload"]  # fmt: skip
    used = (json.loads(payload) if isinstance(payload, str) else payload)["cpu_avg"]
    assert used > 5
    assert count(sql, service) == min(9, -int(-2 * used // 5))
    [done] = scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    assert done["Cause"].endswith("AlarmHigh in state ALARM triggered policy cpu")
    scaling.register_scalable_target(
        **SERVICE, MaxCapacity=20, SuspendedState={"DynamicScalingOutSuspended": True}
    )
    before = count(sql, service)
    tick()
    assert count(sql, service) <= before


def test_warm_environments_follow_their_use(
    cloud: Cloud, scaling: Any, sql: Sql, tick: Callable[[], None]
) -> None:
    lambdas = cloud.client("lambda")
    create(lambdas, cloud)
    lambdas.publish_version(FunctionName="ingest")
    lambdas.create_alias(FunctionName="ingest", Name="live", FunctionVersion="1")
    lambdas.put_provisioned_concurrency_config(
        FunctionName="ingest", Qualifier="live", ProvisionedConcurrentExecutions=100
    )
    scaling.register_scalable_target(**FUNCTION, MinCapacity=3, MaxCapacity=200)
    scaling.put_scaling_policy(
        **FUNCTION, PolicyName="use", **tracking("LambdaProvisionedConcurrencyUtilization", 0.7)
    )
    tick()
    [row] = sql(
        "select provisioned_concurrency from lambda_functions where account_id = $1",
        cloud.account.id,
    )
    assert 3 <= row["provisioned_concurrency"] < 100
    shown = lambdas.get_provisioned_concurrency_config(FunctionName="ingest", Qualifier="live")
    assert shown["RequestedProvisionedConcurrentExecutions"] == row["provisioned_concurrency"]


def test_readers_come_and_go(
    cloud: Cloud, scaling: Any, sql: Sql, tick: Callable[[], None]
) -> None:
    rds = cloud.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="orders", Engine="aurora-mysql", MasterUsername="app",
        MasterUserPassword="correct horse",
    )  # fmt: skip
    rds.create_db_instance(
        DBInstanceIdentifier="writer", DBClusterIdentifier="orders", Engine="aurora-mysql",
        DBInstanceClass="db.r5.large",
    )  # fmt: skip
    scaling.register_scalable_target(**CLUSTER, MinCapacity=0, MaxCapacity=4)
    scaling.put_scheduled_action(
        **CLUSTER, ScheduledActionName="more", Schedule=f"at({tomorrow(6)})",
        ScalableTargetAction={"MinCapacity": 2},
    )  # fmt: skip
    tick()
    found = rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"][0]
    names = [one["DBInstanceIdentifier"] for one in found["DBClusterMembers"]]
    assert len(names) == 3
    assert sum(name.startswith("application-autoscaling-") for name in names) == 2
    scaling.register_scalable_target(**CLUSTER, MinCapacity=0)
    scaling.put_scheduled_action(
        **CLUSTER, ScheduledActionName="fewer", Schedule=f"at({tomorrow(20)})",
        ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 1},
    )  # fmt: skip
    tick()
    found = rds.describe_db_clusters(DBClusterIdentifier="orders")["DBClusters"][0]
    assert len(found["DBClusterMembers"]) == 2
    assert create_database(rds, "other")["DBInstanceIdentifier"] == "other"


def test_alarms_call_for_steps(
    cloud: Cloud, scaling: Any, service: str, tick: Callable[[], None], sql: Sql
) -> None:
    scaling.register_scalable_target(**SERVICE, MinCapacity=1, MaxCapacity=7)
    policy = scaling.put_scaling_policy(
        **SERVICE, PolicyName="out", PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [
                {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 20,
                 "ScalingAdjustment": 1},
                {"MetricIntervalLowerBound": 20, "ScalingAdjustment": 3},
            ],
        },
    )["PolicyARN"]  # fmt: skip
    watch = cloud.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName="busy", Namespace="App", MetricName="Depth", Statistic="Maximum", Period=60,
        EvaluationPeriods=1, Threshold=10, ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[policy], TreatMissingData="ignore",
    )  # fmt: skip
    shown = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert shown[0]["Alarms"][0]["AlarmName"] == "busy"
    tick()

    def alarm(value: float | None, state: str = "ALARM") -> None:
        data = json.dumps({"recentDatapoints": [value], "threshold": 10})
        told = {} if value is None else {"StateReasonData": data}
        watch.set_alarm_state(AlarmName="busy", StateValue=state, StateReason="test", **told)

    alarm(None)
    tick()
    assert count(sql, service) == 3
    alarm(35)
    tick()
    assert count(sql, service) == 6
    tick()  # it goes on, up to what is allowed
    assert count(sql, service) == 7
    told = scaling.describe_scaling_activities(**SERVICE)["ScalingActivities"]
    assert [one["Description"][-2:] for one in told] == ["7.", "6.", "3."]
    assert told[0]["Cause"] == "monitor alarm busy in state ALARM triggered policy out"
    alarm(None, "OK")
    scaling.register_scalable_target(**SERVICE, MaxCapacity=9)
    tick()
    assert count(sql, service) == 7
