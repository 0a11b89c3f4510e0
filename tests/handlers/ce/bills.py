"""A ledger of a test's own: 100 days of a bill, the newest of them the client's today."""

# ruff: noqa: E501 - lines of a bill read better whole

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud, RunningServer, new_cloud

SHIFT = timedelta(days=37)
DAYS = 100
EC2 = "Amazon Elastic Compute Cloud - Compute"
OTHER = "EC2 - Other"
RDS = "Amazon Relational Database Service"
PLAN, RESERVATION = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
SHOP = {"team": "shop", "env": "prod"}
DATA = {"team": "Data_Lake", "env": "dev"}
ALONE = {"env": "prod"}

# service, product, usage type, operation, region, zone, type, engine, platform, tags, record type,
# commitment, unit, resource, cost a day, use a day
LINES: list[tuple[Any, ...]] = [
    (EC2, "AmazonEC2", "BoxUsage:m5.xlarge", "RunInstances", "us-east-1", "us-east-1a", "m5.xlarge", None, "Linux/UNIX", SHOP, "Usage", None, "Hrs", "i-1", "4.6081", "24"),
    (EC2, "AmazonEC2", "BoxUsage:m5.xlarge", "RunInstances", "us-east-1", "us-east-1b", "m5.xlarge", None, "Linux/UNIX", DATA, "Usage", None, "Hrs", "i-2", "4.6081", "24"),
    (EC2, "AmazonEC2", "EUW2-BoxUsage:c5.large", "RunInstances:0002", "eu-west-2", "eu-west-2a", "c5.large", None, "Windows", None, "Usage", None, "Hrs", "i-3", "3.3333", "23.5"),
    (EC2, "AmazonEC2", "SpotUsage:m5.large", "RunInstances", "us-east-1", "us-east-1a", "m5.large", None, "Linux/UNIX", DATA, "Usage", None, "Hrs", "i-4", "0.7001", "24"),
    (EC2, "AmazonEC2", "BoxUsage:m5.large", "RunInstances", "us-east-1", "us-east-1a", "m5.large", None, "Linux/UNIX", SHOP, "DiscountedUsage", RESERVATION, "Hrs", "i-5", "0", "24"),
    (EC2, "AmazonEC2", "BoxUsage:r5.large", "RunInstances", "us-east-1", "us-east-1c", "r5.large", None, "Linux/UNIX", SHOP, "SavingsPlanCoveredUsage", PLAN, "Hrs", "i-6", "3.024", "24"),
    (EC2, "AmazonEC2", "BoxUsage:r5.large", "RunInstances", "us-east-1", "us-east-1c", "r5.large", None, "Linux/UNIX", SHOP, "SavingsPlanNegation", PLAN, "Hrs", "i-6", "-3.024", "0"),
    ("Savings Plans for AWS Compute usage", "ComputeSavingsPlans", "ComputeSP:1yrNoUpfront", "", "us-east-1", None, None, None, None, None, "SavingsPlanRecurringFee", PLAN, "Hrs", "plan", "2.4", "24"),
    (OTHER, "AmazonEC2", "EBS:VolumeUsage.gp3", "CreateVolume-Gp3", "us-east-1", "us-east-1a", None, None, None, SHOP, "Usage", None, "GB-Mo", "vol-1", "0.2667", "3.3333"),
    (OTHER, "AmazonEC2", "EUW2-NatGateway-Hours", "NatGateway", "eu-west-2", None, None, None, None, ALONE, "Usage", None, "Hrs", "nat-1", "1.08", "24"),
    (OTHER, "AWSDataTransfer", "DataTransfer-Out-Bytes", "RunInstances", "us-east-1", None, None, None, None, None, "Usage", None, "GB", None, "0.9", "10"),
    (RDS, "AmazonRDS", "Multi-AZUsage:db.r5.large", "CreateDBInstance:0014", "us-east-1", None, "db.r5.large", "PostgreSQL", None, SHOP, "Usage", None, "Hrs", "db-1", "12.0001", "24"),
    ("Amazon ElastiCache", "AmazonElastiCache", "NodeUsage:cache.r6g.large", "CreateCacheCluster:0002", "us-east-1", None, "cache.r6g.large", "Redis", None, DATA, "Usage", None, "Hrs", "cache-1", "4.944", "24"),
    ("Amazon Simple Storage Service", "AmazonS3", "TimedStorage-ByteHrs", "StandardStorage", "us-east-1", None, None, None, None, None, "Usage", None, "GB-Mo", "bucket", "0.7667", "33.3333"),
    (RDS, "AmazonRDS", "Multi-AZUsage:db.r5.large", "CreateDBInstance:0014", "us-east-1", None, None, None, None, SHOP, "EdpDiscount", None, None, "db-1", "-0.6001", "0"),
]  # fmt: skip

_TAGS = """
insert into cost_tag_sets (account_id, digest, tags)
select $1, t.value::text, t.value from jsonb_array_elements($2::text::jsonb) t"""
# Costs differ from day to day, are higher on working days and grow a little.
_LINES = """
insert into cost_lines_daily (account_id, date, service, product_code, usage_type, operation, region,
    availability_zone, instance_type, engine, platform, tag_set, record_type, commitment_id, usage_unit,
    resource_type, resource_id, usage_amount, on_demand_cost, unblended_cost, amortized_cost)
select $1, d::date, l ->> 0, l ->> 1, l ->> 2, l ->> 3, l ->> 4, l ->> 5, l ->> 6, l ->> 7, l ->> 8, s.id, l ->> 10,
       (l ->> 11)::uuid, l ->> 12, 'thing', l ->> 13, round((l ->> 15)::numeric * f, 8), 0,
       round((l ->> 14)::numeric * f, 4),
       case when l ->> 10 = 'DiscountedUsage' then round(1.4 * f, 4) when l ->> 10 = 'SavingsPlanCoveredUsage' then 2.4
            when l ->> 10 like 'SavingsPlan%' then 0 else round((l ->> 14)::numeric * f, 4) end
  from jsonb_array_elements($4::text::jsonb) with ordinality x (l, n)
 cross join generate_series($2::date, $3::date, '1 day') d
 cross join lateral (select case when extract(isodow from d) > 5 then 0.8 else 1.0 end
                            + (extract(day from d) * n % 7) / 100.0 + (d::date - $2::date) / 2000.0 as f) f
  left join cost_tag_sets s on s.account_id = $1 and s.tags = l -> 9"""
_FEES = """
insert into cost_lines_daily (account_id, date, service, product_code, usage_type, operation, region, instance_type,
    record_type, commitment_id, usage_unit, resource_type, resource_id, usage_amount, unblended_cost)
select $1, d::date, 'Amazon Elastic Compute Cloud - Compute', 'AmazonEC2', 'HeavyUsage:m5.large', '', 'us-east-1', 'm5.large',
       'RIFee', $4::text::uuid, 'Hrs', 'commitment', 'reservation', 24 * m, 1.5 * m
  from generate_series($2::date, $3::date, '1 day') d
 cross join lateral (select extract(day from date_trunc('month', d) + interval '1 month' - interval '1 day') as m) m
 where extract(day from d) = 1"""
_DAILY = """
insert into cost_daily (account_id, date, region, availability_zone, service, usage_type, operation, instance_type,
    engine, platform, tag_set, record_type, commitment_id, usage_amount, usage_unit, on_demand_cost, unblended_cost,
    amortized_cost, resources)
select account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine, platform,
       tag_set, record_type, commitment_id, sum(usage_amount), usage_unit, 0, sum(unblended_cost), sum(amortized_cost),
       count(*)
  from cost_lines_daily where account_id = $1
 group by account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine, platform,
       tag_set, record_type, commitment_id, usage_unit"""
_COMMITMENTS = """
insert into commitments (id, account_id, commitment_type, scope, term_months, hourly_commitment_amount, start_date, end_date,
    arn, plan_type, offering_class, payment_option)
values ($2::text::uuid, $1, 'savings_plan', 'compute', 12, 0.1, $4::date, $4::date + 365, 'arn:plan:' || $2, 'Compute', null, 'No Upfront'),
       ($3::text::uuid, $1, 'reserved_instance', 'ec2', 12, 0.06, $4::date, $4::date + 365, 'arn:reservation:' || $3, null, 'convertible',
        'All Upfront')"""


@dataclass(frozen=True, slots=True)
class Bill:
    """The account, its ledger and the client's calendar."""

    cloud: Cloud

    @property
    def today(self) -> date:
        """The newest day as the client has it."""
        return datetime.now(UTC).date()

    def day(self, ago: int) -> date:
        """So many days before today."""
        return self.today - timedelta(days=ago)

    def period(self, ago: int, until: int = -1) -> dict[str, str]:
        """From so many days ago to before so many days ago; by default up to today."""
        return {"Start": str(self.day(ago)), "End": str(self.day(until))}

    @property
    def ce(self) -> Any:
        """A client."""
        return self.cloud.client("ce")

    def rows(self, what: str, tail: str = "", *, table: str = "cost_lines_daily") -> list[Any]:
        """`select what` of the ledger with `day` the client's date and `tags`."""
        return self.cloud.running.rows(
            f"select {what} from (select c.*, c.date + 37 as day, coalesce(s.tags, '{{}}') as tags"
            f" from {table} c left join cost_tag_sets s on s.id = c.tag_set where c.account_id = $1) l"
            f" {tail}",
            self.cloud.account.id,
        )

    def total(self, column: str, where: str = "true") -> Decimal:
        """The sum of a column."""
        [row] = self.rows(f"coalesce(sum({column}), 0) as total", f"where {where}")
        return Decimal(row["total"])


def write(cloud: Cloud) -> Bill:
    """Write the bill, and set the account's clock on its newest day."""
    bill = Bill(cloud)
    rows, account = cloud.running.rows, cloud.account.id
    newest = bill.today - SHIFT
    first = newest - timedelta(days=DAYS - 1)
    rows(
        "insert into virtual_clocks (account_id, seed, virtual_date) values ($1, 1, $2)"
        " on conflict (account_id) do update set virtual_date = excluded.virtual_date",
        account,
        newest,
    )
    cloud.running.server.clocks.forget(str(account))
    own = str(account)[:24]
    plan, reservation = (own + one[24:] for one in (PLAN, RESERVATION))
    rows(_COMMITMENTS, account, plan, reservation, first)
    rows(_TAGS, account, json.dumps([SHOP, DATA, ALONE]))
    text = json.dumps(LINES).replace(PLAN, plan).replace(RESERVATION, reservation)
    rows(_LINES, account, first, newest, text)
    rows(_FEES, account, first, newest, reservation)
    rows(_DAILY, account)
    rows(
        "insert into cost_allocation_tags (account_id, key, status, updated_date, used_date)"
        " values ($1, 'team', 'Active', $2, $3), ($1, 'env', 'Active', $2, $3),"
        " ($1, 'Name', 'Inactive', $2, $3)",
        account,
        first,
        newest,
    )
    return bill


@pytest.fixture(scope="session")
def bill(running: RunningServer) -> Bill:
    """A bill that tests only read."""
    return write(new_cloud(running))
