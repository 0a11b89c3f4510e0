"""Dashboards.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html and
the pages of the operations beside it.
"""

import re
from typing import Any

import orjson

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.cloudwatch.questions import invalid
from models import dashboards
from models.listing import Condition

PAGE_DASHBOARDS = 1000

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


async def put_dashboard(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create or overwrite a dashboard; its body is a JSON object."""
    name, body = params["DashboardName"], params["DashboardBody"]
    if not _NAME.fullmatch(name):
        raise invalid(
            f"The value {name} for field DashboardName contains invalid characters. It can only"
            " contain alphanumerics, dash (-) and underscore (_).\n"
        )
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise AwsError(
            "InvalidParameterInput",
            "The field DashboardBody must be a valid JSON object",
            400,
            dashboardValidationMessages=[{"DataPath": "/", "Message": "Invalid JSON"}],
        )
    await dashboards.put(ctx.db, name, body, ctx.now)
    return {"DashboardValidationMessages": []}


async def get_dashboard(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One dashboard and its body."""
    name = params["DashboardName"]
    rows = await dashboards.LISTING.page(ctx.db, ids=[name])
    if not rows:
        raise _not_found(name)
    return {
        "DashboardArn": _arn(ctx, name),
        "DashboardName": name,
        "DashboardBody": rows[0]["body"],
    }


async def list_dashboards(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Dashboards by the beginning of their names."""
    page = pages.page(
        ctx,
        params,
        size="",
        default=PAGE_DASHBOARDS,
        invalid=lambda: invalid("The value for parameter NextToken is not valid."),
    )
    prefix = params.get("DashboardNamePrefix")
    where = [Condition("name", patterns=(f"{prefix}%".replace("_", "\\_"),))] if prefix else []
    rows = await dashboards.LISTING.page(ctx.db, where, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "name")
    return {
        "DashboardEntries": [
            {
                "DashboardName": row["name"],
                "DashboardArn": _arn(ctx, row["name"]),
                "LastModified": row["modified_at"],
                "Size": row["size_bytes"],
            }
            for row in shown
        ],
        "NextToken": token,
    }


async def delete_dashboards(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete dashboards: all that are named, or none."""
    names = params["DashboardNames"]
    if names and not await dashboards.delete(ctx.db, names):
        raise _not_found(names[0])
    return {}


def _arn(ctx: Context, name: str) -> str:
    return f"arn:aws:cloudwatch::{ctx.principal.account_number}:dashboard/{name}"


def _not_found(name: str) -> AwsError:
    return AwsError("ResourceNotFound", f"Dashboard {name} does not exist", 404)
