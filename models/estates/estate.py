"""One account's estate in the making: rows by table, before any of them is written."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any

from models.decoys import DECOYS
from models.estates.chance import Chance, apportion
from models.estates.company import Company, Owner
from models.estates.plans import AccountPlan

Row = dict[str, Any]
Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine stands: a subnet of a network, and what guards it."""

    vpc_id: str
    subnet_id: str
    zone: str
    cidr_head: str
    public: bool


@dataclass(slots=True)
class Network:
    """A virtual private cloud of the estate with its subnets and security groups by role."""

    vpc_id: str
    region: str
    env: str
    public: list[Place]
    private: list[Place]
    groups: Mapping[str, str]
    used: dict[str, int] = field(default_factory=dict)

    def address(self, place: Place) -> str:
        """The next free private address of a subnet (a /20: 4,091 of them)."""
        taken = self.used.get(place.subnet_id, 0)
        self.used[place.subnet_id] = taken + 1
        head, third = place.cidr_head.rsplit(".", 1)
        return f"{head}.{int(third) + (taken + 10) // 256}.{(taken + 10) % 256}"


class Estate:
    """Rows of one account, its clock and its company; generators add to it in order.

    `rows` maps a table to its rows, all of one table having the same columns; `taken` are names
    that other accounts already hold where names are unique over all accounts.
    """

    def __init__(
        self,
        plan: AccountPlan,
        account_id: uuid.UUID,
        *,
        seed: int,
        end: date,
        days: int,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        self.plan = plan
        self.shares = plan.shares
        self.account_id = account_id
        self.number = plan.number
        self.seed = seed
        self.taken = taken
        self.company = Company(seed)
        self.end = datetime.combine(end, time(), UTC)
        self.start = self.end - timedelta(days=days)
        self.rows: dict[str, list[Row]] = {}
        self.networks: dict[tuple[str, str], Network] = {}
        self.addresses: set[str] = set()
        self.images: dict[tuple[str, str], str] = {}
        self.image_snapshots: list[tuple[str, str, str, Row, datetime, int]] = []
        self.users: list[Any] = []
        self.data_disks: list[int] = []
        self.data_types: list[str] = []
        self.data_sizes: list[int] = []
        self._flagged = 0
        self._decoys = 0

    def chance(self, *path: object) -> Chance:
        """The stream of draws for one thing of this estate."""
        return Chance(self.seed, self.number, *path)

    def add(self, table: str, row: Row) -> Row:
        """Put a row into a table."""
        self.rows.setdefault(table, []).append(row)
        return row

    def regions(self, noun: str, count: int) -> list[str]:
        """Regions for `count` things, in the plan's proportions."""
        return self.chance("regions", noun).deck(count, self.plan.regions)

    def share_out(self, noun: str, count: int) -> list[str]:
        """Environments for `count` things, as the instances are shared out."""
        return self.chance("environments", noun).deck(count, self.plan.instances)

    def untagged(self, noun: str, count: int) -> list[bool]:
        """Which of `count` things nobody put an owner on."""
        share = self.shares.without_owner
        return self.chance("untagged", noun).deck(count, {True: share, False: 1 - share})

    def flags(self, noun: str, count: int, share: float) -> list[bool]:
        """Which of `count` things fall into a share of waste, as exactly as whole things can."""
        return self.chance("flags", noun).deck(count, {True: share, False: 1 - share})

    def before(self, chance: Chance, youngest: float, oldest: float) -> datetime:
        """A moment so many days before history begins, during some working day."""
        moment = self.start - timedelta(days=chance.between(youngest, oldest))
        seconds = chance.whole(7 * 3600, 19 * 3600)
        return datetime.combine(moment.date(), time(), UTC) + timedelta(seconds=seconds)

    def arn(self, service: str, region: str, resource: str) -> str:
        """The ARN of a resource of this account."""
        return f"arn:aws:{service}:{region}:{self.number}:{resource}"

    def unique(self, kind: str, identifier: str, region: str) -> str:
        """An id unique over all accounts, by the rule of driftcloud_global_id."""
        if f"{kind}/{identifier}" in self.taken:
            return f"{identifier}.{self.number}.{region}"
        return identifier

    def tags(
        self, chance: Chance, owner: Owner, env: str, name: str, *, bare: bool, **more: str
    ) -> Tags:
        """The tags a resource carries; a `bare` one has a name and an environment at most."""
        tags = {"Name": name} if name else {}
        if bare:
            if chance.happens(0.6):
                tags["env"] = env
            return tags | more
        tags |= {
            "env": env,
            "owner": owner.email,
            "team": owner.team,
            "service": owner.service,
            "cost-center": owner.cost_center,
            "managed-by": chance.pick(self.company.managed_by),
        }
        return tags | more

    def tag(
        self,
        resource_type: str,
        resource_id: str,
        tags: Tags,
        at: datetime,
        *,
        first_number: int = 0,
    ) -> None:
        """Write a resource's tags into the one table that holds everybody's.

        `first_number` is how many tags it may have from an earlier call.
        """
        # half a million of these in a large estate: one digest for all keys of a resource, which
        # then lie side by side in their index
        place = blake2b(f"{self.seed}/{resource_type}/{resource_id}".encode(), digest_size=15)
        first = place.hexdigest()
        account_id = self.account_id
        self.rows.setdefault("resource_tags", []).extend(
            {
                "id": f"{first}{number:02x}",
                "account_id": account_id,
                "resource_type": resource_type,
                "resource_id": resource_id,
                "key": key,
                "value": value,
                "created_at": at,
            }
            for number, (key, value) in enumerate(tags.items(), first_number)
        )

    def decoy(self, pattern: str) -> tuple[str, Tags] | None:
        """Whether the next thing flagged as `pattern` is innocent: why, and its tags; else None.

        Errors are carried over from pattern to pattern, so that the share of decoys holds for
        the estate as a whole, however few things a pattern flags.
        """
        early = self._decoys + 1 > (self._flagged + 1) * self.shares.decoys
        if early or pattern not in DECOYS:
            return None
        self._decoys += 1
        reasons = DECOYS[pattern]
        innocent = reasons[self._decoys % len(reasons)]
        return innocent.reason, dict(innocent.tags)

    def innocent_with(self) -> None:
        """Count a thing that is innocent because what it belongs to is."""
        self._decoys += 1

    def flag(self, pattern: str, decoy: str | None, saving: float) -> dict[str, Any]:
        """What the params of a profile say of a thing that is waste or only looks like it."""
        self._flagged += 1
        if decoy is not None:
            return {"pattern": pattern, "decoy": decoy}
        return {"pattern": pattern, "saving_usd_month": round(saving, 4)}

    def profile(
        self,
        resource_type: str,
        resource_id: str,
        profile: str,
        *,
        pattern: str | None = None,
        decoy: str | None = None,
        saving: float = 0.0,
        params: Mapping[str, Any] | None = None,
        **measures: float | None,
    ) -> None:
        """Say what a resource is really used for, and which waste it is or only looks like.

        `saving` is what the remedy saves, USD a month of 730 hours; a decoy saves nothing.
        """
        about = dict(params or {})
        if pattern is not None:
            about |= self.flag(pattern, decoy, saving)
        self.add(
            "resource_profiles",
            {
                "account_id": self.account_id,
                "resource_type": resource_type,
                "resource_id": resource_id,
                "profile": profile,
                "params": about,
                **{name: measures.get(name) for name in MEASURES},
            },
        )


MEASURES = (
    "load", "memory_gib", "network_mb", "connections", "requests", "duration_ms",
    "throughput_mbps", "iops", "ingest_gb", "stored_gib",
)  # fmt: skip


def dealt(total: int, hands: int) -> list[int]:
    """`total` things in `hands` parts that differ by one at most."""
    return list(apportion(total, dict.fromkeys(range(hands), 1.0)).values()) if hands else []
