"""The main job in a PostgreSQL of somebody else's, where DRIFTCLOUD_TEST_DATABASE_URL names one.

It takes an empty database whose owner may create roles; with CREATEDB, episodes are played too.
What a server makes of it is left there for whoever wants to look.
"""

import asyncio
import base64
import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, ClassVar

import asyncpg
import pytest

from tests.fixtures.server import SESSION
from tests.journeys.process import Process

URL = os.environ.get("DRIFTCLOUD_TEST_DATABASE_URL", "")

pytestmark = pytest.mark.skipif(
    not URL,
    reason="DRIFTCLOUD_TEST_DATABASE_URL names no empty database of an external PostgreSQL",
)
# What holds something in every estate, and how it is listed.
LISTED = {
    ("ec2", "describe_instances"): "Reservations",
    ("ec2", "describe_volumes"): "Volumes",
    ("rds", "describe_db_instances"): "DBInstances",
    ("s3", "list_buckets"): "Buckets",
    ("lambda", "list_functions"): "Functions",
    ("elbv2", "describe_target_groups"): "TargetGroups",
    ("autoscaling", "describe_auto_scaling_groups"): "AutoScalingGroups",
    ("logs", "describe_log_groups"): "logGroups",
    ("iam", "list_roles"): "Roles",
    ("cloudwatch", "list_metrics"): "Metrics",
    ("resourcegroupstaggingapi", "get_resources"): "ResourceTagMappingList",
}


class External(Process):
    """A server of two workers over that database, and a key that was made for it."""

    environment: ClassVar[dict[str, str]] = {
        "DRIFTCLOUD_DATABASE_URL": URL,
        "DRIFTCLOUD_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
    }
    key: dict[str, Any]

    def client(self, service: str, key: dict[str, Any] | None = None) -> Any:
        """A client of a service, with the server's own key or an episode's."""
        key = key or self.key
        return SESSION.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=key["access_key_id"],
            aws_secret_access_key=key["secret_access_key"],
        )

    def sql(self, query: str) -> Any:
        """One value, as the owner sees it."""

        async def ask() -> Any:
            connection = await asyncpg.connect(URL)
            try:
                return await connection.fetchval(query)
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def served() -> Iterator[External]:
    server = External("--estate", "small", "--workers", "2")
    try:
        server.start()
        server.key = server.cli("keys", "create", "--name", "player")
        yield server
        assert server.stop(seconds=30) == 0
    finally:
        server.remove()


def test_requests_run_as_a_role_that_is_held_to_its_account(served: External) -> None:
    assert served.sql("select count(*) from instances") > 0
    held = "select rolsuper or rolbypassrls from pg_roles where rolname = 'driftcloud_api'"
    assert served.sql(held) is False


@pytest.mark.parametrize(("service", "operation"), LISTED)
def test_what_is_there_is_listed(served: External, service: str, operation: str) -> None:
    answer = getattr(served.client(service), operation)()
    assert answer[LISTED[service, operation]]


def test_waste_is_removed_and_gone_from_the_next_days(served: External) -> None:
    ec2 = served.client("ec2")
    free = ec2.describe_volumes(Filters=[{"Name": "status", "Values": ["available"]}])["Volumes"]
    zombie = free[0]["VolumeId"]
    told = served.cli("waste", "--pattern", "ebs_unattached")
    assert zombie in str(told)
    ec2.delete_volume(VolumeId=zombie)
    before = served.sql("select max(virtual_date) from virtual_clocks")
    assert served.cli("tick", "--days", "3")["ok"]
    after = served.sql("select max(virtual_date) from virtual_clocks")
    assert after - before == timedelta(days=3)
    last = f"select max(date) from metrics_daily where resource_id = '{zombie}'"
    assert served.sql(last) == before
    assert zombie not in str(served.cli("waste"))


def test_the_bill_has_every_day(served: External) -> None:
    until = date.today() + timedelta(days=1)
    found = served.client("ce").get_cost_and_usage(
        TimePeriod={"Start": str(until - timedelta(days=8)), "End": str(until)},
        Granularity="DAILY",
        Metrics=["UnblendedCost"],
    )["ResultsByTime"]
    costs = [float(day["Total"]["UnblendedCost"]["Amount"]) for day in found]
    assert sum(cost > 0 for cost in costs) >= 7


def test_a_target_is_registered_once(served: External) -> None:
    """What keeps targets apart has null in it, which versions of PostgreSQL compare differently."""
    elbv2 = served.client("elbv2")
    made = elbv2.create_target_group(Name="once", TargetType="lambda")["TargetGroups"][0]
    function = served.client("lambda").list_functions()["Functions"][0]["FunctionArn"]
    for _ in range(2):
        elbv2.register_targets(TargetGroupArn=made["TargetGroupArn"], Targets=[{"Id": function}])
    health = elbv2.describe_target_health(TargetGroupArn=made["TargetGroupArn"])
    assert len(health["TargetHealthDescriptions"]) == 1


def test_an_episode_is_played_and_scored(served: External) -> None:
    may = served.sql("select rolcreatedb or rolsuper from pg_roles where rolname = current_user")
    if not may:
        refused = served.run("episode", "fork", "main")
        assert refused.returncode == 1
        assert "ALTER ROLE … CREATEDB lets it" in refused.stderr
        return
    one = served.cli("episode", "start", "janitor", "--name", "one")
    ec2 = served.client("ec2", one)
    free = ec2.describe_volumes(Filters=[{"Name": "status", "Values": ["available"]}])["Volumes"]
    ec2.delete_volume(VolumeId=free[0]["VolumeId"])
    served.cli("episode", "advance", "one", "--days", "2")
    assert served.cli("episode", "fork", "one", "--name", "two")["parent"] == "one"
    assert served.cli("episode", "fork", "main", "--name", "three")["parent"] == "main"
    assert served.cli("score", "one")["episode"] == "one"
    again = served.cli("episode", "reset", "one")
    volumes = served.client("ec2", again).describe_volumes()["Volumes"]
    assert free[0]["VolumeId"] in {volume["VolumeId"] for volume in volumes}
    for name in ("one", "two", "three"):
        served.cli("episode", "delete", name)
    assert served.cli("episode", "list") == []


def test_a_restart_finds_everything_as_it_was(served: External) -> None:
    ec2 = served.client("ec2")
    before = {one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]}
    assert served.stop(seconds=30) == 0
    served.start()
    ec2 = served.client("ec2")
    assert {one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]} == before
