"""The load balancers of an estate, as its account's clients and CloudWatch see them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from emulator import worlds
from tests.fixtures.database import Account
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql


@pytest.fixture(scope="module")
def startup(running: RunningServer) -> Iterator[Cloud]:
    """An account with the startup's estate of two days."""
    number = "700000000036"
    running.run(
        worlds.create(
            running.server.world, "startup", seed=5, days=2, until=date(2026, 6, 30), account=number
        )
    )
    [row] = running.rows("select id from cloud_accounts where account_number = $1", number)
    account = Account(row["id"], number)
    key = running.key(account)
    yield Cloud(running, account, key["access_key_id"], key["secret_access_key"])
    running.run(worlds.close_account(running.server.world, number))


def balancers(startup: Cloud, sql: Sql, classic: bool) -> list[Any]:
    return sql(
        "select * from load_balancers where account_id = $1 and (type = 'classic') = $2",
        startup.account.id,
        classic,
    )


def test_listeners_lead_to_targets(startup: Cloud, sql: Sql) -> None:
    rows = balancers(startup, sql, classic=False)
    populated = 0
    for row in rows:
        client = startup.client("elbv2", row["region"])
        arn = row["lb_arn"]
        [shown] = client.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
        assert {one["SubnetId"] for one in shown["AvailabilityZones"]} == set(row["subnet_ids"])
        assert shown["State"] == {"Code": "active"}
        groups = client.describe_target_groups(LoadBalancerArn=arn)["TargetGroups"]
        listeners = client.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        assert bool(groups) == bool(listeners)
        registered, healthy = set(), set()
        for group in groups:
            for one in client.describe_target_health(TargetGroupArn=group["TargetGroupArn"])[
                "TargetHealthDescriptions"
            ]:
                registered.add(one["Target"]["Id"])
                if one["TargetHealth"]["State"] == "healthy":
                    healthy.add(one["Target"]["Id"])
        assert (row["target_count"], row["healthy_count"]) == (len(registered), len(healthy))
        populated += bool(healthy)
        for listener in listeners:
            rules = client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            assert rules[-1]["IsDefault"]
            assert rules[-1]["Actions"] == listener["DefaultActions"]
    idle = sql(
        "select l.target_count from load_balancers l join resource_profiles p"
        " on p.resource_id = l.lb_arn where l.account_id = $1 and p.profile = 'idle'",
        startup.account.id,
    )
    assert populated >= 5
    assert len(idle) == 3
    assert {one["target_count"] for one in idle} == {0}


def test_groups_know_their_target_groups(startup: Cloud, sql: Sql) -> None:
    rows = sql(
        "select g.* from autoscaling_groups g where account_id = $1 and target_group_arns <> '{}'",
        startup.account.id,
    )
    assert rows
    for row in rows:
        client = startup.client("elbv2", row["region"])
        found = client.describe_target_health(TargetGroupArn=row["target_group_arns"][0])
        members = sql(
            "select instance_id from instances where autoscaling_group_id = $1", row["id"]
        )
        assert {one["Target"]["Id"] for one in found["TargetHealthDescriptions"]} == {
            one["instance_id"] for one in members
        }


def test_classic_ones_have_instances(startup: Cloud, sql: Sql) -> None:
    for row in balancers(startup, sql, classic=True):
        client = startup.client("elb", row["region"])
        states = client.describe_instance_health(LoadBalancerName=row["name"])["InstanceStates"]
        assert {one["State"] for one in states} <= {"InService"}
        assert len(states) == row["target_count"] == row["healthy_count"]


def test_cloudwatch_agrees(startup: Cloud, sql: Sql) -> None:
    [row] = sql(
        "select b.region, b.lb_arn, b.healthy_count, g.arn from load_balancers b"
        " join target_groups g on g.load_balancer_id = b.id"
        " where b.account_id = $1 and b.type = 'application' and b.healthy_count > 1"
        " order by b.name limit 1",
        startup.account.id,
    )
    cloudwatch = startup.client("cloudwatch", row["region"])
    group = row["arn"].split(":", 5)[5]
    dimensions = [
        {"Name": "LoadBalancer", "Value": row["lb_arn"].split(":loadbalancer/")[1]},
        {"Name": "TargetGroup", "Value": group},
    ]
    listed = cloudwatch.list_metrics(
        Namespace="AWS/ApplicationELB", MetricName="HealthyHostCount", Dimensions=dimensions
    )["Metrics"]
    assert len(listed) == 1

    def read(name: str, statistic: str, since: datetime, until: datetime) -> list[float]:
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/ApplicationELB", MetricName=name, Dimensions=dimensions,
            StartTime=since, EndTime=until, Period=86400, Statistics=[statistic],
        )  # fmt: skip
        return [point[statistic] for point in found["Datapoints"]]

    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    before = midnight - timedelta(days=1)
    assert read("HealthyHostCount", "Average", before, midnight) == [row["healthy_count"]]
    assert read("UnHealthyHostCount", "Maximum", before, midnight) == [0]
    [day] = sql(
        "select metric_payload from metrics_daily where resource_id = $1 order by date limit 1",
        row["lb_arn"],
    )
    assert day["metric_payload"]["groups"][group]["healthy"] == row["healthy_count"]
    assert read("RequestCount", "Sum", before, midnight) == [day["metric_payload"]["request_count"]]
