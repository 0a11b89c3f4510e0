"""Sealing: what is sealed opens for its owner and purpose only."""

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.seal import (
    SealError,
    SealExpiredError,
    Vault,
    add_master,
    load_masters,
    parse_masters,
)

OLD, NEW = bytes(32), bytes(range(32))
VAULT = Vault({1: NEW})


@given(st.text(max_size=60), st.text("AKI234", min_size=1), st.uuids())
def test_secrets_open_with_their_key_and_account_only(
    secret: str, key: str, account: object
) -> None:
    sealed = VAULT.seal_secret(secret, key, account)
    assert VAULT.open_secret(sealed, key, account, 1) == secret
    for wrong in ((key + "A", account, 1), (key, "other", 1), (key, account, 2)):
        with pytest.raises(SealError):
            VAULT.open_secret(sealed, *wrong)
    with pytest.raises(SealError):
        Vault({1: OLD}).open_secret(sealed, key, account, 1)


def test_every_damaged_byte_is_noticed() -> None:
    sealed = VAULT.seal_secret("secret", "AKIA", "a")
    assert VAULT.seal_secret("secret", "AKIA", "a") != sealed
    for place in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[place] ^= 1
        with pytest.raises(SealError):
            VAULT.open_secret(bytes(damaged), "AKIA", "a", 1)
        with pytest.raises(SealError):
            VAULT.open_secret(sealed[:place], "AKIA", "a", 1)


def test_hashes_are_keyed() -> None:
    digest = VAULT.hash_secret("test")
    assert digest.startswith("hmac-sha256$")
    assert len(digest) == 12 + 64
    assert digest == Vault({1: NEW, 2: OLD}).hash_secret("test", 1)
    assert digest != Vault({1: OLD}).hash_secret("test")
    assert digest != VAULT.hash_secret("Test")


def test_tokens_serve_one_purpose() -> None:
    token = VAULT.seal_token("page|a", {"k": "vol-1", "n": [1, None]})
    assert VAULT.open_token("page|a", token) == {"k": "vol-1", "n": [1, None]}
    for purpose, vault in (("page|b", VAULT), ("page|a", Vault({1: OLD}))):
        with pytest.raises(SealError):
            vault.open_token(purpose, token)


def test_tokens_have_one_spelling() -> None:
    token = VAULT.seal_token("p", {"k": "v"})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place, letter in enumerate(token):
        for other in {alphabet[alphabet.index(letter) ^ 1], "=", "\x00", "é"}:
            with pytest.raises(SealError):
                VAULT.open_token("p", token[:place] + other + token[place + 1 :])
    for other in ("", "A", token[:-1], token + "A", token + "=", token + "\n", "A" * 20000):
        with pytest.raises(SealError):
            VAULT.open_token("p", other)


def test_tokens_expire() -> None:
    token = VAULT.seal_token("p", 1, seconds=60)
    assert VAULT.open_token("p", token) == 1
    with pytest.raises(SealExpiredError):
        VAULT.open_token("p", token, now=4e9)
    with pytest.raises(SealExpiredError):
        VAULT.open_token("p", VAULT.seal_token("p", 1, seconds=-1))


def test_masters_from_the_environment() -> None:
    old, new = base64.b64encode(OLD).decode(), base64.b64encode(NEW).decode()
    assert parse_masters(old) == {1: OLD}
    assert parse_masters(f"1:{old}, 2:{new}\n") == {1: OLD, 2: NEW}
    assert load_masters(None, {"DRIFTCLOUD_MASTER_KEY": new}) == {1: NEW}
    for wrong in ("", "abc", old[:-4], f"0:{old}", f"256:{old}", f"{old},{new}", "1:é", f"x:{old}"):
        with pytest.raises(ValueError, match="master key") as caught:
            parse_masters(wrong)
        assert old[:8] not in str(caught.value)
    with pytest.raises(ValueError, match="must be set"):
        load_masters(None, {})


def test_the_key_file_is_private(tmp_path: Path) -> None:
    masters = load_masters(tmp_path, {})
    path = tmp_path / "master.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert load_masters(tmp_path, {}) == masters
    for mode in (0o640, 0o604, 0o610):
        path.chmod(mode)
        with pytest.raises(PermissionError, match="chmod 600"):
            load_masters(tmp_path, {})
    path.chmod(0o600)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        load_masters(tmp_path, {})


def test_a_second_master_seals_while_the_first_still_opens(tmp_path: Path) -> None:
    before = Vault(load_masters(tmp_path, {}))
    sealed, token = before.seal_secret("s", "k", "a"), before.seal_token("p", 1)
    assert add_master(tmp_path) == 2
    after = Vault(load_masters(tmp_path, {}))
    assert after.version == 2
    assert after.open_secret(sealed, "k", "a", 1) == "s"
    assert after.open_token("p", token) == 1
    with pytest.raises(SealError):
        before.open_secret(after.seal_secret("s", "k", "a"), "k", "a", 2)
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600


def test_a_vault_wants_whole_keys() -> None:
    for masters in ({}, {1: b"short"}, {0: NEW}, {256: NEW}):
        with pytest.raises(ValueError, match="master key"):
            Vault(masters)
