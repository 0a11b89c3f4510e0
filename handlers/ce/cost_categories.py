"""Cost categories: names of the account's own by which its costs are divided.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_CreateCostCategoryDefinition.html,
API_CostCategoryRule.html and API_CostCategorySplitChargeRule.html. Reports apply the rules when
they read, from the month on in which a version takes effect.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from emulator.tags import TagRules
from handlers.ce import periods
from handlers.ce.periods import invalid
from models import cost_categories, draws
from models.cost_expressions import Compiler, ExpressionError
from models.listing import Binder

TAGS = TagRules(code="ValidationException", too_many="TooManyTagsException")
MOST, PAGE, MONTHS_BACK = 50, 100, 12
DIMENSIONS = frozenset({
    "LINKED_ACCOUNT", "SERVICE_CODE", "RECORD_TYPE", "LINKED_ACCOUNT_NAME", "REGION", "USAGE_TYPE",
})  # fmt: skip
APPLIED = [{"Component": "COST_EXPLORER", "Status": "APPLIED"}]
WHOLE = Decimal(100)


async def create_cost_category_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new category; without a start its rules hold from the first of this month on."""
    version = _version(ctx, params, "create")
    arn = f"arn:aws:ce::{ctx.principal.account_number}:costcategory/{draws.uuid4()}"
    tags = TAGS.checked(params.get("ResourceTags"))
    if await cost_categories.count(ctx.db) >= MOST:
        raise AwsError(
            "ServiceQuotaExceededException",
            f"Failed to create Cost Category: You can have at most {MOST} cost categories.",
        )
    async with ctx.db.transaction():
        if not await cost_categories.insert(ctx.db, arn, params["Name"], tags, version):
            raise invalid(
                "Failed to create Cost Category: A cost category with the name"
                f" {params['Name']} already exists."
            )
    return {"CostCategoryArn": arn, "EffectiveStart": _shown(ctx, version["effective_start"])}


async def describe_cost_category_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A category with the rules that hold on a day, by default the newest."""
    row = await _find(ctx, params["CostCategoryArn"], params.get("EffectiveOn"))
    shown = {
        "CostCategoryArn": row["arn"],
        "EffectiveStart": _shown(ctx, row["effective_start"]),
        "EffectiveEnd": _shown(ctx, row["effective_end"]),
        "Name": row["name"],
        "RuleVersion": row["rule_version"],
        "Rules": row["rules"],
        "SplitChargeRules": row["split_charge_rules"],
        "ProcessingStatus": APPLIED,
        "DefaultValue": row["default_value"],
    }
    return {"CostCategory": {name: one for name, one in shown.items() if one not in (None, [])}}


async def list_cost_category_definitions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All categories by name, each with its values."""
    if params.get("SupportedResourceTypes"):
        raise invalid("Cost categories of resource types are not supported in this account.")
    wanted = page(
        ctx, params, default=PAGE, invalid=lambda: invalid("The pagination token is invalid.")
    )
    rows = await cost_categories.listed(
        ctx.db, on=_day(ctx, params.get("EffectiveOn")), after=wanted.after, limit=wanted.fetch
    )
    cut, token = wanted.cut(rows, "name")
    answer: dict[str, Any] = {"CostCategoryReferences": [_reference(ctx, row) for row in cut]}
    if token:
        answer["NextToken"] = token
    return answer


async def update_cost_category_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Other rules, from a month on; the months before keep those they had."""
    version = _version(ctx, params, "update")
    row = await _find(ctx, params["CostCategoryArn"])
    async with ctx.db.transaction():
        await cost_categories.replace(ctx.db, row["category_id"], version)
    return {
        "CostCategoryArn": row["arn"],
        "EffectiveStart": _shown(ctx, version["effective_start"]),
    }


async def delete_cost_category_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a category with all its past."""
    arn = params["CostCategoryArn"]
    if not await cost_categories.delete(ctx.db, arn):
        raise not_found(arn)
    first = periods.today(ctx).replace(day=1)
    return {"CostCategoryArn": arn, "EffectiveEnd": _written(first)}


def not_found(arn: str) -> AwsError:
    """The refusal of an ARN that means nothing of this account's."""
    return AwsError(
        "ResourceNotFoundException", f"No Cost Categories found: {arn}", ResourceName=arn
    )


async def _find(ctx: Context, arn: str, on: str | None = None) -> Any:
    rows = await cost_categories.listed(ctx.db, arn=arn, on=_day(ctx, on))
    if not rows:
        raise not_found(arn)
    return rows[0]


def _reference(ctx: Context, row: Any) -> dict[str, Any]:
    shown = {
        "CostCategoryArn": row["arn"],
        "Name": row["name"],
        "EffectiveStart": _shown(ctx, row["effective_start"]),
        "EffectiveEnd": _shown(ctx, row["effective_end"]),
        "NumberOfRules": len(row["rules"]),
        "ProcessingStatus": APPLIED,
        "Values": list(dict.fromkeys(one["Value"] for one in row["rules"] if one.get("Value"))),
        "DefaultValue": row["default_value"],
    }
    return {name: one for name, one in shown.items() if one is not None}


def _version(ctx: Context, params: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """The rules of a request as they are kept. Raises ValidationException."""
    try:
        for rule in params["Rules"]:
            _check_rule(rule)
        _check_splits(params)
        start = _start(ctx, params.get("EffectiveStart"))
    except ExpressionError as error:
        raise invalid(f"Failed to {verb} Cost Category: {error}") from None
    return {
        "effective_start": start,
        "rule_version": params["RuleVersion"],
        "rules": [{**rule, "Type": rule.get("Type") or "REGULAR"} for rule in params["Rules"]],
        "default_value": params.get("DefaultValue"),
        "split_charge_rules": params.get("SplitChargeRules") or [],
    }


def _check_rule(rule: Mapping[str, Any]) -> None:
    inherited = rule.get("InheritedValue")
    if rule.get("Type") == "INHERITED_VALUE":
        if not inherited or not inherited.get("DimensionName"):
            raise ExpressionError("Invalid Rule: InheritedValue must not be null.")
        if inherited["DimensionName"] == "TAG" and not inherited.get("DimensionKey"):
            raise ExpressionError("Invalid Rule: DimensionKey must not be null for TAG.")
        if rule.get("Rule") or rule.get("Value"):
            raise ExpressionError(
                "Invalid Rule: Value and Rule must be null for inherited value rules."
            )
        return
    if not rule.get("Rule") or not rule.get("Value"):
        raise ExpressionError("Invalid Rule: Value and Rule must not be null.")
    if inherited:
        raise ExpressionError("Invalid Rule: InheritedValue must be null for regular rules.")
    Compiler(Binder(), {}, date.min, date.max, allowed=DIMENSIONS).condition(rule["Rule"])


def _check_splits(params: Mapping[str, Any]) -> None:
    """Charges are split from one value of the category to others of it."""
    values = {rule.get("Value") for rule in params["Rules"]} | {params.get("DefaultValue")}
    sources = set()
    for split in params.get("SplitChargeRules") or ():
        source, targets, method = split["Source"], split["Targets"], split["Method"]
        if not {source, *targets} <= values or source in targets or source in sources:
            raise ExpressionError(
                "Invalid Split Charge Rule: Source and Targets must be different values of the"
                " cost category."
            )
        sources.add(source)
        given = [one for some in split.get("Parameters") or () for one in some["Values"]]
        if method != "FIXED" and given:
            raise ExpressionError(
                f"Invalid Split Charge Rule: Parameters are not allowed for method {method}."
            )
        if method == "FIXED" and (len(given) != len(targets) or _total(given) != WHOLE):
            raise ExpressionError(
                "Invalid Split Charge Rule: ALLOCATION_PERCENTAGES must have one value for each"
                " target and add up to 100."
            )


def _total(percentages: list[str]) -> Decimal:
    try:
        return sum((Decimal(one) for one in percentages), Decimal(0))
    except InvalidOperation:
        return Decimal(0)


def _start(ctx: Context, given: str | None) -> date:
    """The day, in the ledger's time, from which rules hold."""
    now = periods.today(ctx)
    if given is None:
        return now.replace(day=1) - ctx.shift
    at = _moment(given)
    if at.day != 1 or at.time() != time.min:
        raise ExpressionError("EffectiveStart must be the first day of a month.")
    if not periods.months_before(now, MONTHS_BACK) <= at.date() <= now:
        raise ExpressionError(
            "EffectiveStart can't be before the previous twelve months, or in the future."
        )
    return at.date() - ctx.shift


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise invalid(f"{text} is not a date.") from None


def _day(ctx: Context, text: str | None) -> date | None:
    return None if text is None else _moment(text).date() - ctx.shift


def _shown(ctx: Context, day: date | None) -> str | None:
    return None if day is None else _written(day + ctx.shift)


def _written(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
