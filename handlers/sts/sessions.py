"""Sessions: temporary credentials.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
API_GetSessionToken.html. Expirations are wall-clock times: the world's shift is taken off here
because the answer's writer puts it on.
"""

import re
from dataclasses import replace
from typing import Any

from emulator import sessions
from emulator.context import Context, Principal
from emulator.errors import AwsError
from models import roles

# GetSessionToken needs no permission; AssumeRole is granted by the role that is assumed.
ALWAYS_ALLOWED = True

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
SESSION_SECONDS = 43_200
ROLE_SECONDS = 3_600
SHORTEST_SECONDS = 900
CHAINED_SECONDS = 3_600


async def get_session_token(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Temporary credentials with the rights of the caller, by default for twelve hours."""
    if _is_session(ctx):
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = params.get("DurationSeconds") or SESSION_SECONDS
    return {"Credentials": _issue(ctx, seconds)}


async def assume_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Temporary credentials of a role that trusts the caller, by default for an hour."""
    role_arn, session_name = params["RoleArn"], params["RoleSessionName"]
    if not ROLE_ARN.fullmatch(role_arn):
        raise AwsError("ValidationError", f"{role_arn} is invalid")
    role = await roles.find_by_arn(ctx.db, role_arn)
    if role is None or not _trusts(ctx, role, params.get("ExternalId")):
        raise AwsError(
            "AccessDenied",
            f"User: {ctx.principal.arn} is not authorized to perform: sts:AssumeRole on resource:"
            f" {role_arn}",
            403,
        )
    seconds = params.get("DurationSeconds") or ROLE_SECONDS
    if _is_session(ctx) and seconds > CHAINED_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by"
            " role chaining",
        )
    if seconds > role["max_session_duration_seconds"]:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    session = _session(ctx, role, session_name)
    answer = {
        "Credentials": _issue(ctx, seconds, session),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }
    if params.get("SourceIdentity"):
        answer["SourceIdentity"] = params["SourceIdentity"]
    return answer


def _is_session(ctx: Context) -> bool:
    return ctx.principal.access_key_id.startswith(sessions.PREFIX)


def _trusts(ctx: Context, role: Any, external_id: str | None) -> bool:
    caller = ctx.principal
    known = {caller.account_number, caller.arn, f"arn:aws:iam::{caller.account_number}:root"}
    trusted = known & set(role["trusted"])
    return bool(trusted) and role["external_id"] in (None, external_id)


def _session(ctx: Context, role: Any, session_name: str) -> Principal:
    number, name = role["account_number"], role["name"]
    return replace(
        ctx.principal,
        account_id=role["account_id"],
        account_number=number,
        name=name,
        arn=f"arn:aws:sts::{number}:assumed-role/{name}/{session_name}",
        user_id=f"{role['role_id']}:{session_name}",
        scopes=tuple(role["scopes"]),
    )


def _issue(ctx: Context, seconds: int, session: Principal | None = None) -> dict[str, Any]:
    made = sessions.issue_session(
        ctx.vault, ctx.principal, seconds, as_principal=session, now=ctx.wall
    )
    return {
        "AccessKeyId": made.access_key_id,
        "SecretAccessKey": made.secret_access_key,
        "SessionToken": made.session_token,
        "Expiration": made.expiration - ctx.shift,
    }
