"""What requests for recommendations have in common: who may ask, filters, pages, savings.

Source: https://docs.aws.amazon.com/compute-optimizer/latest/APIReference/API_Operations.html.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models.recommendations import enrollments
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Option, Saving, rating

DEFAULT_RECOMMENDATIONS = 100
Filters = Mapping[str, Callable[[Finding], Iterable[str]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of findings, each with its settings; what was asked for and is not there."""

    found: Sequence[tuple[Finding, Mapping[str, Any]]]
    token: str | None
    missing: Sequence[str]

    def errors(self) -> list[dict[str, Any]]:
        """The resources that were asked for by ARN and of which nothing is known."""
        return [
            {
                "identifier": arn,
                "code": "ResourceNotFoundException",
                "message": "There are no recommendations for the specified resource.",
            }
            for arn in self.missing
        ]


async def asked(
    ctx: Context,
    params: Mapping[str, Any],
    finder: Any,
    resource_type: str,
    *,
    arns: str,
    filters: Filters,
    shown: Callable[[Finding], bool] = lambda _: True,
) -> Answer:
    """The findings of the caller's region that a request asks for, by ARN.

    `arns` names the member that lists ARNs. Raises OptInRequiredException when the account takes
    no part, InvalidParameterValueException for what is no ARN, filter or token.
    """
    await check_enrolled(ctx)
    check_accounts(ctx, params)
    page = page_of(ctx, params)
    scope = Scope(ctx.region, architectures=architectures(params))
    found = [
        (finding, settings)
        for finding, settings in await enrollments.judged(ctx.db, finder, resource_type, scope)
        if shown(finding)
    ]
    wanted = params.get(arns)
    missing: list[str] = []
    if wanted:
        check_arns(wanted)
        known = {finding.arn for finding, _ in found}
        missing = [arn for arn in wanted if arn not in known]
        found = [one for one in found if one[0].arn in set(wanted)]
    for name, values in _filters(params, filters):
        found = [one for one in found if not values.isdisjoint(filters[name](one[0]))]
    cut, token = page.cut_items(found, lambda one: one[0].arn)
    return Answer(cut, token, missing)


def _filters(params: Mapping[str, Any], known: Filters) -> list[tuple[str, frozenset[str]]]:
    """Filters by name; those of another kind of resource are refused."""
    asked = []
    for one in params.get("filters") or ():
        name = one.get("name")
        if name not in known:
            raise invalid(f"The filter name {name} is not supported for this operation.")
        asked.append((name, frozenset(one.get("values") or ())))
    return asked


async def check_enrolled(ctx: Context) -> None:
    """OptInRequiredException when the account has opted out."""
    row = await enrollments.find(ctx.db, enrollments.COMPUTE_OPTIMIZER)
    if row["status"] != "Active":
        raise AwsError(
            "OptInRequiredException", "The account is not opted in to AWS Compute Optimizer."
        )


def check_accounts(ctx: Context, params: Mapping[str, Any]) -> None:
    """Refuse what is asked about other accounts."""
    others = set(params.get("accountIds") or ()) - {ctx.principal.account_number}
    if others:
        raise AwsError(
            "AccessDeniedException",
            f"You are not authorized to access recommendations of account {min(others)}.",
        )


def check_arns(arns: Iterable[str]) -> None:
    """Refuse what is no ARN."""
    for arn in arns:
        if not arn.startswith("arn:") or arn.count(":") < 5:
            raise invalid(f"{arn} is not a valid ARN.")


def architectures(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Which processors may be recommended."""
    preferences = params.get("recommendationPreferences") or {}
    return tuple(preferences.get("cpuVendorArchitectures") or ("CURRENT",))


def invalid(message: str) -> AwsError:
    """A parameter that is wrong."""
    return AwsError("InvalidParameterValueException", message)


def page_of(ctx: Context, params: Mapping[str, Any]) -> pages.Page:
    """The page that a request asks for."""
    return pages.page(
        ctx,
        params,
        token="nextToken",  # noqa: S106 - the name of a member
        size="maxResults",
        default=DEFAULT_RECOMMENDATIONS,
        invalid=bad_token,
    )


def bad_token() -> AwsError:
    """A token that is none of ours."""
    return invalid("The specified nextToken is not valid.")


def verdict(finding: Finding) -> Iterable[str]:
    """What the filter Finding compares."""
    return (finding.verdict,)


def reasons(finding: Finding) -> Iterable[str]:
    """What the filter FindingReasonCodes compares."""
    return finding.reasons


def savings(saving: Saving, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The members savingsOpportunity and, unless it is preferred without, …AfterDiscounts."""
    told = {"savingsOpportunity": opportunity(saving.monthly, saving.percent)}
    if settings.get("savingsEstimationMode") != "BeforeDiscounts":
        told["savingsOpportunityAfterDiscounts"] = opportunity(
            saving.discounted, saving.percent_discounted
        )
    return told


def opportunity(monthly: Decimal, percent: Decimal) -> dict[str, Any]:
    """A SavingsOpportunity."""
    return {
        "savingsOpportunityPercentage": float(percent),
        "estimatedMonthlySavings": {"currency": "USD", "value": float(monthly)},
    }


def ranked(
    finding: Finding,
    settings: Mapping[str, Any],
    show: Callable[[Option], Mapping[str, Any]],
    *,
    with_risk: bool = True,
) -> list[dict[str, Any]]:
    """A finding's options, best first; `show` gives what is particular to the kind."""
    return [
        {
            **show(option),
            "rank": rank,
            **({"performanceRisk": option.risk} if with_risk else {}),
            **savings(option.saving, settings),
        }
        for rank, option in enumerate(finding.options, 1)
    ]


def maxima(figures: Mapping[str, float]) -> list[dict[str, Any]]:
    """Peaks as utilisation metrics."""
    return [
        {"name": _NAMES.get(name, name), "statistic": "Maximum", "value": float(value)}
        for name, value in figures.items()
    ]


_NAMES = {"Cpu": "Cpu", "Memory": "Memory"}


def tag_list(finding: Finding) -> list[dict[str, str]]:
    """A resource's tags."""
    return [{"key": key, "value": value} for key, value in sorted(finding.tags.items())]


def judged_by(finding: Finding, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The preferences that every kind shows."""
    plain = settings.get("savingsEstimationMode") == "BeforeDiscounts"
    return {
        "savingsEstimationMode": {
            "source": "PublicPricing" if plain else "CostExplorerRightsizing"
        },
        "lookBackPeriod": f"DAYS_{finding.days}",
    }


def current_risk(finding: Finding) -> str:
    """currentPerformanceRisk."""
    return rating(finding.risk)
