"""Permissions on queues by label: statements of a queue's policy, put in and taken out one by one.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
and API_RemovePermission.html.
"""

from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.sqs import queue_addresses, queue_attributes
from models import queues

NOUN = "queues"
MOST_STATEMENTS = 20
# What can be allowed so: the rest of a queue's operations are its owner's.
ACTIONS = frozenset(
    ("*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
     "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage")
)  # fmt: skip


async def add_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let accounts do some things with a queue."""
    for action in params["Actions"]:
        if action not in ACTIONS:
            raise _invalid(
                f"Value SQS:{action} for parameter ActionName is invalid. Reason: Only the queue"
                " owner is allowed to invoke this action."
            )
    async with ctx.db.transaction():
        row = await queue_addresses.find(ctx, params)
        policy = _policy(row)
        label = params["Label"]
        if any(one.get("Sid") == label for one in policy["Statement"]):
            raise _invalid(f"Value {label} for parameter Label is invalid. Reason: Already exists.")
        if len(policy["Statement"]) >= MOST_STATEMENTS:
            raise AwsError("OverLimit", f"{MOST_STATEMENTS + 1} exceeds the limit on the number of"
                           f" statements, {MOST_STATEMENTS}.", 403)  # fmt: skip
        policy["Statement"].append(_statement(row, label, params))
        await _put(ctx, row, orjson.dumps(policy).decode())
    return {}


async def remove_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the statement of a label out of a queue's policy."""
    async with ctx.db.transaction():
        row = await queue_addresses.find(ctx, params)
        policy, label = _policy(row), params["Label"]
        left = [one for one in policy["Statement"] if one.get("Sid") != label]
        if len(left) == len(policy["Statement"]):
            raise _invalid(
                f"Value {label} for parameter Label is invalid. Reason: can't find label on"
                " existing policy."
            )
        await _put(ctx, row, orjson.dumps(policy | {"Statement": left}).decode() if left else "")
    return {}


def _policy(row: Any) -> dict[str, Any]:
    text = row["attributes"].get("Policy")
    policy: dict[str, Any] = {
        "Version": "2008-10-17",
        "Id": f"{row['arn']}/SQSDefaultPolicy",
        "Statement": [],
    }
    policy |= orjson.loads(text) if text else {}
    if not isinstance(policy["Statement"], list):
        policy["Statement"] = [policy["Statement"]]
    return policy


def _statement(row: Any, label: str, params: dict[str, Any]) -> dict[str, Any]:
    accounts = [f"arn:aws:iam::{number}:root" for number in params["AWSAccountIds"]]
    actions = [f"SQS:{action}" for action in params["Actions"]]
    return {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": accounts[0] if len(accounts) == 1 else accounts},
        "Action": actions[0] if len(actions) == 1 else actions,
        "Resource": row["arn"],
    }


async def _put(ctx: Context, row: Any, text: str) -> None:
    given = await queue_attributes.checked(ctx, {"Policy": text}, fifo=row["fifo"])
    kept = queue_attributes.merged(row["attributes"], given)
    await queues.change(ctx.db, row, kept, queue_attributes.dead_letter_arn(kept), ctx.now)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
