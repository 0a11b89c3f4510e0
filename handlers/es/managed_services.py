"""Search domains through the Elasticsearch API.

Source: https://docs.aws.amazon.com/cli/latest/reference/es/: the operations of the API of
2015-01-01, which serve OpenSearch's domains too.
"""

from typing import Any

from emulator.context import Context
from handlers.es import domain_view
from handlers.opensearch import domain_changes, engine_versions
from handlers.opensearch import managed_services as domains
from models import search_engines


async def create_elasticsearch_domain(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new domain, of Elasticsearch 1.5 unless told otherwise."""
    newer = domain_view.newer(params)
    row = await domains.make(ctx, newer, search_engines.DEFAULT_ELASTICSEARCH)
    return {"DomainStatus": domain_view.status(row)}


async def describe_elasticsearch_domain(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One domain."""
    return {"DomainStatus": domain_view.status(await domains.find(ctx, params["DomainName"]))}


async def describe_elasticsearch_domains(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Several domains; names that nobody has are left out."""
    rows = await domains.find_several(ctx, params["DomainNames"])
    return {"DomainStatusList": [domain_view.status(row) for row in rows]}


async def describe_elasticsearch_domain_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The options of a domain, each with its status."""
    return {"DomainConfig": domain_view.config(await domains.find(ctx, params["DomainName"]))}


async def update_elasticsearch_domain_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Change a domain; its cost changes with it, its nodes while it processes."""
    row, results = await domain_changes.change(ctx, domain_view.newer(params))
    answer: dict[str, Any] = {"DomainConfig": domain_view.config(row)}
    if results:
        answer["DryRunResults"] = results
    return answer


async def list_domain_names(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of all domains, with the kind of their engine."""
    return {"DomainNames": await domains.names(ctx, params.get("EngineType"))}


async def delete_elasticsearch_domain(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a domain and all it holds."""
    return {"DomainStatus": domain_view.status(await domains.remove(ctx, params["DomainName"]))}


async def get_compatible_elasticsearch_versions(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What a domain, or each version, can be upgraded to."""
    sources = list(search_engines.VERSIONS)
    if params.get("DomainName"):
        sources = [(await domains.find(ctx, params["DomainName"]))["engine_version"]]
    return {
        "CompatibleElasticsearchVersions": [
            {
                "SourceVersion": domain_view.version(one["SourceVersion"]),
                "TargetVersions": [domain_view.version(name) for name in one["TargetVersions"]],
            }
            for one in engine_versions.compatible(sources)
        ]
    }
