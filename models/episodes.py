"""Episodes: the register of worlds beside the main one, and of the snapshots they are made from.

All of it lies in the main database, and is read and written over its owner's connections.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

# Told by a trigger with the code of whatever episode changed.
CHANGED = "driftcloud_episodes"

# A fork's own database is made when it is first opened: `made` tells whether it was.
_COLUMNS = """id, code, pack, seed, parent, database, snapshot, state, mode, begun_at, begun_on,
       finished_at, exists (select from pg_database where datname = database::name) as made"""
_FIND = f"select {_COLUMNS} from truth.episodes where id = $1 or code = upper($1) order by id <> $1"
_FIND_CODE = f"select {_COLUMNS} from truth.episodes where code = $1"
_EVERY = f"select {_COLUMNS} from truth.episodes order by begun_at, id"
_ADD = f"""
insert into truth.episodes (id, code, pack, seed, parent, database, snapshot, mode, begun_on)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning {_COLUMNS}
"""
_FINISH = f"""
update truth.episodes set state = 'finished', finished_at = coalesce(finished_at, clock_timestamp())
 where id = $1 returning {_COLUMNS}
"""
_RESTART = f"""
update truth.episodes set database = $2, state = 'running', finished_at = null
 where id = $1 returning {_COLUMNS}
"""
_KEEP_SNAPSHOT = """
insert into truth.snapshots (database, pack, seed, version) values ($1, $2, $3, $4)
on conflict (database) do update
   set used_at = clock_timestamp(), version = excluded.version
"""
_OLD_SNAPSHOTS = """
select database from truth.snapshots s
 where version <> $1 and not exists (select from truth.episodes e where e.snapshot = s.database)
"""
# What a command that was killed had made, by the names that `emulator/episodes.py` gives.
_STRAYS = """
select datname::text as database, upper(substring(datname from length($1) + 5 for 4)) as code
  from pg_database d
 where starts_with(datname, $1)
   and substring(datname from length($1) + 1) ~ '^_(at|ep)_[a-z2-7]{4}(_[0-9]+)?$'
   and not exists (select from truth.discarded t where t.database = datname)
   and not exists (select from truth.episodes e where datname::text in (e.database, e.snapshot))
"""
# A copy of the main world knows no episodes, and keys of its own are made for it.
_SEPARATE = "truncate truth.episodes, truth.snapshots, truth.discarded"

_MARKED = """
select id, access_key_id, account_id, name, status, secret_sealed, secret_key_hash,
       key_version
  from api_clients where access_key_id like 'AKIAEP____' || repeat('_', 10) and
       substr(access_key_id, 7, 4) = $1
 order by created_at, access_key_id
"""
_REKEY = """
update api_clients set access_key_id = $2, secret_sealed = $3, secret_key_hash = $4,
       key_version = $5, last_used_at = null
 where id = $1
"""


async def find(connection: Any, name: str) -> Mapping[str, Any] | None:
    """The episode of that id or code; None: there is none."""
    row: Mapping[str, Any] | None = await connection.fetchrow(_FIND, name)
    return row


async def find_code(connection: Any, code: str) -> Mapping[str, Any] | None:
    """The episode whose access keys carry a code."""
    row: Mapping[str, Any] | None = await connection.fetchrow(_FIND_CODE, code)
    return row


async def every(connection: Any) -> Sequence[Mapping[str, Any]]:
    """All episodes, the oldest first."""
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(_EVERY)
    return rows


async def add(
    connection: Any,
    *,
    id: str,
    code: str,
    pack: str | None,
    seed: int | None,
    parent: str | None,
    database: str,
    snapshot: str,
    mode: str,
    begun_on: date | None,
) -> Mapping[str, Any]:
    """Enter an episode, from which moment on its access keys lead to its database."""
    row: Mapping[str, Any] = await connection.fetchrow(
        _ADD, id, code, pack, seed, parent, database, snapshot, mode, begun_on
    )
    return row


async def finish(connection: Any, id: str) -> Mapping[str, Any]:
    """Say that an episode is over."""
    row: Mapping[str, Any] = await connection.fetchrow(_FINISH, id)
    return row


async def restart(connection: Any, id: str, database: str) -> Mapping[str, Any]:
    """Let an episode run on in another database."""
    row: Mapping[str, Any] = await connection.fetchrow(_RESTART, id, database)
    return row


async def remove(connection: Any, id: str) -> None:
    """Take an episode out of the register."""
    await connection.execute("delete from truth.episodes where id = $1", id)


async def keep_snapshot(connection: Any, database: str, pack: str, seed: int, version: str) -> None:
    """Note that a snapshot is there, or is used once more."""
    await connection.execute(_KEEP_SNAPSHOT, database, pack, seed, version)


async def old_snapshots(connection: Any, version: str) -> list[str]:
    """Snapshots that other versions of the code made, and no episode began as."""
    return [row["database"] for row in await connection.fetch(_OLD_SNAPSHOTS, version)]


async def forget_snapshot(connection: Any, database: str) -> None:
    """Note that a snapshot is gone."""
    await connection.execute("delete from truth.snapshots where database = $1", database)


async def users_of_snapshot(connection: Any, database: str) -> int:
    """How many episodes began as a snapshot, kept snapshots counting as one."""
    count: int = await connection.fetchval(
        """select (select count(*) from truth.episodes where snapshot = $1)
                + (select count(*) from truth.snapshots where database = $1)""",
        database,
    )
    return count


async def discard(connection: Any, database: str) -> None:
    """Note that a database is to be dropped, when there is time for it."""
    await connection.execute(
        "insert into truth.discarded (database) values ($1) on conflict do nothing", database
    )


async def discarded(connection: Any) -> list[str]:
    """The databases that are to be dropped."""
    rows = await connection.fetch("select database from truth.discarded order by discarded_at")
    return [row["database"] for row in rows]


async def strays(connection: Any, home: str) -> list[tuple[str, str]]:
    """Databases of episodes beside the main one, `home`, that no episode has, with their codes."""
    return [(row["database"], row["code"]) for row in await connection.fetch(_STRAYS, home)]


async def dropped(connection: Any, database: str) -> None:
    """Note that a database is gone."""
    await connection.execute("delete from truth.discarded where database = $1", database)


async def serve_at(connection: Any, url: str) -> None:
    """Note where the server is reached."""
    await connection.execute(
        "insert into truth.serving (url) values ($1) on conflict (one) do update set url = $1", url
    )


async def served_at(connection: Any) -> str | None:
    """Where the server was last reached."""
    url: str | None = await connection.fetchval("select url from truth.serving")
    return url


async def names(connection: Any) -> set[str]:
    """Ids and codes that are taken."""
    rows = await connection.fetch("select id, code from truth.episodes")
    return {word for row in rows for word in (row["id"], row["code"])}


async def separate(connection: Any) -> None:
    """Let a copy of a world forget the register that was copied with it."""
    await connection.execute(_SEPARATE)


async def marked_keys(connection: Any, code: str) -> Sequence[Mapping[str, Any]]:
    """The long-term access keys in a world that carry the code of an episode."""
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(_MARKED, code)
    return rows


async def rekey(
    connection: Any,
    client_id: Any,
    access_key_id: str,
    *,
    secret_sealed: bytes,
    secret_key_hash: str,
    key_version: int,
) -> None:
    """Give a client another access key in place of the one that it has."""
    await connection.execute(
        _REKEY, client_id, access_key_id, secret_sealed, secret_key_hash, key_version
    )


async def draw(session: Any) -> int:
    """The number of a writing call in its episode; a session of any account may ask."""
    number: int = await session.fetchval("select driftcloud_draw()")
    return number
