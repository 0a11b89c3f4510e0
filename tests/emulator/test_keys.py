"""Access keys: cached for seconds, forgotten on notice, looked up once for many."""

import asyncio
import re
from typing import Any

import pytest

from emulator.keys import Keys, generate, principal_of, user_id, well_formed
from emulator.seal import SealError
from tests.emulator.signing import ACCOUNT, CLIENT, KEY_ID, SECRET, VAULT, Table, row

WHO = principal_of(KEY_ID, row(), ("*",))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_key_is_believed_for_five_seconds() -> None:
    table, clock = Table(), Clock()
    keys = table.keys(clock=clock)
    assert keys.cached(KEY_ID) is None
    key = await keys.find(KEY_ID)
    assert key is not None
    assert (key.secret, key.active, key.expires_at) == (SECRET, True, None)
    who = key.principal
    assert (who.arn, who.account_id, who.client_id, who.scopes, who.root_key) == (
        "arn:aws:iam::123456789012:user/agent", ACCOUNT, CLIENT, ("read:*", "write:*"), "",
    )  # fmt: skip
    table.rows[KEY_ID] = row(status="disabled")
    clock.now += 4.9
    assert keys.cached(KEY_ID) is key
    clock.now += 0.2
    assert keys.cached(KEY_ID) is None
    again = await keys.find(KEY_ID)
    assert again is not None
    assert not again.active
    assert table.asked == [KEY_ID] * 2


async def test_a_missing_key_is_missing_for_a_second() -> None:
    table, clock = Table({}), Clock()
    keys = table.keys(clock=clock)
    assert await keys.find(KEY_ID) is None
    table.rows[KEY_ID] = row()
    clock.now += 0.9
    assert await keys.find(KEY_ID) is None
    clock.now += 0.2
    assert await keys.find(KEY_ID) is not None


async def test_a_notice_makes_it_forget_at_once() -> None:
    table = Table()
    keys = table.keys()
    await keys.find(KEY_ID)
    del table.rows[KEY_ID]
    keys.invalidate("AKIAOTHER")
    assert await keys.find(KEY_ID) is not None
    keys.invalidate(KEY_ID)
    assert await keys.find(KEY_ID) is None
    table.rows[KEY_ID] = row()
    keys.invalidate_all()
    assert await keys.find(KEY_ID) is not None


async def test_an_answer_older_than_the_notice_is_not_kept() -> None:
    gate = asyncio.Event()
    answers: list[Any] = [row(), None]

    async def look_up(access_key_id: str) -> Any:
        answer = answers.pop(0)
        await gate.wait()
        return answer

    keys = Keys(VAULT, look_up)
    slow = asyncio.create_task(keys.find(KEY_ID))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    keys.invalidate(KEY_ID)
    gate.set()
    assert await slow is not None
    assert await keys.find(KEY_ID) is None
    assert answers == []


async def test_many_askers_share_one_look_up_even_if_the_first_hangs_up() -> None:
    gate = asyncio.Event()
    table = Table()

    async def look_up(access_key_id: str) -> Any:
        found = await table.look_up(access_key_id)
        await gate.wait()
        return found

    keys = Keys(VAULT, look_up)
    askers = [asyncio.create_task(keys.find(KEY_ID)) for _ in range(5)]
    await asyncio.sleep(0)
    askers[0].cancel()
    await asyncio.sleep(0)
    gate.set()
    found = await asyncio.gather(*askers[1:])
    assert all(key is found[0] and key is not None for key in found)
    assert table.asked == [KEY_ID]


async def test_a_failed_look_up_is_told_and_not_kept() -> None:
    failures = [ConnectionError("gone")]

    async def look_up(access_key_id: str) -> Any:
        if failures:
            raise failures.pop()
        return row()

    keys = Keys(VAULT, look_up)
    with pytest.raises(ConnectionError):
        await keys.find(KEY_ID)
    assert await keys.find(KEY_ID) is not None


async def test_a_changed_secret_leaves_no_derived_key_behind() -> None:
    table = Table()
    keys = table.keys()
    first = await keys.find(KEY_ID)
    assert first is not None
    before = first.signing_key("20260304", "eu-west-1", "ec2")
    keys.invalidate(KEY_ID)
    table.rows[KEY_ID] = row(secret="another")
    second = await keys.find(KEY_ID)
    assert second is not None
    assert second.signing_key("20260304", "eu-west-1", "ec2") != before


async def test_rows_that_were_tampered_with_fail_closed() -> None:
    other = "AKIAOTHER"
    moved = row()
    for bad in (
        row(secret_key_hash=VAULT.hash_secret("other")),
        row(account_id=CLIENT),
        row(secret_sealed=b""),
        row(secret_sealed=None),
        row(key_version=2),
    ):
        with pytest.raises(SealError):
            await Table({KEY_ID: bad}).keys().find(KEY_ID)
    with pytest.raises(SealError):
        await Table({other: moved}).keys().find(other)


async def test_ill_formed_keys_cost_no_look_up() -> None:
    table = Table()
    keys = table.keys()
    for name in ("", "a\x00", "a b", "x" * 129, "\ud800", "é", "a/b", "'"):
        assert not well_formed(name)
        assert await keys.find(name) is None
    assert table.asked == []


async def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.keys.MOST_KEYS", 3)
    table = Table({})
    keys = table.keys()
    for number in range(10):
        await keys.find(f"AKIA{number}")
    assert len(keys._kept) == 3


async def test_use_is_noted_every_half_minute() -> None:
    clock = Clock()
    keys = Table().keys(clock=clock)
    keys.used(WHO, "ec2", "us-east-1")
    keys.used(WHO, "ec2", "us-east-1")
    assert list(keys.take_used()) == [KEY_ID]
    keys.used(WHO, "ec2", "us-east-1")
    assert keys.take_used() == {}
    clock.now += 31
    keys.used(WHO, "ec2", "us-east-1")
    assert list(keys.take_used()) == [KEY_ID]


def test_generated_keys() -> None:
    access_key_id, secret = generate()
    assert re.fullmatch("AKIA[A-Z2-7]{16}", access_key_id)
    assert re.fullmatch("[A-Za-z0-9+/]{40}", secret)
    assert generate() != (access_key_id, secret)
    assert re.fullmatch("AIDA[A-Z2-7]{16}", user_id(CLIENT))
    assert user_id(CLIENT) == user_id(CLIENT) != user_id(ACCOUNT)
