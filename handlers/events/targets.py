"""Targets of rules.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html and the pages of
the operations.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.events import identifiers
from handlers.events.identifiers import invalid
from models import event_inputs, event_rules
from models.listing import Condition

NOUN = "event_rules"
MOST_TARGETS = 5
# Services that a rule can send to, by their names in ARNs.
_SERVICES = frozenset(
    ("sqs", "sns", "lambda", "states", "kinesis", "firehose", "logs", "ecs", "events", "ssm",
     "codebuild", "codepipeline", "batch", "inspector", "execute-api", "redshift",
     "redshift-serverless", "sagemaker", "ec2", "appsync", "ssm-incidents")
)  # fmt: skip


async def put_targets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add targets to a rule, or describe anew those of the same ids."""
    targets = params["Targets"]
    async with ctx.db.transaction():
        rule = await _rule(ctx, params)
        for target in targets:
            _check(target)
        ids = {target["Id"] for target in targets}
        if len(ids) < len(targets):
            raise invalid("The Targets list has more than one target of the same Id.")
        if len(ids | await event_rules.target_ids(ctx.db, rule["id"])) > MOST_TARGETS:
            raise AwsError(
                "LimitExceededException",
                "The requested resource exceeds the maximum number allowed.",
            )
        await event_rules.put_targets(ctx.db, rule["id"], targets)
    return {"FailedEntryCount": 0, "FailedEntries": []}


async def remove_targets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove targets; each id that the rule has not is a failed entry."""
    async with ctx.db.transaction():
        rule = await _rule(ctx, params)
        gone = await event_rules.remove_targets(ctx.db, rule["id"], params["Ids"])
    failed = [
        {
            "TargetId": one,
            "ErrorCode": "ResourceNotFoundException",
            "ErrorMessage": f"Rule '{params['Rule']}' does not have a target with the Id '{one}'.",
        }
        for one in dict.fromkeys(params["Ids"])
        if one not in gone
    ]
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


async def list_targets_by_rule(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The targets of a rule, by id."""
    page = pages.page(
        ctx, params, size="Limit", default=identifiers.PAGE_ITEMS, invalid=identifiers.bad_token
    )
    rule = await _rule(ctx, params)
    where = [Condition("bus_name", (rule["bus_name"],)), Condition("rule", (rule["name"],))]
    rows = await event_rules.TARGETS.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "target_id")
    return {"Targets": [row["definition"] for row in shown], "NextToken": token}


async def _rule(ctx: Context, params: dict[str, Any]) -> Any:
    bus = await identifiers.find_bus(ctx, params.get("EventBusName"))
    return await identifiers.find_rule(ctx, bus["name"], params["Rule"])


def _check(target: dict[str, Any]) -> None:
    name, arn = target["Id"], target["Arn"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise invalid(
            f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        )
    if parts[2] not in _SERVICES:
        raise invalid(
            f"Parameter {arn} is not valid. Reason: Service as target config for ARN: {arn} not"
            " found. The API call hasn't been recognized as managed rules call"
        )
    given = [one for one in ("Input", "InputPath", "InputTransformer") if target.get(one)]
    if len(given) > 1:
        raise invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}."
        )
    if arn.endswith(".fifo") and parts[2] == "sqs" and not target.get("SqsParameters"):
        raise invalid(f"Parameter(s) SqsParameters must be specified for target: {name}.")
    if target.get("Input"):
        _check_input(name, target["Input"])
    _check_paths(name, [target["InputPath"]] if target.get("InputPath") else [])
    if target.get("InputTransformer"):
        _check_transformer(name, target["InputTransformer"])


def _check_input(name: str, text: str) -> None:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid(f"JSON syntax error in input for target {name}") from None


def _check_paths(name: str, paths: Sequence[str]) -> None:
    for path in paths:
        if not event_inputs.is_path(path):
            raise invalid(f"Invalid JSON path {path} for target {name}.")


def _check_transformer(name: str, transformer: dict[str, Any]) -> None:
    paths = transformer.get("InputPathsMap") or {}
    _check_paths(name, list(paths.values()))
    for used in event_inputs.placeholders(transformer["InputTemplate"]):
        if used not in paths and used not in event_inputs.PREDEFINED:
            raise invalid(f"InputTemplate for target {name} contains invalid placeholder {used}.")
