"""Service updates of ElastiCache: what AWS would have its customers' caches brought to."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class ServiceUpdate(NamedTuple):
    """One update; caches of its engines that are older than it can take it."""

    name: str
    released_at: datetime
    severity: str
    engines: tuple[str, ...]
    text: str

    @property
    def apply_by(self) -> datetime:
        """When AWS recommends to have it applied."""
        return self.released_at + timedelta(days=30)

    @property
    def ends_at(self) -> datetime:
        """When it can be applied no more."""
        return self.released_at + timedelta(days=365)


_BOTH = ("redis", "valkey")
UPDATES = tuple(
    ServiceUpdate(f"elasticache-{day:%Y%m%d}-{word}", day, severity, engines, text)
    for day, word, severity, engines, text in (
        (datetime(2025, 11, 17, tzinfo=UTC), "patch-update", "important", _BOTH,
         "Upgrades to improve security, reliability, and operational performance of your clusters"),
        (datetime(2026, 3, 16, tzinfo=UTC), "patch-update", "important", _BOTH,
         "Upgrades to improve security, reliability, and operational performance of your clusters"),
        (datetime(2026, 5, 11, tzinfo=UTC), "memcached-patch-update", "medium", ("memcached",),
         "Upgrades to improve the reliability of your clusters"),
    )
)  # fmt: skip


def released(now: datetime) -> list[ServiceUpdate]:
    """The updates that are there by now, by name."""
    return sorted(one for one in UPDATES if one.released_at <= now)


def status(update: ServiceUpdate, now: datetime) -> str:
    """available, or expired once it can be applied no more."""
    return "available" if now < update.ends_at else "expired"
