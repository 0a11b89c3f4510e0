"""Kept estates: what was made once is there again in a second, and is the same in every row."""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from emulator import control, episode_snapshots, welcome, worlds
from emulator.control import DEFAULT_ACCOUNT, ControlError, World
from tests.fixtures.server import RunningServer

# Clocks of the wall, and numbers of a database's own.
UNLIKE = {"updated_at", "transaction_id", "last_tick_at", "tag_set"}
ELSEWHERE = {
    "api_clients": {"id", "created_at", "last_used_at"},  # counted back from now
    "metrics_daily": {"created_at"},
    "resource_change_events": {"id"},
    "resource_tags": {"id", "created_at"},
    "virtual_clocks": {"created_at", "last_tick_seconds"},
}
UNTIL = date(2026, 6, 30)


class Empty:
    """A database of its own with one account, and a folder of caches of its own."""

    def __init__(self, running: RunningServer, cache: Path) -> None:
        self.running = running
        self.cache = cache
        main = running.server.world
        self._copies = main.database.copies
        self._name = f"{main.database.name}_kept"
        running.run(self._copies.drop(self._name))
        running.run(self._copies.copy(running.run(episode_snapshots.blank(main)), self._name))
        database = main.database.sibling(self._name, size=1, owners=2)
        self.world = World(database, main.vault, main.settings)
        running.run(welcome.found(self.world, known_client=False))

    def close(self) -> None:
        self.running.run(self.world.database.close())
        self.running.run(self._copies.drop(self._name))

    def rows(self, sql: str, *args: Any) -> list[Any]:
        async def ask() -> list[Any]:
            async with self.world.database.owner() as connection:
                found: list[Any] = await connection.fetch(sql, *args)
                return found

        return self.running.run(ask())

    def reset(self, estate: str = "3", days: int = 2) -> Any:
        return self.running.run(control.reset(self.world, estate=estate, seed=7, days=days))

    def files(self) -> list[Path]:
        return sorted((self.cache / "driftcloud").glob("estate-*"))

    def ticked_in(self) -> float:
        """How long the newest day took to write: no day takes as long as another."""
        return float(self.rows("select last_tick_seconds from virtual_clocks")[0][0])

    def digests(self) -> dict[str, str]:
        """Every column of every table, but for what another making would have otherwise."""
        columns = self.rows(
            """select c.oid::regclass::text, array_agg(a.attname order by a.attnum),
                      bool_or(a.attidentity <> '')
                 from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
                  and c.relnamespace in ('public'::regnamespace, 'truth'::regnamespace)
                group by c.oid"""
        )
        found = {}
        for table, names, numbered in columns:
            unlike = UNLIKE | ELSEWHERE.get(table, set()) | ({"id"} if numbered else set())
            sums = ", ".join(
                f"md5(string_agg(t.{name}::text, '|' order by t.{name}::text))"
                for name in names
                if name not in unlike
            )
            [row] = self.rows(f"select count(*), {sums} from {table} t")
            found[table] = str(tuple(row))
        return found


@pytest.fixture(scope="module")
def empty(running: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Empty]:
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        world = Empty(running, cache)
        yield world
        world.close()


def test_an_emptied_account_is_as_it_was_opened(empty: Empty) -> None:
    opened = empty.digests()
    empty.reset("")
    assert empty.digests() == opened


def test_what_is_laid_is_what_was_made(empty: Empty) -> None:
    told = empty.reset()
    [file] = empty.files()
    assert file.stat().st_mode & 0o077 == 0
    took, made = empty.ticked_in(), empty.digests()
    empty.running.run(control.tick(empty.world))
    day_after = empty.digests()
    assert day_after["metrics_daily"] != made["metrics_daily"]

    assert empty.reset() == told
    assert empty.ticked_in() == took  # no day was written again
    assert empty.digests() == made
    tag_sets = "select 1 from cost_daily c left join cost_tag_sets s on s.id = c.tag_set"
    assert empty.rows(f"{tag_sets} where c.tag_set is not null and s.id is null") == []
    empty.running.run(control.tick(empty.world))
    assert empty.digests() == day_after
    assert empty.files() == [file]


def test_a_damaged_file_is_made_anew(empty: Empty, caplog: pytest.LogCaptureFixture) -> None:
    empty.reset()
    [file] = empty.files()
    took, made, content = empty.ticked_in(), empty.digests(), bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING, "emulator.kept_estates"):
        empty.reset()
    assert "its checksum differs" in caplog.text
    assert empty.ticked_in() != took
    assert empty.digests() == made
    assert file.read_bytes() != content
    empty.reset(days=1)  # is another estate
    assert len(empty.files()) == 2


def test_what_somebody_did_to_an_account_stays_and_is_not_kept(empty: Empty) -> None:
    def create() -> None:
        made = worlds.create(empty.world, "1", seed=7, days=1, until=UNTIL, account=DEFAULT_ACCOUNT)
        empty.running.run(made)

    mine = "select 1 from key_pairs where name = 'mine'"
    empty.reset("")
    empty.rows(
        """insert into key_pairs (account_id, region, key_pair_id, name, fingerprint)
           select id, 'us-east-1', 'key-0123456789abcdef0', 'mine', 'ab:cd' from cloud_accounts"""
    )
    create()
    assert empty.rows(mine)
    with pytest.raises(ControlError, match="has an estate already"):
        create()
    empty.reset("")
    create()
    assert empty.rows(mine) == []


def test_while_others_have_something_estates_are_made_and_stay_apart(empty: Empty) -> None:
    run, numbers, before = empty.running.run, ("111111111111", "222222222222"), len(empty.files())
    empty.reset("")
    for number in numbers:
        run(worlds.open_account(empty.world, name=f"of {number}", number=number))
        run(worlds.create(empty.world, "1", seed=7, days=1, until=UNTIL, account=number))
    assert len(empty.files()) == before + 1  # the first had nobody beside it
    found = """select a.account_number, b.name from s3_buckets b
                 join cloud_accounts a on a.id = b.account_id order by 1, 2"""
    made = [tuple(row) for row in empty.rows(found)]
    assert {number for number, _ in made} == set(numbers)
    run(control.reset(empty.world, estate="1", seed=7, days=1, account=numbers[1]))
    assert [tuple(row) for row in empty.rows(found)] == made
