"""Refusals of calls by policies, in the words of AWS."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.context import Context, Principal
from emulator.errors import Fault
from emulator.policies.evaluation import Verdict

ENCODED: Final = "authorization-message"


def denied(
    ctx: Context, action: str, resource: str, verdict: Verdict, context: Mapping[str, Sequence[str]]
) -> Fault:
    """The refusal of a call; EC2's carries the whole story, encoded."""
    caller = ctx.principal
    fields = {
        "principal": caller.arn,
        "action": action,
        "resource": f'"{resource}"' if ctx.service == "s3" else resource,
        "reason": verdict.reason(action),
    }
    if ctx.protocol == "ec2" and ctx._server is not None:
        story = _story(caller, action, resource, verdict, context)
        token = ctx.vault.seal_token(ENCODED, [caller.account_number, story])
        fields["encoded"] = f". Encoded authorization failure message: {token}"
    return Fault("denied", **fields)


def _story(
    caller: Principal,
    action: str,
    resource: str,
    verdict: Verdict,
    context: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """What DecodeAuthorizationMessage tells, in its own members."""
    matched = [
        {
            "statementId": match.statement.sid,
            "effect": "ALLOW" if match.statement.allows else "DENY",
        }
        for match in verdict.matches
    ]
    conditions = [
        {"key": key, "values": {"items": [{"value": value} for value in values]}}
        for key, values in sorted(context.items())
        if not key.startswith(("driftcloud:", "aws:referer", "aws:useragent"))
    ]
    return {
        "allowed": False,
        "explicitDeny": verdict.explicit,
        "matchedStatements": {"items": matched},
        "failures": {"items": []},
        "context": {
            "principal": {"id": caller.user_id, "name": caller.name, "arn": caller.arn},
            "action": action,
            "resource": resource,
            "conditions": {"items": conditions},
        },
    }
