"""The estate client: ten workers scan an enterprise, object by object, and act on some of it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import asyncpg
import boto3
import pytest
from botocore.config import Config

from tests.journeys.process import Process

ACCOUNTS = ("123456789012", "987654321098", "456789012345")
WORKERS = 10
CONFIG = Config(max_pool_connections=4, retries={"total_max_attempts": 1})


@dataclass(frozen=True, slots=True)
class Scan:
    """One kind of object: how it is listed, what of it is checked, and where its rows are."""

    service: str
    operation: str
    member: str
    shown: Callable[[dict[str, Any]], tuple[Any, ...]]
    sql: str
    page: dict[str, Any]


_PAGE = {"PageSize": 100}
SCANS = (
    Scan("ec2", "describe_instances", "Reservations[].Instances[]",
         lambda i: (i["InstanceId"], i["InstanceType"], i["State"]["Name"]),
         "select instance_id, instance_type, state from instances", _PAGE),
    Scan("ec2", "describe_volumes", "Volumes[]",
         lambda v: (v["VolumeId"], v["Size"], v["State"]),
         "select volume_id, size_gib, state from volumes", _PAGE),
    Scan("ec2", "describe_vpcs", "Vpcs[]", lambda v: (v["VpcId"], v["CidrBlock"]),
         "select vpc_id, cidr_block from vpcs", _PAGE),
    Scan("ec2", "describe_subnets", "Subnets[]", lambda s: (s["SubnetId"], s["VpcId"]),
         "select subnet_id, vpc_id from subnets", _PAGE),
    Scan("ec2", "describe_security_groups", "SecurityGroups[]",
         lambda g: (g["GroupId"], g["GroupName"]),
         "select group_id, name from security_groups", _PAGE),
    Scan("rds", "describe_db_instances", "DBInstances[]",
         lambda d: (d["DBInstanceIdentifier"], d["DBInstanceClass"], d["DBInstanceStatus"]),
         "select identifier, instance_class, state from rds_instances", _PAGE),
    Scan("rds", "describe_db_clusters", "DBClusters[]",
         lambda c: (c["DBClusterIdentifier"], c["Engine"]),
         "select identifier, engine from rds_clusters", _PAGE),
    Scan("lambda", "list_functions", "Functions[]",
         lambda f: (f["FunctionName"], f["MemorySize"]),
         "select name, memory_mb from lambda_functions", {"PageSize": 50}),
    Scan("elbv2", "describe_load_balancers", "LoadBalancers[]",
         lambda b: (b["LoadBalancerArn"], b["LoadBalancerName"]),
         "select lb_arn, name from load_balancers where type <> 'classic'", _PAGE),
    Scan("elasticache", "describe_replication_groups", "ReplicationGroups[]",
         lambda g: (g["ReplicationGroupId"], g["CacheNodeType"]),
         "select replication_group_id, node_type from cache_clusters"
         " where replication_group_id is not null", _PAGE),
    Scan("logs", "describe_log_groups", "logGroups[]",
         lambda g: (g["logGroupName"], g.get("retentionInDays")),
         "select name, retention_days from log_groups", {"PageSize": 50}),
)  # fmt: skip


class Enterprise(Process):
    """Three accounts, and a session for each."""

    sessions: dict[str, Any]
    database_url: str = ""

    def client(self, account: str, service: str, region: str) -> Any:
        """A client with the account's own keys."""
        return self.sessions[account].client(
            service, endpoint_url=self.url, region_name=region, config=CONFIG
        )

    def sql(self, query: str, *args: Any) -> list[Any]:
        """Rows, over the URL that `driftcloud db url` gives."""
        self.database_url = self.database_url or self.cli("db", "url")["url"]

        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self.database_url)
            try:
                return list(await connection.fetch(query, *args))
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def enterprise() -> Iterator[Enterprise]:
    """The enterprise estate with three days behind it, on two workers."""
    server = Enterprise("--estate", "enterprise", "--days", "3", "--workers", "2")
    server.start()
    try:
        server.sessions = {}
        for account in ACCOUNTS:
            key = server.cli("keys", "create", "--account", account, "--name", "scanner",
                             "--scopes", "*")  # fmt: skip
            server.sessions[account] = boto3.session.Session(
                key["access_key_id"], key["secret_access_key"]
            )
        yield server
    finally:
        server.stop()
        server.remove()


def scan(server: Enterprise, account: str, region: str, one: Scan) -> list[tuple[Any, ...]]:
    """All pages of one list."""
    client = server.client(account, one.service, region)
    pages = client.get_paginator(one.operation).paginate(PaginationConfig=one.page)
    return sorted((one.shown(found) for found in pages.search(one.member)), key=str)


def test_ten_workers_see_every_object_as_it_is(enterprise: Enterprise) -> None:
    regions = [row[0] for row in enterprise.sql("select distinct region from instances order by 1")]
    assert len(regions) > 1
    work = [(account, region, one) for account in ACCOUNTS for region in regions for one in SCANS]
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(lambda job: scan(enterprise, *job), work))
    total = 0
    for (account, region, one), shown in zip(work, found, strict=True):
        where = (
            "region = $1 and account_id = (select id from cloud_accounts where account_number = $2)"
        )
        join = " and " if " where " in one.sql else " where "
        rows = enterprise.sql(one.sql + join + where, region, account)
        assert shown == sorted((tuple(row) for row in rows), key=str), (account, region, one.sql)
        total += len(shown)
    [[instances]] = enterprise.sql("select count(*) from instances")
    assert total > instances > 2000


def test_the_scanner_acts_and_sees_it_done(enterprise: Enterprise) -> None:
    for account in ACCOUNTS:
        [target] = enterprise.sql(
            """select i.instance_id, i.region from instances i
                 join cloud_accounts a on a.id = i.account_id
                where a.account_number = $1 and i.state = 'running' and i.tags ? 'owner'
                  and i.autoscaling_group_id is null and not coalesce(i.disable_api_stop, false)
                order by 1 limit 1""",
            account,
        )
        client = enterprise.client(account, "ec2", target["region"])
        [change] = client.stop_instances(InstanceIds=[target["instance_id"]])["StoppingInstances"]
        assert change["PreviousState"]["Name"] == "running"
        found = enterprise.sql(
            """select i.state, e.change_source, e.new_value from instances i
                 join resource_change_events e on e.resource_id = i.instance_id
                where i.instance_id = $1 and e.field_name = 'state'
                  and e.change_source = 'agent' and e.resource_type = 'instance'""",
            target["instance_id"],
        )
        assert [tuple(row) for row in found] == [("stopped", "agent", "stopped")]
        # another account's keys reach nothing of it
        other = next(one for one in ACCOUNTS if one != account)
        stranger = enterprise.client(other, "ec2", target["region"])
        with pytest.raises(stranger.exceptions.ClientError, match=r"InvalidInstanceID\.NotFound"):
            stranger.describe_instances(InstanceIds=[target["instance_id"]])
