"""Temporary credentials of STS, carried whole in their sealed session tokens.

No table keeps them: the token holds secret, identity and expiry under the master key. It stays
good only as long as the access key that asked for it: a deleted, disabled or replaced parent key
ends its sessions, and scopes it has lost are lost to them.
"""

import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from emulator.context import Principal
from emulator.keys import Key, Keys, SessionKey, generate, generate_secret, mark_of
from emulator.scopes import intersection
from emulator.seal import SealError, Vault

PREFIX: Final = "ASIA"
_PURPOSE = "sts-session"
_MOST_OPENED = 1024


@dataclass(slots=True, frozen=True)
class Credentials:
    """Temporary credentials, in STS's words; `expiration` is wall-clock time in UTC."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime


def issue_session(
    vault: Vault,
    parent: Principal,
    seconds: int,
    *,
    as_principal: Principal | None = None,
    now: datetime | None = None,
) -> Credentials:
    """Credentials for `seconds`, of the caller `parent` or of `as_principal` (an assumed role).

    `as_principal` gives account, name, arn, user id and scopes; its access key and client are
    replaced by the session's own.
    """
    who = as_principal or parent
    access_key_id = PREFIX + generate(mark_of(parent.access_key_id))[0].removeprefix("AKIA")
    secret = generate_secret()
    expires = int((now or datetime.now(UTC)).timestamp()) + seconds
    payload = {
        "key": access_key_id,
        "secret": secret,
        "expires": expires,
        "account": str(who.account_id),
        "number": who.account_number,
        "name": who.name,
        "arn": who.arn,
        "user": who.user_id,
        "scopes": list(who.scopes),
        "role": who.role,
        "federated": who.federated,
        "policies": who.session_policies,
        "tags": who.tags,
        "transitive": who.transitive,
        "source_identity": who.source_identity,
        "mfa": who.mfa_at,
        "issued": int((now or datetime.now(UTC)).timestamp()),
        "client": str(parent.client_id),
        # a session that asks for another one: both hang on the long-term key at the root
        "root": parent.root_key or parent.access_key_id,
    }
    token = vault.seal_token(_PURPOSE, payload)
    return Credentials(access_key_id, secret, token, datetime.fromtimestamp(expires, UTC))


async def find_session(keys: Keys, access_key_id: str, token: str, now: float) -> Key | None:
    """The key of a session, whether expired or not; None when its long-term key is gone.

    SealError: the token is not one of ours, or belongs to another access key. `now` is in
    seconds since the epoch.
    """
    session = keys.sessions.get(token) or _open(keys, token)
    key = session.key
    if not secrets.compare_digest(key.access_key_id.encode(), access_key_id.encode()):
        raise SealError("the token belongs to another access key")
    root = keys.cached(session.root_key) or await keys.find(session.root_key)
    if root is None or not root.active or root.principal.client_id != session.root_client:
        return None
    if root.expires_at is not None and root.expires_at <= now:
        return None
    if session.scopes != root.principal.scopes or session.under is None:
        session.scopes = root.principal.scopes
        session.under = _under(key, root.principal.scopes)
    return session.under


def _under(key: Key, scopes: tuple[str, ...]) -> Key:
    """A session's key under the scopes that its long-term key has today, if that has any."""
    who = key.principal
    if scopes and who.scopes and who.scopes != scopes:
        who = replace(who, scopes=intersection(who.scopes, scopes))
    if who.role:
        who = replace(who, ceiling=scopes)
    elif not scopes:
        who = replace(who, scopes=())
    return key if who is key.principal else replace(key, principal=who)


def _open(keys: Keys, token: str) -> SessionKey:
    given: dict[str, Any] = keys.vault.open_token(_PURPOSE, token)
    client_id = uuid.UUID(given["client"])
    principal = Principal(
        access_key_id=given["key"],
        client_id=client_id,
        account_id=uuid.UUID(given["account"]),
        account_number=given["number"],
        name=given["name"],
        arn=given["arn"],
        user_id=given["user"],
        scopes=tuple(given["scopes"]),
        root_key=given["root"],
        role=given.get("role", ""),
        federated=given.get("federated", ""),
        session_policies=tuple(tuple(bound) for bound in given.get("policies", ())),
        tags=tuple((key, value) for key, value in given.get("tags", ())),
        transitive=tuple(given.get("transitive", ())),
        source_identity=given.get("source_identity", ""),
        issued_at=given.get("issued", 0),
        mfa_at=given.get("mfa", 0),
    )
    key = Key(given["key"], given["secret"], principal, True, given["expires"], token)
    session = SessionKey(key, given["root"], client_id)
    if len(keys.sessions) >= _MOST_OPENED:
        del keys.sessions[next(iter(keys.sessions))]
    keys.sessions[token] = session
    return session
