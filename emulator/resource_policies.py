"""Resource policies of buckets, queues, functions, layers and buses, kept by this process.

A call that none of them concerns costs two looks into dictionaries. What is kept is believed for
half a minute unless a NOTIFY says sooner that it changed.
"""

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import orjson

from emulator.context import Context
from emulator.policies import documents
from emulator.policies.documents import Policy
from emulator.policies.publicity import is_public
from emulator.policies.resources import FUNCTION, is_fact
from models import resource_policies

if TYPE_CHECKING:
    from emulator.database.database import Database

KEPT_SECONDS: Final = 30.0
MOST_KEPT: Final = 1024
SERVICES: Final = frozenset(("events", "lambda", "s3", "sqs"))
# Operations that may write policies: the process that served one forgets at once.
CHANGING: Final = frozenset(
    ("PutBucketPolicy", "DeleteBucketPolicy", "PutPublicAccessBlock", "DeletePublicAccessBlock",
     "DeleteBucket", "CreateQueue", "SetQueueAttributes", "DeleteQueue", "AddPermission",
     "RemovePermission", "DeleteFunction", "DeleteAlias", "PutPermission", "DeleteEventBus",
     "AddLayerVersionPermission", "RemoveLayerVersionPermission", "DeleteLayerVersion")
)  # fmt: skip
# S3: what names another resource beside the bucket stays with the owner, and so do policies.
_S3_OWNERS: Final = frozenset(
    ("CreateBucket", "PutBucketLogging", "PutBucketReplication",
     "PutBucketNotificationConfiguration", "PutBucketInventoryConfiguration",
     "PutBucketAnalyticsConfiguration", "PutBucketAcl", "SelectObjectContent")
)  # fmt: skip
# "The specified method is not allowed": https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
S3_POLICIES: Final = frozenset(
    ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy", "GetBucketPolicyStatus")
)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-examples-of-sqs-policies.html
_SQS_SHARED: Final = frozenset(
    ("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch",
     "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "GetQueueAttributes",
     "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue")
)  # fmt: skip
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-cross-account.html: operations
# on a function that is there, but those that name other resources of the owner's
_LAMBDA_SHARED: Final = frozenset(
    ("Invoke", "GetFunction", "GetFunctionConfiguration", "GetFunctionConcurrency", "GetPolicy",
     "GetAlias", "ListAliases", "CreateAlias", "UpdateAlias", "DeleteAlias",
     "ListVersionsByFunction", "PublishVersion", "DeleteFunction",
     "PutFunctionConcurrency", "DeleteFunctionConcurrency",
     "GetProvisionedConcurrencyConfig", "ListProvisionedConcurrencyConfigs",
     "PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig",
     "GetFunctionEventInvokeConfig", "ListFunctionEventInvokeConfigs", "GetLayerVersion",
     "GetLayerVersionByArn")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """The policy of a resource.

    `closed`: it is public, and the public is kept out; `asks`: it asks for facts.
    """

    policy: Policy
    closed: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Owned:
    """The resource policies of an account, by ARN."""

    account_id: uuid.UUID | None
    number: str
    held: Mapping[str, Held]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What concerns a call: its resource's owner and policy."""

    owner: Owned
    held: Held

    def policies(self, caller: str) -> tuple[Policy, ...]:
        """The policies to be judged by for a caller of that account."""
        if self.held.closed and caller != self.owner.number:
            kept = tuple(one for one in self.held.policy.statements if not one.allows)
            return (Policy(kept, self.held.policy.source),)
        return (self.held.policy,)


class ResourcePolicies:
    """Resource policies, through a cache of this process."""

    def __init__(self, database: "Database", clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._owned: OrderedDict[str, tuple[float, Owned]] = OrderedDict()
        self._buckets: tuple[float, Mapping[str, str]] = (0.0, {})
        self._changes = 0

    async def concerning(self, ctx: Context, operation: str) -> Sharing | None:
        """What concerns a call of a service that has resource policies; mostly nothing."""
        if ctx.service == "s3":
            bucket = ctx.params.get("Bucket")
            return await self.of_bucket(ctx.principal.account_number, bucket, operation)
        own = ctx.principal.account_number
        if ctx.service == "events":
            # events may go to several buses: each is looked at by itself, and others' in any case
            away = operation == "PutEvents" and any(map(own.__ne__, _bus_owners(ctx)))
            return Sharing(await self._of(own), _NOTHING) if away else None
        owner, arn = _queue(ctx) if ctx.service == "sqs" else _function(ctx)
        if not arn:
            return None
        shared = _SQS_SHARED if ctx.service == "sqs" else _LAMBDA_SHARED
        if owner != own and operation not in shared:
            return None
        return _sharing(await self._of(owner), arn)

    async def of_bus(self, own: str, arn: str) -> Sharing | None:
        """What concerns events that somebody of the account `own` puts on a bus."""
        owner = await self._of(arn.split(":")[4])
        found = _sharing(owner, arn)
        return Sharing(owner, _NOTHING) if found is None and owner.number != own else found

    async def of_bucket(self, own: str, bucket: str | None, operation: str) -> Sharing | None:
        """What concerns a call about a bucket by somebody of the account `own`."""
        if not bucket:
            return None
        owner = (await self._bucket_owners()).get(bucket)
        if owner is None or (owner != own and operation in _S3_OWNERS):
            return None
        return _sharing(await self._of(owner), f"arn:aws:s3:::{bucket}")

    async def account(self, number: str) -> uuid.UUID | None:
        """The id of the account of a number; None: there is none."""
        return (await self._of(number)).account_id

    def forget(self, number: str | None = None) -> None:
        """Forget the policies of an account, or of all."""
        self._changes += 1
        self._buckets = (0.0, {})
        if number:
            self._owned.pop(number, None)
        else:
            self._owned.clear()

    async def _of(self, number: str) -> Owned:
        kept = self._owned.get(number)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        before = self._changes
        async with self._database.owner() as connection:
            found = await resource_policies.account_id(connection, number)
            rows = await resource_policies.of_account(connection, number) if found else ()
        # the driver's own kind of UUID cannot be written into a trail
        whose = uuid.UUID(str(found)) if found else None
        owned = Owned(whose, number, {row["arn"]: _held(row) for row in rows})
        # an answer that was on its way during a change may be older than it
        if before == self._changes:
            self._owned[number] = (self._clock() + KEPT_SECONDS, owned)
            self._owned.move_to_end(number)
            if len(self._owned) > MOST_KEPT:
                self._owned.popitem(last=False)
        return owned

    async def _bucket_owners(self) -> Mapping[str, str]:
        until, found = self._buckets
        if until > self._clock():
            return found
        before = self._changes
        async with self._database.owner() as connection:
            found = await resource_policies.buckets(connection)
        if before == self._changes:
            self._buckets = (self._clock() + KEPT_SECONDS, found)
        return found


# The policy of what has none.
_NOTHING: Final = Held(Policy((), ""))


def _bus_owners(ctx: Context) -> list[str]:
    own = ctx.principal.account_number
    names = [str(one.get("EventBusName") or "") for one in ctx.params.get("Entries") or ()]
    return [name.split(":")[4] if name.count(":") > 4 else own for name in names]


def _sharing(owner: Owned, arn: str) -> Sharing | None:
    held = owner.held.get(arn)
    return None if held is None else Sharing(owner, held)


def _held(row: Mapping[str, Any]) -> Held:
    document, block = row["document"], row["public_access_block"] or {}
    name = row["arn"].rpartition(":")[2]
    try:
        policy = documents.read(document, name, "resource")
        closed = bool(block.get("RestrictPublicBuckets")) and is_public(orjson.loads(document))
    except (KeyError, TypeError, ValueError):
        # written by no operation that checks it: it says nothing
        return Held(Policy((), name))
    keys = (key.lower() for key in policy.context_keys())
    return Held(policy, closed, any(map(is_fact, keys)))


def _queue(ctx: Context) -> tuple[str, str]:
    """Owner and ARN of the queue that a request names; empty: it names none."""
    own, name = ctx.principal.account_number, ctx.params.get("QueueName")
    if name:
        owner = ctx.params.get("QueueOwnerAWSAccountId") or own
    else:
        parts = [
            one for one in urlsplit(str(ctx.params.get("QueueUrl") or "")).path.split("/") if one
        ]
        if len(parts) < 2:
            return own, ""
        owner, name = parts[-2], parts[-1]
    return owner, f"arn:aws:sqs:{ctx.region}:{owner}:{name}"


def _function(ctx: Context) -> tuple[str, str]:
    """Owner and ARN of the function, version, alias or version of a layer that a request names."""
    own = ctx.principal.account_number
    layer = str(ctx.params.get("Arn") or ctx.params.get("LayerName") or "")
    if layer.startswith("arn:") and ":layer:" in layer:
        version = ctx.params.get("VersionNumber")
        return layer.split(":")[4], f"{layer}:{version}" if version else layer
    match = FUNCTION.fullmatch(str(ctx.params.get("FunctionName") or ""))
    if match is None:
        return own, ""
    owner = match["account"] or own
    qualifier = ctx.params.get("Qualifier") or match["qualifier"]
    whole = f"arn:aws:lambda:{match['region'] or ctx.region}:{owner}:function:{match['name']}"
    return owner, whole if qualifier in (None, "$LATEST") else f"{whole}:{qualifier}"


def source_bucket(params: Mapping[str, Any]) -> tuple[str, str]:
    """Bucket and key that a copy reads; empty: it is none."""
    path = unquote(str(params.get("CopySource") or "").partition("?versionId=")[0])
    bucket, _, key = path.removeprefix("/").partition("/")
    return (bucket, key) if key else ("", "")
