"""Cost categories in exports: the same division of the bill that reports have."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.bcm_data_exports import bills
from tests.handlers.ec2.answers import Sql

ONE_DAY = timedelta(days=1)
DATABASES = {
    "Value": "Data",
    "Rule": {"Dimensions": {"Key": "SERVICE_CODE", "Values": ["AmazonRDS"]}},
}
QUERIES = {
    "cur": "SELECT line_item_unblended_cost AS usd, cost_category['Layer'] AS layer"
           " FROM COST_AND_USAGE_REPORT",
    "focus": "SELECT BilledCost AS usd, x_CostCategories.Layer AS layer FROM FOCUS_1_2_AWS",
}  # fmt: skip


def inherited(name: str, **key: str) -> dict[str, Any]:
    """A rule that takes what the line itself says."""
    return {"Type": "INHERITED_VALUE", "InheritedValue": {"DimensionName": name, **key}}


def reported(ce: Any, start: Any, end: Any) -> dict[str, Decimal]:
    """Costs by the category, of Cost Explorer."""
    days = ce.get_cost_and_usage(
        TimePeriod={"Start": str(start), "End": str(end)}, Granularity="DAILY",
        Metrics=["UnblendedCost"], GroupBy=[{"Type": "COST_CATEGORY", "Key": "Layer"}],
    )["ResultsByTime"]  # fmt: skip
    found: dict[str, Decimal] = defaultdict(Decimal)
    for group in (one for day in days for one in day["Groups"]):
        usd = Decimal(group["Metrics"]["UnblendedCost"]["Amount"])
        found[group["Keys"][0].removeprefix("Layer$")] += usd
    return found


def exported(cloud: Cloud, title: str) -> dict[str, Decimal]:
    """The same, of an export."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    months = bills.months(cloud, bills.bucket_of(cloud), title)
    for row in (one for month in months.values() for one in month):
        found[row["layer"]] += Decimal(row["usd"])
    return found


def test_cost_categories_divide_an_export_as_they_do_reports(cloud: Cloud, sql: Sql) -> None:
    """Rules by service, by tag and that inherit: CUR 2.0, FOCUS and Cost Explorer agree."""
    bills.live(cloud, 2)
    name, ce = bills.bucket(cloud), cloud.client("ce")
    [bill] = sql(
        "select min(date) as first, max(date) as last,"
        " (now() at time zone 'utc')::date - max(date) as shift, min(a.name) as name"
        " from cost_daily l join cloud_accounts a on a.id = l.account_id where a.id = $1",
        cloud.account.id,
    )
    first, today = (bill[one] + timedelta(days=bill["shift"]) for one in ("first", "last"))
    made = {
        "RuleVersion": "CostCategoryExpression.v1",
        "DefaultValue": "Rest",
        "EffectiveStart": f"{first:%Y-%m}-01T00:00:00Z",
    }
    arn = ce.create_cost_category_definition(
        Name="Layer", Rules=[DATABASES, inherited("LINKED_ACCOUNT_NAME")], **made
    )["CostCategoryArn"]
    exports = cloud.client("bcm-data-exports")
    for title, query in QUERIES.items():
        exports.create_export(Export=bills.export(title, name, query))
    told = reported(ce, first, today + ONE_DAY)
    assert set(told) == {"Data", bill["name"]}
    assert exported(cloud, "cur") == exported(cloud, "focus") == told
    # a tag that tells costs apart from the next day on, and rules that hold for all days
    sql("insert into cost_allocation_tags (account_id, key, type, status, updated_date)"
        " values ($1, 'tier', 'UserDefined', 'Active', $2) returning key",
        cloud.account.id, bill["last"])  # fmt: skip
    [machine] = sql("select resource_id from cost_lines_daily where account_id = $1"
                    " and resource_type = 'instance' limit 1", cloud.account.id)  # fmt: skip
    cloud.client("ec2").create_tags(
        Resources=[machine["resource_id"]], Tags=[{"Key": "tier", "Value": "front"}]
    )
    rules = [{**DATABASES, "Value": "Stored"}, inherited("TAG", DimensionKey="tier")]
    ce.update_cost_category_definition(CostCategoryArn=arn, Rules=rules, **made)
    bills.tick(cloud)
    told = reported(ce, first - ONE_DAY, today + ONE_DAY)  # the newest day is today again
    assert set(told) == {"Stored", "front", "Rest"}
    assert exported(cloud, "cur") == exported(cloud, "focus") == told
