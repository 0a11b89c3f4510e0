"""What an estate consists of: counts per account, and the shares of waste in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from models.estates.chance import apportion

PRODUCTION, STAGING, DEVELOPMENT = "123456789012", "987654321098", "456789012345"

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of each noun is wasted, as shares of its count (or of the running ones)."""

    unattached_volumes: float = 0.10
    stale_snapshots: float = 0.35
    orphan_snapshots: float = 0.15
    buckets_without_lifecycle: float = 0.60
    idle_databases: float = 2 / 14
    oversized_databases: float = 5 / 14
    idle_balancers: float = 3 / 14
    idle_addresses: float = 8 / 30
    endless_logs: float = 0.50
    without_owner: float = 0.25
    decoys: float = 0.12


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What one account gets. Counts by environment where a mapping, else for the account.

    `grouped` instances belong to one of `groups`, `nodes` to one of `clusters`; the others of
    `instances` stand alone. `volumes` counts every volume: one root per instance, the unattached
    share, and data disks for the rest.
    """

    number: str
    name: str
    instances: Counts
    groups: Counts
    grouped: Counts
    clusters: Counts
    nodes: Counts
    services: int
    functions: int
    volumes: int
    snapshots: int
    buckets: int
    databases: int
    caches: int
    balancers: int
    addresses: int
    log_groups: int
    streams: int
    managed: int
    commitments: int
    images: int = 4
    regions: Mapping[str, float] = field(
        default_factory=lambda: {"us-east-1": 0.60, "us-west-2": 0.24, "eu-west-1": 0.16}
    )
    shares: Shares = Shares()

    @property
    def instance_count(self) -> int:
        """All instances of the account."""
        return sum(self.instances.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """An estate by name: one plan per account, made in this order."""

    name: str
    accounts: tuple[AccountPlan, ...]


_STARTUP = AccountPlan(
    number=PRODUCTION,
    name="production",
    instances={"prod": 35, "staging": 15, "dev": 30, "preview": 10},
    groups={"prod": 3, "staging": 2, "dev": 1, "preview": 2},
    grouped={"prod": 10, "staging": 4, "dev": 2, "preview": 8},
    clusters={"prod": 1, "staging": 1, "dev": 1},
    nodes={"prod": 12, "staging": 6, "dev": 6},
    services=40,
    functions=25,
    volumes=140,
    snapshots=400,
    buckets=30,
    databases=14,
    caches=8,
    balancers=14,
    addresses=30,
    log_groups=40,
    streams=6,
    managed=5,
    commitments=4,
)

_SMALL = AccountPlan(
    number=PRODUCTION,
    name="production",
    instances={"prod": 5, "staging": 1, "dev": 3, "preview": 1},
    groups={"prod": 1},
    grouped={"prod": 2},
    clusters={"prod": 1},
    nodes={"prod": 2},
    services=2,
    functions=3,
    volumes=13,
    snapshots=9,
    buckets=3,
    databases=3,
    caches=1,
    balancers=2,
    addresses=4,
    log_groups=4,
    streams=1,
    managed=1,
    commitments=2,
    images=1,
    regions={"us-east-1": 0.75, "us-west-2": 0.25},
)

_WIDE = {
    "us-east-1": 0.60,
    "us-west-2": 0.16,
    "eu-west-1": 0.12,
    "eu-central-1": 0.06,
    "ap-southeast-1": 0.04,
    "ap-northeast-1": 0.02,
}

_PRODUCTION = AccountPlan(
    number=PRODUCTION,
    name="production",
    instances={"prod": 1300},
    groups={"prod": 60},
    grouped={"prod": 420},
    clusters={"prod": 14},
    nodes={"prod": 310},
    services=380,
    functions=45,
    volumes=2050,
    snapshots=3000,
    buckets=220,
    databases=80,
    caches=52,
    balancers=12,
    addresses=190,
    log_groups=420,
    streams=48,
    managed=38,
    commitments=12,
    images=24,
    regions=_WIDE,
)

_STAGING = replace(
    _PRODUCTION,
    number=STAGING,
    name="staging",
    instances={"staging": 500},
    groups={"staging": 26},
    grouped={"staging": 150},
    clusters={"staging": 6},
    nodes={"staging": 110},
    services=170,
    functions=20,
    volumes=770,
    snapshots=900,
    buckets=90,
    databases=35,
    caches=18,
    balancers=5,
    addresses=60,
    log_groups=170,
    streams=16,
    managed=12,
    commitments=3,
    images=8,
)

_DEVELOPMENT = replace(
    _STAGING,
    number=DEVELOPMENT,
    name="development",
    instances={"dev": 540, "preview": 160},
    groups={"dev": 14, "preview": 22},
    grouped={"dev": 60, "preview": 118},
    clusters={"dev": 6},
    nodes={"dev": 90},
    services=160,
    volumes=1080,
    snapshots=1100,
    buckets=120,
    commitments=2,
)

SMALL = Plan("small", (_SMALL,))
STARTUP = Plan("startup", (_STARTUP,))
ENTERPRISE = Plan("enterprise", (_PRODUCTION, _STAGING, _DEVELOPMENT))


def _merged(accounts: tuple[AccountPlan, ...]) -> AccountPlan:
    """One account with all that several have."""
    merged = accounts[0]
    for other in accounts[1:]:
        sums: dict[str, Any] = {}
        for name in (one.name for one in fields(AccountPlan) if one.name not in _NOT_SUMMED):
            here, there = getattr(merged, name), getattr(other, name)
            sums[name] = (
                here + there
                if isinstance(here, int)
                else {env: here.get(env, 0) + there.get(env, 0) for env in {**here, **there}}
            )
        merged = replace(merged, **sums)
    return merged


_NOT_SUMMED = ("number", "name", "regions", "shares")


def of_size(instances: int, number: str = PRODUCTION) -> Plan:
    """A plan for one account with exactly so many instances.

    In the startup's proportions, from 500 instances on in those of the enterprise as a whole.
    Raises ValueError below one instance.
    """
    if instances < 1:
        raise ValueError(f"an estate has at least one instance, not {instances}")
    model = _STARTUP if instances < 500 else _merged(ENTERPRISE.accounts)
    factor = instances / model.instance_count

    def scaled(count: int) -> int:
        return max(1, round(count * factor))

    per_env = apportion(instances, model.instances)
    grouped = {env: min(per_env[env], int(n * factor)) for env, n in model.grouped.items()}
    nodes = {
        env: min(per_env[env] - grouped[env], int(n * factor)) for env, n in model.nodes.items()
    }
    account = replace(
        model,
        number=number,
        instances=per_env,
        grouped=grouped,
        nodes=nodes,
        groups={env: min(scaled(n), grouped[env]) for env, n in model.groups.items()},
        clusters={env: min(scaled(n), nodes[env]) for env, n in model.clusters.items()},
        services=scaled(model.services),
        functions=scaled(model.functions),
        snapshots=scaled(model.snapshots),
        buckets=scaled(model.buckets),
        databases=scaled(model.databases),
        caches=scaled(model.caches),
        balancers=scaled(model.balancers),
        addresses=scaled(model.addresses),
        log_groups=scaled(model.log_groups),
        streams=scaled(model.streams),
        managed=scaled(model.managed),
        commitments=min(20, scaled(model.commitments)),
        volumes=max(instances + 1, round(model.volumes * factor)),
        images=max(1, round(model.images * factor**0.5)),
    )
    return Plan(str(instances), (account,))


NAMED = {plan.name: plan for plan in (SMALL, STARTUP, ENTERPRISE)}


def named(size: str | int) -> Plan:
    """The plan for `small`, `startup`, `enterprise` or a number of instances.

    Raises ValueError for any other word, naming the choices.
    """
    text = str(size).strip().lower()
    if text in NAMED:
        return NAMED[text]
    if text.isdecimal():
        return of_size(int(text))
    raise ValueError(f"{size!r} is no estate: take {', '.join(NAMED)} or a number of instances")


def on_account(plan: Plan, number: str, name: str) -> Plan:
    """The same single-account plan for another account.

    Raises ValueError for a plan of several accounts, which brings its own account numbers.
    """
    if len(plan.accounts) != 1:
        raise ValueError(f"{plan.name} is made of {len(plan.accounts)} accounts of its own")
    return replace(plan, accounts=(replace(plan.accounts[0], number=number, name=name),))
