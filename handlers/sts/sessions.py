"""Sessions: temporary credentials.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html,
API_GetSessionToken.html and API_GetFederationToken.html. Expirations are wall-clock times: the
world's shift is taken off here because the answer's writer puts it on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from emulator import denials, mfa, permissions, sessions
from emulator.context import Context, Principal
from emulator.errors import AwsError
from emulator.operations import Access
from emulator.policies import documents, request_keys, trust
from emulator.policies.documents import MalformedError, Policy
from emulator.policies.evaluation import judge
from models import grants, managed_policies, roles

# GetSessionToken needs no permission; AssumeRole is judged below, with the role's own policy.
ALWAYS_ALLOWED = True

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
SESSION_SECONDS = 43_200
ROLE_SECONDS = 3_600
CHAINED_SECONDS = 3_600
MOST_POLICY_ARNS = 10
LONGEST_POLICY = 2_048
MOST_TAGS = 50
ASSUME = Access(False, "write", "sessions", "sts", "AssumeRole")


async def get_session_token(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Temporary credentials with the rights of the caller, by default for twelve hours."""
    if _is_session(ctx):
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = params.get("DurationSeconds") or SESSION_SECONDS
    return {"Credentials": _issue(ctx, seconds, await _with_device(ctx, params))}


async def get_federation_token(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Credentials of a federated user: the caller's rights within the given policies."""
    if _is_session(ctx):
        raise AwsError(
            "AccessDenied", "Cannot call GetFederationToken with session credentials", 403
        )
    caller = ctx.principal
    known = await ctx.server.permissions.find(caller)
    number, name = caller.account_number, params["Name"]
    arn = f"arn:aws:sts::{number}:federated-user/{name}"
    context = permissions.context_of(ctx, known, _of_operation("GetFederationToken"))
    verdict = judge(known.rules, "sts:GetFederationToken", arn, context)
    if not verdict.allowed:
        raise denials.denied(ctx, "sts:GetFederationToken", arn, verdict, context)
    bound = await _bound(ctx, caller, params)
    session = replace(
        caller,
        name=name,
        arn=arn,
        user_id=f"{number}:{name}",
        federated=caller.arn,
        # without a policy a federated user may do nothing
        session_policies=(bound or (_NOTHING,),),
        tags=tuple(_tags(params).items()),
    )
    seconds = params.get("DurationSeconds") or SESSION_SECONDS
    return {
        "Credentials": _issue(ctx, seconds, session),
        "FederatedUser": {"FederatedUserId": session.user_id, "Arn": arn},
        "PackedPolicySize": _packed(bound, session.tags),
    }


async def assume_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Temporary credentials of a role that trusts the caller, by default for an hour."""
    role_arn, session_name = params["RoleArn"], params["RoleSessionName"]
    if not ROLE_ARN.fullmatch(role_arn):
        raise AwsError("ValidationError", f"{role_arn} is invalid")
    tags = _session_tags(ctx, params)
    role = await roles.find_by_arn(ctx.db, role_arn)
    caller = await _with_device(ctx, params)
    await _check_trust(ctx, role, role_arn, params, caller)
    assert role is not None  # noqa: S101 - nobody is trusted by no role
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
    session = _session(caller, role, session_name)
    bound = await _bound(ctx, session, params)
    session = replace(
        session,
        session_policies=(bound,) if bound else (),
        tags=tuple(tags.items()),
        transitive=(*ctx.principal.transitive, *(params.get("TransitiveTagKeys") or ())),
        source_identity=params.get("SourceIdentity") or ctx.principal.source_identity,
    )
    answer: dict[str, Any] = {
        "Credentials": _issue(ctx, seconds, session),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }
    if bound or tags:
        answer["PackedPolicySize"] = _packed(bound, session.tags)
    if session.source_identity:
        answer["SourceIdentity"] = session.source_identity
    return answer


_NOTHING = '{"Version": "2012-10-17", "Statement": []}'


def _of_operation(name: str) -> Access:
    """The access that another operation of this module needs."""
    return ASSUME._replace(operation=name, verb="read")


def _is_session(ctx: Context) -> bool:
    return ctx.principal.access_key_id.startswith(sessions.PREFIX)


async def _with_device(ctx: Context, params: Mapping[str, Any]) -> Principal:
    """The caller, who has proven an MFA device where the request names one.

    A session that a device was proven for stays one.
    """
    caller = ctx.principal
    if await mfa.proven(ctx, caller, params.get("SerialNumber"), params.get("TokenCode")):
        return replace(caller, mfa_at=int(ctx.wall.timestamp()))
    return caller


async def _check_trust(
    ctx: Context, role: Any, arn: str, params: Mapping[str, Any], caller: Principal
) -> None:
    """Both sides must agree: the role's trust policy, and the caller's own policies.

    A role of the same account that trusts the caller by name needs no policy beside that.
    """
    known = await ctx.server.permissions.find(ctx.principal)
    context = permissions.context_of(ctx, known, ASSUME)
    if caller.mfa_at:
        age = int(ctx.wall.timestamp()) - caller.mfa_at
        context |= {
            "aws:multifactorauthpresent": ["true"], "aws:multifactorauthage": [str(age)],
        }  # fmt: skip
    context.update(request_keys.of_parameters("sts", "AssumeRole", params))
    if role is not None:
        for key, value in (role["tags"] or {}).items():
            context[f"aws:resourcetag/{key.lower()}"] = [value]
            context[f"iam:resourcetag/{key.lower()}"] = [value]
    actions = ["sts:AssumeRole"]
    actions += ["sts:TagSession"] if params.get("Tags") else []
    actions += ["sts:SetSourceIdentity"] if params.get("SourceIdentity") else []
    here = role is not None and role["account_number"] == caller.account_number
    who = trust.Caller(
        caller.account_number, tuple({one for one in (caller.arn, caller.role) if one})
    )
    for action in actions:
        verdict = judge(known.rules, action, arn, context)
        if role is None or (not verdict.allowed and (verdict.explicit or not here)):
            raise _not_authorized(ctx, action, arn)
        policy = documents.read(orjson.dumps(role["assume_role_policy"]).decode())
        if not _trusted(policy, who, action, arn, context, verdict.allowed):
            raise _not_authorized(ctx, action, arn)


def _trusted(
    policy: Policy,
    who: trust.Caller,
    action: str,
    arn: str,
    context: Mapping[str, Sequence[str]],
    allowed: bool,
) -> bool:
    """Whether a trust policy lets the caller in, whose own policies allow it or do not."""
    name = action.lower()
    named = trust.naming(policy, who, directly=None if allowed else True)
    hits = [one for one in named.statements if one.applies(name, arn, context)]
    return bool(hits) and all(one.allows for one in hits)


def _not_authorized(ctx: Context, action: str, arn: str) -> AwsError:
    return AwsError(
        "AccessDenied",
        f"User: {ctx.principal.arn} is not authorized to perform: {action} on resource: {arn}",
        403,
    )


def _session_tags(ctx: Context, params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a session: those asked for, and those the calling session hands on."""
    tags = _tags(params)
    asked = {key.lower() for key in tags}
    missing = [key for key in params.get("TransitiveTagKeys") or () if key.lower() not in asked]
    if missing:
        raise AwsError(
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
        )
    handed_on = {key.lower() for key in ctx.principal.transitive}
    if handed_on & asked:
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a"
            " transitive tag key from the calling session.",
        )
    inherited = {key: value for key, value in ctx.principal.tags if key.lower() in handed_on}
    return inherited | tags


def _tags(params: Mapping[str, Any]) -> dict[str, str]:
    given = params.get("Tags") or ()
    if len({tag["Key"].lower() for tag in given}) < len(given):
        raise AwsError(
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        )
    return {tag["Key"]: tag.get("Value") or "" for tag in given}


async def _bound(ctx: Context, session: Principal, params: Mapping[str, Any]) -> tuple[str, ...]:
    """The documents of session policies: the one given, and managed ones of the account."""
    found: list[str] = []
    if params.get("Policy"):
        try:
            documents.check(params["Policy"], "identity")
        except MalformedError as error:
            raise AwsError("MalformedPolicyDocument", str(error)) from None
        found.append(params["Policy"])
    arns = [one["arn"] for one in params.get("PolicyArns") or () if one.get("arn")]
    if len(arns) > MOST_POLICY_ARNS:
        raise AwsError("ValidationError", "PolicyArns: at most 10 policy ARNs may be given.")
    if arns:
        db = ctx.server.database.session(session.account_id, "agent")
        own = await grants.documents(db, arns)
        for arn in arns:
            row = own.get(arn)
            text = managed_policies.document(arn) if row is None else row["document"]
            if text is None:
                raise AwsError(
                    "InvalidParameterValue",
                    f"Policy {arn} does not exist or is not attachable.",
                )
            found.append(text)
    return tuple(_compact(text) for text in found)


def _compact(text: str) -> str:
    """A document without white space: it travels in the session token."""
    return json.dumps(json.loads(text), separators=(",", ":"))


def _packed(bound: Sequence[str], tags: Sequence[tuple[str, str]]) -> int:
    """How much of the room for session policies and tags is taken, in per cent."""
    size = sum(map(len, bound)) + sum(len(key) + len(value) for key, value in tags)
    percent = -(-size * 100 // (2 * LONGEST_POLICY))
    if percent > 100:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed size of session tags and policies consumes {percent}% of allotted space.",
        )
    return max(1, percent)


def _session(caller: Principal, role: Any, session_name: str) -> Principal:
    number, name = role["account_number"], role["name"]
    return replace(
        caller,
        account_id=role["account_id"],
        account_number=number,
        name=name,
        arn=f"arn:aws:sts::{number}:assumed-role/{name}/{session_name}",
        user_id=f"{role['role_id']}:{session_name}",
        scopes=tuple(role["scopes"]),
        role=role["arn"],
        federated="",
        ceiling=(),
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
