"""Kubernetes versions that EKS has or had, and how long it supports each.

Source: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html: fourteen months
of standard support, then twelve of extended support, which costs more.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.costs.compute import container_cluster_hourly


@dataclass(frozen=True, slots=True)
class Version:
    """One minor version, with the days from which each support ends."""

    name: str
    released: date
    standard_until: date
    extended_until: date
    patch: str
    platform: str

    def support(self, on: date) -> str:
        """STANDARD_SUPPORT, EXTENDED_SUPPORT or UNSUPPORTED on a day."""
        if on < self.standard_until:
            return "STANDARD_SUPPORT"
        return "EXTENDED_SUPPORT" if on < self.extended_until else "UNSUPPORTED"

    @property
    def minor(self) -> int:
        """The number behind the point."""
        return int(self.name.partition(".")[2])


def _version(name: str, days: str, patch: str, platform: str) -> Version:
    since, standard, extended = map(date.fromisoformat, days.split())
    return Version(name, since, standard, extended, patch, platform)


VERSIONS = tuple(
    _version(*told)
    for told in (
        ("1.28", "2023-09-26 2024-11-26 2025-11-26", "1.28.15", "eks.54"),
        ("1.29", "2024-01-23 2025-03-23 2026-03-23", "1.29.15", "eks.51"),
        ("1.30", "2024-05-23 2025-07-23 2026-07-23", "1.30.14", "eks.51"),
        ("1.31", "2024-09-26 2025-11-26 2026-11-26", "1.31.13", "eks.47"),
        ("1.32", "2025-01-23 2026-03-23 2027-03-23", "1.32.9", "eks.31"),
        ("1.33", "2025-05-29 2026-07-29 2027-07-29", "1.33.5", "eks.24"),
        ("1.34", "2025-10-02 2026-12-02 2027-12-02", "1.34.2", "eks.12"),
        ("1.35", "2026-01-27 2027-03-27 2028-03-27", "1.35.0", "eks.5"),
    )
)
_BY_NAME = {one.name: one for one in VERSIONS}


def find(name: str) -> Version | None:
    """The version of that name, or None."""
    return _BY_NAME.get(name)


def offered(on: date) -> list[Version]:
    """The versions that are out and supported on a day, the newest first.

    A world that is older than the oldest or younger than the newest of these keeps the nearest.
    """
    found = [one for one in VERSIONS if one.released <= on < one.extended_until]
    return found[::-1] or [VERSIONS[0] if on < VERSIONS[0].released else VERSIONS[-1]]


def default(on: date) -> Version:
    """The version of a cluster that names none: the newest but one, as EKS waits a while."""
    newest = offered(on)
    return newest[1] if len(newest) > 1 else newest[0]


def is_extended(name: str | None, on: date) -> bool:
    """Whether a version costs extended support on a day."""
    version = _BY_NAME.get(name or "")
    return version is not None and on >= version.standard_until


def control_plane_hourly(name: str | None, on: date, region: str) -> Decimal:
    """What the control plane of a cluster costs an hour on a day, USD."""
    return container_cluster_hourly("m5.large", 0, region, extended_support=is_extended(name, on))
