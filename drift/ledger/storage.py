"""What is kept, on the bill: volumes, snapshots, buckets and logs."""

# ruff: noqa: E501 - the lines of SQL read better whole

from itertools import product

from drift import rates
from drift.ledger.source import Part, Source, new, old
from drift.rates import array
from models import prices

OTHER = "EC2 - Other"
_SIZE = "coalesce((b.p ->> 'size_gib')::numeric, 0) / 30.0"

_KIND = (
    "CASE b.p ->> 'type' WHEN 'io1' THEN '.piops' WHEN 'standard' THEN ''"
    " ELSE '.' || coalesce(b.p ->> 'type', 'gp3') END"
)
# Whether a volume pays for more than its size.
_PROVISIONED = (
    "(z.volume_type IN ('io1', 'io2')"
    " OR z.volume_type = 'gp3' AND (z.iops > 3000 OR z.throughput > 125))"
)
# What gp3 brings along costs nothing more.
_FAST = "greatest(0, coalesce(z.throughput, 0) - 125)"
_CREATE = "'CreateVolume' || CASE b.p ->> 'type' WHEN 'standard' THEN '' ELSE '-' || initcap(b.p ->> 'type') END"

# What a GiB of each type of volume costs a month: a table of region, type and price.
_LISTED = list(
    product(prices.table("regions"), ("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"))
)
_VOLUMES = f"""unnest({array((region for region, _ in _LISTED), "text")},
      {array((kind for _, kind in _LISTED), "text")},
      {array((prices.price("ebs", kind, region) for region, kind in _LISTED), "numeric")})"""

_BUCKETS = """SELECT b.name AS id, b.region, b.env, jsonb_build_object('standard', u.storage_gb_standard,
        'ia', u.storage_gb_ia, 'glacier', u.storage_gb_glacier, 'requests', u.requests_count,
        'request_cost', u.estimated_request_cost) AS p,
        u.estimated_storage_cost::numeric + u.estimated_request_cost AS cost
   FROM s3_bucket_usage_daily u JOIN s3_buckets b ON b.id = u.bucket_id
  WHERE b.account_id = :account AND u.date = :date
    AND u.estimated_storage_cost + u.estimated_request_cost > 0"""

_LOG_GROUPS = """SELECT g.arn AS id, g.region, g.env, jsonb_build_object('ingested', u.ingested_gb,
        'stored', u.stored_gb, 'storage_cost', u.estimated_storage_cost) AS p,
        u.estimated_ingestion_cost::numeric + u.estimated_storage_cost AS cost
   FROM log_group_usage_daily u JOIN log_groups g ON g.id = u.log_group_id
  WHERE g.account_id = :account AND u.date = :date
    AND u.estimated_ingestion_cost + u.estimated_storage_cost > 0"""

# Four of five requests read; what they leave of the cost of requests moved objects elsewhere, but
# for what rounding leaves.
_WRITES = "((b.p ->> 'requests')::numeric / 5)"
_READS = "((b.p ->> 'requests')::numeric * 4 / 5)"
_MOVED = f"(b.p ->> 'request_cost')::numeric - c0.cost - {_READS} * q.request_read"
_LEFT = "0.0003"

SOURCES = (
    Source(
        "volume",
        OTHER,
        "AmazonEC2",
        (
            Part(
                old(f"'EBS:VolumeUsage' || {_KIND}"),
                _CREATE,
                "GB-Mo",
                _SIZE,
                f"CASE WHEN {_PROVISIONED}"
                f" THEN {_SIZE} * coalesce((b.p ->> 'w')::numeric, 1) * q.price ELSE b.cost END",
            ),
            Part(
                old("'EBS:VolumeP-Throughput.gp3'"),
                _CREATE,
                "MiBps-Mo",
                f"{_FAST} / 30.0",
                f"CASE WHEN z.volume_type = 'gp3' THEN {_FAST} / 30.0"
                " * coalesce((b.p ->> 'w')::numeric, 1) * f.disk_mibps ELSE 0 END",
            ),
            Part(
                old(f"'EBS:VolumeP-IOPS' || {_KIND}"),
                _CREATE,
                "IOPS-Mo",
                "CASE z.volume_type WHEN 'gp3' THEN greatest(0, z.iops - 3000)"
                " ELSE coalesce(z.iops, 0) END / 30.0",
            ),
        ),
        join=f"""LEFT JOIN volumes z ON z.volume_id = b.id AND z.account_id = :account
  LEFT JOIN LATERAL (SELECT r.price FROM {_VOLUMES} AS r (region, type, price)
      WHERE r.region = b.region AND r.type = b.p ->> 'type') q ON true
  """
        + rates.of("b.region", "disk_mibps", alias="f"),
        zone="z.availability_zone",
    ),
    Source(
        "snapshot",
        OTHER,
        "AmazonEC2",
        (
            Part(
                old(
                    "CASE b.p ->> 'type' WHEN 'archive' THEN 'EBS:SnapshotArchiveStorage'"
                    " ELSE 'EBS:SnapshotUsage' END"
                ),
                "'CreateSnapshot'",
                "GB-Mo",
                _SIZE,
            ),
        ),
    ),
    Source(
        "s3_bucket",
        "Amazon Simple Storage Service",
        "AmazonS3",
        (
            Part(
                old("'Requests-Tier1'"),
                "'PutObject'",
                "Requests",
                _WRITES,
                f"{_WRITES} * q.request_write",
            ),
            Part(
                old("'Requests-Tier2'"),
                "'GetObject'",
                "Requests",
                _READS,
                f"CASE WHEN {_MOVED} < {_LEFT} THEN (b.p ->> 'request_cost')::numeric - c0.cost"
                f" ELSE {_READS} * q.request_read END",
            ),
            Part(
                old("'Requests-SIA-Tier1'"),
                "'S3-StandardIATransition'",
                "Requests",
                "c2.cost / q.transition",
                "(b.p ->> 'request_cost')::numeric - c0.cost - c1.cost",
            ),
            Part(
                old("'TimedStorage-SIA-ByteHrs'"),
                "'StandardIAStorage'",
                "GB-Mo",
                "(b.p ->> 'ia')::numeric / 30",
                "(b.p ->> 'ia')::numeric / 30 * q.warm",
            ),
            Part(
                old("'TimedStorage-GIR-ByteHrs'"),
                "'GlacierInstantRetrievalStorage'",
                "GB-Mo",
                "(b.p ->> 'glacier')::numeric / 30",
                "(b.p ->> 'glacier')::numeric / 30 * q.cold",
            ),
            Part(
                old("'TimedStorage-ByteHrs'"),
                "'StandardStorage'",
                "GB-Mo",
                "(b.p ->> 'standard')::numeric / 30",
            ),
        ),
        join=rates.of("b.region", "warm", "cold", "request_write", "request_read", "transition"),
        rows=_BUCKETS,
    ),
    Source(
        "log_group",
        "AmazonCloudWatch",
        "AmazonCloudWatch",
        (
            Part(
                new("'TimedStorage-ByteHrs'"),
                "'HourlyStorageMetering'",
                "GB-Mo",
                "(b.p ->> 'stored')::numeric / 30",
                "(b.p ->> 'storage_cost')::numeric",
            ),
            Part(
                new("'DataProcessing-Bytes'"),
                "'PutLogEvents'",
                "GB",
                "(b.p ->> 'ingested')::numeric",
            ),
        ),
        rows=_LOG_GROUPS,
    ),
)
