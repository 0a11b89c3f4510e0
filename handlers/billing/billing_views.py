"""Billing views: an account has its primary one, which shows all of its bill.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Billing.html.
It is the view that Cost Explorer, budgets and anomaly monitors read; views of one's own cannot be
made here.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page

NOUN = "cost_daily"
PRIMARY, NAME = "PRIMARY", "Primary View"
MOST = 100


async def list_billing_views(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The views that the account may read and that meet every filter."""
    here = page(
        ctx,
        params,
        token="nextToken",  # noqa: S106 - the name of a member
        size="maxResults",
        default=MOST,
        invalid=lambda: AwsError("ValidationException", "The nextToken is not valid."),
    )
    view = _primary(ctx)
    meets = (
        (not params.get("arns") or view["arn"] in params["arns"])
        and (not params.get("billingViewTypes") or PRIMARY in params["billingViewTypes"])
        and (not params.get("names") or _begins(params["names"]))
        and params.get("ownerAccountId") in (None, view["ownerAccountId"])
        and params.get("sourceAccountId") in (None, view["sourceAccountId"])
    )
    shown, token = here.cut_items([view] if meets else [], lambda one: one["arn"])
    return {"billingViews": shown} | ({"nextToken": token} if token else {})


async def get_billing_view(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One view."""
    view = _primary(ctx)
    if params["arn"] != view["arn"]:
        raise AwsError(
            "ResourceNotFoundException",
            f"Billing view {params['arn']} is not found.",
            resourceId=params["arn"],
            resourceType="billingView",
        )
    return {"billingView": view | {"derivedViewCount": 0, "sourceViewCount": 0}}


def _begins(names: list[dict[str, str]]) -> bool:
    """Whether the view's name begins as one of the searches has it."""
    return any(NAME.startswith(one["searchValue"]) for one in names)


def _primary(ctx: Context) -> dict[str, Any]:
    number = ctx.principal.account_number
    return {
        "arn": f"arn:aws:billing::{number}:billingview/primary",
        "name": NAME,
        "billingViewType": PRIMARY,
        "ownerAccountId": number,
        "sourceAccountId": number,
        "healthStatus": {"statusCode": "HEALTHY"},
    }
