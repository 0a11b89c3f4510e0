"""The operator's verbs: one function each, for the command line, the admin API and the console.

A verb's name is its command (`keys_create` is `driftcloud keys create` and
`POST /_driftcloud/keys/create`), its parameters are its options, its docstring is its help, and
what it returns is printed, or sent as JSON. Parameters without a default stand without a flag.
"""

import hmac
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from emulator.database.database import Database
    from emulator.episode_servers import EpisodeServer
    from emulator.seal import Vault
    from emulator.settings import Settings

Progress = Callable[[int, int, str], None]
Answer = dict[str, Any] | list[dict[str, Any]]


class ControlError(Exception):
    """A verb that cannot be done as asked: the message says why and what to do.

    `status` is what the admin API answers: 400 where another wish would be granted.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def _silent(done: int, total: int, what: str) -> None:
    """Tell nobody how far a verb has come."""


@dataclass(slots=True)
class World:
    """What the verbs work on: a database, what seals its secrets, and its settings.

    `mark` is what the access keys of an episode carry; the main world's carry none. `visited` is
    where a server process tells, by its code, which episode it has open (`EpisodeServers.visit`);
    `turns` is held while days of an episode go by, so that not all are made at once.
    """

    database: "Database"
    vault: "Vault"
    settings: "Settings"
    progress: Progress = field(default=_silent)
    mark: str = ""
    visited: "Callable[[str], Awaitable[EpisodeServer | None]] | None" = None
    turns: AbstractAsyncContextManager[Any] = field(default_factory=nullcontext)


DEFAULT_ACCOUNT = "123456789012"
DEFAULT_END = "2026-06-30"
READS = frozenset(
    ("status", "keys_list", "accounts_list", "db_url", "admin_token", "drift_show", "faults_list",
     "episode_list", "episode_diff", "guardrails_breaches")
)  # fmt: skip

# Verbs whose answer goes into a program or its settings: it is JSON, asked for or not.
FOR_PROGRAMS = frozenset(("keys_create",))

Account = Annotated[str, "account number of 12 digits"]
Seed = Annotated[int, "same seed, same world"]
Days = Annotated[int, "days of history"]


async def status(world: World) -> Answer:
    """What runs here: version, database, accounts, virtual dates, operations served."""
    from emulator import health

    return await health.report(world.database, world.settings)


async def tick(
    world: World,
    *,
    days: Annotated[int, "how many virtual days to advance"] = 1,
    account: Annotated[str, "only this account; default: all"] = "",
) -> Answer:
    """Advance the world by virtual days, now."""
    from emulator import worlds

    if not 1 <= days <= 3660:
        raise ControlError(f"--days takes 1 to 3660, not {days}")
    return await worlds.tick(world, days=days, account=account)


async def estate_create(
    world: World,
    size: Annotated[str, "small, startup, enterprise, or a number of instances"],
    *,
    seed: Seed = 42,
    days: Days = 30,
    until: Annotated[str, "last day of the history, YYYY-MM-DD"] = DEFAULT_END,
    account: Account = DEFAULT_ACCOUNT,
) -> Answer:
    """Fill accounts with a generated estate, its history and its waste."""
    from emulator import worlds

    return await worlds.create(
        world, size, seed=seed, days=days, until=_day(until), account=account
    )


async def reset(
    world: World,
    *,
    estate: Annotated[str, "estate to create anew; default: leave every account empty"] = "",
    seed: Seed = 42,
    days: Days = 30,
    account: Annotated[str, "only this account; default: all"] = "",
) -> Answer:
    """Empty the accounts, or start them over with an estate; keys stay as they are."""
    from emulator import worlds

    return await worlds.reset(world, estate=estate, seed=seed, days=days, account=account)


async def waste(
    world: World,
    *,
    account: Annotated[str, "only this account; default: all"] = "",
    pattern: Annotated[str, "only this kind of waste, such as ebs_unattached"] = "",
    decoys: Annotated[bool, "show also what only looks like waste, and why it is none"] = False,
    ended: Annotated[bool, "show also what is over, since when and by whose doing"] = False,
    episode: Annotated[str, "in this episode; default: the main world"] = "",
) -> Answer:
    """The answer key: what is waste here, since when, what it costs and what ends it."""
    from emulator import episodes, truth

    async with episodes.opened(world, episode or episodes.MAIN) as one:
        return await truth.waste(one, account=account, pattern=pattern, decoys=decoys, ended=ended)


async def export(
    world: World,
    *,
    format: Annotated[str, "focus (FOCUS 1.2) or cur (CUR 2.0)"] = "focus",
    month: Annotated[str, "YYYY-MM of virtual days; default: the newest"] = "",
    out: Annotated[str, "folder to write into, on the machine that runs this"] = ".",
    type: Annotated[str, "csv or parquet; default: parquet if pyarrow is there"] = "",
    account: Account = DEFAULT_ACCOUNT,
) -> Answer:
    """Write a month of an account's bill to files: FOCUS or CUR 2.0, a file a day."""
    from emulator import bills

    return await bills.export(
        world, table=format, month=month, out=out, file_type=type, account=account
    )


async def keys_create(
    world: World,
    *,
    account: Account = DEFAULT_ACCOUNT,
    name: Annotated[str, "whose key this is"] = "client",
    scopes: Annotated[str, "rights, comma separated: *, read:*, write:instances, admin:*"] = "*",
    access_key_id: Annotated[str, "choose the id instead of drawing one"] = "",
    secret_access_key: Annotated[str, "choose the secret; - reads it from standard input"] = "",
) -> Answer:
    """Make an access key; the secret is shown this once."""
    from emulator import clients

    return await clients.create(
        world,
        account=account,
        name=name,
        scopes=[scope.strip() for scope in scopes.split(",") if scope.strip()],
        access_key_id=access_key_id,
        secret_access_key=secret_access_key,
    )


async def keys_list(world: World) -> Answer:
    """The access keys: whose they are, what they may do, when they were last used."""
    from emulator import clients

    return await clients.every(world)


async def keys_disable(world: World, access_key_id: str) -> Answer:
    """Refuse a key from now on; `keys enable` takes that back."""
    from emulator import clients

    return await clients.set_status(world, access_key_id, "disabled")


async def keys_enable(world: World, access_key_id: str) -> Answer:
    """Accept a disabled key again."""
    from emulator import clients

    return await clients.set_status(world, access_key_id, "active")


async def keys_delete(world: World, access_key_id: str) -> Answer:
    """Delete a key for good."""
    from emulator import clients

    return await clients.delete(world, access_key_id)


async def keys_rotate_master(world: World) -> Answer:
    """Seal all secrets under a new master key; what the old one sealed still opens."""
    from emulator import clients

    return await clients.rotate_master(world)


async def accounts_create(
    world: World,
    name: Annotated[str, "a name for people"],
    *,
    number: Annotated[str, "account number of 12 digits; default: drawn"] = "",
    email: Annotated[str, "the address that the account belongs to"] = "",
    management: Annotated[str, "join the organization that this account manages"] = "",
) -> Answer:
    """Open an account, empty but for the default network of every region."""
    from emulator import members

    return await members.create(world, name=name, number=number, email=email, management=management)


async def accounts_list(world: World) -> Answer:
    """The accounts, each with its virtual date."""
    from emulator import worlds

    return await worlds.every(world)


async def accounts_delete(world: World, number: Account) -> Answer:
    """Close an account: all it has, its history and its keys go with it."""
    from emulator import worlds

    return await worlds.close_account(world, number)


async def drift_show(world: World) -> Answer:
    """How each account drifts: paused or not, and the strength of what happens."""
    from emulator import worlds

    return await worlds.drift(world)


async def drift_set(
    world: World,
    *,
    interval: Annotated[float | None, "seconds between virtual days"] = None,
    variance: Annotated[float | None, "scale of what costs and metrics vary by, 0 to 100"] = None,
    growth: Annotated[float | None, "scale of what grows: buckets, logs, traffic"] = None,
    mess: Annotated[float | None, "scale of how often waste appears; 0 is never"] = None,
    odds: Annotated[str, "odds per day of scenarios: zombie_volume=0.5,gpu_left_on=0"] = "",
    walk: Annotated[str, "bounded: prices wander; exact: they do not"] = "",
    account: Annotated[str, "only this account; default: all"] = "",
) -> Answer:
    """Change how strongly and how fast the world drifts, in the running server too."""
    from emulator import worlds

    knobs: dict[str, Any] = {"variance": variance, "growth": growth, "mess": mess}
    knobs = {name: value for name, value in knobs.items() if value is not None}
    if odds:
        knobs["odds"] = _odds(odds)
    if walk:
        knobs["walk"] = walk
    return await worlds.set_drift(world, interval, knobs, account=account)


async def drift_pause(world: World, *, account: Annotated[str, "default: all"] = "") -> Answer:
    """Let time stand still; `tick` still advances it by hand."""
    from emulator import worlds

    return await worlds.pause(world, True, account=account)


async def drift_resume(world: World, *, account: Annotated[str, "default: all"] = "") -> Answer:
    """Let time run again."""
    from emulator import worlds

    return await worlds.pause(world, False, account=account)


async def faults_add(
    world: World,
    *,
    error: Annotated[str, "throttled, unavailable, internal, denied, or a code of AWS's"] = "",
    service: Annotated[str, "only this service, as botocore calls it"] = "*",
    operation: Annotated[str, "only this operation; * stands for any letters: Describe*"] = "*",
    account: Annotated[str, "only this account"] = "*",
    share: Annotated[float, "of the calls concerned, how many: 0.3 is three of ten"] = 1.0,
    status: Annotated[int, "HTTP status; default: what the service answers"] = 0,
    message: Annotated[str, "what is said; default: what the service says"] = "",
    latency_ms: Annotated[int, "milliseconds to wait before answering"] = 0,
) -> Answer:
    """Let calls fail, or take long, on purpose."""
    from emulator import trouble

    rule: dict[str, Any] = {
        "error": error, "service": service, "operation": operation, "account": account,
    }  # fmt: skip
    rule |= {"share": share, "status": status, "message": message, "latency_ms": latency_ms}
    return await trouble.add(world, rule)


async def faults_list(world: World) -> Answer:
    """The faults that calls suffer on purpose."""
    from emulator import trouble

    return await trouble.every(world)


async def faults_remove(world: World, fault: Annotated[str, "id of the fault, or all"]) -> Answer:
    """Let calls be answered again as they deserve."""
    from emulator import trouble

    return await trouble.remove(world, fault)


async def throttle_on(
    world: World,
    *,
    scale: Annotated[float | None, "what AWS's rates are multiplied by; 1 at first"] = None,
    account: Annotated[str | None, "only this account; * is all"] = None,
) -> Answer:
    """Hold calls to the rates that AWS documents, per account, region and operation."""
    from emulator import trouble

    return await trouble.throttle(world, True, scale, account)


async def throttle_off(world: World) -> Answer:
    """Let calls come as fast as they like."""
    from emulator import trouble

    return await trouble.throttle(world, False, None, None)


async def db_url(world: World) -> Answer:
    """The address of the database, as psql takes it."""
    return {"url": world.database.libpq_url}


async def db_migrate(world: World) -> Answer:
    """Bring the database's tables up to date; tells what that took."""
    # a command has done so by opening the database
    applied = [*world.database.applied, *await world.database.migrate()]
    world.database.applied = []
    return {"applied": [one.name for one in applied]}


async def admin_token(world: World) -> Answer:
    """The bearer token of the admin API."""
    return {"token": bearer(world)}


def bearer(world: World) -> str:
    """The admin token: derived from the master key, so it is stored nowhere."""
    return world.vault.derived("driftcloud/admin-token")


def is_bearer(world: World, given: str) -> bool:
    """Whether `given` is the admin token, in constant time."""
    return hmac.compare_digest(bearer(world).encode(), given.encode("utf-8", "replace"))


def _odds(text: str) -> dict[str, float]:
    from drift import scenarios

    known = scenarios.by_name()
    odds = {}
    for pair in text.split(","):
        name, _, number = pair.strip().partition("=")
        if name not in known:
            raise ControlError(f"no such scenario: {name}; there are {', '.join(sorted(known))}")
        try:
            odds[name] = float(number)
        except ValueError:
            raise ControlError(f"--odds takes {name}=0.5, not {pair.strip()!r}") from None
    return odds


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ControlError(f"--until takes a day such as 2026-06-30, not {text!r}") from None
