"""Accounts: made, found by what they are called, and refused when they cannot be."""

import asyncpg
import pytest

from models import accounts


async def test_an_account_is_found_by_number_alias_and_name(owner: asyncpg.Connection) -> None:
    made = await accounts.create(owner, "733333333333", "shop", alias="shop-alias")
    for word in ("733333333333", "shop-alias", "shop"):
        assert await accounts.find(owner, word) == made
    assert made.email == "aws+shop@example.com"
    assert made.virtual_date is None
    assert await accounts.find(owner, "no such") is None
    assert made in await accounts.every(owner)
    await accounts.delete(owner, made.id)
    assert await accounts.find(owner, "shop") is None


async def test_a_name_of_two_accounts_finds_neither(owner: asyncpg.Connection) -> None:
    one = await accounts.create(owner, "744444444444", "twin")
    two = await accounts.create(owner, "755555555555", "twin")
    assert await accounts.find(owner, "twin") is None
    for account in (one, two):
        await accounts.delete(owner, account.id)


async def test_what_is_no_number_or_is_taken_is_refused(owner: asyncpg.Connection) -> None:
    with pytest.raises(accounts.AccountError, match="twelve digits"):
        await accounts.create(owner, "123", "short")
    made = await accounts.ensure(owner, "766666666666", "once")
    assert await accounts.ensure(owner, "766666666666", "once more") == made
    with pytest.raises(accounts.AccountError, match="already"):
        await accounts.create(owner, "766666666666", "again")
    await accounts.delete(owner, made.id)


async def test_the_seed_is_kept_and_can_be_changed(owner: asyncpg.Connection) -> None:
    made = await accounts.create(owner, "777777777777", "seeded")
    for seed in (1, 2):
        await accounts.set_seed(owner, made.id, seed)
        found = await accounts.find(owner, "777777777777")
        assert found is not None
        assert found.seed == seed
    await accounts.delete(owner, made.id)
