"""Requests signed by botocore, and the verifier's answer to them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from botocore import auth as botocore_auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from emulator.context import Context, Principal
from emulator.errors import AwsError, Fault
from emulator.keys import Keys
from emulator.route import Route
from emulator.seal import Vault
from emulator.sigv4 import verify

MASTER = bytes(range(32))
NOW = datetime(2026, 3, 4, 12, 30, 0, tzinfo=UTC)
KEY_ID, SECRET = "AKIADRIFTCLOUDTESTKE", "wJalr/XUtn+FEMI/K7MDENG/bPxRfiCYEXAMPLEK"
ACCOUNT = uuid.UUID("00000000-0000-4000-8000-000000000001")
CLIENT = uuid.UUID("00000000-0000-4000-8000-000000000002")
VAULT = Vault({1: MASTER})

# service, name it signs with, protocol, headers that its clients send and sign
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
SERVICES: dict[str, tuple[str, str, dict[str, str]]] = {
    "ec2": ("ec2", "ec2", _FORM),
    "sts": ("sts", "query", _FORM),
    "rds": ("rds", "query", _FORM),
    "elbv2": ("elasticloadbalancing", "query", _FORM),
    "logs": ("logs", "json", {"X-Amz-Target": "Logs_20140328.DescribeLogGroups"}),
    "ecs": ("ecs", "json", {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters"}),
    "cloudwatch": ("monitoring", "json", {
        "X-Amz-Target": "GraniteServiceVersion20100801.ListMetrics", "x-amzn-query-mode": "true",
    }),
    "lambda": ("lambda", "rest_json", {"Content-Type": "application/json"}),
    "eks": ("eks", "rest_json", {}),
    "opensearch": ("es", "rest_json", {}),
    "s3": ("s3", "rest_xml", {}),
    "s3control": ("s3", "rest_xml", {"x-amz-account-id": "123456789012"}),
}  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    """A row of driftcloud_client, as the database gives it."""
    access_key_id = changes.pop("access_key_id", KEY_ID)
    secret = changes.pop("secret", SECRET)
    return {
        "client_id": CLIENT,
        "account_id": ACCOUNT,
        "account_number": "123456789012",
        "name": "agent",
        "secret_sealed": VAULT.seal_secret(secret, access_key_id, ACCOUNT),
        "secret_key_hash": VAULT.hash_secret(secret),
        "key_version": 1,
        "scopes": '["read:*", "write:*"]',
        "status": "active",
        "expires_at": None,
    } | changes


class Table:
    """api_clients, counted."""

    def __init__(self, rows: dict[str, dict[str, Any]] | None = None) -> None:
        self.rows = {KEY_ID: row()} if rows is None else rows
        self.asked: list[str] = []

    async def look_up(self, access_key_id: str) -> dict[str, Any] | None:
        self.asked.append(access_key_id)
        return self.rows.get(access_key_id)

    def keys(self, **named: Any) -> Keys:
        return Keys(VAULT, self.look_up, **named)


@dataclass
class Request:
    """A request as it is on the wire, before or after signing."""

    service: str
    method: str = "POST"
    path: str = "/"
    query: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    region: str = "eu-west-1"

    @property
    def route(self) -> Route:
        signing_name, protocol, _ = SERVICES[self.service]
        return Route(protocol, self.service, self.operation or None, signing_name=signing_name)

    def context(self, wall: datetime = NOW) -> Context:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Context("r", self.method, self.path, self.query, headers, self.body, wall=wall)


def signed(
    request: Request,
    *,
    signer: str = "",
    at: datetime = NOW,
    expires: int | None = None,
    credentials: Credentials | None = None,
    **context: Any,
) -> Request:
    """`request`, signed by botocore: by header, or as a presigned URL when `expires` is given."""
    signing_name, _, own = SERVICES[request.service]
    s3 = signing_name == "s3"
    if not signer:
        signer = ("S3" if s3 else "") + "SigV4" + ("Query" if expires is not None else "") + "Auth"
    headers = {"Host": "localhost:4566"} | ({} if expires is not None else own) | request.headers
    url = f"http://localhost:4566{request.path}" + (f"?{request.query}" if request.query else "")
    aws = AWSRequest(method=request.method, url=url, data=request.body, headers=headers)
    aws.context.update(context)
    extra = {} if expires is None else {"expires": expires}
    who = credentials or Credentials(KEY_ID, SECRET)
    made = getattr(botocore_auth, signer)(who, signing_name, request.region, **extra)
    naive = at.replace(tzinfo=None)
    with mock.patch.object(botocore_auth, "get_current_datetime", return_value=naive):
        made.add_auth(aws)
    parts = urlsplit(str(aws.url))
    found = dict(aws.headers.items())
    return Request(
        request.service, request.method, parts.path, parts.query, request.body, found,
        request.operation, request.region,
    )  # fmt: skip


def with_header(request: Request, name: str, value: str | None) -> Request:
    """`request`, with a header set to `value`, or without it."""
    headers = {n: v for n, v in request.headers.items() if n.lower() != name.lower()}
    return replace(request, headers=headers if value is None else headers | {name: value})


def with_authorization(request: Request, edit: Callable[[str], str]) -> Request:
    """`request`, with an Authorization header that `edit` changed."""
    return with_header(request, "Authorization", edit(request.headers["Authorization"]))


async def outcome(
    request: Request, keys: Keys, *, wall: datetime = NOW, later: timedelta = timedelta(0)
) -> Principal | str:
    """The principal, or the kind (or code) of the refusal."""
    ctx = request.context(wall + later)
    try:
        return await verify(ctx, request.route, keys)
    except Fault as fault:
        return fault.kind
    except AwsError as error:
        return error.code
