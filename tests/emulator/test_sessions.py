"""Session credentials: whole in their tokens, and no longer good than their long-term key."""

import dataclasses
import uuid
from datetime import timedelta

from botocore.credentials import Credentials

from emulator.context import Principal
from emulator.keys import Keys
from emulator.sessions import Credentials as SessionCredentials
from emulator.sessions import issue_session
from tests.emulator.signing import (
    KEY_ID,
    NOW,
    SERVICES,
    VAULT,
    Request,
    Table,
    outcome,
    row,
    signed,
)


async def _parent(keys: Keys) -> Principal:
    key = await keys.find(KEY_ID)
    assert key is not None
    return key.principal


def _sign(session: SessionCredentials, service: str = "ec2", **named: object) -> Request:
    who = Credentials(session.access_key_id, session.secret_access_key, session.session_token)
    method = "GET" if "expires" in named else "POST"
    return signed(Request(service, method), credentials=who, **named)  # type: ignore[arg-type]


async def test_sessions_sign_by_header_and_url() -> None:
    keys = Table().keys()
    session = issue_session(VAULT, await _parent(keys), 3600, now=NOW)
    assert session.expiration == NOW + timedelta(hours=1)
    assert session.access_key_id.startswith("ASIA")
    for service in SERVICES:
        for named in ({}, {"expires": 60}):
            who = await outcome(_sign(session, service, **named), keys)
            assert isinstance(who, Principal), (service, named, who)
            assert (who.access_key_id, who.root_key) == (session.access_key_id, KEY_ID)
            assert who.arn == "arn:aws:iam::123456789012:user/agent"
    assert list(keys.take_used()) == [KEY_ID]


async def test_roles_sessions_of_sessions_and_expiry() -> None:
    keys = Table().keys()
    parent = await _parent(keys)
    role = dataclasses.replace(
        parent, account_id=uuid.uuid4(), account_number="987654321098", name="s", user_id="AROA:s",
        arn="arn:aws:sts::987654321098:assumed-role/r/s", scopes=("*",),
    )  # fmt: skip
    first = issue_session(VAULT, parent, 900, as_principal=role, now=NOW)
    who = await outcome(_sign(first), keys)
    assert isinstance(who, Principal)
    assert (who.arn, who.account_id, who.user_id) == (role.arn, role.account_id, "AROA:s")
    assert who.scopes == ("read:*", "write:*")
    second = await outcome(_sign(issue_session(VAULT, who, 900, now=NOW)), keys)
    assert isinstance(second, Principal)
    assert second.root_key == KEY_ID
    ends = NOW + timedelta(seconds=900)
    late = _sign(first, at=ends)
    assert await outcome(late, keys, wall=ends) == "expired_session_token"


async def test_wrong_tokens() -> None:
    keys = Table().keys()
    parent = await _parent(keys)
    one, two = (issue_session(VAULT, parent, 3600, now=NOW) for _ in range(2))
    crossed = dataclasses.replace(one, session_token=two.session_token)
    assert await outcome(_sign(crossed), keys) == "bad_session_token"
    for token in (one.session_token[:-1], "abc", one.session_token + "A", "\xe9"):
        forged = dataclasses.replace(one, session_token=token)
        assert await outcome(_sign(forged), keys) == "bad_session_token", token
    bare = Credentials(one.access_key_id, one.secret_access_key)
    assert await outcome(signed(Request("ec2"), credentials=bare), keys) == "unknown_key"
    other_secret = dataclasses.replace(one, secret_access_key=two.secret_access_key)
    assert await outcome(_sign(other_secret), keys) == "bad_signature"
    page = VAULT.seal_token("page", {"key": one.access_key_id})
    assert await outcome(_sign(dataclasses.replace(one, session_token=page)), keys) == (
        "bad_session_token"
    )
    long_term = signed(Request("ec2"), credentials=Credentials(
        KEY_ID, "wJalr/XUtn+FEMI/K7MDENG/bPxRfiCYEXAMPLEK", one.session_token))  # fmt: skip
    assert await outcome(long_term, keys) == "bad_session_token"
    empty = signed(Request("ec2", headers={"X-Amz-Security-Token": ""}))
    assert isinstance(await outcome(empty, keys), Principal)


async def test_a_session_ends_with_its_long_term_key() -> None:
    table = Table()
    keys = table.keys()
    session = issue_session(VAULT, await _parent(keys), 3600, now=NOW)
    request = _sign(session)
    for change in (
        None,
        row(status="disabled"),
        row(client_id=uuid.uuid4()),
        row(expires_at=NOW),
    ):
        assert isinstance(await outcome(request, keys), Principal)
        table.rows = {} if change is None else {KEY_ID: change}
        keys.invalidate(KEY_ID)
        assert await outcome(request, keys) == "unknown_key"
        table.rows = {KEY_ID: row()}
        keys.invalidate(KEY_ID)
    table.rows = {KEY_ID: row(scopes='["read:volumes"]')}
    keys.invalidate(KEY_ID)
    who = await outcome(request, keys)
    assert isinstance(who, Principal)
    assert who.scopes == ("read:volumes",)


async def test_s3_never_tells_the_token() -> None:
    keys = Table().keys()
    session = issue_session(VAULT, await _parent(keys), 3600, now=NOW)
    for named in ({}, {"expires": 60}):
        request = _sign(session, "s3", **named)
        request.method = "PATCH"
        ctx = request.context()
        try:
            from emulator.sigv4 import verify

            await verify(ctx, request.route, keys)
        except Exception as refusal:
            told = str(vars(refusal))
            assert "CanonicalRequest" in told
            assert session.session_token not in told
            assert session.session_token.encode().hex(" ") not in told
        else:
            raise AssertionError("a wrong signature was accepted")
