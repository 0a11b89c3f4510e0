"""API clients in the database: from creation to the verifier's cache and out again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.keys import Keys, generate
from emulator.seal import Vault
from models import api_clients

VAULT = Vault({1: bytes(32)})


async def _create(owner: Any, account: Any, **named: Any) -> tuple[str, str]:
    access_key_id, secret = generate()
    made = await api_clients.create(
        owner,
        account.id,
        "agent",
        access_key_id,
        secret_key_hash=VAULT.hash_secret(secret),
        secret_sealed=VAULT.seal_secret(secret, access_key_id, account.id),
        key_version=1,
        **named,
    )
    assert made is not None
    assert (made["access_key_id"], made["status"]) == (access_key_id, "active")
    assert "secret_sealed" not in made
    return access_key_id, secret


async def test_life_of_a_key(owner: Any, account: Any) -> None:
    access_key_id, secret = await _create(owner, account, scopes=("read:*", "write:volumes"))
    keys = Keys(VAULT, lambda wanted: api_clients.look_up(owner, wanted))
    key = await keys.find(access_key_id)
    assert key is not None
    assert (key.secret, key.principal.account_id) == (secret, account.id)
    assert key.principal.account_number == account.number
    assert key.principal.scopes == ("read:*", "write:volumes")
    assert [c["access_key_id"] for c in await api_clients.of_account(owner, account.id)] == [
        access_key_id
    ]
    assert await api_clients.disable(owner, account.id, access_key_id) is not None
    keys.invalidate(access_key_id)
    found = await keys.find(access_key_id)
    assert found is not None
    assert not found.active
    assert await api_clients.enable(owner, account.id, access_key_id) is not None
    assert await api_clients.delete(owner, account.id, access_key_id) is not None
    keys.invalidate(access_key_id)
    assert await keys.find(access_key_id) is None
    assert await api_clients.delete(owner, account.id, access_key_id) is None
    assert await api_clients.disable(owner, account.id, access_key_id) is None


async def test_a_taken_id_is_not_created_twice(owner: Any, account: Any) -> None:
    access_key_id, _ = await _create(owner, account)
    again = await api_clients.create(
        owner,
        account.id,
        "x",
        access_key_id,
        secret_key_hash="h",
        secret_sealed=b"s",
        key_version=1,
    )
    assert again is None


async def test_the_latest_use_wins(owner: Any, account: Any) -> None:
    access_key_id, _ = await _create(owner, account)
    used = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    await api_clients.touch(owner, {})
    await api_clients.touch(owner, {access_key_id: used, "AKIANOBODY": used})
    await api_clients.touch(owner, {access_key_id: used - timedelta(hours=1)})
    (client,) = await api_clients.of_account(owner, account.id)
    assert client["last_used_at"] == used


async def test_secrets_move_to_a_new_master_key(owner: Any, account: Any) -> None:
    access_key_id, secret = await _create(owner, account)
    both = Vault({1: bytes(32), 2: bytes(range(32))})
    waiting = {c["access_key_id"]: c for c in await api_clients.sealed_otherwise(owner, 2)}
    client = waiting[access_key_id]
    old = bytes(client["secret_sealed"])
    assert both.open_secret(old, access_key_id, account.id, client["key_version"]) == secret
    sealed = both.seal_secret(secret, access_key_id, account.id)
    new: dict[str, Any] = {
        "secret_sealed": sealed,
        "secret_key_hash": both.hash_secret(secret),
        "key_version": both.version,
    }
    assert await api_clients.reseal(owner, access_key_id, old, **new)
    assert not await api_clients.reseal(owner, access_key_id, old, **new)
    only_new = Keys(Vault({2: bytes(range(32))}), lambda wanted: api_clients.look_up(owner, wanted))
    key = await only_new.find(access_key_id)
    assert key is not None
    assert key.secret == secret
