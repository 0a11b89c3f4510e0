"""Search domains: created, described, listed, deleted.

Source: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_CreateDomain.html
and the pages of the operations beside it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.opensearch import domain_options, domain_view, tags
from models import costs, launches, managed_domains, managed_services, search_engines
from models.listing import Condition

# How many names DescribeDomains takes: "The maximum number of domain names is 5".
MOST_NAMES = 5


async def create_domain(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new domain, being created."""
    return {"DomainStatus": domain_view.status(await make(ctx, params, search_engines.DEFAULT))}


async def describe_domain(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One domain."""
    return {"DomainStatus": domain_view.status(await find(ctx, params["DomainName"]))}


async def describe_domains(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Several domains; names that nobody has are left out."""
    rows = await find_several(ctx, params["DomainNames"])
    return {"DomainStatusList": [domain_view.status(row) for row in rows]}


async def describe_domain_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The options of a domain, each with its status."""
    return {"DomainConfig": domain_view.config(await find(ctx, params["DomainName"]))}


async def list_domain_names(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of all domains, with the kind of their engine."""
    return {"DomainNames": await names(ctx, params.get("EngineType"))}


async def delete_domain(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a domain and all it holds."""
    return {"DomainStatus": domain_view.status(await remove(ctx, params["DomainName"]))}


async def make(ctx: Context, params: dict[str, Any], version: str) -> dict[str, Any]:
    """Store a new domain as asked, by default of a version; its row while it is made."""
    domain_options.refuse_unserved(params)
    given = tags.given(params)
    engine = params.get("EngineVersion") or version
    if engine not in search_engines.VERSIONS:
        raise domain_options.invalid(f"Unsupported engine version: {engine}")
    asked = params.get("ClusterConfig") or {}
    row = domain_options.cluster(asked, {}) | domain_options.volume(params.get("EBSOptions"), {})
    row["engine_version"] = engine
    domain_options.check(row)
    settings = domain_options.kept(params, {})
    if asked.get("MultiAZWithStandbyEnabled"):
        settings["MultiAZWithStandbyEnabled"] = True
    if params.get("VPCOptions"):
        settings["VPCOptions"] = await domain_options.network(ctx, params["VPCOptions"])
    name = params["DomainName"]
    row |= {
        "service_type": engine.partition("_")[0].lower(),
        "name": name,
        "arn": arn(ctx, "es", f"domain/{name}"),
        "region": ctx.region,
        "env": launches.environment(given),
        "hourly_cost": costs.search_domain_hourly(row, ctx.region),
        "settings": settings,
        "created_at": ctx.now,
        **managed_services.transition("creating", "available", ctx.now, takes(ctx)),
    }
    async with ctx.db.transaction():
        taken = await managed_domains.find_one(ctx.db, ctx.region, name)
        if taken is not None or not await managed_domains.insert(ctx.db, row, given):
            raise AwsError("ResourceAlreadyExistsException", "Domain already exists")
        made = await find(ctx, name)
    return {**made, "status": "creating"}


async def find(ctx: Context, name: str, *, lock: bool = False) -> Any:
    """The row of a domain, held until the transaction ends if `lock`; AwsError: there is none."""
    if lock:
        await managed_services.lock(ctx.db, arn(ctx, "es", f"domain/{name}"))
    row = await managed_domains.find_one(ctx.db, ctx.region, name)
    if row is None:
        raise AwsError("ResourceNotFoundException", f"Domain not found: {name}")
    return row


async def find_several(ctx: Context, wanted: Sequence[str]) -> list[Any]:
    """The rows of up to five domains, in the order in which they are asked for."""
    if len(wanted) > MOST_NAMES:
        raise domain_options.invalid(
            f"Please provide a maximum of {MOST_NAMES} domain names to describe."
        )
    rows = {row["name"]: row for row in await managed_domains.find_all(ctx.db, ctx.region, wanted)}
    return [rows[name] for name in dict.fromkeys(wanted) if name in rows]


async def names(ctx: Context, engine: str | None) -> list[dict[str, str]]:
    """DomainInfo of every domain, or of those of one engine."""
    where = []
    if engine is not None:
        kinds = ("opensearch",) if engine == "OpenSearch" else ("elasticsearch", "es")
        where.append(Condition("service_type", kinds))
    rows = await managed_domains.LISTING.page(ctx.db, where, region=ctx.region)
    return [
        {"DomainName": row["name"], "EngineType": row["engine_version"].partition("_")[0]}
        for row in rows
    ]


async def remove(ctx: Context, name: str) -> dict[str, Any]:
    """Delete a domain; its row as it goes."""
    async with ctx.db.transaction():
        row = await find(ctx, name, lock=True)
        await managed_services.delete(ctx.db, ctx.region, row["arn"], ctx.now, takes(ctx))
    return {**row, "status": "deleting"}


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)
