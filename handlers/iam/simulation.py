"""Simulations: what the evaluator of every call would say of calls that are not made.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html,
API_SimulateCustomPolicy.html and API_GetContextKeysForPrincipalPolicy.html.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from emulator import operations, permissions
from emulator.context import Context, Principal
from emulator.errors import AwsError
from emulator.permissions import Known
from emulator.policies import documents
from emulator.policies import scopes as scoped
from emulator.policies.documents import MalformedError, Policy
from emulator.policies.evaluation import BOUNDARY, CONTROL, Rules, Verdict, judge
from emulator.policies.sharing import Asker, judge_shared
from handlers.iam.identities import list_page, no_such
from handlers.iam.service_uses import group_policies
from models import access_keys, grants, identities

NOUN = "policies"
_USER = re.compile(r"arn:aws:iam::(?P<account>\d{12}):user/(?:[^*?]*/)?(?P<name>[\w+=,.@-]+)")
_ACCOUNT = re.compile(r"arn:aws:iam::\d{12}:root")


async def simulate_principal_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a user, group or role would be told, with some more policies if given."""
    arn = params["PolicySourceArn"]
    known, principal = await _known(ctx, arn)
    rules = known.rules
    extra = _given(params.get("PolicyInputList"), "PolicyInputList")
    rules = replace(rules, identity=(*rules.identity, *extra), _plain={})
    bounds = _given(params.get("PermissionsBoundaryPolicyInputList"), "PermissionsBoundary")
    if bounds:
        rules = replace(rules, boundary=bounds, _plain={})
    context: dict[str, Sequence[str]] = {}
    caller = _caller(ctx, params, principal)
    if caller is not None:
        context = permissions.caller_keys(caller, known)
    asks = caller is not None and not caller.role
    return _simulated(ctx, params, rules, context, caller if asks else None)


async def simulate_custom_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What these policies would say by themselves."""
    identity = _given(params["PolicyInputList"], "PolicyInputList")
    bounds = _given(params.get("PermissionsBoundaryPolicyInputList"), "PermissionsBoundary")
    rules = Rules(identity, bounds or None)
    caller = _caller(ctx, params, None)
    context = {} if caller is None else permissions.caller_keys(caller, Known(rules))
    return _simulated(ctx, params, rules, context, caller)


async def get_context_keys_for_custom_policy(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The keys that these policies speak of."""
    return {"ContextKeyNames": _keys(_given(params["PolicyInputList"], "PolicyInputList"))}


async def get_context_keys_for_principal_policy(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The keys that the policies of a user, group or role speak of."""
    known, _ = await _known(ctx, params["PolicySourceArn"])
    extra = _given(params.get("PolicyInputList"), "PolicyInputList")
    own = [one for one in known.rules.identity if one.source != scoped.SOURCE]
    return {"ContextKeyNames": _keys([*own, *extra])}


def _keys(policies: Sequence[Policy]) -> list[str]:
    found: dict[str, str] = {}
    for policy in policies:
        for key in policy.context_keys():
            found.setdefault(key.lower(), key)
    return sorted(found.values())


async def _known(ctx: Context, arn: str) -> tuple[Known, Principal | None]:
    """The rules of an identity, and the principal that it would call as."""
    if not arn.startswith("arn:"):
        raise AwsError("ValidationError", "Invalid ARN:  Could not be parsed!", 400)
    found = await identities.find_by_arn(ctx.db, arn)
    if found is None:
        raise no_such("Unable to retrieve specified IAM entity.")
    kind, row = found
    if kind == "group":
        return Known(Rules(tuple(await group_policies(ctx, row["id"])))), None
    caller = ctx.principal
    number, name = caller.account_number, row["name"]
    principal = Principal(
        access_key_id="",
        client_id=uuid.UUID(int=0),
        account_id=caller.account_id,
        account_number=number,
        name=name,
        arn=arn,
        user_id=row["user_id" if kind == "user" else "role_id"],
        scopes=await _scopes(ctx, name) if kind == "user" else tuple(row["scopes"]),
        role=arn if kind == "role" else "",
    )
    if kind == "user" and arn == caller.arn:
        principal = replace(principal, scopes=caller.scopes)
    return permissions.known_of(principal, await grants.load(ctx.db, arn)), principal


async def _scopes(ctx: Context, user: str) -> tuple[str, ...]:
    """What the operator lets a user's keys do, all together."""
    keys = await access_keys.of_user(ctx.db, user)
    found = {scope for key in keys if key["status"] == "active" for scope in key["scopes"]}
    return tuple(sorted(found))


def _given(texts: Sequence[str] | None, name: str) -> tuple[Policy, ...]:
    found = []
    for number, text in enumerate(texts or (), 1):
        try:
            documents.check(text, "simulated")
        except MalformedError as error:
            raise AwsError("InvalidInput", f"Invalid Entity for {name}.{number}: {error}") from None
        found.append(documents.read(text, f"{name}.{number}", "none"))
    return tuple(found)


def _caller(
    ctx: Context, params: Mapping[str, Any], principal: Principal | None
) -> Principal | None:
    """Who calls in a simulation: the user that CallerArn names, else whose policies they are."""
    arn = params.get("CallerArn")
    if not arn:
        return principal
    match = _USER.fullmatch(arn)
    if match is None:
        raise AwsError("InvalidInput", f"Invalid Entity Arn: {arn} is not the ARN of an IAM user.")
    bare = Principal("", uuid.UUID(int=0), ctx.principal.account_id, "", "", "", "", ())
    return replace(
        principal or bare, account_number=match["account"], name=match["name"], arn=arn, role=""
    )


@dataclass(frozen=True, slots=True)
class _Resources:
    """What is said of all resources: their policy, and whose they are who do not say."""

    policies: tuple[Policy, ...]
    owner: str

    def judge(
        self, rules: Rules, asker: Asker, action: str, resource: str, context: Any
    ) -> Verdict:
        """The verdict on one action on one resource."""
        parts = resource.split(":")
        named = parts[4] if len(parts) > 5 and parts[4].isdigit() else ""
        owner = named or self.owner or asker.account
        whole = context | {"aws:resourceaccount": [owner]}
        return judge_shared(rules, self.policies, asker, owner, action, resource, whole)


def _resources(params: Mapping[str, Any], caller: Principal | None) -> _Resources | None:
    """The policy and owner that are given; None: only the caller's own policies count."""
    text, owner = params.get("ResourcePolicy"), params.get("ResourceOwner") or ""
    if owner and _ACCOUNT.fullmatch(owner) is None:
        raise AwsError("InvalidInput", f"Invalid Entity Arn: {owner} is not the ARN of an account.")
    number = owner.split(":")[4] if owner else ""
    if not text and (caller is None or number in ("", caller.account_number)):
        return None
    if caller is None:
        raise AwsError(
            "InvalidInput", "CallerArn must be specified when a ResourcePolicy is specified."
        )
    policies: tuple[Policy, ...] = ()
    if text:
        try:
            documents.check(text, "resource")
        except MalformedError as error:
            raise AwsError("InvalidInput", f"Invalid Entity for ResourcePolicy: {error}") from None
        policies = (documents.read(text, "ResourcePolicy", "resource"),)
    return _Resources(policies, number)


def _simulated(
    ctx: Context,
    params: Mapping[str, Any],
    rules: Rules,
    context: dict[str, Sequence[str]],
    caller: Principal | None,
) -> dict[str, Any]:
    """Every action on every resource, one result for each."""
    shared = _resources(params, caller)
    entries: dict[str, list[str]] = {
        entry["ContextKeyName"].lower(): [str(one) for one in entry.get("ContextKeyValues") or ()]
        for entry in params.get("ContextEntries") or ()
        if entry.get("ContextKeyName")
    }
    context = {
        **context,
        "aws:currenttime": [ctx.wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")],
        "aws:epochtime": [str(int(ctx.wall.timestamp()))],
        "aws:viaawsservice": ["false"],
        "aws:principalisawsservice": ["false"],
        "aws:resourceaccount": [ctx.principal.account_number],
        **entries,
    }
    keys = _keys([policy for _, policy in rules.every() if policy.source != scoped.SOURCE])
    policies = [] if shared is None else [*shared.policies]
    keys = sorted({*keys, *_keys(policies)})
    missing = [key for key in keys if key.lower() not in context]
    results = []
    for action in params["ActionNames"]:
        _check_action(action)
        whole = context | _sorted_under(action)
        for resource in params.get("ResourceArns") or ["*"]:
            if shared is not None and caller is not None:
                asker = permissions.asker_of(caller)
                verdict = shared.judge(rules, asker, action, resource, whole)
            else:
                verdict = judge(rules, action, resource, whole)
            results.append(_result(rules, action, resource, verdict, missing))
    asked = list_page(ctx, params)
    numbered = [(f"{number:07}", one) for number, one in enumerate(results)]
    shown, token = asked.cut_items(numbered, lambda one: one[0])
    more = {"Marker": token} if token else {}
    return {
        "EvaluationResults": [one for _, one in shown],
        "IsTruncated": token is not None,
        **more,
    }


def _check_action(action: str) -> None:
    vendor, colon, name = action.partition(":")
    if not colon or not vendor or not name or "*" in action:
        raise AwsError(
            "ValidationError",
            f"Invalid Entity Action: {action} does not match any of the supported actions.",
            400,
        )


def _sorted_under(action: str) -> dict[str, Sequence[str]]:
    """The verb and noun by which scopes know an action."""
    access = operations.access_of(action)
    return {} if access is None else {scoped.VERB: [access.verb], scoped.NOUN: [access.noun]}


def _result(
    rules: Rules, action: str, resource: str, verdict: Verdict, missing: list[str]
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": verdict.word,
        "MatchedStatements": [_matched(one) for one in verdict.matches],
        "MissingContextValues": missing,
    }
    if rules.boundary is not None:
        shown["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": verdict.allowed or verdict.by != BOUNDARY
        }
    if rules.controls:
        shown["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": verdict.allowed or verdict.by != CONTROL
        }
    return shown


def _matched(match: Any) -> dict[str, Any]:
    policy, statement = match.policy, match.statement
    kind = policy.kind or "none"
    if policy.arn:
        kind = "aws-managed" if ":iam::aws:" in policy.arn else "user-managed"
    return {
        "SourcePolicyId": policy.source,
        "SourcePolicyType": kind if kind in _TYPES else "none",
        "StartPosition": {"Line": statement.start[0], "Column": statement.start[1]},
        "EndPosition": {"Line": statement.end[0], "Column": statement.end[1]},
    }


_TYPES = ("user", "group", "role", "aws-managed", "user-managed", "resource", "none")
