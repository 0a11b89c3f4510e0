"""Event source mappings: what Lambda reads for a function.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html and
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.rows import Computed, Rows, View
from handlers.lambda_.function_names import Named, check_qualifier, find, named
from handlers.lambda_.lambda_functions import RULES, marked, takes
from handlers.lambda_.refusals import absent, conflict, invalid, refusal
from models import draws
from models import lambda_event_source_mappings as mappings
from models.listing import Condition

MOST_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """What Lambda can be told about sources of one service: usual and largest batch."""

    batch: int
    most: int
    stream: bool


KINDS = {
    "sqs": Kind(10, 10_000, stream=False),
    "kinesis": Kind(100, 10_000, stream=True),
    "dynamodb": Kind(100, 10_000, stream=True),
    "kafka": Kind(100, 10_000, stream=False),
    "mq": Kind(100, 10_000, stream=False),
    "rds": Kind(100, 10_000, stream=False),
}
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html, by source
_STREAMS_ONLY = ("ParallelizationFactor", "BisectBatchOnFunctionError", "MaximumRetryAttempts",
                 "MaximumRecordAgeInSeconds", "TumblingWindowInSeconds")  # fmt: skip
_OPTIONS = (
    "FilterCriteria", "KMSKeyArn", "MetricsConfig", "LoggingConfig", "ScalingConfig",
    "MaximumBatchingWindowInSeconds", "ParallelizationFactor", "DestinationConfig",
    "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "MaximumRetryAttempts",
    "TumblingWindowInSeconds", "SourceAccessConfigurations", "FunctionResponseTypes",
    "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig", "ProvisionedPollerConfig",
)  # fmt: skip
_OPTIONS_AT_FIRST = ("StartingPosition", "Topics", "Queues", "SelfManagedEventSource")


async def create_event_source_mapping(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let Lambda read a queue or stream for a function."""
    one = named(ctx, params)
    source = params.get("EventSourceArn")
    service = _service(params)
    kind = KINDS[service]
    options = _options(params, kind, {})
    for name in _OPTIONS_AT_FIRST:
        if params.get(name) is not None:
            options[name] = params[name]
    if params.get("StartingPositionTimestamp") is not None:
        options["StartingPositionTimestamp"] = params["StartingPositionTimestamp"].isoformat()
    _check_start(kind, service, params)
    given = RULES.checked(params.get("Tags"))
    async with ctx.db.transaction():
        await _check_function(ctx, one)
        await _check_source(ctx, service, source)
        before = await mappings.paired(ctx.db, one.qualified, source) if source else None
        if before:
            raise conflict(
                "An event source mapping with"
                f' {"SQS" if service == "sqs" else service} arn (" {source} ") and function ("'
                f' {one.name} ") already exists. Please update or delete the existing mapping with'
                f" UUID {before}"
            )
        key = str(draws.uuid4())
        await mappings.insert(
            ctx.db,
            {
                "id": key,
                "region": ctx.region,
                "arn": arn(ctx, "lambda", f"event-source-mapping:{key}"),
                "function_arn": one.qualified,
                "event_source_arn": source,
                "enabled": params.get("Enabled") is not False,
                "batch_size": _batch(params.get("BatchSize") or kind.batch, kind, options),
                "options": options,
                "modified_at": ctx.now,
                "tags": given,
                "created_at": ctx.now,
                **_under_way(ctx, "Creating"),
            },
        )
        made = await mappings.find_one(ctx.db, key)
    return {**VIEW.show(made), "State": "Creating"}


async def get_event_source_mapping(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One mapping."""
    row = await mappings.find_one(ctx.db, params["UUID"])
    if row is None:
        raise absent()
    return VIEW.show(row)


async def list_event_source_mappings(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Mappings of the region, of one source or of one function."""
    asked = marked(ctx, params, MOST_A_PAGE)
    where = []
    if params.get("EventSourceArn"):
        where.append(Condition("event_source_arn", (params["EventSourceArn"],)))
    if params.get("FunctionName"):
        one = named(ctx, params)
        await _check_function(ctx, one)
        where.append(Condition("function_arn", (one.qualified,)))
    rows = await mappings.LISTING.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "uuid")
    return {"EventSourceMappings": Rows(VIEW, found), "NextMarker": token}


async def update_event_source_mapping(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change how Lambda reads a source, for which function, or whether at all."""
    async with ctx.db.transaction():
        row = await _locked(ctx, params["UUID"])
        kind = KINDS[_service({"EventSourceArn": row["event_source_arn"], **row["options"]})]
        changes: dict[str, Any] = {"modified_at": ctx.now}
        if params.get("FunctionName"):
            one = named(ctx, params)
            await _check_function(ctx, one)
            changes["function_arn"] = one.qualified
        options = {**row["options"], **_options(params, kind, row["options"])}
        if options != row["options"]:
            changes["options"] = options
        size = params.get("BatchSize") or row["batch_size"]
        changes["batch_size"] = _batch(size, kind, options)
        state = "Updating"
        if params.get("Enabled") is not None and params["Enabled"] != row["enabled"]:
            changes["enabled"] = params["Enabled"]
            state = "Enabling" if params["Enabled"] else "Disabling"
        changes |= _under_way(ctx, state)
        await mappings.update(ctx.db, ctx.region, row["arn"], changes)
        made = await mappings.find_one(ctx.db, params["UUID"])
    return {**VIEW.show(made), "State": state}


async def delete_event_source_mapping(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Read a source for a function no longer."""
    async with ctx.db.transaction():
        row = await _locked(ctx, params["UUID"])
        await mappings.delete(ctx.db, ctx.region, row["arn"], ctx.now, takes(ctx))
    return {**VIEW.show(row), "State": "Deleting"}


async def _locked(ctx: Context, key: str) -> Any:
    row = await mappings.lock(ctx.db, ctx.region, key)
    if row is None:
        raise absent()
    if row["state"] not in ("Enabled", "Disabled"):
        raise refusal(
            "ResourceInUse",
            f"Cannot update the event source mapping because it is in use ({row['state']}).",
        )
    return row


async def _check_function(ctx: Context, one: Named) -> None:
    await find(ctx, Named(one.name, None, one.arn))
    await check_qualifier(ctx, one)


async def _check_source(ctx: Context, service: str, source: str | None) -> None:
    """The account's own streams and clusters are known; others are taken at their word."""
    if source is None:
        return
    parts = source.split(":")
    if parts[3] != ctx.region:
        raise invalid(f"Unsupported region: {parts[3]}. The event source must be in {ctx.region}.")
    if parts[4] == ctx.principal.account_number and not await mappings.source_exists(
        ctx.db, service, source
    ):
        if service == "kinesis":
            raise invalid(f"Stream not found: {source}")
        raise invalid(f"Cluster not found: {source}")


def _under_way(ctx: Context, transition: str) -> dict[str, Any]:
    lasting: timedelta = takes(ctx)
    if not lasting:
        return {"state_transition": None, "settles_at": None}
    return {"state_transition": transition, "settles_at": ctx.now + lasting}


def _service(params: Mapping[str, Any]) -> str:
    source = params.get("EventSourceArn")
    if source is None:
        if params.get("SelfManagedEventSource") is None:
            raise invalid("Unrecognized event source.")
        return "kafka"
    service = str(source).split(":")[2]
    if service not in KINDS:
        raise invalid("Unrecognized event source.")
    return service


def _check_start(kind: Kind, service: str, params: Mapping[str, Any]) -> None:
    start = params.get("StartingPosition")
    if kind.stream and start is None:
        raise invalid("1 validation error detected: Value null at 'startingPosition' failed to"
                      " satisfy constraint: Member must not be null.")  # fmt: skip
    if service == "sqs" and start is not None:
        raise invalid("StartingPosition is not valid for SQS event sources.")
    if (start == "AT_TIMESTAMP") != (params.get("StartingPositionTimestamp") is not None):
        raise invalid("StartingPositionTimestamp is required exactly for AT_TIMESTAMP.")
    if service == "kafka" and not params.get("Topics"):
        raise invalid("Topics is required for Kafka event sources.")
    if service == "mq" and not params.get("Queues"):
        raise invalid("Queues is required for MQ event sources.")


def _options(params: Mapping[str, Any], kind: Kind, before: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: params[name] for name in _OPTIONS if params.get(name) is not None}
    for name in _STREAMS_ONLY:
        if name in found and not kind.stream:
            raise invalid(f"Unsupported {name} parameter for given event source mapping type.")
    for one in (found.get("FilterCriteria") or {}).get("Filters") or ():
        _check_pattern(one.get("Pattern") or "")
    if kind.stream and not before:
        found = {
            "MaximumBatchingWindowInSeconds": 0, "ParallelizationFactor": 1,
            "DestinationConfig": {"OnFailure": {}}, "MaximumRecordAgeInSeconds": -1,
            "BisectBatchOnFunctionError": False, "MaximumRetryAttempts": -1,
            "TumblingWindowInSeconds": 0, "FunctionResponseTypes": [], **found,
        }  # fmt: skip
    return {"MaximumBatchingWindowInSeconds": 0, **found} if not before else found


def _check_pattern(pattern: str) -> None:
    import orjson

    try:
        read = orjson.loads(pattern)
    except orjson.JSONDecodeError:
        raise invalid("Invalid filter pattern definition.") from None
    if not isinstance(read, dict):
        raise invalid("Invalid filter pattern definition.")


def _batch(size: int, kind: Kind, options: Mapping[str, Any]) -> int:
    if size > kind.most:
        raise invalid(f"BatchSize must be between 1 and {kind.most}")
    # Queues hand out ten messages at once: more need time to gather.
    waits = options.get("MaximumBatchingWindowInSeconds") or 0
    if kind.batch == KINDS["sqs"].batch and size > kind.batch and not waits:
        raise invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is"
            " greater than 10"
        )
    return size


def _option(name: str) -> Computed:
    return Computed(lambda options: options.get(name), "options")


def _started(options: Mapping[str, Any]) -> Any:
    from datetime import datetime

    given = options.get("StartingPositionTimestamp")
    return datetime.fromisoformat(given) if given else None


VIEW = View(
    {
        "UUID": "uuid",
        "EventSourceMappingArn": "arn",
        "BatchSize": "batch_size",
        "EventSourceArn": "event_source_arn",
        "FunctionArn": "function_arn",
        "LastModified": "modified_at",
        "State": "state",
        "StateTransitionReason": Computed(lambda _: "USER_INITIATED", "state"),
        "LastProcessingResult": Computed(
            lambda options: "No records processed" if "StartingPosition" in options else None,
            "options",
        ),
        **{name: _option(name) for name in (*_OPTIONS, *_OPTIONS_AT_FIRST)},
        "StartingPositionTimestamp": Computed(_started, "options"),
    }
)
