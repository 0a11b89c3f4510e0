"""Tests of what takes time: provisioning, registration, draining."""

import pytest

from models import load_balancers
from tests.fixtures.server import Cloud
from tests.handlers.elbv2.conftest import Site
from tests.handlers.elbv2.test_targets import counts

LATER = (
    "UPDATE {table} SET settles_at = settles_at - interval '2 hours' WHERE settles_at IS NOT NULL"
    " AND account_id = $1"
)


def settle(cloud: Cloud, table: str) -> None:
    """Let two hours pass for what is under way, as the server notices."""
    cloud.running.rows(LATER.format(table=table), cloud.account.id)

    async def run() -> None:
        async with cloud.running.server.database.owner() as connection:
            await connection.execute(load_balancers.SETTLE)

    cloud.running.run(run())


def test_provisioning_and_registration_take_their_time(
    site: Site, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine,) = site.machines()
    monkeypatch.setattr(cloud.running.server.settings, "transition_seconds", 3600.0)
    balancer, group = site.balancer(), site.group()
    site.listener(balancer, group)
    [found] = site.elbv2.describe_load_balancers()["LoadBalancers"]
    assert found["State"] == {"Code": "provisioning"}
    site.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": machine}])
    assert site.health(group) == {machine: ("initial", "Elb.RegistrationInProgress")}
    assert counts(cloud.running, balancer) == (1, 0)

    settle(cloud, "load_balancers")
    settle(cloud, "targets")
    [found] = site.elbv2.describe_load_balancers()["LoadBalancers"]
    assert found["State"] == {"Code": "active"}
    assert site.health(group) == {machine: ("healthy", None)}
    assert counts(cloud.running, balancer) == (1, 1)

    site.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": machine}])
    assert site.health(group) == {machine: ("draining", "Target.DeregistrationInProgress")}
    assert counts(cloud.running, balancer) == (0, 0)
    # who comes back before it is gone is registered anew
    site.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": machine}])
    assert site.health(group) == {machine: ("initial", "Elb.RegistrationInProgress")}
    site.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": machine}])
    settle(cloud, "targets")
    assert site.health(group) == {}
