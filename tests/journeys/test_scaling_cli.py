"""Scaling, Storage Lens and database load through the AWS CLI, each from beginning to end."""

import json
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql
from tests.handlers.ec2.launching import IMAGE
from tests.journeys.aws_cli import aws, run


def sizes(sql: Sql, cloud: Cloud) -> tuple[int, ...]:
    """Minimum, maximum and desired size of the account's one group, and its living members."""
    [row] = sql(
        """select g.min_size, g.max_size, g.desired_capacity,
                  (select count(*) from instances i where i.autoscaling_group_id = g.id
                      and i.state <> 'terminated') as members
             from autoscaling_groups g where g.account_id = $1""",
        cloud.account.id,
    )  # fmt: skip
    return tuple(row.values())


def test_a_group_is_scaled(cloud: Cloud, sql: Sql) -> None:
    service, named = "autoscaling", ("--auto-scaling-group-name", "web")
    aws(cloud, service, "create-launch-configuration", "--launch-configuration-name", "lc",
        "--image-id", IMAGE, "--instance-type", "m5.large")  # fmt: skip
    aws(cloud, service, "create-auto-scaling-group", *named, "--launch-configuration-name", "lc",
        "--min-size", "1", "--max-size", "4", "--desired-capacity", "2", "--availability-zones",
        "us-east-1a", "--tags", "Key=team,Value=web,PropagateAtLaunch=true")  # fmt: skip
    assert sizes(sql, cloud) == (1, 4, 2, 2)
    aws(cloud, service, "set-desired-capacity", *named, "--desired-capacity", "3")
    assert sizes(sql, cloud) == (1, 4, 3, 3)
    aws(cloud, service, "put-scaling-policy", *named, "--policy-name", "in",
        "--adjustment-type", "ChangeInCapacity", "--scaling-adjustment=-2")  # fmt: skip
    aws(cloud, service, "execute-policy", *named, "--policy-name", "in")
    assert sizes(sql, cloud) == (1, 4, 1, 1)
    [group] = aws(cloud, service, "describe-auto-scaling-groups", "--query",
                  "AutoScalingGroups[].{n: AutoScalingGroupName, t: Tags[].Value}")  # fmt: skip
    assert group == {"n": "web", "t": ["web"]}
    told = aws(cloud, service, "describe-scaling-activities", *named, "--max-items", "2")
    assert len(told["Activities"]) == 2
    assert told["NextToken"]
    aws(cloud, service, "delete-auto-scaling-group", *named, "--force-delete")
    assert sql("select 1 from instances where account_id = $1 and state <> 'terminated'",
               cloud.account.id) == []  # fmt: skip


def test_a_service_is_a_target(cloud: Cloud, sql: Sql) -> None:
    service = "application-autoscaling"
    [cluster] = sql(
        "insert into container_clusters (account_id, name, orchestrator, region)"
        " values ($1, 'main', 'ecs', 'us-east-1') returning id", cloud.account.id,
    )  # fmt: skip
    sql("insert into container_services (cluster_id, name, region, launch_type, replica_count,"
        " requested_cpu, requested_memory_mb) values ($1, 'web', 'us-east-1', 'FARGATE', 2, 1,"
        " 2048)", cluster["id"])  # fmt: skip
    named = ("--service-namespace", "ecs", "--resource-id", "service/main/web",
             "--scalable-dimension", "ecs:service:DesiredCount")  # fmt: skip
    made = aws(cloud, service, "register-scalable-target", *named, "--min-capacity", "1",
               "--max-capacity", "6")  # fmt: skip
    aim = {"TargetValue": 50.0, "PredefinedMetricSpecification": {
        "PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}  # fmt: skip
    aws(cloud, service, "put-scaling-policy", *named, "--policy-name", "cpu", "--policy-type",
        "TargetTrackingScaling", "--target-tracking-scaling-policy-configuration",
        json.dumps(aim))  # fmt: skip
    aws(cloud, service, "put-scheduled-action", *named, "--scheduled-action-name", "night",
        "--schedule", "cron(0 20 * * ? *)", "--scalable-target-action",
        "MaxCapacity=2")  # fmt: skip
    [target] = aws(cloud, service, "describe-scalable-targets", *named[:2])["ScalableTargets"]
    assert target["ScalableTargetARN"] == made["ScalableTargetARN"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 6)
    [policy] = aws(cloud, service, "describe-scaling-policies", *named[:2])["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50
    [action] = aws(cloud, service, "describe-scheduled-actions", *named[:2])["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MaxCapacity": 2}
    aws(cloud, service, "deregister-scalable-target", *named)
    assert aws(cloud, service, "describe-scaling-policies", *named[:2])["ScalingPolicies"] == []


def _s3control(cloud: Cloud, *words: str) -> Any:
    # the account stands in front of the host's name, which not every machine can look up: the
    # server is its own proxy, so that nobody has to
    url, port = cloud.running.url, cloud.running.url.rpartition(":")[2]
    near = cloud.environment | {
        "HTTP_PROXY": url,
        "http_proxy": url,
        "NO_PROXY": "",
        "no_proxy": "",
    }
    done = run(near, "--endpoint-url", f"http://localhost:{port}", "s3control", *words,
               "--account-id", cloud.account.number)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_a_dashboard_is_kept(cloud: Cloud) -> None:
    given = {"Id": "mine", "IsEnabled": True, "AccountLevel": {"BucketLevel": {}}}
    named = ("--config-id", "mine")
    _s3control(cloud, "put-storage-lens-configuration", *named, "--storage-lens-configuration",
               json.dumps(given))  # fmt: skip
    shown = _s3control(cloud, "get-storage-lens-configuration", *named)
    assert shown["StorageLensConfiguration"]["IsEnabled"] is True
    listed = _s3control(cloud, "list-storage-lens-configurations")["StorageLensConfigurationList"]
    assert [one["Id"] for one in listed] == ["default-account-dashboard", "mine"]
    _s3control(cloud, "delete-storage-lens-configuration", *named)
    listed = _s3control(cloud, "list-storage-lens-configurations")["StorageLensConfigurationList"]
    assert [one["Id"] for one in listed] == ["default-account-dashboard"]


def test_the_load_of_a_database_is_read(cloud: Cloud) -> None:
    made = aws(cloud, "rds", "create-db-instance", "--db-instance-identifier", "orders",
               "--db-instance-class", "db.m5.large", "--engine", "postgres", "--allocated-storage",
               "20", "--master-username", "app", "--master-user-password", "correct horse",
               "--enable-performance-insights")  # fmt: skip
    named = ("--service-type", "RDS", "--identifier", made["DBInstance"]["DbiResourceId"])
    metrics = aws(cloud, "pi", "list-available-resource-metrics", *named, "--metric-types", "db")
    assert "db.load.avg" in {one["Metric"] for one in metrics["Metrics"]}
    told = aws(cloud, "pi", "get-resource-metrics", *named, "--metric-queries",
               "Metric=db.load.avg", "--start-time", "2026-01-01T00:00:00Z", "--end-time",
               "2026-01-02T00:00:00Z", "--period-in-seconds", "3600")  # fmt: skip
    assert told["Identifier"] == named[-1]
    [listed] = told["MetricList"]
    assert listed["Key"] == {"Metric": "db.load.avg"}
    # long before there was such a database
    assert not [one for one in listed["DataPoints"] if one.get("Value")]
