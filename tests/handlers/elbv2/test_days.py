"""What the passing of days does to load balancers and their targets."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from drift import engine
from drift.day import Knobs
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql
from tests.handlers.elbv2.conftest import Site

Tick = Callable[[], None]
FIRST = date(2026, 6, 1)


@pytest.fixture
def tick(cloud: Cloud) -> Tick:
    """Lets a calm day pass; the first one is FIRST."""
    database = cloud.running.server.database
    calm = Knobs(mess=0)

    async def pass_day() -> None:
        async with database.owner() as connection:
            await engine.history(connection, cloud.account.id, FIRST, 1, knobs=calm)
        cloud.running.server.clocks.forget()

    return lambda: cloud.running.run(pass_day())


def newest(sql: Sql, arn: str) -> dict[str, Any]:
    rows = sql(
        "select metric_payload, estimated_daily_cost from metrics_daily where resource_id = $1"
        " order by date desc limit 1",
        arn,
    )
    return rows[0]


def test_a_day_tells_how_its_targets_were(site: Site, cloud: Cloud, sql: Sql, tick: Tick) -> None:
    balancer, group = site.balancer(), site.group()
    site.listener(balancer, group)
    first, second = site.machines(2)
    site.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": first}, {"Id": second}])
    site.ec2.stop_instances(InstanceIds=[second])
    tick()
    row = newest(sql, balancer)
    told = row["metric_payload"]
    assert (told["healthy"], told["unhealthy"]) == (1, 1)
    name = group.split(":", 5)[5]
    assert told["groups"][name]["healthy"] == 1
    assert told["groups"][name]["request_count"] == told["request_count"]
    assert row["estimated_daily_cost"] > 0

    # a machine that goes without its triggers is missed at the next tick
    sql("select set_config('session_replication_role', 'replica', false)")
    sql("delete from instances where instance_id = $1", first)
    sql("select set_config('session_replication_role', 'origin', false)")
    tick()
    assert list(site.health(group)) == [second]
    [counted] = sql(
        "select target_count, healthy_count from load_balancers where lb_arn = $1", balancer
    )
    assert counted == {"target_count": 1, "healthy_count": 0}


def test_an_idle_one_appears_with_what_was_left(
    site: Site, cloud: Cloud, sql: Sql, tick: Tick
) -> None:
    site.balancer()
    tick()
    database = cloud.running.server.database
    certain = Knobs(mess=1, odds={"idle_load_balancer": 1.0})

    async def messy_day() -> None:
        async with database.owner() as connection:
            await engine.tick(connection, cloud.account.id, knobs=certain)
        cloud.running.server.clocks.forget()

    cloud.running.run(messy_day())
    [row] = sql(
        "select * from load_balancers where account_id = $1 and name like 'alb-%'",
        cloud.account.id,
    )
    client = cloud.client("elbv2", row["region"])
    [listener] = client.describe_listeners(LoadBalancerArn=row["lb_arn"])["Listeners"]
    [group] = client.describe_target_groups(LoadBalancerArn=row["lb_arn"])["TargetGroups"]
    assert listener["DefaultActions"][0]["TargetGroupArn"] == group["TargetGroupArn"]
    health = client.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    assert health["TargetHealthDescriptions"] == []
    client.delete_load_balancer(LoadBalancerArn=row["lb_arn"])
    client.delete_target_group(TargetGroupArn=group["TargetGroupArn"])
    assert client.describe_target_groups()["TargetGroups"] == []
