"""Recommendations for EBS volumes."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.compute_optimizer import questions
from models.recommendations import volumes
from models.recommendations.finding import Finding, Option

NOUN = "metrics_daily"

RESOURCE_TYPE = "EbsVolume"
FILTERS: questions.Filters = {"Finding": questions.verdict}


async def get_ebs_volume_recommendations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every attached volume that was seen for thirty hours, and what would do for it."""
    answer = await questions.asked(
        ctx, params, volumes, RESOURCE_TYPE, arns="volumeArns", filters=FILTERS,
        shown=volumes.is_observed,
    )  # fmt: skip
    return {
        "volumeRecommendations": [
            _shown(ctx, finding, settings) for finding, settings in answer.found
        ],
        "errors": answer.errors(),
        "nextToken": answer.token,
    }


def _shown(ctx: Context, finding: Finding, settings: Mapping[str, Any]) -> dict[str, Any]:
    row = finding.row

    def option(one: Option) -> dict[str, Any]:
        wanted = {"size_gib": row["size_gib"], **one.configuration}
        return {"configuration": configuration(wanted, is_root=row["is_root"])}

    return {
        "volumeArn": finding.arn,
        "accountId": ctx.principal.account_number,
        "currentConfiguration": configuration(row, is_root=row["is_root"]),
        "finding": finding.verdict,
        "utilizationMetrics": questions.maxima(finding.observed),
        "lookBackPeriodInDays": float(finding.days),
        "volumeRecommendationOptions": questions.ranked(finding, settings, option),
        "lastRefreshTimestamp": ctx.now,
        "currentPerformanceRisk": questions.current_risk(finding),
        "effectiveRecommendationPreferences": questions.judged_by(finding, settings),
        "tags": questions.tag_list(finding),
    }


def configuration(row: Mapping[str, Any], *, is_root: bool) -> dict[str, Any]:
    """A volume as Compute Optimizer describes it; gp2 bursts to 3,000 IOPS."""
    iops, mibps = volumes.performance(row)
    bursts = row["type"] == "gp2" and iops < 3000
    return {
        "volumeType": row["type"],
        "volumeSize": row["size_gib"],
        "volumeBaselineIOPS": iops,
        "volumeBurstIOPS": 3000 if bursts else iops,
        "volumeBaselineThroughput": mibps,
        "volumeBurstThroughput": mibps,
        "rootVolume": is_root,
    }
