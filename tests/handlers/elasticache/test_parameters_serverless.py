"""Parameter groups, and caches without nodes."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.elasticache.test_cache_clusters import cost, redis


def test_parameter_groups_hold_what_differs(elasticache: Any) -> None:
    group = {"CacheParameterGroupName": "mine"}
    made = elasticache.create_cache_parameter_group(
        **group, CacheParameterGroupFamily="redis7", Description="of mine"
    )["CacheParameterGroup"]
    assert made["ARN"].endswith(":parametergroup:mine")
    policy = {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}
    elasticache.modify_cache_parameter_group(**group, ParameterNameValues=[policy])
    [own] = elasticache.describe_cache_parameters(**group, Source="user")["Parameters"]
    assert (own["ParameterValue"], own["ChangeType"]) == ("allkeys-lru", "immediate")
    wrong = policy | {"ParameterValue": "random"}
    assert refusal(elasticache.modify_cache_parameter_group, **group,
                   ParameterNameValues=[wrong])[0] == "InvalidParameterValue"  # fmt: skip
    redis(elasticache, CacheParameterGroupName="mine")
    [shown] = elasticache.describe_cache_clusters()["CacheClusters"]
    assert shown["CacheParameterGroup"]["CacheParameterGroupName"] == "mine"
    assert refusal(elasticache.delete_cache_parameter_group, **group)[0] == (
        "InvalidCacheParameterGroupState"
    )
    elasticache.delete_cache_cluster(CacheClusterId="sessions")
    elasticache.delete_cache_parameter_group(**group)
    assert refusal(elasticache.describe_cache_parameter_groups, **group) == (
        "CacheParameterGroupNotFound",
        "CacheParameterGroup not found: mine",
    )
    groups = elasticache.describe_cache_parameter_groups()["CacheParameterGroups"]
    names = {one["CacheParameterGroupName"] for one in groups}
    assert "default.redis7.cluster.on" in names
    defaults = elasticache.describe_engine_default_parameters(CacheParameterGroupFamily="redis7")
    values = {one["ParameterName"]: one["ParameterValue"]
              for one in defaults["EngineDefaults"]["Parameters"]}  # fmt: skip
    assert values["maxmemory-policy"] == "volatile-lru"


def test_a_serverless_cache_costs_what_is_metered_at_least(
    cloud: Cloud, elasticache: Any, sql: Sql
) -> None:
    made = elasticache.create_serverless_cache(
        ServerlessCacheName="free", Engine="valkey", Tags=[{"Key": "team", "Value": "shop"}]
    )["ServerlessCache"]
    assert (made["Status"], "Endpoint" in made) == ("creating", False)
    [shown] = elasticache.describe_serverless_caches()["ServerlessCaches"]
    assert (shown["Status"], shown["MajorEngineVersion"], shown["FullEngineVersion"]) == (
        "available",
        "8",
        "8.0",
    )
    assert shown["Endpoint"]["Address"].endswith(".serverless.use1.cache.amazonaws.com")
    assert len(shown["SubnetIds"]) > 1
    assert cost(sql, cloud) == Decimal("0.0084")
    limits = {
        "DataStorage": {"Minimum": 10, "Maximum": 100, "Unit": "GB"},
        "ECPUPerSecond": {"Minimum": 1000},
    }
    changed = elasticache.modify_serverless_cache(
        ServerlessCacheName="free", CacheUsageLimits=limits
    )["ServerlessCache"]
    assert changed["CacheUsageLimits"] == limits
    # 10 GB at $0.084, and 3.6 million units at $0.0023 a million
    assert cost(sql, cloud) == Decimal("0.8483")
    assert elasticache.list_tags_for_resource(ResourceName=shown["ARN"])["TagList"] == [
        {"Key": "team", "Value": "shop"}
    ]
    assert elasticache.describe_cache_clusters()["CacheClusters"] == []
    assert refusal(elasticache.create_serverless_cache, ServerlessCacheName="free",
                   Engine="redis")[0] == "ServerlessCacheAlreadyExistsFault"  # fmt: skip
    elasticache.delete_serverless_cache(ServerlessCacheName="free")
    assert refusal(elasticache.describe_serverless_caches, ServerlessCacheName="free")[0] == (
        "ServerlessCacheNotFoundFault"
    )
