"""Data transfer of an account: replication to another region, egress, and some days cross-AZ."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement

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


async def write(day: Day) -> None:
    """Two or three rows for the account."""
    await day.apply("data_transfer_daily", _WRITE)
