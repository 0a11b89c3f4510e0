"""COST_OPTIMIZATION_RECOMMENDATIONS: what Cost Optimization Hub recommends today, a row for each.

Source: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cor.html and
table-dictionary-cor-columns.html. A filter, in the words of ListRecommendations, holds before
what can be done but once is counted once.
"""

# ruff: noqa: E501 - a table

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from models.cost_exports.column import (
    Column,
    Property,
    Table,
    flag,
    moment,
    number,
    pairs,
    text,
    whole,
)
from models.recommendations import details, hub
from models.recommendations.advice import Advice

ALL, FILTER = "INCLUDE_ALL_RECOMMENDATIONS", "FILTER"
_FLAGS = ("restartNeeded", "rollbackPossible")
_LISTS = ("implementationEfforts", "accountIds", "regions", "resourceTypes", "actionTypes",
          "resourceIds", "resourceArns", "recommendationIds")  # fmt: skip


def _usd(name: str, description: str, *, nullable: bool = False) -> Column:
    return number(name, f"r.{name}", description, nullable=nullable)


def _words(name: str, description: str, *, nullable: bool = False) -> Column:
    return text(name, f"r.{name}", description, nullable=nullable)


_COLUMNS = (
    _words("account_id", "The account that the recommendation is for."),
    text("account_name", "a.name", "Its name.", nullable=False),
    _words("action_type", "What is to be done."),
    _words("currency_code", "Currency of costs and savings."),
    _words("current_resource_details", "The resource as it is, in JSON.", nullable=True),
    _words("current_resource_summary", "The resource as it is, in words.", nullable=True),
    _words("current_resource_type", "Type of the resource.", nullable=True),
    _usd("estimated_monthly_cost_after_discount", "What the resource costs a month.", nullable=True),
    _usd("estimated_monthly_cost_before_discount", "The same by the price list."),
    _usd("estimated_monthly_savings_after_discount", "What is saved a month.", nullable=True),
    _usd("estimated_monthly_savings_before_discount", "The same by the price list."),
    _usd("estimated_savings_percentage_after_discount", "Savings as a part of the cost.", nullable=True),
    _usd("estimated_savings_percentage_before_discount", "The same by the price list."),
    _words("implementation_effort", "How much work it is."),
    moment("last_refresh_timestamp", "r.last_refresh_timestamp", "When it was recommended.", nullable=False),
    _words("recommendation_id", "Id of the recommendation."),
    whole("recommendation_lookback_period_in_days", "r.recommendation_lookback_period_in_days", "How many days it rests on.", nullable=False),
    _words("recommendation_source", "What recommends it."),
    _words("recommended_resource_details", "The resource as it should be, in JSON."),
    _words("recommended_resource_summary", "The resource as it should be, in words."),
    _words("recommended_resource_type", "Type of the recommended resource."),
    _words("region", "Region of the resource.", nullable=True),
    _words("resource_arn", "The resource.", nullable=True),
    flag("restart_needed", "r.restart_needed", "Whether it restarts.", nullable=False),
    flag("rollback_possible", "r.rollback_possible", "Whether it can be undone.", nullable=False),
    pairs("tags", "nullif(r.tags, '{}'::jsonb)", "Tags of the resource."),
)  # fmt: skip
_SQL_TYPES = {"string": "text", "double": "numeric", "timestamp_milliseconds": "timestamp",
              "map": "jsonb", "integer": "int", "boolean": "boolean"}  # fmt: skip
_READ = ", ".join(f"{one.name} {_SQL_TYPES[one.type]}" for one in _COLUMNS)

TABLE = Table(
    "COST_OPTIMIZATION_RECOMMENDATIONS",
    "Cost optimization recommendations from Cost Optimization Hub",
    _COLUMNS,
    f"""jsonb_to_recordset($1::jsonb) AS r ({_READ})
  JOIN (SELECT * FROM driftcloud_billed_accounts()) a ON a.account_number = r.account_id""",
    "r.estimated_monthly_savings_after_discount DESC, r.recommendation_id",
    (
        Property(ALL, ("FALSE", "TRUE"), "Whether recommendations that exclude one another are all told."),
        Property(FILTER, (), "What to tell, as ListRecommendations takes it, in JSON."),
    ),
    partition="date",
    is_today=True,
)  # fmt: skip


class FilterError(ValueError):
    """A filter that ListRecommendations would not take."""


def read_filter(said: str) -> dict[str, Any]:
    """The filter of a table configuration. Raises FilterError."""
    try:
        given = orjson.loads(said)
    except orjson.JSONDecodeError:
        raise FilterError("FILTER is not JSON.") from None
    if not isinstance(given, dict):
        raise FilterError("FILTER must be a JSON object.")
    for name, value in given.items():
        if name in _FLAGS:
            fits = isinstance(value, bool)
        elif name in _LISTS:
            fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        elif name == "tags":
            fits = isinstance(value, list) and all(isinstance(one, dict) for one in value)
        else:
            raise FilterError(f"FILTER has no member {name}.")
        if not fits:
            raise FilterError(f"FILTER has a wrong value for {name}.")
    return given


async def today(
    db: Any, account: str, now: datetime, shift_days: int, told: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What is recommended to account number `account`; none to one that takes no part in the hub."""
    given = read_filter(told.get(FILTER) or "{}")
    try:
        shown = await hub.found(db, account, now, given, all_of=True, apart=True)
    except hub.NotEnrolledError:
        return []
    if told.get(ALL, "FALSE") == "FALSE":
        shown = hub.once(shown, discounted=await hub.discounted(db))
    return [_row(one, now + timedelta(days=shift_days)) for one in shown]


def _row(one: hub.Shown, now: datetime) -> dict[str, Any]:
    item, advice = one.item, one.advice
    if isinstance(advice, Advice):
        saving = advice.saving
        costs = (saving.before * saving.charged, saving.before, saving.discounted, saving.monthly,
                 saving.percent_discounted, saving.percent)  # fmt: skip
    else:
        costs = (advice.before, advice.before, advice.monthly, advice.monthly, advice.percent,
                 advice.percent)  # fmt: skip
    current = details.current(advice)
    return {
        "account_id": item["accountId"],
        "action_type": item["actionType"],
        "currency_code": item["currencyCode"],
        "current_resource_details": orjson.dumps(current).decode() if current else None,
        "current_resource_summary": item.get("currentResourceSummary"),
        "current_resource_type": item["currentResourceType"],
        **dict(zip((each.name for each in _COLUMNS[7:13]), map(str, costs), strict=True)),
        "implementation_effort": item["implementationEffort"],
        "last_refresh_timestamp": f"{now:%Y-%m-%d %H:%M:%S}",
        "recommendation_id": item["recommendationId"],
        "recommendation_lookback_period_in_days": item["recommendationLookbackPeriodInDays"],
        "recommendation_source": item["source"],
        "recommended_resource_details": orjson.dumps(details.recommended(advice)).decode(),
        "recommended_resource_summary": item["recommendedResourceSummary"],
        "recommended_resource_type": item["recommendedResourceType"],
        "region": item["region"],
        "resource_arn": item.get("resourceArn"),
        "restart_needed": item["restartNeeded"],
        "rollback_possible": item["rollbackPossible"],
        "tags": {tag["key"]: tag["value"] for tag in item["tags"]},
    }
