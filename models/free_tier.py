"""The Free Tier: what AWS gives each month, and how much of it an account has used.

Source: https://aws.amazon.com/free/ and the price list's offers as GetFreeTierUsage words them:
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_FreeTierUsage.html.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from models.cost_dimensions import EC2, ELASTICACHE, RDS
from models.cost_expressions import MINE

ALWAYS, TWELVE_MONTHS = "Always Free", "12 Months Free"
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer: so many units a month of usage types that are `like` a pattern, in all regions."""

    service: str
    usage_type: str
    operation: str
    limit: int
    unit: str
    kind: str
    description: str
    like: tuple[str, ...]


def _hours(service: str, name: str, operation: str, text: str, like: tuple[str, ...]) -> Offer:
    return Offer(service, name, operation, 750, "Hrs", TWELVE_MONTHS, text, like)


OFFERS = (
    Offer("AWS Lambda", "Global-Request", "", 1_000_000, "Requests", ALWAYS,
          "1,000,000 free requests per month for AWS Lambda", ("%Request", "%Request-ARM")),
    Offer("AWS Lambda", "Global-Lambda-GB-Second", "", 400_000, "seconds", ALWAYS,
          "400,000 seconds of compute time per month for AWS Lambda",
          ("%Lambda-GB-Second", "%Lambda-GB-Second-ARM")),
    Offer("AmazonCloudWatch", "Global-DataProcessing-Bytes", "", 5, "GB", ALWAYS,
          "5 GB of log data ingestion per month for Amazon CloudWatch", ("%DataProcessing-Bytes",)),
    Offer("AmazonCloudWatch", "Global-TimedStorage-ByteHrs", "", 5, "GB-Mo", ALWAYS,
          "5 GB-Mo of log data archive per month for Amazon CloudWatch", ("%TimedStorage-ByteHrs",)),
    Offer("EC2 - Other", "Global-DataTransfer-Out-Bytes", "", 100, "GB", ALWAYS,
          "100 GB of data transfer out to the internet per month", ("%DataTransfer-Out-Bytes",)),
    _hours(EC2, "Global-BoxUsage:freetier.micro", "RunInstances",
           "750 hours of Amazon EC2 Linux t2.micro or t3.micro instance usage",
           ("%BoxUsage:t2.micro", "%BoxUsage:t3.micro")),
    Offer("EC2 - Other", "Global-EBS:VolumeUsage", "", 30, "GB-Mo", TWELVE_MONTHS,
          "30 GB of Amazon Elastic Block Storage in any combination of gp2, gp3 or magnetic",
          ("%EBS:VolumeUsage", "%EBS:VolumeUsage.gp2", "%EBS:VolumeUsage.gp3")),
    Offer("EC2 - Other", "Global-EBS:SnapshotUsage", "", 1, "GB-Mo", TWELVE_MONTHS,
          "1 GB-Mo of Amazon EBS snapshot storage", ("%EBS:SnapshotUsage",)),
    Offer("Amazon Simple Storage Service", "Global-TimedStorage-ByteHrs", "", 5, "GB-Mo", TWELVE_MONTHS,
          "5 GB of Amazon S3 standard storage", ("%TimedStorage-ByteHrs",)),
    Offer("Amazon Simple Storage Service", "Global-Requests-Tier1", "", 2_000, "Requests", TWELVE_MONTHS,
          "2,000 Put, Copy, Post or List Requests of Amazon S3", ("%Requests-Tier1",)),
    Offer("Amazon Simple Storage Service", "Global-Requests-Tier2", "", 20_000, "Requests", TWELVE_MONTHS,
          "20,000 Get Requests of Amazon S3", ("%Requests-Tier2",)),
    _hours(RDS, "Global-InstanceUsage:db.t3.micro", "CreateDBInstance",
           "750 hours of Amazon RDS Single-AZ db.t2.micro, db.t3.micro or db.t4g.micro instances",
           ("%InstanceUsage:db.t2.micro", "%InstanceUsage:db.t3.micro", "%InstanceUsage:db.t4g.micro")),
    Offer(RDS, "Global-RDS:GP2-Storage", "", 20, "GB-Mo", TWELVE_MONTHS,
          "20 GB of general purpose storage of Amazon RDS", ("%RDS:GP2-Storage", "%RDS:GP3-Storage")),
    _hours("Amazon Elastic Load Balancing", "Global-LoadBalancerUsage", "LoadBalancing",
           "750 hours of Elastic Load Balancing", ("%LoadBalancerUsage",)),
    _hours(ELASTICACHE, "Global-NodeUsage:cache.t3.micro", "CreateCacheCluster",
           "750 hours of Amazon ElastiCache cache.t2.micro or cache.t3.micro nodes",
           ("%NodeUsage:cache.t2.micro", "%NodeUsage:cache.t3.micro")),
    Offer("Amazon OpenSearch Service", "Global-ESInstance:t3.small", "ESDomain", 750, "Hrs", TWELVE_MONTHS,
          "750 hours of Amazon OpenSearch Service t2.small or t3.small instances",
          ("%ESInstance:t2.small", "%ESInstance:t3.small")),
)  # fmt: skip

# What reservations and plans cover has been used as well; fees and discounts are no use.
_USAGE = f"""
SELECT o.at::int AS at, sum(l.usage_amount) AS used
  FROM unnest($3::text[]) WITH ORDINALITY AS o (service, at)
  JOIN jsonb_array_elements($4::jsonb) WITH ORDINALITY AS p (likes, at) ON p.at = o.at
  JOIN (SELECT l.service, l.usage_type, sum(l.usage_amount) AS usage_amount FROM cost_daily l
         WHERE {MINE} AND l.date >= $1 AND l.date <= $2
           AND l.record_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
         GROUP BY 1, 2) l ON l.service = o.service
   AND EXISTS (SELECT FROM jsonb_array_elements_text(p.likes) AS x (pattern) WHERE l.usage_type LIKE x.pattern)
 GROUP BY 1"""


async def used(
    db: Any, first: date, last: date, known_since: date | None
) -> list[tuple[Offer, Decimal]]:
    """Offers of which an account used something from `first` to `last`, with how much.

    `known_since` is the account's first day: a year later only what is always free is left.
    """
    young = known_since is not None and last - known_since < YEAR
    offers = [one for one in OFFERS if one.kind == ALWAYS or young]
    rows = await db.fetch(
        _USAGE,
        first,
        last,
        [one.service for one in offers],
        [list(one.like) for one in offers],
    )
    return [(offers[row["at"] - 1], row["used"]) for row in sorted(rows, key=lambda r: r["at"])]
