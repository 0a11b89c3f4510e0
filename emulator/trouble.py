"""Trouble on purpose: calls that fail, take long or come too often, as an operator ordered.

The orders lie in the database, so that every worker obeys them; each process keeps them in mind
and reads them again when PostgreSQL notifies it. Without any, a call passes one attribute.
"""

import asyncio
import contextlib
import logging
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from emulator import api
from emulator.context import Context
from emulator.control import Answer, ControlError, World
from emulator.errors import AwsError, Fault
from emulator.protocols import faults
from emulator.rate_limits import RESOURCES, Buckets, Drawing, Rate, rate_of
from models import fault_rules

if TYPE_CHECKING:
    from emulator.database.database import Database

log = logging.getLogger("driftcloud.trouble")

# By how much of the golden ratio's turn each call moves on: any share of calls is met evenly, and
# of the smaller shares no two in a row are.
_TURN: Final = 0.6180339887498949
# How long clients are told to wait for what only chance refused.
BACK_OFF_MS: Final = 100
_LONGEST_WAIT_MS: Final = 5_000
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{2,99}")
_NUMBER = re.compile(r"\d{12}|\*")


@dataclass(slots=True)
class Rule:
    """An order as a process keeps it: whom it concerns, and how often it has."""

    id: str
    service: str
    operation: str
    account: str
    share: float
    error: str | None
    status: int | None
    message: str | None
    latency_ms: int
    turn: float = field(default=0.0)

    def concerns(self, ctx: Context) -> bool:
        """Whether a call is among those meant."""
        operation = ctx.operation
        return (
            self.service in ("*", ctx.service)
            and self.account in ("*", ctx.principal.account_number)
            and operation is not None
            and fnmatchcase(operation.name, self.operation)
        )

    def strikes(self) -> bool:
        """Whether it is this call's turn."""
        self.turn = (self.turn + _TURN) % 1.0
        return self.turn < self.share or self.share >= 1

    def refusal(self, ctx: Context) -> AwsError:
        """The error, in the words of the caller's service where the order gives but its kind."""
        if self.error not in faults.SPELLINGS:
            return AwsError(self.error or "", self.message or "Injected fault.", self.status)
        action = f"{ctx.service}:{ctx.operation.name if ctx.operation else ''}"
        fault = Fault(self.error, principal=ctx.principal.arn, action=action, resource="*")
        if self.status is None and self.message is None:
            return fault
        spelled = faults.spell(fault, ctx.service, ctx.protocol)
        return AwsError(
            spelled.code, self.message or spelled.message, self.status or spelled.status
        )


class Trouble:
    """What a process keeps of the orders; `active` is all that a call looks at without any."""

    def __init__(self, buckets: Drawing | None = None, world: str = "") -> None:
        self.active = False
        self.rules: list[Rule] = []
        self.throttling: Mapping[str, Any] = {"enabled": False, "scale": 1.0, "account": "*"}
        self.met: Counter[str] = Counter()
        # several processes draw from the same ones, and so do several worlds, each by its name
        self.buckets: Drawing = buckets if buckets is not None else Buckets()
        self._world = world
        self._reading: asyncio.Task[None] | None = None
        self._again = False

    async def read(self, database: "Database") -> None:
        """Learn the orders anew; a rule that is known goes on counting where it was."""
        async with database.owner() as connection:
            rows = await fault_rules.every(connection)
            throttling = dict(await fault_rules.throttling(connection))
        turns = {rule.id: rule.turn for rule in self.rules}
        self.rules = [Rule(**row, turn=turns.get(row["id"], 0.0)) for row in map(dict, rows)]
        self.throttling = throttling
        self.active = bool(self.rules) or throttling["enabled"]

    def changed(self, database: "Database") -> None:
        """Read the orders in the background: a notification says that they are others now."""
        self._again = True
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._read_on(database))

    async def _read_on(self, database: "Database") -> None:
        while self._again:
            self._again = False
            try:
                await self.read(database)
            except Exception:
                log.warning("the faults on purpose could not be read", exc_info=True)

    async def stop(self) -> None:
        """End reading."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    async def meet(self, ctx: Context) -> None:
        """Let a call suffer what is ordered for it: wait, or raise."""
        for rule in self.rules:
            if not rule.concerns(ctx) or not rule.strikes():
                continue
            self.met[rule.id] += 1
            if rule.latency_ms:
                await asyncio.sleep(rule.latency_ms / 1000)
            if rule.error is not None:
                if rule.error == "throttled" or rule.status in (429, 503):
                    ctx.retry_after_ms = BACK_OFF_MS
                raise rule.refusal(ctx)
        if self.throttling["enabled"]:
            self._throttle(ctx)

    def _throttle(self, ctx: Context) -> None:
        number = ctx.principal.account_number
        if self.throttling["account"] not in ("*", number) or ctx.operation is None:
            return
        name = ctx.operation.name
        found = rate_of(ctx.service, name, ctx.params, ctx.region)
        if found is None:
            return
        scale = self.throttling["scale"]
        bucket, rate = found
        # another scale means other buckets, full ones
        place = (self._world, str(scale), number, ctx.region, ctx.service)
        wait = self.buckets.take((*place, bucket), rate.times(scale))
        if not wait and ctx.service == "ec2" and name in RESOURCES:
            instances = _instances(ctx.params)
            wait = self.buckets.take(
                (*place, name, "resources"), Rate(*RESOURCES[name]).times(scale), instances
            )
        if wait:
            self.met["throttle"] += 1
            ctx.retry_after_ms = min(max(round(wait * 1000), 1), _LONGEST_WAIT_MS)
            raise Fault("throttled")

    def report(self) -> dict[str, Any]:
        """What health says of it."""
        names = ("id", "service", "operation", "account", "share", "error", "status", "latency_ms")
        return {
            "faults": [
                {name: getattr(rule, name) for name in names} | {"met": self.met[rule.id]}
                for rule in self.rules
            ],
            "throttling": {**self.throttling, "met": self.met["throttle"]},
        }


def _instances(params: Mapping[str, Any]) -> float:
    """How many instances a call takes up."""
    if "MaxCount" in params:
        return float(params["MaxCount"])
    return float(len(params.get("InstanceIds") or ()) or 1)


# The operator's verbs.


async def add(world: World, rule: dict[str, Any]) -> Answer:
    """Order a fault; ControlError for what cannot be."""
    _check(rule)
    row = {**rule, "id": f"fault-{secrets.token_hex(4)}", "error": rule["error"] or None}
    row |= {"status": rule["status"] or None, "message": rule["message"] or None}
    async with world.database.owner() as connection:
        return dict(await fault_rules.add(connection, row))


async def every(world: World) -> Answer:
    """The faults that are ordered."""
    async with world.database.owner() as connection:
        return [dict(row) for row in await fault_rules.every(connection)]


async def remove(world: World, rule_id: str) -> Answer:
    """Take back one order, or all."""
    async with world.database.owner() as connection:
        removed = await fault_rules.remove(connection, None if rule_id == "all" else rule_id)
    if not removed and rule_id != "all":
        raise ControlError(f"there is no fault {rule_id}; see driftcloud faults list")
    return {"removed": removed}


async def throttle(world: World, enabled: bool, scale: float | None, account: str | None) -> Answer:
    """Hold calls to AWS's rates, or stop doing so."""
    if scale is not None and not 0 < scale <= 1000:
        raise ControlError(f"--scale takes a number above 0 up to 1000, not {scale:g}")
    if account is not None and not _NUMBER.fullmatch(account):
        raise ControlError(f"--account takes 12 digits or *, not {account!r}")
    async with world.database.owner() as connection:
        return dict(await fault_rules.set_throttling(connection, enabled, scale, account))


def _check(rule: Mapping[str, Any]) -> None:
    service, operation, error = rule["service"], rule["operation"], rule["error"]
    if service != "*" and not api.has_service(service):
        raise ControlError(f"AWS has no service {service}; take botocore's names, such as ec2")
    if service != "*" and not any(
        fnmatchcase(name, operation) for name in api.service(service).operations
    ):
        raise ControlError(f"{service} has no operation {operation}")
    if not _NUMBER.fullmatch(rule["account"]):
        raise ControlError(f"--account takes 12 digits or *, not {rule['account']!r}")
    if not 0 < rule["share"] <= 1:
        raise ControlError(f"--share takes a number above 0 up to 1, not {rule['share']:g}")
    if not 0 <= rule["latency_ms"] <= 60_000:
        raise ControlError(f"--latency-ms takes 0 to 60000, not {rule['latency_ms']}")
    if rule["status"] and not 400 <= rule["status"] <= 599:
        raise ControlError(f"--status takes 400 to 599, not {rule['status']}")
    if error and error not in faults.SPELLINGS and not _CODE.fullmatch(error):
        kinds = "throttled, unavailable, internal, denied, expired_session_token"
        raise ControlError(f"--error takes a code of AWS's or a kind ({kinds}), not {error!r}")
    if not error and not rule["latency_ms"]:
        raise ControlError("a fault has an --error, a --latency-ms, or both")
