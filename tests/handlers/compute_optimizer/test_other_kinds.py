"""Recommendations for groups, functions, databases, caches and gateways."""

from decimal import Decimal

from tests.handlers.compute_optimizer.advised import Advised, monthly
from tests.handlers.rds.databases import create as create_database

HOURS = Decimal(730)


def test_databases_are_stopped_or_made_smaller(advised: Advised) -> None:
    rds = advised.cloud.client("rds")
    create_database(rds, "empty", DBInstanceClass="db.m5.large")
    create_database(rds, "large", DBInstanceClass="db.m5.2xlarge", StorageType="io1", Iops=3000)
    ids = {row["identifier"]: row["db_instance_id"] for row in advised.sql(
        "select identifier, db_instance_id from rds_instances where account_id = $1")}  # fmt: skip
    advised.profile("rds_instance", ids["empty"], "idle", 0.02, 0.5, 1.0, connections=0)
    advised.profile("rds_instance", ids["large"], "oversized", 0.5, 4.0, 300.0, connections=40)
    advised.days(14)
    found = {one["resourceArn"].rpartition(":")[2]: one for one in
             advised.optimizer.get_rds_database_recommendations()["rdsDBRecommendations"]
             }  # fmt: skip
    assert {name: one["idle"] for name, one in found.items()} == {"empty": "True", "large": "False"}
    large = found["large"]
    assert large["instanceFinding"] == "Overprovisioned"
    best = large["instanceRecommendationOptions"][0]
    promised = monthly(best["savingsOpportunity"])
    assert promised > 0
    assert large["storageFinding"] == "Overprovisioned"
    [storage] = large["storageRecommendationOptions"]
    assert storage["storageConfiguration"]["storageType"] == "gp3"
    stored = monthly(storage["savingsOpportunity"])
    # 100 GiB of io1 at 0.125 with 3,000 IOPS at 0.10, against gp3 at 0.115
    assert stored == Decimal("12.5") + 300 - Decimal("11.5")
    before, idle_before = advised.cost(ids["large"]), advised.cost(ids["empty"])
    rds.modify_db_instance(
        DBInstanceIdentifier="large", DBInstanceClass=best["dbInstanceClass"], ApplyImmediately=True
    )
    rds.stop_db_instance(DBInstanceIdentifier="empty")
    [idle] = advised.optimizer.get_idle_recommendations()["idleRecommendations"] or [None]
    assert idle is None  # it is being stopped
    advised.days()
    assert (before - advised.cost(ids["large"])) / 24 * HOURS == promised
    # db.m5.large with PostgreSQL
    assert (idle_before - advised.cost(ids["empty"])) / 24 * HOURS == Decimal("129.94")


def test_functions_have_more_memory_than_they_use(advised: Advised) -> None:
    advised.sql(
        """insert into lambda_functions (account_id, name, arn, memory_mb, max_memory_used_mb,
               architecture)
           select $1::uuid, name, 'arn:aws:lambda:us-east-1:' || $2 || ':function:' || name, memory,
                  used, 'x86_64'
             from (values ('roomy', 1024, 100), ('full', 256, 256), ('right', 128, 90),
                          ('huge', 3008, 100), ('rare', 512, 80)) f (name, memory, used)""",
        advised.cloud.account.number,
    )
    prefix = f"arn:aws:lambda:us-east-1:{advised.cloud.account.number}:function:"
    for name in ("roomy", "full", "right", "huge"):
        advised.profile("lambda_function", prefix + name, "steady", requests=1e6, duration=200.0)
    advised.profile("lambda_function", prefix + "rare", "idle", requests=0, duration=200.0)
    advised.days(3)
    found = {one["functionArn"].split(":")[6]: one for one in
             advised.optimizer.get_lambda_function_recommendations()
             ["lambdaFunctionRecommendations"]}  # fmt: skip
    assert {name: (one["finding"], one["findingReasonCodes"]) for name, one in found.items()} == {
        "roomy": ("NotOptimized", ["MemoryOverprovisioned"]),
        "full": ("NotOptimized", ["MemoryUnderprovisioned"]),
        "right": ("Optimized", []),
        "huge": ("Unavailable", ["Inconclusive"]),
        "rare": ("Unavailable", ["InsufficientData"]),
    }
    [option] = found["roomy"]["memorySizeRecommendationOptions"]
    assert option["memorySize"] == 128
    functions = advised.cloud.client("lambda")
    promised = monthly(option["savingsOpportunity"])
    by_day = f"""select avg(estimated_daily_cost / (metric_payload -> 'invocations')::numeric
              / (metric_payload -> 'duration')::numeric) as usd,
              avg((metric_payload -> 'invocations')::numeric
              * (metric_payload -> 'duration')::numeric) as use
         from metrics_daily where account_id = $1 and resource_id = '{prefix}roomy'"""
    [before] = advised.sql(by_day)
    functions.update_function_configuration(FunctionName="roomy", MemorySize=128)
    advised.days()
    [after] = advised.sql(
        by_day + " and date = (select virtual_date from virtual_clocks where account_id = $1)"
    )
    # of the same calls, as days differ in how many there are
    saved = (before["usd"] - after["usd"]) * before["use"] * 365 / 12
    assert abs(saved - promised) < promised / 50


def test_groups_and_what_is_idle_of_other_kinds(advised: Advised) -> None:
    cloud, account = advised.cloud, advised.cloud.account
    cache = cloud.client("elasticache")
    cache.create_cache_cluster(
        CacheClusterId="cold", CacheNodeType="cache.m5.large", Engine="redis", NumCacheNodes=1
    )
    [row] = advised.sql("select cluster_id from cache_clusters where account_id = $1")
    advised.profile("cache_cluster", row["cluster_id"], "idle", 0.01, 0.2, 1.0, connections=0)
    subnet = advised.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    gateway = advised.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")[
        "NatGateway"]["NatGatewayId"]  # fmt: skip
    advised.sql("insert into resource_profiles (account_id, resource_type, resource_id, profile,"
                " ingest_gb) values ($1, 'nat_gateway', $2, 'idle', 0)", gateway)  # fmt: skip
    image = advised.ec2.describe_images(
        Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
    )["Images"][0]["ImageId"]
    template = advised.ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": image, "InstanceType": "m5.2xlarge"},
    )["LaunchTemplate"]["LaunchTemplateId"]
    cloud.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=2, MaxSize=2, DesiredCapacity=2,
        LaunchTemplate={"LaunchTemplateId": template}, AvailabilityZones=["us-east-1a"],
    )  # fmt: skip
    for one in advised.sql("select instance_id from instances where account_id = $1"):
        advised.profile("instance", one["instance_id"], "oversized", 0.5, 3.0, 500.0)
    advised.days(33)
    [group] = advised.optimizer.get_auto_scaling_group_recommendations()[
        "autoScalingGroupRecommendations"]  # fmt: skip
    assert (group["autoScalingGroupName"], group["finding"]) == ("web", "NotOptimized")
    assert group["currentConfiguration"] == {
        "desiredCapacity": 2, "minSize": 2, "maxSize": 2, "type": "SingleInstanceType",
        "instanceType": "m5.2xlarge",
    }  # fmt: skip
    best = group["recommendationOptions"][0]
    [hourly] = advised.sql("select sum(hourly_cost) as usd from instances where account_id = $1")
    percent = best["savingsOpportunity"]["savingsOpportunityPercentage"]
    usd = monthly(best["savingsOpportunity"])
    assert abs(hourly["usd"] * HOURS * Decimal(str(percent)) / 100 - usd) < Decimal("0.01")
    found = {one["resourceType"]: one for one in advised.optimizer.get_idle_recommendations(
        orderBy={"dimension": "SavingsValue", "order": "Desc"})["idleRecommendations"]}  # fmt: skip
    # cache.m5.large at 0.156 an hour, a NAT gateway at 0.045
    assert {kind: monthly(one["savingsOpportunity"]) for kind, one in found.items()} == {
        "ElastiCacheCluster": Decimal("113.88"),
        "NatGateway": Decimal("32.85"),
    }
    assert list(found) == ["ElastiCacheCluster", "NatGateway"]
    assert found["NatGateway"]["finding"] == "Unused"
    summaries = {one["recommendationResourceType"]: one for one in
                 advised.optimizer.get_recommendation_summaries()["recommendationSummaries"]
                 }  # fmt: skip
    assert summaries["AutoScalingGroup"]["summaries"] == [
        {"name": "Optimized", "value": 0.0}, {"name": "NotOptimized", "value": 1.0},
    ]  # fmt: skip
    assert monthly(summaries["AutoScalingGroup"]["savingsOpportunity"]) == usd
    assert monthly(summaries["NatGateway"]["idleSavingsOpportunity"]) == Decimal("32.85")
    assert monthly(summaries["NatGateway"]["aggregatedSavingsOpportunity"]) == Decimal("32.85")
    assert summaries["NatGateway"]["accountId"] == account.number
