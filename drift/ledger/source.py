"""A source of the ledger: how the day's cost of one resource type is told in lines of the bill.

A resource's day costs what its row of metrics_daily says. A source divides that amount into
parts, each with a usage type; the last part is whatever the others leave, so that the lines of a
resource always add up to its day, to the last digit.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from dataclasses import dataclass

from drift.rates import array
from drift.statement import Statement
from models import prices, usage_types

# A day's row as `b` (id, region, p: the payload, cost), and of `z` what the resource's own table
# adds while it is still there.
_DAYS = """SELECT m.resource_id AS id, coalesce(m.metric_payload ->> 'region', 'us-east-1') AS region,
        m.metric_payload ->> 'env' AS env, m.metric_payload AS p, m.estimated_daily_cost AS cost
   FROM metrics_daily m
  WHERE m.account_id = :account AND m.resource_type = '{kind}' AND m.date = :date
    AND m.estimated_daily_cost > 0 OFFSET 0"""

_INSERT = """
INSERT INTO cost_lines_daily (account_id, date, resource_type, resource_id, region,
    availability_zone, service, product_code, usage_type, operation, instance_type, engine,
    platform, env, tag_set, eligible, usage_amount, usage_unit, on_demand_cost, unblended_cost,
    amortized_cost)
SELECT :account, :date, '{kind}', b.id, b.region, {zone}, '{service}', '{product}', l.usage_type,
       l.operation, l.type, {engine}, {platform}, b.env, s.id, l.eligible,
       round(l.amount::numeric, 8), l.unit, l.cost, l.cost, l.cost
  FROM ({rows}) b
  LEFT JOIN {codes} AS k (region, prefix, code) ON k.region = b.region
  {join}
  LEFT JOIN (SELECT t.resource_id, {digest} AS digest {active} AND t.resource_type = '{kind}'
              GROUP BY 1) g ON g.resource_id = b.id
  LEFT JOIN cost_tag_sets s ON s.account_id = :account AND s.digest = g.digest
  {costs}
  CROSS JOIN LATERAL ({parts})
       AS l (usage_type, operation, unit, amount, cost, eligible, type)
 WHERE {where}"""

# The tags that may divide a bill, as `t`, and what tells one set of them from another.
ACTIVE_TAGS = """
  FROM resource_tags t
 WHERE t.account_id = :account AND t.key = ANY (ARRAY(SELECT a.key FROM cost_allocation_tags a
                                WHERE a.account_id = :account AND a.status = 'Active'))"""
DIGEST = "sum(hashtextextended(t.key || chr(31) || t.value, 0))::text"

# The regions and their billing codes: a table of region, prefix and code.
_REGIONS = list(prices.table("regions"))
CODES = f"""unnest({array(_REGIONS, "text")}, {array(map(usage_types.prefix, _REGIONS), "text")},
       {array(map(usage_types.code, _REGIONS), "text")})"""

HOURS = "24"
REST = ""
# Days of 24 hours on the months of 730 in which what is kept beside machines is priced.
DAY_OF_MONTH = "24 / 730.0"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of use: SQL expressions over b, z and k (prefix: of old services, code: of new).

    `cost` in USD a day; REST, allowed for the last part alone, is what the others leave. `amount`
    counts `unit`s. `eligible` names what commitments may cover the part; `type` is of other machines
    than the source's.
    """

    usage_type: str
    operation: str
    unit: str
    amount: str
    cost: str = REST
    eligible: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """How days of the resource type `kind` become lines; `service` as Cost Explorer names it."""

    kind: str
    service: str
    product: str
    parts: tuple[Part, ...]
    type: str = "NULL"
    zone: str = "NULL"
    engine: str = "NULL"
    platform: str = "NULL"
    join: str = ""
    where: str = "true"
    rows: str = _DAYS

    @property
    def of_metrics(self) -> bool:
        """Whether its days are those of metrics_daily."""
        return self.rows == _DAYS

    def statement(self) -> Statement:
        """INSERT of the day's lines; its values are the day's own."""
        return Statement(
            _INSERT,
            codes=CODES,
            digest=DIGEST,
            active=ACTIVE_TAGS,
            kind=self.kind,
            service=self.service,
            product=self.product,
            zone=self.zone,
            engine=self.engine,
            platform=self.platform,
            join=self.join,
            where=self.where,
            rows=self.rows,
            costs=self._costs(),
            parts="\n  UNION ALL ".join(self._part(at) for at in range(len(self.parts))),
        )

    def _costs(self) -> str:
        """What each part but the last takes of what is left of the day's cost."""
        left, found = "b.cost", []
        for at, part in enumerate(self.parts[:-1]):
            share = f"greatest(0, least({left}, round(({part.cost})::numeric, 4)))"
            found.append(f"CROSS JOIN LATERAL (SELECT {share} AS cost OFFSET 0) c{at}")
            left += f" - c{at}.cost"
        found.append(f"CROSS JOIN LATERAL (SELECT {left} AS cost OFFSET 0) c{len(self.parts) - 1}")
        return "\n  ".join(found)

    def _part(self, at: int) -> str:
        part = self.parts[at]
        eligible = f"'{part.eligible}'" if part.eligible else "NULL::text"
        return (
            f"SELECT {part.usage_type}, {part.operation}, '{part.unit}', ({part.amount})::numeric,"
            f" c{at}.cost, {eligible}, ({part.type or self.type})::text WHERE c{at}.cost > 0"
        )


def share(hourly: str) -> str:
    """What of a day's cost is for one thing of several, by what it costs of the row's hour."""
    return f"b.cost * ({hourly}) / nullif(z.hourly_cost, 0)"


def old(name: str) -> str:
    """The usage type of an old service: bare in us-east-1. `name` is SQL for the rest of it."""
    return f"coalesce(k.prefix, '') || {name}"


def new(name: str) -> str:
    """The usage type of a newer service, which bears its region's code everywhere."""
    return f"coalesce(k.code, 'USE1') || '-' || {name}"
