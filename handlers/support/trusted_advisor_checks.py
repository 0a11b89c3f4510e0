"""The checks of Trusted Advisor on costs, each worked out when it is asked for.

Source: https://docs.aws.amazon.com/awssupport/latest/APIReference/API_Operations.html.
"""

from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from models.recommendations import check_refreshes
from models.recommendations.checks import CHECKS, Check, Result

NOUN = "metrics_daily"
REFRESH_EVERY = timedelta(hours=1)
LANGUAGES = ("en", "ja", "zh", "fr", "de", "ko", "zh_TW", "it", "es", "pt_BR", "id")


async def describe_trusted_advisor_checks(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every check that is made here; told in English whatever is asked for."""
    if params["language"] not in LANGUAGES:
        raise _wrong(f"Invalid parameter: language {params['language']} is not supported")
    shown = [
        {
            "id": check.id,
            "name": check.name,
            "description": check.description,
            "category": check.category,
            "metadata": list(check.columns),
        }
        for check in CHECKS.values()
    ]
    return {"checks": shown}


async def describe_trusted_advisor_check_result(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What a check finds now."""
    check = _find(params["checkId"])
    result = await check.run(ctx.db)
    flagged = [
        {
            "status": one.status,
            "region": one.region,
            "resourceId": one.id(check.id),
            "isSuppressed": False,
            "metadata": [cell or "" for cell, _ in zip_longest(one.cells, check.columns)],
        }
        for one in result.flagged
    ]
    return {"result": {**_summary(ctx, check, result), "flaggedResources": flagged}}


async def describe_trusted_advisor_check_summaries(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """How many resources each check flags, and what they could save."""
    wanted = [_find(name) for name in dict.fromkeys(params["checkIds"])]
    found = []
    for check in wanted:
        result = await check.run(ctx.db)
        found.append(_summary(ctx, check, result) | {"hasFlaggedResources": bool(result.flagged)})
    return {"summaries": found}


async def refresh_trusted_advisor_check(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Ask a check to look again, at most once in an hour."""
    check = _find(params["checkId"])
    row = await check_refreshes.find(ctx.db, [check.id])
    waits = _waits(ctx, row.get(check.id))
    if not waits:
        await check_refreshes.refresh(ctx.db, check.id, ctx.now)
        waits = int(REFRESH_EVERY.total_seconds() * 1000)
        status = "enqueued"
    else:
        status = "success"
    return {"status": {"checkId": check.id, "status": status, "millisUntilNextRefreshable": waits}}


async def describe_trusted_advisor_check_refresh_statuses(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """When each check can be asked to look again."""
    wanted = [_find(name) for name in dict.fromkeys(params["checkIds"])]
    rows = await check_refreshes.find(ctx.db, [check.id for check in wanted])
    return {
        "statuses": [
            {
                "checkId": check.id,
                "status": "success" if check.id in rows else "none",
                "millisUntilNextRefreshable": _waits(ctx, rows.get(check.id)),
            }
            for check in wanted
        ]
    }


def _waits(ctx: Context, refreshed: datetime | None) -> int:
    """Milliseconds until a check can be refreshed again."""
    if refreshed is None:
        return 0
    left = refreshed + REFRESH_EVERY - ctx.now
    return max(0, int(left.total_seconds() * 1000))


def _summary(ctx: Context, check: Check, result: Result) -> dict[str, Any]:
    return {
        "checkId": check.id,
        "timestamp": f"{ctx.now + ctx.shift:%Y-%m-%dT%H:%M:%SZ}",
        "status": result.status,
        "resourcesSummary": {
            "resourcesProcessed": result.processed,
            "resourcesFlagged": len(result.flagged),
            "resourcesIgnored": 0,
            "resourcesSuppressed": 0,
        },
        "categorySpecificSummary": {
            "costOptimizing": {
                "estimatedMonthlySavings": float(result.saving),
                "estimatedPercentMonthlySavings": float(round(result.percent, 4)),
            }
        },
    }


def _find(check_id: str) -> Check:
    check = CHECKS.get(check_id)
    if check is None:
        raise _wrong(f"Invalid parameter: checkId {check_id}")
    return check


def _wrong(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, 400)
