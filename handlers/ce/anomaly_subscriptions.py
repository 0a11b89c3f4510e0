"""Subscriptions to cost anomalies.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalySubscription.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from handlers.ce.anomalies import invalid_token
from handlers.ce.anomaly_monitors import check_known
from handlers.ce.periods import invalid
from handlers.ce.resource_tags import TAGS
from models import anomaly_subscriptions, draws
from models.anomaly_subscriptions import ABSOLUTE, PERCENTAGE

IMMEDIATE = "IMMEDIATE"


async def create_anomaly_subscription(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A subscription to monitors."""
    given = params["AnomalySubscription"]
    if not given["SubscriptionName"].strip():
        raise invalid("SubscriptionName must not be empty.")
    if given.get("Threshold") is None and not given.get("ThresholdExpression"):
        raise invalid("Either Threshold or ThresholdExpression must be specified.")
    identifier = draws.uuid4()
    arn = f"arn:aws:ce::{ctx.principal.account_number}:anomalysubscription/{identifier}"
    row = {"id": identifier, "arn": arn, "tags": TAGS.checked(params.get("ResourceTags"))}
    async with ctx.db.transaction():
        row |= await _columns(ctx, given, {})
        await anomaly_subscriptions.insert(ctx.db, row)
    return {"SubscriptionArn": arn}


async def get_anomaly_subscriptions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Subscriptions by ARN, all or those to one monitor."""
    asked = page(
        ctx, params, token="NextPageToken", default=100, invalid=invalid_token  # noqa: S106
    )  # fmt: skip
    wanted = params.get("SubscriptionArnList") or None
    for arn in wanted or ():
        if not await anomaly_subscriptions.listed(ctx.db, [arn]):
            raise _unknown(arn)
    rows = await anomaly_subscriptions.listed(
        ctx.db, wanted, monitor=params.get("MonitorArn"), after=asked.after, limit=asked.fetch
    )
    shown, token = asked.cut(rows, "arn")
    answer = [_shown(ctx, row) for row in shown]
    return {"AnomalySubscriptions": answer, "NextPageToken": token}


async def update_anomaly_subscription(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a subscription; what the request leaves out stays."""
    arn = params["SubscriptionArn"]
    async with ctx.db.transaction():
        found = await anomaly_subscriptions.listed(ctx.db, [arn])
        if not found:
            raise _unknown(arn)
        changes = await _columns(ctx, params, found[0])
        await anomaly_subscriptions.update(ctx.db, arn, changes)
    return {"SubscriptionArn": arn}


async def delete_anomaly_subscription(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a subscription; its monitors stay."""
    if not await anomaly_subscriptions.delete(ctx.db, params["SubscriptionArn"]):
        raise _unknown(params["SubscriptionArn"])
    return {}


async def _columns(ctx: Context, given: Mapping[str, Any], before: Any) -> dict[str, Any]:
    """The columns that a request gives, held to AWS's rules together with those of `before`."""
    names = {
        "SubscriptionName": "name",
        "MonitorArnList": "monitor_arns",
        "Subscribers": "subscribers",
        "Frequency": "frequency",
        "Threshold": "threshold",
        "ThresholdExpression": "threshold_expression",
    }
    found = {column: given[name] for name, column in names.items() if given.get(name) is not None}
    if "threshold" in found and "threshold_expression" in found:
        raise invalid("Only one of Threshold and ThresholdExpression can be specified.")
    if "threshold" in found:
        found["threshold_expression"] = None
    elif "threshold_expression" in found:
        _check_threshold(found["threshold_expression"])
        found["threshold"] = None
    if "monitor_arns" in found:
        await check_known(ctx, found["monitor_arns"])
    if "subscribers" in found:
        found["subscribers"] = _subscribers(found["subscribers"])
    after = {**dict(before), **found}
    _check_frequency(after["frequency"], after["subscribers"])
    return found


def _subscribers(given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    if not given:
        raise invalid("A subscription needs a subscriber.")
    found = []
    for one in given:
        kind, address = one.get("Type"), one.get("Address") or ""
        if kind == "SNS" and not address.startswith("arn:aws:sns:"):
            raise invalid(f"Invalid SNS topic ARN: {address}")
        if kind != "SNS" and "@" not in address[1:-1]:
            raise invalid(f"Invalid email address: {address}")
        found.append({"Address": address, "Type": kind or "EMAIL", "Status": "CONFIRMED"})
    return found


def _check_frequency(frequency: str, subscribers: Sequence[Mapping[str, str]]) -> None:
    """At once AWS tells topics alone, and summaries go to addresses of mail alone."""
    kinds = {one["Type"] for one in subscribers}
    if (frequency == IMMEDIATE) == ("EMAIL" in kinds):
        wanted = "SNS" if frequency == IMMEDIATE else "EMAIL"
        raise invalid(f"Subscriptions of frequency {frequency} support {wanted} subscribers.")


def _check_threshold(expression: Mapping[str, Any]) -> None:
    roots = [name for name in ("And", "Or", "Dimensions") if expression.get(name)]
    if len(roots) != 1 or len([one for one in expression.values() if one]) != 1:
        raise invalid("ThresholdExpression is one of And, Or and Dimensions.")
    if roots[0] != "Dimensions":
        for one in expression[roots[0]]:
            _check_threshold(one)
        return
    said = expression["Dimensions"]
    values = said.get("Values") or []
    if said.get("Key") not in (ABSOLUTE, PERCENTAGE):
        raise invalid(f"The key of a ThresholdExpression is {ABSOLUTE} or {PERCENTAGE}.")
    if said.get("MatchOptions") != ["GREATER_THAN_OR_EQUAL"]:
        raise invalid("The match option of a ThresholdExpression is GREATER_THAN_OR_EQUAL.")
    if len(values) != 1 or not values[0].replace(".", "", 1).isdigit():
        raise invalid("A ThresholdExpression has one number as its value.")


def _unknown(arn: str) -> AwsError:
    return AwsError("UnknownSubscriptionException", f"No anomaly subscription found for ARN: {arn}")


def _shown(ctx: Context, row: Any) -> dict[str, Any]:
    return {
        "SubscriptionArn": row["arn"],
        "AccountId": ctx.principal.account_number,
        "MonitorArnList": row["monitor_arns"],
        "Subscribers": row["subscribers"],
        "Threshold": row["threshold"],
        "ThresholdExpression": row["threshold_expression"],
        "Frequency": row["frequency"],
        "SubscriptionName": row["name"],
    }
