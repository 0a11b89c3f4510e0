"""Rightsizing: instances that could end, and ones that could be smaller.

Source: https://docs.aws.amazon.com/cost-management/latest/userguide/ce-rightsizing.html: over
fourteen days, at most 1 % of CPU ever used is idle, at most 40 % underutilised.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.ce.periods import invalid
from models import instance_types, regions
from models.recommendations import covered_hours, instances, spending
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Option, Saving, charged_share

NOUN = "metrics_daily"
SERVICE = "AmazonEC2"
IDLE_PERCENT, UNDERUTILISED_PERCENT = 1, 40
DEFAULT_PAGE = 100
TERMINATE, MODIFY = "TERMINATE", "MODIFY"
SAME, CROSS = "SAME_INSTANCE_FAMILY", "CROSS_INSTANCE_FAMILY"
_LONGEST = Decimal(10) ** 12
_REASONS = {
    "CPUOverprovisioned": "CPU_OVER_PROVISIONED",
    "MemoryOverprovisioned": "MEMORY_OVER_PROVISIONED",
}
_DIFFERENCES = {
    "Hypervisor": "HYPERVISOR",
    "NetworkInterface": "NETWORK_INTERFACE",
    "StorageInterface": "STORAGE_INTERFACE",
    "InstanceStoreAvailability": "INSTANCE_STORE_AVAILABILITY",
    "VirtualizationType": "VIRTUALIZATION_TYPE",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with an instance: end it, or make it one of some types."""

    finding: Finding
    kind: str
    saved: Decimal
    before: Decimal
    options: tuple[Option, ...] = ()
    with_benefits: bool = True

    @property
    def key(self) -> str:
        """Where it stands in the list: what saves most comes first."""
        return f"{_LONGEST - self.saved:018.4f} {self.finding.id}"


async def get_rightsizing_recommendation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Idle and underutilised instances of all regions, with up to three smaller types each."""
    if params["Service"] != SERVICE:
        raise invalid(f"Rightsizing recommendations are available for the service {SERVICE} only.")
    configuration = params.get("Configuration") or {
        "RecommendationTarget": SAME,
        "BenefitsConsidered": True,
    }
    page = pages.page(
        ctx,
        params,
        token="NextPageToken",  # noqa: S106 - the name of a member
        size="PageSize",
        default=DEFAULT_PAGE,
        invalid=lambda: AwsError("InvalidNextTokenException", "The NextPageToken is not valid."),
    )
    scope = Scope()
    found = []
    for finding in await instances.find(ctx.db, scope):
        advice = _advice(finding, scope, configuration)
        if advice is not None and meets(ctx, advice, params.get("Filter")):
            found.append(advice)
    found.sort(key=lambda one: one.key)
    cut, token = page.cut_items(found, lambda one: one.key)
    hours = await covered_hours.of(ctx.db, [one.finding.id for one in cut], scope.days)
    saved = sum((one.saved for one in found), Decimal(0))
    spent = await spending.month(ctx.db)
    return {
        "Metadata": _metadata(ctx, params),
        "Summary": {
            "TotalRecommendationCount": str(len(found)),
            "EstimatedTotalMonthlySavingsAmount": _usd(saved),
            "SavingsCurrencyCode": "USD",
            "SavingsPercentage": f"{saved / spent * 100:.2f}" if spent else "0.00",
        },
        "RightsizingRecommendations": [_shown(ctx, one, hours) for one in cut],
        "NextPageToken": token,
        "Configuration": configuration,
    }


def _metadata(ctx: Context, params: Mapping[str, Any]) -> dict[str, str]:
    text = f"{ctx.principal.account_number}|{ctx.now.date()}|{params.get('Configuration')}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    identity = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    stamp = f"{ctx.now + ctx.shift:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "RecommendationId": identity,
        "GenerationTimestamp": stamp,
        "AdditionalMetadata": "LookbackPeriodInDays: 14",
    }


def _advice(finding: Finding, scope: Scope, asked: Mapping[str, Any]) -> Advice | None:
    row = finding.row
    peak = row["cpu_peak"] or Decimal(0)
    benefits = bool(asked["BenefitsConsidered"])
    whole = Saving(_month(row), Decimal(0), charged_share(row))
    before = whole.discounted if benefits else whole.monthly
    if peak <= IDLE_PERCENT:
        return Advice(finding, TERMINATE, before, before, (), benefits) if before else None
    if peak > UNDERUTILISED_PERCENT:
        return None
    cross = asked["RecommendationTarget"] == CROSS
    options = finding.options if cross else instances.family_options(finding, scope)
    options = tuple(one for one in options if _saved(one, with_benefits=benefits) > 0)
    if not options:
        return None
    saved = _saved(options[0], with_benefits=benefits)
    return Advice(finding, MODIFY, saved, before, options, benefits)


def _month(row: Mapping[str, Any]) -> Decimal:
    return Decimal(row["hourly"] * 730)


def _saved(option: Option, *, with_benefits: bool) -> Decimal:
    return option.saving.discounted if with_benefits else option.saving.monthly


def _shown(ctx: Context, one: Advice, hours: Mapping[str, Any]) -> dict[str, Any]:
    finding = one.finding
    told: dict[str, Any] = {
        "AccountId": ctx.principal.account_number,
        "CurrentInstance": _current(finding, one, hours.get(finding.id)),
        "RightsizingType": one.kind,
        "FindingReasonCodes": [_REASONS[name] for name in finding.reasons if name in _REASONS],
    }
    if one.kind == TERMINATE:
        told["TerminateRecommendationDetail"] = {
            "EstimatedMonthlySavings": _usd(one.saved),
            "CurrencyCode": "USD",
        }
    else:
        targets = [_target(finding, one, option, at) for at, option in enumerate(one.options)]
        told["ModifyRecommendationDetail"] = {"TargetInstances": targets}
    return told


def _current(finding: Finding, one: Advice, hours: Mapping[str, Any] | None) -> dict[str, Any]:
    row = finding.row
    counted = hours or {"reserved": Decimal(0), "planned": Decimal(0), "on_demand": Decimal(0)}
    return {
        "ResourceId": finding.id,
        "InstanceName": row["name"] or "",
        "Tags": [
            {"Key": key, "Values": [value], "MatchOptions": ["EQUALS"]}
            for key, value in sorted(finding.tags.items())
        ],
        "ResourceDetails": _details(row, row["type"], row["hourly"]),
        "ResourceUtilization": _use(finding.observed),
        "ReservationCoveredHoursInLookbackPeriod": _hours(counted["reserved"]),
        "SavingsPlansCoveredHoursInLookbackPeriod": _hours(counted["planned"]),
        "OnDemandHoursInLookbackPeriod": _hours(counted["on_demand"]),
        "TotalRunningHoursInLookbackPeriod": _hours(
            counted["reserved"] + counted["planned"] + counted["on_demand"]
        ),
        "MonthlyCost": _usd(one.before),
        "CurrencyCode": "USD",
    }


def _target(finding: Finding, one: Advice, option: Option, at: int) -> dict[str, Any]:
    saved = _saved(option, with_benefits=one.with_benefits)
    details = _details(finding.row, option.configuration["type"], option.configuration["hourly"])
    return {
        "EstimatedMonthlyCost": _usd(one.before - saved),
        "EstimatedMonthlySavings": _usd(saved),
        "CurrencyCode": "USD",
        "DefaultTargetInstance": at == 0,
        "ResourceDetails": details,
        "ExpectedResourceUtilization": _use(option.projected),
        "PlatformDifferences": [
            _DIFFERENCES[name] for name in option.differences if name in _DIFFERENCES
        ],
    }


def _details(row: Mapping[str, Any], name: str, hourly: Decimal) -> dict[str, Any]:
    machine, region = instance_types.find(name), regions.find(row["region"])
    told = {
        "HourlyOnDemandRate": f"{hourly:f}",
        "InstanceType": name,
        "Platform": row["system"],
        "Region": region.place if region else row["region"],
    }
    if machine is not None:
        told |= {
            "Memory": f"{machine.memory_gib:f} GiB",
            "NetworkPerformance": machine.network_performance,
            "Storage": "EBS only" if machine.disks is None else "Instance store",
            "Vcpu": str(machine.vcpus),
        }
    return {"EC2ResourceDetails": told}


def _use(figures: Mapping[str, float]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "MaxCpuUtilizationPercentage": f"{figures['Cpu']:.4f}",
        "MaxMemoryUtilizationPercentage": f"{figures['Memory']:.4f}",
    }
    network, disks = ("NETWORK_IN_BYTES_PER_SECOND", "EBS_READ_BYTES_PER_SECOND")
    if network in figures:
        told["NetworkResourceUtilization"] = {
            "NetworkInBytesPerSecond": f"{figures[network]:.4f}",
            "NetworkOutBytesPerSecond": f"{figures['NETWORK_OUT_BYTES_PER_SECOND']:.4f}",
        }
        told["EBSResourceUtilization"] = {
            "EbsReadBytesPerSecond": f"{figures[disks]:.4f}",
            "EbsWriteBytesPerSecond": f"{figures['EBS_WRITE_BYTES_PER_SECOND']:.4f}",
        }
    return {"EC2ResourceUtilization": told}


def meets(ctx: Context, one: Advice, wanted: Mapping[str, Any] | None) -> bool:
    """Whether a recommendation is one that an expression asks for."""
    if not wanted:
        return True
    if len(wanted) > 1:
        raise invalid("Only one root operator is allowed for each expression.")
    if "And" in wanted:
        return all(meets(ctx, one, part) for part in wanted["And"])
    if "Or" in wanted:
        return any(meets(ctx, one, part) for part in wanted["Or"])
    if "Not" in wanted:
        return not meets(ctx, one, wanted["Not"])
    if "Tags" in wanted:
        part = wanted["Tags"]
        return one.finding.tags.get(part.get("Key", ""), "") in _values(part)
    if "Dimensions" in wanted:
        part = wanted["Dimensions"]
        known = {
            "LINKED_ACCOUNT": ctx.principal.account_number,
            "REGION": one.finding.region,
            "RIGHTSIZING_TYPE": one.kind,
        }
        if part.get("Key") not in known:
            raise invalid(f"The dimension {part.get('Key')} cannot filter recommendations.")
        return known[part["Key"]] in _values(part)
    raise invalid("Recommendations can be filtered by dimensions and tags only.")


def _values(part: Mapping[str, Any]) -> list[str]:
    if set(part.get("MatchOptions") or ("EQUALS",)) - {"EQUALS", "CASE_SENSITIVE"}:
        raise invalid("Recommendations can be filtered with the match option EQUALS only.")
    return list(part.get("Values") or ())


def _usd(amount: Decimal) -> str:
    return f"{amount:.10f}"


def _hours(amount: Decimal) -> str:
    return f"{amount:.2f}"
