"""The price list and the bill: what was used, times what it is sold for, is what a line costs."""

from decimal import Decimal

from drift.day import Knobs
from models import price_list
from models.price_list.product import SKU_SQL
from tests.drift.conftest import World

# Resources whose day divides into several things that are sold apart; costs as models.costs has
# them. They join the small estate.
_DIVIDED = """
UPDATE rds_instances SET multi_az = true, storage_type = 'gp3', hourly_cost = 1, allocated_storage_gib = 400, iops = 14000, storage_throughput = 600,
       storage_monthly_cost = 188 WHERE account_id = $1 AND env = 'prod';
UPDATE rds_instances SET storage_type = 'io2', iops = 2000, storage_monthly_cost = 212.5 WHERE account_id = $1 AND env = 'dev';
UPDATE streaming_clusters SET retention_hours = 48, hourly_cost = 0.2 WHERE account_id = $1 AND name = 'clicks';
INSERT INTO streaming_consumers (account_id, stream_id, name, arn) SELECT $1, id, 'reads', arn || '/consumer/reads' FROM streaming_clusters WHERE account_id = $1;
INSERT INTO streaming_clusters (account_id, name, engine, shard_count, stream_mode, retention_hours, hourly_cost, instance_type, broker_count, storage_gib, created_at)
VALUES ($1, 'taps', 'kinesis', 4, 'ON_DEMAND', 400, 0.04, NULL, NULL, NULL, '2026-01-01'), ($1, 'logs', 'msk', 3, 'PROVISIONED', 168, 1.3011, 'kafka.m5.xlarge', 3, 100, '2026-01-01');
INSERT INTO instances (account_id, instance_id, instance_type, env, state, hourly_cost, created_at, launch_time)
VALUES ($1, 'i-t' || $2, 't3.medium', 'prod', 'running', 0.0416, '2026-01-01', '2026-01-01'), ($1, 'i-s' || $2, 't3.medium', 'prod', 'running', 0.0416, '2026-01-01', '2026-01-01');
UPDATE instances SET cpu_credits = 'standard' WHERE account_id = $1 AND instance_id LIKE 'i-s%';
INSERT INTO resource_profiles (account_id, resource_type, resource_id, profile, load) VALUES ($1, 'instance', 'i-t' || $2, 'steady', 1.2), ($1, 'instance', 'i-s' || $2, 'steady', 1.2);
UPDATE container_clusters SET version = '1.30', control_plane_hourly_cost = 0.1, estimated_hourly_cost = 0.1 WHERE account_id = $1;
INSERT INTO managed_services (account_id, service_type, name, instance_type, node_count, hourly_cost, status) VALUES ($1, 'redshift', 'dwh', 'ra3.xlplus', 2, 2.172, 'available');
UPDATE managed_services SET storage_gib = 100, storage_type = 'gp3', iops = 4000, throughput_mibps = 225, dedicated_master_type = 'm5.large.search', dedicated_master_count = 3,
       hourly_cost = 0.8709 WHERE account_id = $1 AND name = 'search';
INSERT INTO managed_services (account_id, service_type, name, instance_type, storage_gib, hourly_cost, status)
VALUES ($1, 'sagemaker-notebook', 'writes', 'ml.t3.medium', 50, 0.0596, 'InService'), ($1, 'sagemaker-notebook', 'sleeps', 'ml.t3.medium', 50, 0.0096, 'Stopped');
INSERT INTO load_balancers (account_id, lb_arn, name, env, type, hourly_cost) VALUES ($1, 'arn:aws:elasticloadbalancing:us-east-1:' || $2 || ':loadbalancer/old', 'old', 'prod', 'classic', 0.025);
INSERT INTO vpc_endpoints (account_id, vpc_endpoint_id, vpc_id, service_name, vpc_endpoint_type, subnet_ids, hourly_cost)
VALUES ($1, 'vpce-' || $2, 'vpc-1', 'com.amazonaws.us-east-1.logs', 'Interface', '{a,b,c}', 0.03);
UPDATE s3_buckets SET lifecycle_policy = '{"transitions": [{"days": 1, "storage_class": "STANDARD_IA"}]}' WHERE account_id = $1 AND env = 'prod';
UPDATE volumes SET iops = 6000, throughput = 250, monthly_cost = 28 WHERE account_id = $1;
UPDATE container_services SET requested_memory_mb = 8192, architecture = 'arm64' WHERE cluster_id IN (SELECT id FROM container_clusters WHERE account_id = $1)
"""
_LINES = f"""
SELECT l.product_code, l.usage_type, l.region, {SKU_SQL} AS sku, l.usage_amount, l.usage_unit, l.on_demand_cost
  FROM cost_lines_daily l
 WHERE account_id = $1 AND record_type = 'Usage' AND usage_type NOT LIKE '%Spot%'"""
# Days are told in hundredths of a cent, parts of them too; 0.1 per cent is what rows round.
CENT, SHARE = Decimal("0.0004"), Decimal("0.001")
APART = {
    "RDS:Multi-AZ-GP3-Storage", "Extended-ShardHour", "OnDemand-BilledIncomingBytes",
    "OnDemand-BilledOutgoingBytes", "Kafka.Storage.GP2", "ES:GP3-Storage", "ESInstance:m5.large",
    "EBS:VolumeP-IOPS.gp3", "EBS:VolumeP-Throughput.gp3", "Notebk:VolumeUsage.gp2", "DataProcessing-Bytes", "Requests-SIA-Tier1",
    "Lambda-Provisioned-GB-Second", "Lambda-Provisioned-Concurrency", "Fargate-ARM-GB-Hours",
    "RDS:Multi-AZ-GP3-PIOPS", "RDS:Multi-AZ-GP3-Throughput", "RDS:PIOPS-IO2", "RDS:PIOPS-Storage-IO2", "CPUCredits:t3", "Node:ra3.xlplus",
    "PutRequestPayloadUnits", "LongTermRetention-ByteHrs", "EnhancedFanoutHour", "ES:GP3-PIOPS", "ES:GP3-Provisioned-Throughput",
    "AmazonEKS-Hours:extendedSupport",
}  # fmt: skip


async def test_every_line_is_what_was_used_times_its_price(world: World) -> None:
    for statement in _DIVIDED.split(";"):
        given = [world.account, world.number] if "$2" in statement else [world.account]
        await world.owner.execute(statement, *given)
    await world.begin(4, Knobs(mess=0, walk="exact"))
    lines = [
        line for line in await world.rows(_LINES)
        # these were given other prices than the list's, so that tests of days see what is theirs
        if not line["usage_type"].startswith(("BoxUsage", "InstanceUsage", "Multi-AZUsage", "NodeUsage", "Notebk:ml"))
    ]  # fmt: skip
    assert {line["usage_type"].removeprefix("USE1-") for line in lines} >= APART
    sold = {
        one.key: one
        for service in {line["product_code"] for line in lines}
        for one in price_list.products(service)
    }
    wrong = []
    for line in lines:
        product = sold.get(line["sku"][:12])
        assert product is not None, (line["product_code"], line["usage_type"])
        assert product.unit == line["usage_unit"], line["usage_type"]
        costs = [line["usage_amount"] * usd for _, usd in product.prices(line["region"])]
        cost = line["on_demand_cost"]
        if not any(abs(cost - one) <= max(CENT, SHARE * one) for one in costs):
            wrong.append((line["usage_type"], line["usage_amount"], cost, costs))
    assert wrong == []
    bursts = await world.rows(
        "SELECT DISTINCT resource_id FROM cost_lines_daily WHERE account_id = $1 AND usage_type = 'CPUCredits:t3'"
    )
    assert [row["resource_id"] for row in bursts] == [f"i-t{world.number}"]
    # what commitments may cover is the same to the day that settles them and to whoever looks back
    assert not await world.rows(
        """SELECT usage_type, eligible FROM cost_lines_daily
            WHERE account_id = $1 AND record_type = 'Usage'
              AND eligible IS DISTINCT FROM driftcloud_eligible(service, usage_type, usage_unit)"""
    )
    kinds = await world.rows(
        "SELECT DISTINCT usage_type, instance_type FROM cost_lines_daily"
        " WHERE account_id = $1 AND usage_type LIKE 'ESInstance%'"
    )
    assert {f"{row['usage_type'].partition(':')[2]}.search" for row in kinds} == {
        row["instance_type"] for row in kinds
    }
