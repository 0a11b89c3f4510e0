"""Events of caches, and the service updates that they could take."""

from datetime import timedelta
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.cloudwatch.world import turn_clock
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.elasticache.test_cache_clusters import redis
from tests.handlers.elasticache.test_replication_groups import create


def test_events_tell_what_happened(elasticache: Any) -> None:
    redis(elasticache)
    create(elasticache)
    elasticache.modify_cache_cluster(
        CacheClusterId="sessions", CacheNodeType="cache.t3.micro", ApplyImmediately=True
    )
    events = elasticache.describe_events()["Events"]
    assert {(one["SourceIdentifier"], one["Message"]) for one in events} == {
        ("sessions", "Cache cluster created"),
        ("carts", "Replication group created"),
        ("sessions", "Finished scaling to node type cache.t3.micro"),
    }
    own = elasticache.describe_events(SourceType="replication-group", SourceIdentifier="carts")
    assert [one["SourceType"] for one in own["Events"]] == ["replication-group"]
    past = events[0]["Date"] - timedelta(days=2)
    assert elasticache.describe_events(EndTime=past)["Events"] == []
    assert refusal(elasticache.describe_events, SourceIdentifier="carts")[0] == (
        "InvalidParameterCombination"
    )


def test_updates_are_applied_to_what_is_older(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    turn_clock(cloud)
    redis(elasticache)
    redis(elasticache, "young")
    sql(
        "update cache_clusters set created_at = '2026-02-01' where identifier = 'sessions'"
        " and account_id = $1",
        cloud.account.id,
    )
    updates = elasticache.describe_service_updates()["ServiceUpdates"]
    assert {one["Engine"] for one in updates} == {"memcached", "redis", "valkey"}
    [action] = elasticache.describe_update_actions()["UpdateActions"]
    name = action["ServiceUpdateName"]
    assert (action["CacheClusterId"], action["UpdateActionStatus"], action["NodesUpdated"]) == (
        "sessions",
        "not-applied",
        "0/1",
    )
    done = elasticache.batch_apply_update_action(
        ServiceUpdateName=name, CacheClusterIds=["sessions", "young"]
    )
    assert [one["CacheClusterId"] for one in done["ProcessedUpdateActions"]] == ["sessions"]
    assert [one["CacheClusterId"] for one in done["UnprocessedUpdateActions"]] == ["young"]
    [applied] = elasticache.describe_update_actions(UpdateActionStatus=["complete"])[
        "UpdateActions"
    ]
    assert (applied["NodesUpdated"], applied["UpdateActionStatus"]) == ("1/1", "complete")
    assert elasticache.describe_update_actions(UpdateActionStatus=["not-applied"])[
        "UpdateActions"
    ] == []  # fmt: skip
    assert refusal(elasticache.batch_stop_update_action, ServiceUpdateName="none")[0] == (
        "ServiceUpdateNotFoundFault"
    )
