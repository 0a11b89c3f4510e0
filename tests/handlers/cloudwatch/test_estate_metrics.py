"""Every metric of an estate: listed, read, and in agreement with rows and 7-day columns."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from emulator import worlds
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.cloudwatch.world import dimensions, midnight

NEWEST = date(2026, 6, 30)


@pytest.fixture(scope="module")
def estate(running: RunningServer) -> Cloud:
    """A small estate in an account of its own, whose last full day is the one before today."""
    number = "777000777000"
    running.run(
        worlds.create(running.server.world, "small", seed=5, days=12, until=NEWEST, account=number)
    )
    account = running.run(_find(running, number))
    key = running.key(account)
    return Cloud(running, account, key["access_key_id"], key["secret_access_key"])


async def _find(running: RunningServer, number: str) -> Any:
    from models import accounts
    from tests.fixtures.database import Account

    async with running.server.database.owner() as connection:
        found = await accounts.find(connection, number)
    assert found is not None
    return Account(found.id, found.number)


def regions(cloud: Cloud) -> list[str]:
    rows = cloud.running.rows(
        "select distinct metric_payload ->> 'region' as region from metrics_daily"
        " where account_id = $1 and metric_payload ? 'region' order by 1",
        cloud.account.id,
    )
    return [row["region"] for row in rows]


def test_every_listed_metric_has_data(estate: Cloud) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    listed: dict[str, set[str]] = defaultdict(set)
    silent: dict[tuple[str, str], int] = defaultdict(int)
    told: set[tuple[str, str]] = set()
    for region in regions(estate):
        client = estate.client("cloudwatch", region)
        metrics = [one for page in client.get_paginator("list_metrics").paginate()
                   for one in page["Metrics"]]  # fmt: skip
        keys = [(one["Namespace"], one["MetricName"], str(one["Dimensions"])) for one in metrics]
        assert len(keys) == len(set(keys))
        for start in range(0, len(metrics), 250):
            queries = [
                {"Id": f"m{at}",
                 "MetricStat": {"Metric": one, "Period": 86_400, "Stat": "Average"}}
                for at, one in enumerate(metrics[start : start + 250])
            ]  # fmt: skip
            answer = client.get_metric_data(
                MetricDataQueries=queries, StartTime=today - timedelta(days=7), EndTime=today
            )
            by_id = {one["Id"]: one for one in answer["MetricDataResults"]}
            for at, one in enumerate(metrics[start : start + 250]):
                listed[one["Namespace"]].add(one["MetricName"])
                if by_id[f"m{at}"]["Values"]:
                    told.add((one["Namespace"], one["MetricName"]))
                else:
                    silent[one["Namespace"], one["MetricName"]] += 1
    assert len(listed) >= 12
    assert set(silent) <= told | {("AWS/ELB", "HealthyHostCount")}, set(silent) - told


@pytest.mark.parametrize(
    ("table", "column", "named", "namespace", "metric", "statistic", "factor"),
    [
        ("instances", "avg_cpu_7d", "instance_id", "AWS/EC2", "CPUUtilization", "Average", 1),
        ("rds_instances", "avg_cpu_7d", "identifier", "AWS/RDS", "CPUUtilization", "Average", 1),
        ("rds_instances", "avg_connections_7d", "identifier", "AWS/RDS", "DatabaseConnections",
         "Average", 1),
        # the members of a group are its clusters
        ("cache_clusters", "avg_cpu_7d", "coalesce(members -> 0 ->> 'id', identifier)",
         "AWS/ElastiCache", "CPUUtilization", "Average", 1),
        ("lambda_functions", "invocations_7d", "name", "AWS/Lambda", "Invocations", "Sum", 1),
        ("nat_gateways", "avg_gb_processed_7d", "nat_gateway_id", "AWS/NATGateway",
         "BytesOutToDestination", "Sum", 0.35e9),
    ],
)  # fmt: skip
def test_seven_days_agree_with_the_tables(
    estate: Cloud, table: str, column: str, named: str, namespace: str, metric: str,
    statistic: str, factor: float,
) -> None:  # fmt: skip
    """The column is the mean of the newest seven rows; a client that looks when they are over."""
    running, account = estate.running, estate.account.id
    rows = running.rows(
        f"select {named} as name, region, {column} as value from {table} where account_id = $1"
        + (" and state = 'running'" if table == "instances" else "")
        + (" and state = 'available'" if table == "rds_instances" else ""),
        account,
    )
    assert rows
    dimension = {
        "AWS/EC2": "InstanceId", "AWS/RDS": "DBInstanceIdentifier",
        "AWS/ElastiCache": "CacheClusterId", "AWS/Lambda": "FunctionName",
        "AWS/NATGateway": "NatGatewayId",
    }[namespace]  # fmt: skip
    running.rows("update virtual_clocks set virtual_date = $2 where account_id = $1",
                 account, NEWEST + timedelta(days=1))  # fmt: skip
    running.server.clocks.forget()
    try:
        end = midnight(datetime.now(UTC).date())
        for row in rows:
            answer = estate.client("cloudwatch", row["region"]).get_metric_statistics(
                Namespace=namespace, MetricName=metric,
                Dimensions=dimensions(**{dimension: row["name"]}),
                StartTime=end - timedelta(days=7), EndTime=end, Period=86_400,
                Statistics=[statistic],
            )  # fmt: skip
            values = [point[statistic] for point in answer["Datapoints"]]
            mean = sum(values) / 7
            assert mean == pytest.approx(float(row["value"]) * factor, rel=1e-3, abs=0.51 * min(
                1, factor) if column == "invocations_7d" else 0.006 * factor), row  # fmt: skip
    finally:
        running.rows("update virtual_clocks set virtual_date = $2 where account_id = $1",
                     account, NEWEST)  # fmt: skip
        running.server.clocks.forget()
