"""Small estates for the engine to live in."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from drift.day import Knobs
from drift.engine import TickReport, history, tick
from emulator.database.database import Database

FIRST = date(2026, 6, 1)
CALM = Knobs(mess=0.0)

_ESTATE = """
INSERT INTO instances (account_id, instance_id, instance_type, env, state, hourly_cost, has_gpu, created_at, launch_time)
SELECT $1, 'i-' || substr(md5($2 || i), 1, 17), (ARRAY['m5.large', 'm5.xlarge', 'c5.large'])[1 + i % 3],
       (ARRAY['prod', 'dev', 'staging'])[1 + i % 3], 'running', 0.096, false, '2026-01-01', '2026-01-01'
  FROM generate_series(1, 6) i;
INSERT INTO volumes (account_id, volume_id, size_gib, volume_type, state, attached_instance_id, monthly_cost, created_at)
SELECT account_id, 'vol-' || substr(instance_id, 3), 100, 'gp3', 'in-use', instance_id, 8, '2026-01-01'
  FROM instances WHERE account_id = $1;
INSERT INTO snapshots (account_id, snapshot_id, size_gib, monthly_cost, source_volume_id, created_at)
SELECT account_id, 'snap-' || substr(volume_id, 5), 100, 5, volume_id, '2026-01-01'
  FROM volumes WHERE account_id = $1 ORDER BY volume_id LIMIT 2;
INSERT INTO s3_buckets (account_id, name, env, created_at) SELECT $1, 'assets-' || $2 || i, (ARRAY['prod', 'dev'])[i], '2026-01-01'
  FROM generate_series(1, 2) i;
INSERT INTO rds_instances (account_id, identifier, instance_class, env, hourly_cost, storage_monthly_cost, allocated_storage_gib, created_at)
SELECT $1, 'db-' || $2 || i, 'db.r5.xlarge', (ARRAY['prod', 'dev'])[i], 0.5, 11.5, 100, '2026-01-01' FROM generate_series(1, 2) i;
INSERT INTO cache_clusters (account_id, identifier, node_type, env, hourly_cost, created_at)
VALUES ($1, 'cache-' || $2, 'cache.r6g.large', 'dev', 0.206, '2026-01-01');
INSERT INTO load_balancers (account_id, lb_arn, name, env, hourly_cost, created_at)
VALUES ($1, 'arn:aws:elasticloadbalancing:us-east-1:' || $2 || ':loadbalancer/app/web/1', 'web', 'prod', 0.0225, '2026-01-01');
INSERT INTO elastic_ips (account_id, allocation_id, public_ip, hourly_cost)
VALUES ($1, 'eipalloc-' || $2, $2, 0.005);
INSERT INTO lambda_functions (account_id, name, env, memory_mb) VALUES ($1, 'api', 'dev', 512), ($1, 'warm', 'prod', 1024);
UPDATE lambda_functions SET provisioned_concurrency = 5 WHERE account_id = $1 AND name = 'warm';
INSERT INTO log_groups (account_id, name, env, retention_days, created_at)
VALUES ($1, '/app/prod', 'prod', 7, '2026-01-01'), ($1, '/app/dev', 'dev', NULL, '2026-05-31');
INSERT INTO streaming_clusters (account_id, name, env, shard_count, provisioned_throughput_mbps, hourly_cost)
VALUES ($1, 'clicks', 'dev', 4, 4, 0.06);
INSERT INTO managed_services (account_id, service_type, name, env, instance_type, node_count, hourly_cost, created_at)
VALUES ($1, 'opensearch', 'search', 'dev', 'r5.large.search', 2, 0.372, '2026-01-01');
INSERT INTO container_clusters (account_id, name, env, created_at) VALUES ($1, 'kube', 'dev', '2026-01-01');
INSERT INTO container_nodes (cluster_id, instance_id, instance_type, hourly_cost)
SELECT id, 'i-node' || $2, 'm5.large', 0.096 FROM container_clusters WHERE account_id = $1;
INSERT INTO container_services (cluster_id, name, env, requested_cpu, requested_memory_mb, launch_type)
SELECT id, 'web', 'dev', 2, 4096, 'FARGATE' FROM container_clusters WHERE account_id = $1;
INSERT INTO commitments (account_id, commitment_type, scope, term_months, hourly_commitment_amount, start_date, end_date)
VALUES ($1, 'savings_plan', 'compute', 12, 0.05, '2026-01-01', '2027-01-01'), ($1, 'reserved_instance', 'm5.4xlarge/us-west-2', 12, 9, '2026-01-01', '2027-01-01');
INSERT INTO commitments (account_id, commitment_type, scope, term_months, hourly_commitment_amount, start_date, end_date, service, instance_family)
VALUES ($1, 'reserved_instance', 'ec2 c5.large', 12, 0.06, '2026-01-01', '2027-01-01', 'ec2', 'c5');
INSERT INTO autoscaling_groups (account_id, name, instance_type, desired_capacity, min_size, env) VALUES ($1, 'workers', 'm5.large', 2, 1, 'dev');
INSERT INTO nat_gateways (account_id, nat_gateway_id, hourly_cost) VALUES ($1, 'nat-' || $2, 0.045)
"""


@dataclass(frozen=True, slots=True)
class World:
    """One account with a small estate, and the connection that drives it."""

    owner: asyncpg.Connection
    account: uuid.UUID
    number: str

    async def begin(self, days: int = 1, knobs: Knobs = CALM) -> list[TickReport]:
        """Its first days, from FIRST on."""
        return await history(self.owner, self.account, FIRST, days, knobs=knobs)

    async def tick(self, days: int = 1, knobs: Knobs = CALM) -> list[TickReport]:
        """More days."""
        return await tick(self.owner, self.account, days=days, knobs=knobs)

    async def value(self, sql: str, *args: Any) -> Any:
        """One value; $1 is the account."""
        return await self.owner.fetchval(sql, self.account, *args)

    async def rows(self, sql: str, *args: Any) -> list[Any]:
        """Rows; $1 is the account."""
        return list(await self.owner.fetch(sql, self.account, *args))


async def make_estate(owner: asyncpg.Connection, account: uuid.UUID, number: str) -> None:
    """The small estate above, for an account; ids follow from its number."""
    async with owner.transaction():
        await owner.execute("SET LOCAL driftcloud.audit = 'off'")
        await owner.execute(
            "INSERT INTO virtual_clocks (account_id, seed) VALUES ($1, 7) ON CONFLICT DO NOTHING",
            account,
        )
        for statement in _ESTATE.split(";"):
            args = [account, number] if "$2" in statement else [account]
            await owner.execute(statement, *args)


@pytest.fixture
async def empty(owner: asyncpg.Connection, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """An account without resources, removed afterwards.

    Its number, from which all its chance is drawn, follows from the test's name.
    """
    number = f"{int(sha256(request.node.nodeid.encode()).hexdigest(), 16) % 10**12:012d}"
    identity = await owner.fetchval(
        "INSERT INTO cloud_accounts (name, account_number) VALUES ('drift', $1) RETURNING id",
        number,
    )
    yield World(owner, identity, number)
    await owner.execute("DELETE FROM cloud_accounts WHERE id = $1", identity)


@pytest.fixture
async def world(empty: World) -> World:
    """An account with the small estate."""
    await make_estate(empty.owner, empty.account, empty.number)
    return empty


@pytest.fixture(scope="session")
async def owners(database: Database) -> AsyncIterator[list[asyncpg.Connection]]:
    """The connection that `owner` hands out, to be kept from test to test."""
    kept = [await database.connect_owner()]
    yield kept
    with contextlib.suppress(ConnectionError):  # perhaps sent away since the last test of a world
        await kept[0].close()


@pytest.fixture
async def owner(database: Database, owners: list[asyncpg.Connection]) -> asyncpg.Connection:
    """One connection for all worlds: the engine's statements are prepared once, as in a server.

    Whoever copies the database sends everybody away; then it is another one.
    """
    if owners[0].is_closed():
        owners[0] = await database.connect_owner()
    return owners[0]
