"""Permissions: the policies of whoever calls, kept by this process, and the verdict on each call.

Rules are believed for half a minute unless a NOTIFY says sooner that they changed; keys that may
do everything cost one look into a dictionary.
"""

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.context import Context, Principal
from emulator.denials import denied
from emulator.errors import AwsError, Fault
from emulator.policies import documents, request_keys, resources, scopes
from emulator.policies.actions import action as action_of
from emulator.policies.documents import Policy
from emulator.policies.evaluation import RESOURCE, Rules, Verdict, judge
from emulator.policies.sharing import Asker, judge_shared
from emulator.resource_policies import S3_POLICIES, source_bucket
from models import grants, managed_policies, resource_facts

if TYPE_CHECKING:
    from emulator.database.database import Database
    from emulator.operations import Access
    from emulator.resource_policies import Sharing

KEPT_SECONDS: Final = 30.0
MOST_KEPT: Final = 4096
# Services whose writes change who may do what: the process that did one forgets at once.
CHANGING: Final = frozenset(("iam", "organizations"))


@dataclass(slots=True)
class Known:
    """What is known of a principal: its rules, its tags, and what that means for a call.

    `organization` is the id of its account's; empty: the account is in none.
    """

    rules: Rules
    tags: Mapping[str, str] = field(default_factory=dict)
    everything: bool = False
    asks_resources: bool = False
    organization: str = ""


class Permissions:
    """The rules of principals, through a cache of this process."""

    def __init__(self, database: "Database", clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Principal, Known]] = OrderedDict()
        self._changes = 0

    def cached(self, principal: Principal) -> Known | None:
        """What is known if the cache has it fresh: the way without awaiting."""
        kept = self._kept.get(principal.access_key_id)
        if kept is None or kept[0] <= self._clock():
            return None
        return kept[2] if kept[1] is principal or kept[1] == principal else None

    async def find(self, principal: Principal) -> Known:
        """What is known of a principal, asked of the database where it is not known freshly."""
        known = self.cached(principal)
        if known is not None:
            return known
        before = self._changes
        db = self._database.session(principal.account_id, "agent")
        rows = await grants.load(db, principal.entity)
        known = known_of(principal, rows)
        # an answer that was on its way during a change may be older than it
        if before == self._changes:
            self._kept[principal.access_key_id] = (self._clock() + KEPT_SECONDS, principal, known)
            self._kept.move_to_end(principal.access_key_id)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return known

    def forget(self, account_id: uuid.UUID | str | None = None) -> None:
        """Forget the rules of an account's principals, or of all."""
        self._changes += 1
        if not account_id:
            self._kept.clear()
            return
        gone = str(account_id)
        for key in [k for k, kept in self._kept.items() if str(kept[1].account_id) == gone]:
            del self._kept[key]


def known_of(principal: Principal, rows: Sequence[Any]) -> Known:
    """A principal's rules, of the rows that `grants.load` gives for its entity."""
    tags: dict[str, str] = {}
    organization = ""
    identity: list[Policy] = []
    boundary: list[Policy] | None = None
    levels: dict[int, list[Policy]] = {}
    for row in rows:
        if row["how"] == "entity":
            tags.update(row["tags"] or {})
            continue
        if row["how"] == "organization":
            organization = row["name"]
            continue
        policy = policy_of(row)
        if row["how"] == "boundary":
            boundary = [policy] if policy else []
        elif row["how"] == "control":
            levels.setdefault(row["level"], []).extend([policy] if policy else [])
        elif policy is not None:
            identity.append(policy)
    if principal.scopes:
        identity.append(scopes.policy(principal.scopes))
    sessions = [_session_bound(bound) for bound in principal.session_policies]
    if principal.ceiling:
        sessions.append((scopes.policy(principal.ceiling),))
    rules = Rules(
        tuple(identity),
        None if boundary is None else tuple(boundary),
        tuple(sessions),
        tuple(tuple(levels[level]) for level in sorted(levels)),
    )
    tags.update(principal.tags)
    keys = rules.context_keys()
    return Known(
        rules,
        tags,
        _everything(rules),
        any(map(resources.is_fact, keys)),
        organization,
    )


def policy_of(row: Mapping[str, Any]) -> Policy | None:
    """A policy of a row of `grants.load`; None when its document is gone."""
    arn, document = row["arn"] or "", row["document"]
    name = row["name"] or arn.rpartition("/")[2]
    if document is None:
        document = managed_policies.document(arn)
    if document is None:
        return None
    source = name if row["how"] != "inline" else f"{row['holder']}_{row['held_by']}_{name}"
    return documents.read(document, source, row["holder"], arn)


def _session_bound(bound: tuple[str, ...]) -> tuple[Policy, ...]:
    return tuple(documents.read(text, "session", "none") for text in bound)


def _everything(rules: Rules) -> bool:
    """Whether nothing can be denied: every bound allows all, and nothing is denied anywhere."""
    bounds = [rules.identity, *rules.sessions, *rules.controls]
    bounds += [rules.boundary] if rules.boundary is not None else []
    denies = any(not one.allows for _, policy in rules.every() for one in policy.statements)
    return not denies and all(
        any(
            one.plain and one.actions.everything and not one.actions.negated
            for policy in bound
            for one in policy.statements
        )
        for bound in bounds
    )


# --- one call ---------------------------------------------------------------------------------


async def authorise(
    ctx: Context, access: "Access", known: Known, sharing: "Sharing | None" = None
) -> None:
    """Let a call pass, or raise Fault("denied") in the words of AWS.

    `sharing`: the policy of the resource that is meant. Where it is another account's and both
    accounts allow the call, it goes on in that account.
    """
    action = action_of(ctx.service, access.signing_name, access.operation)
    if access.always:
        return
    prefix = action.partition(":")[0]
    caller = ctx.principal
    passing = resources.passed(prefix, access.operation, ctx.params, caller.account_number)
    copied = source_bucket(ctx.params) if prefix == "s3" else ("", "")
    hidden = passing or copied[0] or sharing is not None
    tags = prefix == "ec2" and "TagSpecifications" in ctx.params
    plainly = known.rules.plainly
    if not hidden and plainly(action.lower()) and (not tags or plainly("ec2:createtags")):
        return
    foreign = sharing is not None and sharing.owner.number != caller.account_number
    owner = sharing.owner if sharing is not None else None
    account, number = caller.account_id, caller.account_number
    if owner is not None and owner.account_id is not None:
        account, number = owner.account_id, owner.number
    own = caller.arn if not caller.role else ""
    named = resources.arns(
        prefix, access.operation, ctx.params, region=ctx.region, account=number, caller=own
    )
    facts: dict[str, Any] = {}
    asks = known.asks_resources or (sharing is not None and sharing.held.asks)
    if asks and named != ["*"]:
        db = ctx.server.database.session(account, "agent")
        facts = await resource_facts.of(db, number, ctx.region, named)
    context = context_of(ctx, known, access)
    calls = _parts(ctx, prefix, action, access.operation, named, sharing)
    if prefix == "events" and access.operation == "PutEvents":
        of_bus, own_number = ctx.server.resource_policies.of_bus, caller.account_number
        calls = [
            one._replace(sharing=await of_bus(own_number, one.resource))
            for one in calls
            if one.resource != "*"
        ]
    passed_to = {"iam:passedtoservice": [f"{prefix}.amazonaws.com"]}
    calls += [_Part("iam:PassRole", one, passed_to) for one in passing]
    if copied[0]:
        source = await ctx.server.resource_policies.of_bucket(
            caller.account_number, copied[0], "GetObject"
        )
        calls.append(_Part("s3:GetObject", "arn:aws:s3:::" + "/".join(copied), {}, source))
    for part in calls:
        whole = {**context, **part.keys}
        tags, keys = facts.get(part.resource, ({}, {}))
        whole |= request_keys.of_row(prefix, part.resource, tags, keys, whole, number)
        if known.organization and number == caller.account_number:
            whole["aws:resourceorgid"] = [known.organization]
        shared = part.sharing
        verdict = _verdict(caller, known, shared, part.action, part.resource, whole)
        # a call works in one account: what it works with there must be that account's
        if verdict.allowed and foreign and (shared is None or shared.owner is not owner):
            verdict = Verdict(False, by=RESOURCE)
        if not verdict.allowed:
            raise denied(ctx, part.action, part.resource, verdict, whole)
    if foreign and sharing is not None:
        await _enter(ctx, sharing, access.operation)


class _Part(NamedTuple):
    """One action on one resource that a call needs leave for, with what it asks of that one."""

    action: str
    resource: str
    keys: Mapping[str, Sequence[str]]
    sharing: "Sharing | None" = None


def _parts(
    ctx: Context,
    prefix: str,
    action: str,
    operation: str,
    named: Sequence[str],
    sharing: "Sharing | None",
) -> list[_Part]:
    """What a call does to each of its resources."""
    asked = request_keys.of_parameters(prefix, operation, ctx.params)
    if prefix == "ecs" and "cluster" in ctx.params:
        number = ctx.principal.account_number
        asked["ecs:cluster"] = [resources.cluster(ctx.params["cluster"], ctx.region, number)]
    found = [
        _Part(action, one, keys, sharing)
        for one, keys in request_keys.of_resources(prefix, operation, ctx.params, asked, named)
    ]
    if prefix == "ec2" and "TagSpecifications" in ctx.params:
        made = request_keys.made_with_tags(ctx.params, named)
        creating = {"ec2:createaction": [operation]}
        found += [
            _Part("ec2:CreateTags", one.resource, {**one.keys, **creating})
            for one in found
            if one.resource in made
        ]
    return found


def _verdict(
    caller: Principal,
    known: Known,
    sharing: "Sharing | None",
    action: str,
    resource: str,
    context: Mapping[str, Sequence[str]],
) -> Verdict:
    if sharing is None:
        return judge(known.rules, action, resource, context)
    policies = sharing.policies(caller.account_number)
    return judge_shared(
        known.rules, policies, asker_of(caller), sharing.owner.number, action, resource, context
    )


def asker_of(caller: Principal) -> Asker:
    """A principal as the policies of resources name it."""
    bounds = tuple(scopes.policy(one) for one in (caller.scopes, caller.ceiling) if one)
    return Asker(caller.account_number, caller.arn, caller.role or caller.federated, bounds)


async def _enter(ctx: Context, sharing: "Sharing", operation: str) -> None:
    """Go on in the account that lets the caller in."""
    owner = sharing.owner
    if operation in S3_POLICIES:
        raise AwsError(
            "MethodNotAllowed", "The specified method is not allowed against this resource.", 405
        )
    # part of work that has begun in the caller's own account
    if owner.account_id is None or ctx._db is not None:
        raise Fault("denied", principal=ctx.principal.arn, action=operation, resource="*",
                    reason="because it is part of work in another account")  # fmt: skip
    home = ctx.principal.account_number
    ctx._principal = replace(
        ctx.principal, account_id=owner.account_id, account_number=owner.number, home=home
    )
    ctx.shift = await ctx.server.clocks.shift(owner.account_id, ctx.wall)


def context_of(ctx: Context, known: Known, access: "Access") -> dict[str, Sequence[str]]:
    """The keys that every request has, in lower case."""
    caller = ctx.principal
    found = {**caller_keys(caller, known), **request_context(ctx)}
    if caller.mfa_at:
        found["aws:multifactorauthage"] = [str(int(ctx.wall.timestamp()) - caller.mfa_at)]
    found[scopes.VERB], found[scopes.NOUN] = [access.verb], [access.noun]
    return found


def request_context(ctx: Context) -> dict[str, Sequence[str]]:
    """The keys that every request has whoever calls."""
    found: dict[str, Sequence[str]] = {}
    found["aws:currenttime"] = [ctx.wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")]
    found["aws:epochtime"] = [str(int(ctx.wall.timestamp()))]
    found["aws:requestedregion"] = [ctx.region]
    # this server stands for endpoints that are reached by TLS
    found["aws:securetransport"] = ["true"]
    found["aws:viaawsservice"] = ["false"]
    found["aws:principalisawsservice"] = ["false"]
    found["ec2:region"] = [ctx.region]
    if ctx.service == "s3":
        presigned = "X-Amz-Signature=" in ctx.query
        found["s3:authtype"] = ["REST-QUERY-STRING" if presigned else "REST-HEADER"]
        found["s3:signatureversion"] = ["AWS4-HMAC-SHA256"]
    for key, value in (
        ("aws:sourceip", ctx.source_address),
        ("aws:useragent", ctx.headers.get("user-agent")),
        ("aws:referer", ctx.headers.get("referer")),
    ):
        if value:
            found[key] = [value]
    return found


def caller_keys(caller: Principal, known: Known) -> dict[str, Sequence[str]]:
    """The keys that tell of a principal."""
    kind = "AssumedRole" if caller.role else "FederatedUser" if caller.federated else "User"
    found: dict[str, Sequence[str]] = {
        "aws:principalarn": [caller.role or caller.arn],
        "aws:principalaccount": [caller.account_number],
        "aws:principaltype": [kind],
        "aws:userid": [caller.user_id],
    }
    if kind == "User":
        found["aws:username"] = [caller.arn.rpartition("/")[2]]
    if caller.root_key:
        found["aws:multifactorauthpresent"] = ["true" if caller.mfa_at else "false"]
        issued = datetime.fromtimestamp(caller.issued_at, UTC)
        found["aws:tokenissuetime"] = [issued.strftime("%Y-%m-%dT%H:%M:%SZ")]
    if caller.source_identity:
        found["aws:sourceidentity"] = [caller.source_identity]
    if known.organization:
        found["aws:principalorgid"] = [known.organization]
    for key, value in known.tags.items():
        found[f"aws:principaltag/{key.lower()}"] = [value]
    return found
