"""What is known of one request, in the order in which it becomes known."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.api import Operation
    from emulator.database.session import Session
    from emulator.seal import Vault
    from emulator.server import Server


@dataclass(slots=True, frozen=True)
class Principal:
    """Who calls: the account and identity that an access key stands for."""

    access_key_id: str
    client_id: uuid.UUID
    account_id: uuid.UUID
    account_number: str
    name: str
    arn: str
    user_id: str
    scopes: tuple[str, ...]
    # the long-term access key that a session hangs on; empty for that key itself
    root_key: str = ""
    # the ARN of the role that a session is of; of the user that a federated session is under
    role: str = ""
    federated: str = ""
    # bounds of a session, each a list of policy documents; the scopes of the key it hangs on
    session_policies: tuple[tuple[str, ...], ...] = ()
    ceiling: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    # seconds since the epoch
    issued_at: int = 0
    # since when the session is one of somebody who proved to have an MFA device; 0: it is not
    mfa_at: int = 0
    # the number of the account it is of, where a resource's policy lets it work in another's
    home: str = ""

    @property
    def entity(self) -> str:
        """The ARN of the user or role whose policies hold."""
        return self.role or self.federated or self.arn


@dataclass(slots=True)
class Context:
    """One request on its way through `gateway.answer`.

    `path` is the raw path as it stood on the wire and `query` the raw query string, both decoded
    as Latin-1 so that no byte is lost; header names are lower case, repeated headers joined with
    commas.
    """

    request_id: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    source_address: str = ""
    # the route
    service: str = ""
    protocol: str = ""
    operation: "Operation | None" = None
    # the signature
    region: str = "us-east-1"
    _principal: Principal | None = None
    # the body
    params: dict[str, Any] = field(default_factory=dict)
    # the transaction
    _server: "Server | None" = None
    _db: "Session | None" = None
    wall: datetime = field(default_factory=lambda: datetime.now(UTC))
    shift: timedelta = timedelta(0)
    # how long a refused client is told to wait; 0: nothing is said of it
    retry_after_ms: int = 0

    @property
    def principal(self) -> Principal:
        """Whoever signed the request; reading it before the signature is verified is our bug."""
        if self._principal is None:
            raise RuntimeError("the principal is unknown before the signature is verified")
        return self._principal

    @property
    def server(self) -> "Server":
        """The server that answers."""
        if self._server is None:
            raise RuntimeError("this context belongs to no server")
        return self._server

    @property
    def vault(self) -> "Vault":
        """What seals secrets and tokens."""
        return self.server.vault

    @property
    def db(self) -> "Session":
        """The database as this account sees it."""
        if self._db is None:
            raise RuntimeError("the session opens after the request is authorised")
        return self._db

    @property
    def now(self) -> datetime:
        """The world's time: the wall clock, moved onto the account's newest simulated day."""
        return self.wall - self.shift
