"""What findings are made from: SQL fragments over metrics_daily and the newest day's bill."""

from dataclasses import dataclass

from models.callers import NOW
from models.recommendations.finding import HEADROOM_PERCENT, LOOK_BACK_DAYS

OWN = "(select driftcloud_account())"
TODAY = f"({NOW} at time zone 'utc')::date"

# How many days before today the look-back begins, $1; in which region, $2 (null: in all); of
# which resources, $3 (null: of all).
ASKED = "({id} = any($3::text[]) or $3 is null) and (r.region = $2 or $2 is null)"

# Peaks that AWS's thresholds let count: P90, P95 and P99.5 of what was the highest in each day.
PEAKS = "percentile_disc(array[0.90, 0.95, 0.995]) within group (order by {value})"
THRESHOLDS = ("P90", "P95", "P99_5")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which resources are asked about, over which look-back, with what to spare.

    `threshold` is the place of the percentile among P90, P95 and P99.5, `headroom` in percent.
    `included` and `excluded` are instance types, or families with `.*`, to recommend and not to.
    """

    region: str | None = None
    ids: tuple[str, ...] | None = None
    days: int = LOOK_BACK_DAYS
    threshold: int = 2
    headroom: int = HEADROOM_PERCENT
    memory_headroom: int = HEADROOM_PERCENT
    architectures: tuple[str, ...] = ("CURRENT",)
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[int, str | None, list[str] | None]:
        """The first three arguments of every statement of findings."""
        return self.days, self.region, None if self.ids is None else list(self.ids)

    def allows(self, instance_type: str) -> bool:
        """Whether a type may be recommended."""
        names = {instance_type, instance_type.partition(".")[0] + ".*"}
        names.add(instance_type.partition(".")[0])
        wanted = not self.included or not names.isdisjoint(self.included)
        return wanted and names.isdisjoint(self.excluded)

    def room(self, value: float, headroom: int | None = None) -> float:
        """What must be there for a need of `value`."""
        return value * (100 + (self.headroom if headroom is None else headroom)) / 100


def figure(name: str, alias: str = "m") -> str:
    """A number of a day's payload."""
    return f"({alias}.metric_payload -> '{name}')::numeric"


def days_seen(kind: str, figures: str, join: str = "", key: str = "m.resource_id") -> str:
    """SELECT of the aggregates `figures` over the look-back, a row per `key`, called id."""
    return (
        f"select {key} as id, count(distinct m.date) as days, {figures}"
        f" from metrics_daily m {join}"
        f" where m.account_id = {OWN} and m.resource_type = '{kind}'"
        f" and m.date > {TODAY} - $1::int and m.date <= {TODAY} group by 1"
    )


def bill(kind: str, where: str = "true") -> str:
    """SELECT of what the newest day cost by the price list, and of what was charged for it."""
    return (
        "select l.resource_id as id, sum(l.on_demand_cost) as listed,"
        " sum(l.unblended_cost) as charged from cost_lines_daily l"
        f" where l.account_id = {OWN} and l.resource_type = '{kind}' and l.date = {TODAY}"
        f" and {where} group by 1"
    )


def bill_of_hours(kind: str) -> str:
    """The same of use that commitments may cover, without the storage beside it."""
    return (
        "select u.id, sum(u.listed) as listed, sum(u.charged) as charged"
        " from (select l.resource_id as id, l.usage_type, sum(l.on_demand_cost) as listed,"
        " sum(l.unblended_cost) as charged, bool_or(l.eligible is not null) as by_hours"
        f" from cost_lines_daily l where l.account_id = {OWN} and l.resource_type = '{kind}'"
        f" and l.date = {TODAY} group by 1, 2) u where u.by_hours group by 1"
    )


def tags_of(kind: str, key: str) -> str:
    """A resource's tags as an object, of types whose table has no such column."""
    return (
        "(select jsonb_object_agg(t.key, t.value) from resource_tags t"
        f" where t.resource_type = '{kind}' and t.resource_id = {key})"
    )
