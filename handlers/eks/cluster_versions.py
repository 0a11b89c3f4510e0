"""Versions of Kubernetes that EKS has, and what support each still gets.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_ClusterVersionInformation.html.
"""

from datetime import UTC, date, datetime, time
from typing import Any

from emulator.context import Context
from handlers.eks import identifiers
from handlers.eks.identifiers import invalid
from models import eks_versions
from models.eks_versions import Version

NOUN = "container_clusters"

OLD_WORDS = {"STANDARD_SUPPORT": "standard-support", "EXTENDED_SUPPORT": "extended-support",
             "UNSUPPORTED": "unsupported"}  # fmt: skip


async def describe_cluster_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Versions, the newest first, by name, status, default and page."""
    page = identifiers.page(ctx, params)
    today = ctx.now.date()
    if params.get("clusterType", "eks") != "eks":
        raise invalid(f"Unsupported cluster type: {params['clusterType']}")
    found = eks_versions.offered(today)
    names = params.get("clusterVersions")
    if params.get("includeAll") or names or params.get("versionStatus") == "UNSUPPORTED":
        found = [one for one in reversed(eks_versions.VERSIONS) if one.released <= today]
    if names:
        found = [one for one in found if one.name in names]
    if params.get("defaultOnly"):
        found = [eks_versions.default(today)]
    for member in ("versionStatus", "status"):
        wanted = params.get(member)
        if wanted:
            found = [one for one in found
                     if wanted in (one.support(today), OLD_WORDS[one.support(today)])]  # fmt: skip
    shown, token = page.cut_items(found, lambda one: f"{1000 - one.minor:04d}")
    return {"clusterVersions": [_shown(one, today) for one in shown], "nextToken": token}


def _shown(version: Version, today: date) -> dict[str, Any]:
    support = version.support(today)
    return {
        "clusterVersion": version.name,
        "clusterType": "eks",
        "defaultPlatformVersion": version.platform,
        "defaultVersion": version == eks_versions.default(today),
        "releaseDate": _at(version.released),
        "endOfStandardSupportDate": _at(version.standard_until),
        "endOfExtendedSupportDate": _at(version.extended_until),
        "status": OLD_WORDS[support],
        "versionStatus": support,
        "kubernetesPatchVersion": version.patch,
    }


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
