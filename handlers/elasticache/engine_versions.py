"""Engine versions, with the family of parameter groups of each.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheEngineVersions.html.
"""

from typing import Any

from emulator.context import Context
from handlers.elasticache import lists
from models import cache_engines

NOUN = "cache_clusters"


async def describe_cache_engine_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The versions of each engine, oldest first."""
    page = lists.page(ctx, params)
    only, version = params.get("Engine"), params.get("EngineVersion")
    family = params.get("CacheParameterGroupFamily")
    found = [
        {
            "Engine": engine.name,
            "EngineVersion": one,
            "CacheParameterGroupFamily": its,
            "CacheEngineDescription": engine.title,
            "CacheEngineVersionDescription": f"{engine.title} version {cache_engines.shown(one)}",
        }
        for engine in cache_engines.ENGINES.values()
        for one, its in engine.versions
        if only in (None, "", engine.name)
        and version in (None, "", one, cache_engines.shown(one))
        and family in (None, "", its)
        and (not params.get("DefaultOnly") or one == engine.default_version)
    ]
    keys = {id(one): f"{at:05d}" for at, one in enumerate(found)}
    part, marker = page.cut_items(found, lambda one: keys[id(one)])
    return {"CacheEngineVersions": part, "Marker": marker}
