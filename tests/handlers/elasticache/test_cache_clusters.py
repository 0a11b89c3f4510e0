"""Cache clusters by themselves: their life, their options, and what they cost."""

from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


def cost(sql: Sql, cloud: Cloud) -> Decimal:
    [row] = sql("select hourly_cost from cache_clusters where account_id = $1", cloud.account.id)
    return Decimal(row["hourly_cost"])


def redis(elasticache: Any, identifier: str = "sessions", **more: Any) -> dict[str, Any]:
    asked = {"CacheClusterId": identifier, "Engine": "redis", "CacheNodeType": "cache.m5.large"}
    made: dict[str, Any] = elasticache.create_cache_cluster(**asked | more)["CacheCluster"]
    return made


def test_a_cluster_lives_from_creation_to_deletion(
    cloud: Cloud, elasticache: Any, sql: Sql
) -> None:
    made = redis(elasticache, "Sessions", Tags=[{"Key": "env", "Value": "prod"}])
    assert (made["CacheClusterStatus"], made["CacheClusterId"]) == ("creating", "sessions")
    [shown] = elasticache.describe_cache_clusters(
        CacheClusterId="sessions", ShowCacheNodeInfo=True
    )["CacheClusters"]
    assert (shown["CacheClusterStatus"], shown["EngineVersion"], shown["NumCacheNodes"]) == (
        "available",
        "7.1.0",
        1,
    )
    assert shown["ARN"] == (
        f"arn:aws:elasticache:us-east-1:{cloud.account.number}:cluster:sessions"
    )
    assert shown["CacheParameterGroup"]["CacheParameterGroupName"] == "default.redis7"
    [node] = shown["CacheNodes"]
    assert node["Endpoint"]["Address"].startswith("sessions.")
    assert node["Endpoint"]["Address"].endswith(".0001.use1.cache.amazonaws.com")
    assert node["Endpoint"]["Port"] == 6379
    assert cost(sql, cloud) == Decimal("0.1560")
    [row] = sql("select env from cache_clusters where account_id = $1", cloud.account.id)
    assert row["env"] == "prod"
    assert refusal(redis, elasticache=elasticache) == (
        "CacheClusterAlreadyExists",
        "CacheCluster already exists",
    )
    gone = elasticache.delete_cache_cluster(
        CacheClusterId="sessions", FinalSnapshotIdentifier="last"
    )["CacheCluster"]
    assert gone["CacheClusterStatus"] == "deleting"
    assert refusal(elasticache.describe_cache_clusters, CacheClusterId="sessions") == (
        "CacheClusterNotFound",
        "CacheCluster not found: sessions",
    )
    [kept] = elasticache.describe_snapshots()["Snapshots"]
    assert (kept["SnapshotName"], kept["CacheClusterId"]) == ("last", "sessions")


def test_node_type_and_version_wait_unless_wanted_at_once(
    cloud: Cloud, elasticache: Any, sql: Sql
) -> None:
    redis(elasticache, EngineVersion="6.2")
    waiting = elasticache.modify_cache_cluster(
        CacheClusterId="sessions", CacheNodeType="cache.m5.xlarge", EngineVersion="7.x"
    )["CacheCluster"]
    assert waiting["PendingModifiedValues"] == {
        "CacheNodeType": "cache.m5.xlarge",
        "EngineVersion": "7.1.0",
    }
    assert cost(sql, cloud) == Decimal("0.1560")
    done = elasticache.modify_cache_cluster(
        CacheClusterId="sessions", CacheNodeType="cache.t3.medium", ApplyImmediately=True
    )["CacheCluster"]
    assert (done["CacheNodeType"], done["CacheClusterStatus"]) == ("cache.t3.medium", "modifying")
    assert done["PendingModifiedValues"] == {"EngineVersion": "7.1.0"}
    assert cost(sql, cloud) == Decimal("0.0680")
    assert refusal(elasticache.modify_cache_cluster, CacheClusterId="sessions",
                   EngineVersion="5.0.6")[0] == "InvalidParameterCombination"  # fmt: skip
    assert refusal(elasticache.modify_cache_cluster, CacheClusterId="sessions",
                   CacheNodeType="cache.x9.huge")[0] == "InvalidParameterValue"  # fmt: skip
    allowed = elasticache.list_allowed_node_type_modifications(CacheClusterId="sessions")
    assert "cache.m5.large" in allowed["ScaleUpModifications"]
    assert "cache.t3.small" in allowed["ScaleDownModifications"]
    assert "cache.t3.medium" not in allowed["ScaleUpModifications"]
    assert "cache.t3.medium" not in allowed["ScaleDownModifications"]


def test_memcached_has_several_nodes(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    assert refusal(redis, elasticache=elasticache, NumCacheNodes=2)[0] == "InvalidParameterValue"
    redis(elasticache, "pages", Engine="memcached", NumCacheNodes=3, AZMode="cross-az")
    [shown] = elasticache.describe_cache_clusters(ShowCacheNodeInfo=True)["CacheClusters"]
    assert shown["ConfigurationEndpoint"]["Address"].endswith(".cfg.use1.cache.amazonaws.com")
    assert [node["CacheNodeId"] for node in shown["CacheNodes"]] == ["0001", "0002", "0003"]
    assert shown["PreferredAvailabilityZone"] == "Multiple"
    assert cost(sql, cloud) == Decimal("0.4680")
    assert refusal(elasticache.modify_cache_cluster, CacheClusterId="pages", NumCacheNodes=2,
                   ApplyImmediately=True)[0] == "InvalidParameterCombination"  # fmt: skip
    elasticache.modify_cache_cluster(
        CacheClusterId="pages", NumCacheNodes=2, CacheNodeIdsToRemove=["0003"],
        ApplyImmediately=True,
    )  # fmt: skip
    assert cost(sql, cloud) == Decimal("0.3120")
    assert refusal(elasticache.create_snapshot, SnapshotName="x", CacheClusterId="pages")[0] == (
        "SnapshotFeatureNotSupportedFault"
    )
    rebooted = elasticache.reboot_cache_cluster(
        CacheClusterId="pages", CacheNodeIdsToReboot=["0001"]
    )["CacheCluster"]
    assert rebooted["CacheClusterStatus"] == "rebooting cluster nodes"


def test_clusters_are_listed_page_by_page(elasticache: Any) -> None:
    for n in range(22):
        redis(elasticache, f"cache-{n:02d}")
    first = elasticache.describe_cache_clusters(MaxRecords=20)
    assert len(first["CacheClusters"]) == 20
    rest = elasticache.describe_cache_clusters(MaxRecords=20, Marker=first["Marker"])
    assert [one["CacheClusterId"] for one in rest["CacheClusters"]] == ["cache-20", "cache-21"]
    assert "Marker" not in rest
    assert refusal(elasticache.describe_cache_clusters, MaxRecords=5)[0] == "InvalidParameterValue"
    assert refusal(elasticache.describe_cache_clusters, Marker="x")[0] == "InvalidParameterValue"


def test_groups_of_subnets_and_security_must_be_the_callers(
    cloud: Cloud, other_cloud: Cloud, elasticache: Any
) -> None:
    theirs = other_cloud.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    ask = {"CacheSubnetGroupName": "mine", "CacheSubnetGroupDescription": "of mine"}
    assert refusal(elasticache.create_cache_subnet_group, **ask, SubnetIds=[theirs])[0] == (
        "InvalidSubnet"
    )
    own = [one["SubnetId"] for one in cloud.client("ec2").describe_subnets()["Subnets"]][:2]
    made = elasticache.create_cache_subnet_group(**ask, SubnetIds=own)["CacheSubnetGroup"]
    assert {one["SubnetIdentifier"] for one in made["Subnets"]} == set(own)
    redis(elasticache, CacheSubnetGroupName="mine")
    assert refusal(elasticache.delete_cache_subnet_group, CacheSubnetGroupName="mine")[0] == (
        "CacheSubnetGroupInUse"
    )
    assert refusal(redis, elasticache=elasticache, identifier="b", SecurityGroupIds=["sg-1"])[
        0
    ] == ("InvalidParameterValue")
    assert refusal(redis, elasticache=elasticache, identifier="b", CacheSubnetGroupName="none")[
        0
    ] == ("CacheSubnetGroupNotFoundFault")
    elasticache.delete_cache_cluster(CacheClusterId="sessions")
    elasticache.delete_cache_subnet_group(CacheSubnetGroupName="mine")
    assert elasticache.describe_cache_subnet_groups()["CacheSubnetGroups"] == []
    redis(elasticache)
    [shown] = elasticache.describe_cache_subnet_groups()["CacheSubnetGroups"]
    assert (shown["CacheSubnetGroupName"], len(shown["Subnets"]) > 1) == ("default", True)


def test_tags_are_those_of_the_arn(
    cloud: Cloud, other_cloud: Cloud, elasticache: Any, sql: Sql
) -> None:
    arn = redis(elasticache, Tags=[{"Key": "a", "Value": "1"}])["ARN"]
    added = elasticache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])[
        "TagList"
    ]
    assert added == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    elasticache.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    assert elasticache.list_tags_for_resource(ResourceName=arn)["TagList"] == [
        {"Key": "b", "Value": "2"}
    ]
    assert refusal(elasticache.remove_tags_from_resource, ResourceName=arn, TagKeys=["zz"])[0] == (
        "TagNotFound"
    )
    other = other_cloud.client("elasticache")
    assert refusal(other.list_tags_for_resource, ResourceName=arn)[0] == "CacheClusterNotFound"
    assert refusal(elasticache.list_tags_for_resource, ResourceName="x")[0] == "InvalidARN"


def test_reserved_nodes_are_offered_and_bought(cloud: Cloud, elasticache: Any, sql: Sql) -> None:
    offers = elasticache.describe_reserved_cache_nodes_offerings(
        CacheNodeType="cache.m5.large", ProductDescription="redis", Duration="1",
        OfferingType="No Upfront",
    )["ReservedCacheNodesOfferings"]  # fmt: skip
    [offer] = offers
    assert offer["RecurringCharges"][0]["RecurringChargeAmount"] == 0.1076
    bought = elasticache.purchase_reserved_cache_nodes_offering(
        ReservedCacheNodesOfferingId=offer["ReservedCacheNodesOfferingId"],
        ReservedCacheNodeId="mine", CacheNodeCount=2,
    )["ReservedCacheNode"]  # fmt: skip
    assert bought["State"] == "payment-pending"
    [shown] = elasticache.describe_reserved_cache_nodes()["ReservedCacheNodes"]
    assert (shown["State"], shown["CacheNodeCount"], shown["FixedPrice"]) == ("active", 2, 0.0)
    [row] = sql("select * from commitments where account_id = $1", cloud.account.id)
    assert row["hourly_commitment_amount"] == Decimal("0.2152")
    assert refusal(elasticache.describe_reserved_cache_nodes, ReservedCacheNodeId="no")[0] == (
        "ReservedCacheNodeNotFound"
    )
    assert len(elasticache.describe_reserved_cache_nodes_offerings(MaxRecords=20)[
        "ReservedCacheNodesOfferings"]) == 20  # fmt: skip


def test_engine_versions_say_their_family(elasticache: Any) -> None:
    found = elasticache.describe_cache_engine_versions(Engine="redis", DefaultOnly=True)
    [default] = found["CacheEngineVersions"]
    assert (default["EngineVersion"], default["CacheParameterGroupFamily"]) == ("7.1", "redis7")
    valkey = elasticache.describe_cache_engine_versions(CacheParameterGroupFamily="valkey8")
    assert {one["EngineVersion"] for one in valkey["CacheEngineVersions"]} == {"8.0", "8.1"}
