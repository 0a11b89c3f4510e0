"""Data transfer: what an account always has, and what single resources send."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement

# What a bucket copies elsewhere is what came into it.
AFTER = ("s3_buckets", "transitions")

# Each account has its own level
# within the range, and each day its own around that; cross-AZ traffic shows on two days of three.
_WRITE = statement(
    """
INSERT INTO data_transfer_daily (account_id, date, source_region, dest_region, direction,
    gb_transferred, estimated_transfer_cost)
SELECT :account, :date, t.source, t.destination, t.direction, t.gb::numeric(12,4),
       (t.gb::numeric(12,4) * t.price)::numeric(10,4)
  FROM (SELECT x.*, x.least_gb + (x.most_gb - x.least_gb) * least(1, greatest(0,
               driftcloud_noise(:world, :number, x.direction) * 0.8
               + (driftcloud_noise(:seed, :number, x.direction) - 0.5) * 0.4 + 0.1
               + CASE WHEN :weekend THEN -0.1 ELSE 0 END)) AS gb
          FROM (SELECT q.* FROM (VALUES ('us-east-1')) AS r (region) {rates}) q CROSS JOIN LATERAL
               (VALUES ('us-east-1', 'us-west-2', 'cross-region', 5::float8, 50::float8, q.cross_region),
                       ('us-east-1', 'internet', 'egress', 20, 200, q.egress),
                       ('us-east-1', 'us-east-1', 'cross-az', 10, 120, q.cross_az))
               AS x (source, destination, direction, least_gb, most_gb, price)
         WHERE x.direction <> 'cross-az'
            OR driftcloud_noise(:seed, :number, 'cross-az?') < 0.66) t
ON CONFLICT DO NOTHING""",
    rates=rates.of("r.region", "cross_region", "egress", "cross_az"),
)

# A bucket sends what it took in and what was written over to the region of every bucket that its
# rules name. `rewritten_gb` of its profile is written over on a day.
_REPLICATED = """
SELECT 's3_bucket' AS kind, b.name AS id, b.region, d.region AS destination, 'cross-region' AS direction,
       b.env, greatest(0, (u.storage_gb_standard + u.storage_gb_ia + u.storage_gb_glacier)
           - (y.storage_gb_standard + y.storage_gb_ia + y.storage_gb_glacier))::float8 AS gb_grown,
       coalesce((p.params ->> 'rewritten_gb')::float8, 0) AS gb
  FROM s3_buckets b
  JOIN (SELECT DISTINCT s.id, o.region
          FROM s3_buckets s
         CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(s.replication -> 'Rules') WHEN 'array'
                                                 THEN s.replication -> 'Rules' ELSE '[]' END) e
          JOIN s3_buckets o ON o.account_id = :account
               AND o.name = replace(e -> 'Destination' ->> 'Bucket', 'arn:aws:s3:::', '')
         WHERE s.account_id = :account AND e ->> 'Status' = 'Enabled' AND o.region <> s.region) d ON d.id = b.id
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 's3_bucket' AND p.resource_id = b.name
  LEFT JOIN s3_bucket_usage_daily u ON u.bucket_id = b.id AND u.date = :date
  LEFT JOIN s3_bucket_usage_daily y ON y.bucket_id = b.id AND y.date = :date - 1
 WHERE b.account_id = :account"""

# What the public reads of a bucket, while its policy lets it and nothing keeps it out.
_READ = """
SELECT 's3_bucket', b.name, b.region, 'internet', 'egress', b.env, 0::float8, (p.params ->> 'public_gb')::float8
  FROM s3_buckets b
  JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 's3_bucket' AND p.resource_id = b.name
       AND p.params ? 'public_gb'
 WHERE b.account_id = :account AND b.policy IS NOT NULL
   AND b.public_access_block ->> 'RestrictPublicBuckets' IS DISTINCT FROM 'true'
   AND b.policy::jsonb @? '$.Statement[*] ? (@.Effect == "Allow" && (@.Principal == "*" || @.Principal.AWS == "*"))'"""

# What a machine exchanges with its peer is free within a zone.
_BETWEEN = """
SELECT 'instance', i.instance_id, i.region, i.region, 'cross-az', i.env, 0::float8, (p.params ->> 'peer_gb')::float8
  FROM resource_profiles p
  JOIN instances i ON i.account_id = :account AND i.instance_id = p.resource_id AND i.state = 'running'
  JOIN instances o ON o.account_id = :account AND o.instance_id = p.params ->> 'peer' AND o.state = 'running'
       AND o.region = i.region AND o.availability_zone <> i.availability_zone
 WHERE p.account_id = :account AND p.resource_type = 'instance' AND p.params ? 'peer_gb'"""

_FLOWS = statement(
    """
INSERT INTO data_transfer_daily (account_id, date, source_region, dest_region, direction,
    gb_transferred, estimated_transfer_cost, resource_type, resource_id)
SELECT :account, :date, f.region, f.destination, f.direction, f.gb, least(f.gb * f.price, 999999), f.kind, f.id
  FROM (SELECT r.kind, r.id, r.region, r.destination, r.direction, (r.gb_grown + r.gb * {busy} * (0.85 + 0.3 * driftcloud_noise(:seed, r.id, '/transfer')))::numeric(12,4) AS gb,
               CASE r.direction WHEN 'egress' THEN q.egress WHEN 'cross-az' THEN q.cross_az
                   ELSE CASE WHEN r.region IN ('us-east-1', 'us-east-2') AND r.destination IN ('us-east-1', 'us-east-2')
                             THEN q.cross_region_us_east ELSE q.cross_region END END AS price
          FROM ({flows}) r {rates}) f
 WHERE f.gb > 0
ON CONFLICT DO NOTHING""",
    flows=f"{_REPLICATED} UNION ALL {_READ} UNION ALL {_BETWEEN}",
    rates=rates.of("r.region", "cross_region", "cross_region_us_east", "egress", "cross_az"),
)


async def write(day: Day) -> None:
    """Two or three rows for the account, and one for each flow of a resource."""
    await day.apply("data_transfer_daily", _WRITE)
    await day.apply("data_transfer_daily", _FLOWS)
