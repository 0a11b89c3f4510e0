"""Names that the database makes: ARNs, and ids that are unique over all accounts."""

import asyncio
from typing import Any

import asyncpg
import pytest

from emulator.database.connections import API_SETTINGS, connect
from emulator.database.database import Database
from emulator.database.embedded import EmbeddedServer
from tests.fixtures.database import Account
from tests.sql import rows

ARNS = [
    ("lambda_functions", {}, "arn:aws:lambda:us-east-1:{number}:function:{name}"),
    ("log_groups", {}, "arn:aws:logs:us-east-1:{number}:log-group:{name}"),
    ("container_clusters", {}, "arn:aws:eks:us-east-1:{number}:cluster/{name}"),
    (
        "container_clusters",
        {"orchestrator": "ecs"},
        "arn:aws:ecs:us-east-1:{number}:cluster/{name}",
    ),
    (
        "autoscaling_groups",
        {"region": "eu-west-1"},
        "arn:aws:autoscaling:eu-west-1:{number}:autoScalingGroup:{id}:autoScalingGroupName/{name}",
    ),
    (
        "managed_services",
        {"service_type": "opensearch"},
        "arn:aws:es:us-east-1:{number}:domain/{name}",
    ),
    (
        "managed_services",
        {"service_type": "redshift"},
        "arn:aws:redshift:us-east-1:{number}:cluster:{name}",
    ),
    ("streaming_clusters", {}, "arn:aws:kinesis:us-east-1:{number}:stream/{name}"),
    (
        "streaming_clusters",
        {"engine": "msk"},
        "arn:aws:kafka:us-east-1:{number}:cluster/{name}/{id}-1",
    ),
    (
        "commitments",
        {"commitment_type": "savings_plan"},
        "arn:aws:savingsplans::{number}:savingsplan/{id}",
    ),
    ("rds_instances", {}, "arn:aws:rds:us-east-1:{number}:db:{identifier}"),
    ("cache_clusters", {}, "arn:aws:elasticache:us-east-1:{number}:cluster:{identifier}"),
]


@pytest.mark.parametrize(("table", "given", "arn"), ARNS)
async def test_an_arn_is_made(
    owner: asyncpg.Connection, account: Account, table: str, given: dict[str, Any], arn: str
) -> None:
    made = await rows.make(owner, table, account.id, **given)
    assert made["arn"] == arn.format(number=account.number, **made)


async def test_a_given_arn_is_kept(owner: asyncpg.Connection, account: Account) -> None:
    made = await rows.make(owner, "log_groups", account.id, arn="arn:mine")
    assert made["arn"] == "arn:mine"
    await owner.execute("DELETE FROM log_groups WHERE id = $1", made["id"])


@pytest.mark.parametrize(
    ("table", "key"), [("rds_instances", "db_instance_id"), ("cache_clusters", "cluster_id")]
)
async def test_two_accounts_may_use_one_name(
    owner: asyncpg.Connection,
    embedded: EmbeddedServer,
    account: Account,
    other_account: Account,
    table: str,
    key: str,
) -> None:
    name = f"main-{account.number}"
    await owner.execute(
        f"INSERT INTO {table} (account_id, identifier) VALUES ($1, $2)", account.id, name
    )
    api = await connect(embedded.api_dsn, API_SETTINGS, command_seconds=None)
    try:
        await api.execute(
            "SELECT set_config('driftcloud.account', $1, false)", str(other_account.id)
        )
        insert = f"INSERT INTO {table} (account_id, identifier) VALUES ($1, $2) RETURNING *"
        made = await api.fetchrow(insert, other_account.id, name)
        assert (made["identifier"], made[key]) == (
            name,
            f"{name}.{other_account.number}.us-east-1",
        )
        with pytest.raises(asyncpg.UniqueViolationError):
            await api.fetchrow(insert, other_account.id, name)
    finally:
        await api.close()


async def test_a_race_for_a_name_has_no_loser(
    database: Database, account: Account, other_account: Account
) -> None:
    async def create(who: Account) -> str:
        rows = await database.session(who.id).write(
            "INSERT INTO rds_instances (account_id, identifier) VALUES ($1, $2)"
            " RETURNING db_instance_id",
            who.id,
            f"race-{account.number}",
        )
        return str(rows[0]["db_instance_id"])

    names = await asyncio.gather(create(account), create(other_account))
    assert f"race-{account.number}" in names
    assert len(set(names)) == 2


async def test_key_changes_are_announced_but_not_their_use(
    owner: asyncpg.Connection, embedded: EmbeddedServer, account: Account
) -> None:
    heard: list[str] = []
    await owner.add_listener("api_clients_changed", lambda *call: heard.append(call[-1]))
    made = await rows.make(owner, "api_clients", account.id)
    for change in ("last_used_at = now()", "status = 'disabled'", "access_key_id = 'AKIA-new'"):
        await owner.execute(f"UPDATE api_clients SET {change} WHERE id = $1", made["id"])
    await owner.execute("DELETE FROM api_clients WHERE id = $1", made["id"])
    key = made["access_key_id"]
    assert heard == [key, key, key, "AKIA-new", "AKIA-new"]
