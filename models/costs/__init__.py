"""What each resource costs by its attributes: pure functions over the price list.

Units: `…_hourly` USD per hour, `…_monthly` USD per month, `…_daily` USD per day; sizes in GiB
(disks) or GB (traffic, objects), all quantised to numeric(10,4), half up, as the columns hold.

Two months exist, and both are right in their place:
- HOURS_PER_MONTH = 730: AWS's calculators and recommendations, and every "monthly" figure made
  of hours (savings, provisioned concurrency).
- DAYS_PER_MONTH = 30: the engine's month, which turns GB-month rates into daily rows.
What runs by the hour is billed by its real hours, 24 a day, so a day is never 730 / 30 hours.

A row's own stored cost always wins over these rules: they fill a row when it is made or
changed, and saving rules read the row.
"""

from models.costs.compute import (
    container_cluster_hourly,
    container_node_hourly,
    fargate_hourly,
    gpu_count,
    gpu_hourly,
    instance_hourly,
    lambda_daily,
    lambda_monthly,
    licence_hourly,
    vcpu_count,
)
from models.costs.machine_learning import (
    machines_hourly,
    notebook_hourly,
    variants_hourly,
)
from models.costs.money import (
    DAYS_PER_MONTH,
    HOURS_PER_MONTH,
    daily_of_hourly,
    daily_of_monthly,
    monthly_of_hourly,
    quantise,
)
from models.costs.network import (
    elastic_ip_hourly,
    load_balancer_hourly,
    nat_gateway_hourly,
    nat_gateway_processed,
    transfer,
    transit_gateway_attachment_hourly,
    vpc_endpoint_hourly,
)
from models.costs.search import search_domain_hourly
from models.costs.services import (
    cache_hourly,
    cache_serverless_hourly,
    managed_service_hourly,
    rds_hourly,
    rds_storage_monthly,
    stream_hourly,
)
from models.costs.storage import (
    log_ingestion,
    log_storage_monthly,
    s3_requests,
    s3_storage_monthly,
    snapshot_monthly,
    volume_monthly,
)

__all__ = [
    "DAYS_PER_MONTH",
    "HOURS_PER_MONTH",
    "cache_hourly",
    "cache_serverless_hourly",
    "container_cluster_hourly",
    "container_node_hourly",
    "daily_of_hourly",
    "daily_of_monthly",
    "elastic_ip_hourly",
    "fargate_hourly",
    "gpu_count",
    "gpu_hourly",
    "instance_hourly",
    "lambda_daily",
    "lambda_monthly",
    "licence_hourly",
    "load_balancer_hourly",
    "log_ingestion",
    "log_storage_monthly",
    "machines_hourly",
    "managed_service_hourly",
    "monthly_of_hourly",
    "nat_gateway_hourly",
    "nat_gateway_processed",
    "notebook_hourly",
    "quantise",
    "rds_hourly",
    "rds_storage_monthly",
    "s3_requests",
    "s3_storage_monthly",
    "search_domain_hourly",
    "snapshot_monthly",
    "stream_hourly",
    "transfer",
    "transit_gateway_attachment_hourly",
    "variants_hourly",
    "vcpu_count",
    "volume_monthly",
    "vpc_endpoint_hourly",
]
