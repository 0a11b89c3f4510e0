"""Creating estates: every noun's generator in order, then one COPY per table."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from models import (
    accounts,
    anomaly_monitors,
    networks,
    public_images,
    regions,
    virtual_clocks,
)
from models.estates import (
    cache_clusters,
    commitments,
    containers,
    elastic_ips,
    event_rules,
    instances,
    labels,
    lambda_functions,
    lambda_parts,
    load_balancers,
    log_groups,
    log_streams,
    machine_images,
    managed_services,
    policies,
    rds_instances,
    s3_buckets,
    snapshots,
    streaming_clusters,
    transfers,
    users,
    volumes,
)
from models.estates.estate import Estate
from models.estates.plans import AccountPlan, Plan, named
from models.estates.writing import copy_in

DEFAULT_END = date(2026, 6, 30)

Progress = Callable[[int, int, str], None]

# Each adds its noun's rows; later ones lean on earlier ones.
NOUNS: tuple[tuple[str, Callable[[Estate], None]], ...] = (
    ("machine images", machine_images.announce),
    ("volumes", volumes.deal),
    ("instances", instances.create),
    ("containers", containers.create),
    ("volumes", volumes.create),
    ("machine images", machine_images.create),
    ("snapshots", snapshots.create),
    ("databases", rds_instances.create),
    ("caches", cache_clusters.create),
    ("load balancers", load_balancers.create),
    ("addresses", elastic_ips.create),
    ("functions", lambda_functions.create),
    ("functions", lambda_parts.create),
    ("buckets", s3_buckets.create),
    ("log groups", log_groups.create),
    ("log streams", log_streams.create),
    ("event rules", event_rules.create),
    ("streams", streaming_clusters.create),
    ("functions", lambda_parts.read),
    ("managed services", managed_services.create),
    ("commitments", commitments.create),
    ("transfers", transfers.create),
    ("users", users.create),
    ("policies", policies.create),
)

# Tags come first: the triggers of the tables then find them there and have nothing to do. After
# them parents before children; a table not named here may come at any time after these.
_FIRST = (
    "resource_tags", "vpcs", "subnets", "security_groups", "launch_templates",
    "launch_template_versions", "autoscaling_groups", "container_clusters",
)  # fmt: skip


class EstateError(ValueError):
    """An estate that cannot be made there; the message says why."""


@dataclass(frozen=True, slots=True)
class Created:
    """What was made in one account; its history is to begin on `first_day`.

    `rows` are counted by table; `users` are those whose keys count their days back from now.
    """

    account_id: uuid.UUID
    account_number: str
    name: str
    first_day: date
    days: int
    rows: dict[str, int] = field(default_factory=dict)
    users: list[dict[str, Any]] = field(default_factory=list)


async def create(
    connection: Any,
    plan: Plan | str | int,
    *,
    seed: int = 42,
    end: date = DEFAULT_END,
    days: int = 30,
    progress: Progress | None = None,
) -> list[Created]:
    """Make an estate's accounts and everything in them but their history, in one transaction.

    `connection` is an asyncpg connection of the owner role. The same plan, seed, end and days
    give the same rows. The history is `days` days long and ends with `end`: the caller has the
    engine write it, from `Created.first_day` on, as `virtual_clocks.promised_histories` tells.
    `progress(done, total, what)` is told of every step. Raises EstateError when one of the
    accounts is not empty, ValueError for no such plan.
    """
    if not isinstance(plan, Plan):
        plan = named(plan)
    every_region = list(regions.all_regions())
    await public_images.install(connection, every_region)
    made = []
    steps = _Steps(progress, len(plan.accounts))
    async with connection.transaction():
        for number, account_plan in enumerate(plan.accounts):
            account = await accounts.ensure(
                connection, account_plan.number, account_plan.name, default=number == 0
            )
            if not await accounts.is_empty(connection, account.id):
                raise EstateError(f"account {account.number} has an estate already: reset it first")
            taken = await _taken(connection, account.id)
            estate = Estate(account_plan, account.id, seed=seed, end=end, days=days, taken=taken)
            for noun, generate in NOUNS:
                await asyncio.to_thread(generate, estate)
                steps.done(noun)
            rows = await _write(connection, estate, steps)
            await accounts.set_seed(connection, account.id, seed)
            first_day = end - timedelta(days=days - 1)
            await virtual_clocks.promise_history(connection, account.id, first_day, end)
            made.append(
                Created(
                    account.id, account.number, account_plan.name, first_day, days, rows,
                    users.rows(estate),
                )
            )  # fmt: skip
    await connection.execute("analyze " + ", ".join(sorted({t for one in made for t in one.rows})))
    return made


def generate(
    plan: AccountPlan,
    account_id: uuid.UUID,
    *,
    seed: int = 42,
    end: date = DEFAULT_END,
    days: int = 30,
) -> Estate:
    """The rows of one account, without a database."""
    estate = Estate(plan, account_id, seed=seed, end=end, days=days)
    for _noun, fill in NOUNS:
        fill(estate)
    return estate


class _Steps:
    """How far the work is, told to whoever asked."""

    def __init__(self, progress: Progress | None, accounts_: int) -> None:
        self._progress = progress
        self._at = 0
        self._total = accounts_ * (len(NOUNS) + 1)

    def done(self, what: str) -> None:
        self._at += 1
        if self._progress is not None:
            self._progress(self._at, self._total, what)


async def _write(connection: Any, estate: Estate, steps: _Steps) -> dict[str, int]:
    zones = [
        (zone.region, zone.name, zone.zone_id)
        for region in regions.all_regions().values()
        if not region.opt_in
        for zone in regions.zones(region.name, estate.number)
    ]
    founded: datetime = estate.start - timedelta(days=1000)
    await _silence(connection)
    await networks.create_defaults(connection, estate.account_id, zones, founded)
    await anomaly_monitors.create_default(connection, estate.account_id)
    tables = [name for name in _FIRST if name in estate.rows]
    tables += [name for name in estate.rows if name not in _FIRST]
    counts = {}
    for table in await _parents_first(connection, tables):
        await _silence(connection)
        counts[table] = await copy_in(connection, table, estate.rows[table])
    await _silence(connection)
    await networks.furnish(connection, estate.account_id)
    await users.write(connection, estate.account_id, estate.number, users.rows(estate))
    await labels.write(connection, estate)
    steps.done("writing")
    return counts


# Where the user may not let foreign keys rest, as in most PostgreSQLs that are not embedded, what
# is referred to must be there first.
_REFERENCES = """
select conrelid::regclass::text as child, confrelid::regclass::text as parent
  from pg_constraint
 where contype = 'f' and conrelid <> confrelid and connamespace = 'public'::regnamespace
 order by 1, 2
"""


async def _parents_first(connection: Any, tables: list[str]) -> list[str]:
    """The tables in their order, except that each comes after those it refers to."""
    parents: dict[str, list[str]] = {name: [] for name in tables}
    for row in await connection.fetch(_REFERENCES):
        if row["child"] in parents and row["parent"] in parents:
            parents[row["child"]].append(row["parent"])
    ordered: dict[str, None] = {}
    entered = set()

    def enter(name: str) -> None:
        if name not in entered:
            entered.add(name)
            for parent in parents[name]:
                enter(parent)
            ordered[name] = None

    for name in tables:
        enter(name)
    return list(ordered)


async def _silence(connection: Any) -> None:
    """No events for what was always there, and no echo of tags: both sides are written here."""
    await connection.execute(
        "select set_config('driftcloud.audit', 'off', true),"
        " set_config('driftcloud.tags_from', 'column', true)"
    )


async def _taken(connection: Any, account_id: uuid.UUID) -> frozenset[str]:
    """Names that are unique over all accounts and held by others."""
    rows = await connection.fetch(
        """select 'rds/' || db_instance_id from rds_instances where account_id <> $1
           union all select 'cache/' || cluster_id from cache_clusters where account_id <> $1
           union all select 'bucket/' || name from s3_buckets where account_id <> $1
           union all select 'ip/' || public_ip from elastic_ips where account_id <> $1""",
        account_id,
    )
    return frozenset(row[0] for row in rows)
