"""Advice: what to do about findings, each resource counted once.

Of one resource only one thing can be done. What is idle ends, whatever else it could be; what is
too large is made smaller before it is made newer; beyond that, more saved comes first.
Source: https://docs.aws.amazon.com/cost-management/latest/userguide/coh-optimization-strategies.html
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from models import instance_types
from models.recommendations import (
    databases,
    enrollments,
    functions,
    groups,
    instances,
    machines,
    services,
    unused,
    volumes,
)
from models.recommendations.evidence import Scope
from models.recommendations.finding import Finding, Option, Saving

# Each kind's finder and what Compute Optimizer calls the kind where preferences are concerned.
FINDERS: tuple[tuple[Any, str], ...] = (
    (instances, "Ec2Instance"),
    (groups, "AutoScalingGroup"),
    (volumes, "EbsVolume"),
    (functions, "LambdaFunction"),
    (services, "EcsService"),
    (databases, "RdsDBInstance"),
)
# Compute Optimizer's names of idle resources, and Cost Optimization Hub's.
IDLE_TYPES = {
    "instance": "EC2Instance",
    "autoscaling_group": "AutoScalingGroup",
    "volume": "EBSVolume",
    "container_service": "ECSService",
    "rds_instance": "RDSDBInstance",
    "nat_gateway": "NatGateway",
    "cache_cluster": "ElastiCacheCluster",
    "managed_service": "SageMakerEndpoint",
}
HUB_TYPES = {
    "instance": "Ec2Instance",
    "autoscaling_group": "Ec2AutoScalingGroup",
    "volume": "EbsVolume",
    "lambda_function": "LambdaFunction",
    "container_service": "EcsService",
    "rds_instance": "RdsDbInstance",
    "nat_gateway": "NatGateway",
    "cache_cluster": "ElastiCacheCluster",
    "managed_service": "SageMakerEndpoint",
}
STORAGE = "RdsDbInstanceStorage"
# How what is idle is ended, with the effort, whether it restarts and whether it can be undone.
_ENDS = {
    "instance": ("Stop", "VeryLow", True, True),
    "rds_instance": ("Stop", "Low", True, True),
    "autoscaling_group": ("ScaleIn", "Low", False, True),
    "volume": ("Delete", "VeryLow", False, False),
    "container_service": ("Delete", "Low", False, False),
    "nat_gateway": ("Delete", "Low", False, False),
    "cache_cluster": ("Delete", "Low", False, False),
    "managed_service": ("Delete", "Low", False, False),
}
_RESTARTS = frozenset({"instance", "rds_instance"})
_ORDER = ("Stop", "Delete", "ScaleIn", "Rightsize", "Upgrade", "MigrateToGraviton")


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that could be done: `action`, `effort` and types are Cost Optimization Hub's."""

    finding: Finding
    action: str
    type: str
    saving: Saving
    effort: str
    restarts: bool
    reversible: bool
    option: Option | None = None
    days: int = 14

    def id(self, account: str) -> str:
        """The recommendation's id: the same as long as the same is to be done."""
        return identity(account, self.type, f"{self.finding.arn}|{self.action}")

    @property
    def key(self) -> tuple[str, str]:
        """What can be changed but once."""
        return self.type, self.finding.arn


def identity(account: str, kind: str, what: str) -> str:
    """The id of a recommendation, of AWS's form: base64 of the account and a digest."""
    digest = hashlib.sha256(f"{account}|{kind}|{what}".encode()).hexdigest()[:36]
    return base64.b64encode(f"{account}_{digest}".encode()).decode().rstrip("=")


def resource_id(finding: Finding) -> str:
    """What a resource is called in lists beside its ARN."""
    if finding.kind in ("autoscaling_group", "rds_instance", "lambda_function",
                        "container_service", "cache_cluster", "managed_service"):  # fmt: skip
        return str(finding.row["name"])
    return finding.id


async def findings(db: Any, scope: Scope) -> list[Finding]:
    """What there is to say of every resource, by kind, as preferences would have it judged."""
    found: list[Finding] = []
    for finder, resource_type in FINDERS:
        judged = await enrollments.judged(db, finder, resource_type, scope)
        found += [finding for finding, _ in judged]
    return found + await unused.find(db, scope)


async def idle(db: Any, scope: Scope) -> list[Finding]:
    """What of all kinds is idle, by kind."""
    return [finding for finding in await findings(db, scope) if finding.idle]


async def everything(db: Any, scope: Scope) -> list[Advice]:
    """All that could be done, also where only one of several things can."""
    return [one for finding in await findings(db, scope) for one in _of(finding, scope)]


def once(given: Iterable[Advice], *, discounted: bool = True) -> list[Advice]:
    """Of each resource the one thing to do."""
    best: dict[tuple[str, str], Advice] = {}
    for one in given:
        other = best.get(one.key)
        if other is None or _rank(one, discounted) < _rank(other, discounted):
            best[one.key] = one
    return list(best.values())


def _rank(one: Advice, discounted: bool) -> tuple[int, Decimal]:
    saved = one.saving.discounted if discounted else one.saving.monthly
    return min(_ORDER.index(one.action), 4), -saved


def _of(finding: Finding, scope: Scope) -> list[Advice]:
    found = []
    if finding.idle is not None:
        action, effort, restarts, reversible = _ENDS[finding.kind]
        found.append(Advice(finding, action, HUB_TYPES[finding.kind], finding.idle.saving, effort,
                            restarts, reversible, days=finding.idle.days))  # fmt: skip
    best = finding.best
    if best is not None and best.saving.monthly > 0 and finding.verdict != "Underprovisioned":
        found.append(_change(finding, best))
    if finding.kind == "rds_instance":
        storage = databases.storage(finding, scope)[2]
        if storage is not None and storage.saving.monthly > 0:
            found.append(Advice(finding, "Upgrade", STORAGE, storage.saving, "Low", False, True,
                                storage, finding.days))  # fmt: skip
    if finding.kind == "instance" and finding.verdict == "Optimized":
        found += _migration(finding, scope)
    return found


def _change(finding: Finding, option: Option) -> Advice:
    """Make it smaller, or newer."""
    newer = finding.verdict == "Optimized"
    if finding.kind == "volume":
        newer = finding.row["type"] != option.configuration["type"]
    effort = "Medium" if finding.kind == "autoscaling_group" else option.effort
    return Advice(
        finding, "Upgrade" if newer else "Rightsize", HUB_TYPES[finding.kind], option.saving,
        "Low" if finding.kind == "volume" else effort, finding.kind in _RESTARTS, True, option,
        finding.days,
    )  # fmt: skip


def _migration(finding: Finding, scope: Scope) -> list[Advice]:
    current = instance_types.find(finding.row["type"])
    if current is None or machines.architecture(current) == machines.ARM:
        return []
    arm = instances.graviton_options(finding.row, current, replace(scope, days=finding.days))
    return [
        Advice(finding, "MigrateToGraviton", HUB_TYPES["instance"], one.saving, "VeryHigh", True,
               True, one, finding.days)
        for one in arm[:1]
    ]  # fmt: skip
