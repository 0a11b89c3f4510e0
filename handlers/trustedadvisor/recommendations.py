"""Recommendations: what each check finds now, and the resources that it flags.

Source: https://docs.aws.amazon.com/trustedadvisor/latest/APIReference/API_Operations.html. All are
of the type `standard`: those of Trusted Advisor Priority are written by an account's team at AWS,
and there is none.
"""

import hashlib
import re
import uuid
from itertools import zip_longest
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page, page
from models.recommendations.checks import CHECKS, COSTS, OK, Check, Flagged, Result

NOUN = "metrics_daily"
MOST_CHECKS, MOST_RESOURCES = 200, 5000
STANDARD = "standard"
# Where a check takes what it says from; the rest are Trusted Advisor's own.
_SOURCES = (("COr6", "compute_optimizer"), ("c18d2", "aws_config"))
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


async def list_checks(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The checks that are made here; told in English whatever is asked for."""
    some, token = _page(ctx, params, MOST_CHECKS).cut_items(_checks(params), lambda check: check.id)
    return _answer(
        token,
        checkSummaries=[
            {
                "id": check.id,
                "arn": _check_arn(check),
                "name": check.name,
                "description": check.description,
                "pillars": [check.category],
                "awsServices": [check.service],
                "source": _source(check),
                "metadata": {str(at): name for at, name in enumerate(check.columns)},
            }
            for check in some
        ],
    )


async def list_recommendations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One recommendation of each check, as it stands now."""
    found = []
    if params.get("type") in (None, STANDARD) and _is_now(ctx, params):
        wanted = params.get("checkIdentifier")
        for check in _checks(params):
            if wanted not in (None, _check_arn(check)):
                continue
            result = await check.run(ctx.db)
            if params.get("status") in (None, result.status):
                found.append((check.id, _summary(ctx, check, result)))
    some, token = _page(ctx, params, MOST_CHECKS).cut_items(found, lambda one: one[0])
    return _answer(token, recommendationSummaries=[shown for _, shown in some])


async def get_recommendation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One recommendation."""
    check = _find(ctx, params["recommendationIdentifier"])
    shown = _summary(ctx, check, await check.run(ctx.db))
    return {"recommendation": shown | {"description": check.description}}


async def list_recommendation_resources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The resources that a recommendation is about; none is excluded."""
    check = _find(ctx, params["recommendationIdentifier"])
    result = await check.run(ctx.db)
    found = sorted(
        (
            (one.id(check.id), one)
            for one in result.flagged
            if params.get("status") in (None, one.status)
            and params.get("regionCode") in (None, _region(one))
            and params.get("exclusionStatus") in (None, "included")
        ),
        key=lambda pair: pair[0],
    )
    some, token = _page(ctx, params, MOST_RESOURCES).cut_items(found, lambda pair: pair[0])
    recommendation = _arn(ctx, check)
    identity = recommendation.rpartition("/")[2]
    number = ctx.principal.account_number
    return _answer(
        token,
        recommendationResourceSummaries=[
            {
                "id": key,
                "arn": f"arn:aws:trustedadvisor::{number}:recommendation-resource/{identity}/{key}",
                "awsResourceId": one.resource,
                "regionCode": _region(one),
                "status": one.status,
                "metadata": {
                    name: cell or "" for cell, name in zip_longest(one.cells, check.columns) if name
                },
                "lastUpdatedAt": ctx.now,
                "exclusionStatus": "included",
                "recommendationArn": recommendation,
            }
            for key, one in some
        ],
    )


def _checks(params: dict[str, Any]) -> list[Check]:
    """Those that meet the filters which all lists have, by id."""
    return [
        check
        for _, check in sorted(CHECKS.items())
        if params.get("pillar") in (None, check.category)
        and params.get("awsService") in (None, check.service)
        and params.get("source") in (None, _source(check))
    ]


def _is_now(ctx: Context, params: dict[str, Any]) -> bool:
    """Whether what is worked out at this moment was updated in the time that is asked for."""
    after, before = params.get("afterLastUpdatedAt"), params.get("beforeLastUpdatedAt")
    return (after is None or after <= ctx.now) and (before is None or ctx.now <= before)


def _summary(ctx: Context, check: Check, result: Result) -> dict[str, Any]:
    counts = dict.fromkeys(("ok", "warning", "error"), 0)
    for one in result.flagged:
        counts[one.status] += 1
    counts[OK] += max(0, result.processed - len(result.flagged))
    arn = _arn(ctx, check)
    shown = {
        "id": arn.rpartition("/")[2],
        "arn": arn,
        "type": STANDARD,
        "checkArn": _check_arn(check),
        "status": result.status,
        "pillars": [check.category],
        "source": _source(check),
        "awsServices": [check.service],
        "name": check.name,
        "resourcesAggregates": {
            "okCount": counts["ok"],
            "warningCount": counts["warning"],
            "errorCount": counts["error"],
        },
        "lastUpdatedAt": ctx.now,
    }
    if check.category == COSTS:
        shown["pillarSpecificAggregates"] = {
            "costOptimizing": {
                "estimatedMonthlySavings": float(result.saving),
                "estimatedPercentMonthlySavings": float(round(result.percent, 4)),
            }
        }
    return shown


def _find(ctx: Context, arn: str) -> Check:
    found = next((one for one in CHECKS.values() if _arn(ctx, one) == arn), None)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Recommendation {arn} was not found.")
    return found


def _arn(ctx: Context, check: Check) -> str:
    """The recommendation of a check in the caller's account: always the same."""
    number = ctx.principal.account_number
    text = f"recommendation/{number}/{check.id}".encode()
    identity = uuid.UUID(hashlib.md5(text, usedforsecurity=False).hexdigest())
    return f"arn:aws:trustedadvisor::{number}:recommendation/{identity}"


def _check_arn(check: Check) -> str:
    return f"arn:aws:trustedadvisor:::check/{check.id}"


def _source(check: Check) -> str:
    return next((name for begin, name in _SOURCES if check.id.startswith(begin)), "ta_check")


def _region(one: Flagged) -> str:
    """The region of a resource; some checks tell its zone."""
    found = _REGION.match(one.region)
    return found[0] if found else one.region


def _page(ctx: Context, params: dict[str, Any], default: int) -> Page:
    return page(
        ctx,
        params,
        token="nextToken",  # noqa: S106 - the name of a member
        size="maxResults",
        default=default,
        invalid=lambda: AwsError("ValidationException", "The nextToken is not valid."),
    )


def _answer(token: str | None, **members: Any) -> dict[str, Any]:
    return members | {"nextToken": token} if token else members
