"""Health: what a server says of itself."""

import asyncio
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from emulator import operations
from emulator.errors import Fault
from models import accounts, guardrails, virtual_clocks

if TYPE_CHECKING:
    from emulator.database.database import Database
    from emulator.server import Server
    from emulator.settings import Settings


def own_version() -> str:
    """The installed version of driftcloud."""
    try:
        return version("driftcloud")
    except PackageNotFoundError:
        return "0"


async def served() -> dict[str, int]:
    """How many operations of each service are served; the first call reads sources."""
    return await asyncio.to_thread(operations.counts)


async def report(database: "Database", settings: "Settings") -> dict[str, Any]:
    """Version, database, accounts with their virtual dates, and what is served."""
    async with database.owner() as connection:
        server = await connection.fetchval("show server_version")
        found = await accounts.every(connection)
        clocks = await virtual_clocks.every(connection)
        guards = await guardrails.modes(connection)
    ticked = {one["account"]: one["last_tick_at"] for one in clocks}
    return {
        "version": own_version(),
        "database": {
            "kind": "embedded" if settings.embedded else "external",
            "postgresql": str(server).split()[0],
        },
        "accounts": [
            {
                "account": one.number,
                "name": one.name,
                "virtualDate": one.virtual_date,
                "lastTick": ticked.get(one.number),
                "guardrails": guards[one.number]["guardrails"],
                "frozenUntil": guards[one.number]["frozen_until"],
            }
            for one in found
        ],
        "services": await served(),
    }


async def live(server: "Server") -> dict[str, Any]:
    """The report, and what this process has answered since it started."""
    counters = server.counters
    try:
        state = {"status": "running", **await report(server.database, server.settings)}
    except Fault:
        state = {"status": "unavailable", "version": own_version()}
    return {
        **state,
        "driftSeconds": server.settings.drift_seconds,
        "clock": server.settings.clock,
        **server.trouble.report(),
        "operations": {
            "served": sum(counters.served.values()),
            "refused": sum(counters.refused.values()),
            "refusedByCode": _by_code(counters.refused),
            "notEmulated": {
                f"{service}:{name}": count
                for (service, name), count in counters.not_emulated.most_common(20)
            },
        },
    }


def _by_code(refused: Counter[tuple[str, str]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_, code), count in refused.items():
        found[code] += count
    return dict(found.most_common(20))


async def localstack() -> dict[str, Any]:
    """The same in the shape that tools made for LocalStack wait for."""
    return {
        "services": dict.fromkeys(await served(), "running"),
        "edition": "driftcloud",
        "version": own_version(),
    }
