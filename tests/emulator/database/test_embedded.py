"""The embedded PostgreSQL: what it is told."""

import asyncpg

from emulator.database.embedded import EmbeddedServer


async def test_settings(owner: asyncpg.Connection, embedded: EmbeddedServer) -> None:
    for name, value in {
        "listen_addresses": "",
        "fsync": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "jit": "off",
        "synchronous_commit": "off",
        "unix_socket_permissions": "0700",
    }.items():
        assert await owner.fetchval("select current_setting($1)", name) == value
