"""What CloudTrail's record of a call says: who called, what was asked and answered, about what.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
and the pages on userIdentity and on the record's contents.
"""

from functools import cache
from typing import Any, Final

import orjson

from emulator import trail_shapes
from emulator.api import Shape
from emulator.context import Context, Principal

# Larger parameters and answers CloudTrail leaves out.
LONGEST_BYTES: Final = 100 * 1024


def identity(principal: Principal) -> tuple[dict[str, Any], str]:
    """userIdentity, and the name that LookupEvents calls Username."""
    kind, _, name = principal.arn.rpartition(":")[2].partition("/")
    number = principal.home or principal.account_number
    found: dict[str, Any] = {
        "type": "IAMUser",
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": number,
        "accessKeyId": principal.access_key_id,
    }
    if kind == "assumed-role":
        role, _, session = name.rpartition("/")
        found["type"] = "AssumedRole"
        found["sessionContext"] = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal.user_id.partition(":")[0],
                "arn": f"arn:aws:iam::{number}:role/{role}",
                "accountId": number,
                "userName": role.rpartition("/")[2],
            },
            "attributes": {"mfaAuthenticated": _mfa(principal)},
        }
        return found, session
    if kind == "federated-user":
        found["type"] = "FederatedUser"
    elif kind == "root":
        found["type"] = "Root"
        return found, principal.name
    shown = name.rpartition("/")[2]
    found["userName"] = shown
    if principal.root_key:
        found["sessionContext"] = {"attributes": {"mfaAuthenticated": _mfa(principal)}}
    return found, shown


def _mfa(principal: Principal) -> str:
    return "true" if principal.mfa_at else "false"


def request_parameters(ctx: Context, resources: dict[str, str]) -> orjson.Fragment | None:
    """What was asked, without its secrets; None: nothing, or nothing that can be told.

    The resources that it names are added to `resources`: name → type.
    """
    shape = ctx.operation.input if ctx.operation else None
    if shape is None or not ctx.params:
        return None
    return _told(ctx, shape, ctx.params, resources, request=True)[1]


def response_elements(
    ctx: Context, result: Any, resources: dict[str, str]
) -> orjson.Fragment | None:
    """What was answered, likewise; EC2's answers have the request's id."""
    shape = ctx.operation.output if ctx.operation else None
    found, text = None, None
    if shape is not None and result:
        found, text = _told(ctx, shape, result, resources, request=False)
    if ctx.service == "ec2":
        told = {"requestId": ctx.request_id, **(found or {"_return": True})}
        return orjson.Fragment(orjson.dumps(told))
    return text if found else None


def _told(
    ctx: Context, shape: Shape, value: Any, resources: dict[str, str], *, request: bool
) -> tuple[dict[str, Any] | None, orjson.Fragment | None]:
    """A structure as it is told, and its JSON; twice None where it is too large or no JSON."""
    tell = _tell(shape, ctx.service == "ec2", request)
    before = len(resources)
    try:
        found = tell(value, 0, ctx.shift, resources)
        text = orjson.dumps(found)
    except (TypeError, ValueError):
        text = b""
    if not text or len(text) > LONGEST_BYTES:
        # what is not told names nothing either
        for name in list(resources)[before:]:
            del resources[name]
        return None, None
    return found, orjson.Fragment(text)


@cache
def _tell(shape: Shape, ec2: bool, request: bool) -> trail_shapes.Tell:
    return trail_shapes.structure(shape, trail_shapes.Style(ec2, request))
