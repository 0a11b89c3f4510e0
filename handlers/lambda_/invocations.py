"""Invocations: counted, never carried out.

No code runs here, so no result exists and none is made up. What a client asks for is still a call
of the function: it counts in the next day's Invocations and is paid for like the others.

* DryRun checks that the function is there and may be called: 204, as on AWS, and it counts nothing.
* Event is taken in: 202, which promises no result on AWS either.
* RequestResponse answers as AWS does when a function fails: 200 with X-Amz-Function-Error, and a
  payload that says that nothing has run. Clients thus take their ordinary way for failed calls,
  and the call counts among Errors.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
"""

from base64 import b64encode
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.lambda_.function_names import LATEST, Named, find, named
from handlers.lambda_.refusals import refusal
from models import lambda_functions

NOUN = "lambda_functions"
MOST_BYTES, MOST_BYTES_OF_EVENTS = 6_291_456, 1_048_576
NOT_RUN = {
    "errorType": "Driftcloud.NotExecuted",
    "errorMessage": "driftcloud runs no code: the invocation was counted and has no result.",
}


async def invoke(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Count a call of a function; see above what each kind of call is answered."""
    one = named(ctx, params)
    kind = params.get("InvocationType") or "RequestResponse"
    _check_payload(params.get("Payload"), kind)
    row = await _callable(ctx, one)
    if kind == "DryRun":
        return {"StatusCode": 204}
    await lambda_functions.invoked(ctx.db, row["id"], failed=kind == "RequestResponse")
    if kind == "Event":
        return {"StatusCode": 202}
    answer = {
        "StatusCode": 200,
        "FunctionError": "Unhandled",
        "ExecutedVersion": row["version"],
        "Payload": orjson.dumps(NOT_RUN),
    }
    if params.get("LogType") == "Tail":
        answer["LogResult"] = b64encode(NOT_RUN["errorMessage"].encode()).decode()
    return answer


async def _callable(ctx: Context, one: Named) -> Any:
    """The row of the version that is called, once it may be."""
    row = await find(ctx, one)
    function = row
    if one.qualifier not in (None, LATEST):
        function = await find(ctx, Named(one.name, None, one.arn))
    if row["transition"] == "creating":
        raise AwsError(
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the"
            " following state: Pending",
            409,
            Type="User",
        )
    if function["reserved_concurrency"] == 0:
        raise AwsError(
            "TooManyRequestsException",
            "Rate Exceeded.",
            429,
            Type="User",
            Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
        )
    return row


def _check_payload(payload: bytes | None, kind: str) -> None:
    most = MOST_BYTES_OF_EVENTS if kind == "Event" else MOST_BYTES
    if not payload:
        return
    if len(payload) > most:
        raise refusal(
            "RequestTooLarge",
            f"{len(payload)} byte payload is too large for the {kind} invocation type"
            f" (limit {most} bytes)",
        )
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise refusal(
            "InvalidRequestContent", f"Could not parse request body into json: {error}"
        ) from None
