"""Recommendations for Lambda functions."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import questions
from models.recommendations import functions
from models.recommendations.finding import Finding, Option

NOUN = "metrics_daily"

RESOURCE_TYPE = "LambdaFunction"
FILTERS: questions.Filters = {
    "Finding": questions.verdict,
    "FindingReasonCode": questions.reasons,
}


async def get_lambda_function_recommendations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Every function, and the memory that would do for it; of some too little is known."""
    unversioned = dict(params)
    if params.get("functionArns"):
        unversioned["functionArns"] = [
            arn.removesuffix(":$LATEST") for arn in params["functionArns"]
        ]
    answer = await questions.asked(
        ctx, unversioned, functions, RESOURCE_TYPE, arns="functionArns", filters=FILTERS
    )
    return {
        "lambdaFunctionRecommendations": [
            _shown(ctx, finding, settings) for finding, settings in answer.found
        ],
        "nextToken": answer.token,
    }


def _shown(ctx: Context, finding: Finding, settings: Mapping[str, Any]) -> dict[str, Any]:
    row = finding.row
    modes = questions.judged_by(finding, settings)
    return {
        "functionArn": f"{finding.arn}:$LATEST",
        "functionVersion": "$LATEST",
        "accountId": ctx.principal.account_number,
        "currentMemorySize": row["memory_mb"],
        "numberOfInvocations": int(row["calls"] or 0),
        "utilizationMetrics": [
            {"name": name[:-7], "statistic": name[-7:], "value": value}
            for name, value in finding.observed.items()
        ],
        "lookbackPeriodInDays": float(finding.days),
        "lastRefreshTimestamp": ctx.now,
        "finding": finding.verdict,
        "findingReasonCodes": list(finding.reasons),
        "memorySizeRecommendationOptions": questions.ranked(
            finding, settings, _option, with_risk=False
        ),
        "currentPerformanceRisk": questions.current_risk(finding),
        "effectiveRecommendationPreferences": {
            "savingsEstimationMode": modes["savingsEstimationMode"]
        },
        "tags": questions.tag_list(finding),
    }


def _option(one: Option) -> dict[str, Any]:
    return {
        "memorySize": one.configuration["memory_mb"],
        "projectedUtilizationMetrics": [
            {"name": "Duration", "statistic": bound, "value": value}
            for bound, value in one.projected.items()
        ],
    }
