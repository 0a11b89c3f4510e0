"""The verdict: what all policies together say of a request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
An explicit deny anywhere ends it; service control policies must allow on every level; a resource's
own policy may allow by itself within the account; then identity policies must allow, and so must
a permissions boundary and session policies where there are any.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from emulator.policies.documents import Policy, Statement
from emulator.policies.patterns import Context

IDENTITY: Final = "identity-based policy"
BOUNDARY: Final = "permissions boundary"
SESSION: Final = "session policy"
CONTROL: Final = "service control policy"
RESOURCE: Final = "resource-based policy"


@dataclass(frozen=True, slots=True)
class Match:
    """A statement that applied, and the policy it stands in."""

    policy: Policy
    statement: Statement


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is allowed; else whether explicitly denied, and by what kind of policy."""

    allowed: bool
    explicit: bool = False
    by: str = IDENTITY
    matches: tuple[Match, ...] = ()

    @property
    def word(self) -> str:
        """The verdict as simulations word it."""
        return "allowed" if self.allowed else "explicitDeny" if self.explicit else "implicitDeny"

    def reason(self, action: str) -> str:
        """Why not, as error messages end: troubleshoot_access-denied.html of IAM's guide."""
        if self.explicit:
            article = "an" if self.by == IDENTITY else "a"
            return f"with an explicit deny in {article} {self.by}"
        return f"because no {self.by} allows the {action} action"


@dataclass(frozen=True, slots=True)
class Rules:
    """Every policy that bears on a principal. None: there is no such bound.

    `sessions` are bounds each of which must allow (policies of one bound add up), and `controls`
    the levels of an organisation, from its root to the account.
    """

    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    sessions: tuple[tuple[Policy, ...], ...] = ()
    controls: tuple[tuple[Policy, ...], ...] = ()
    _plain: dict[str, "bool | None"] = field(default_factory=dict, compare=False)

    def every(self) -> Iterable[tuple[str, Policy]]:
        """All policies with the kind of bound that they belong to."""
        for level in self.controls:
            yield from ((CONTROL, policy) for policy in level)
        yield from ((IDENTITY, policy) for policy in self.identity)
        yield from ((BOUNDARY, policy) for policy in self.boundary or ())
        for bound in self.sessions:
            yield from ((SESSION, policy) for policy in bound)

    def plainly(self, action: str) -> bool | None:
        """Whether an action is allowed whatever else is asked; None: it depends.

        `action` is in lower case. Worked out once for each action.
        """
        try:
            return self._plain[action]
        except KeyError:
            found = self._plain[action] = self._without_context(action)
            return found

    def _without_context(self, action: str) -> bool | None:
        for _, policy in self.every():
            for statement in policy.statements:
                if not statement.allows and statement.actions.match(action, {}):
                    return None
        bounds = [self.identity, *self.sessions, *self.controls]
        bounds += [self.boundary] if self.boundary is not None else []
        return True if all(_plainly(bound, action) for bound in bounds) else None

    def context_keys(self) -> set[str]:
        """Keys, in lower case, that some policy here speaks of."""
        return {key.lower() for _, policy in self.every() for key in policy.context_keys()}


def _plainly(policies: Sequence[Policy], action: str) -> bool:
    return any(
        statement.allows and statement.plain and statement.actions.match(action, {})
        for policy in policies
        for statement in policy.statements
    )


def judge(
    rules: Rules,
    action: str,
    resource: str,
    context: Context,
    *,
    resource_policies: Sequence[Policy] = (),
    granted: bool = False,
) -> Verdict:
    """What the rules say of one action on one resource.

    `resource_policies` are those of the resource's statements that name the principal; with
    `granted` their allow needs no identity policy beside it.
    """
    name = action.lower()
    denied = _first_denial(rules, resource_policies, name, resource, context)
    if denied is not None:
        by, match = denied
        return Verdict(False, True, by, (match,))
    for level in rules.controls:
        if not _allows(level, name, resource, context):
            return Verdict(False, by=CONTROL)
    own = _allows(resource_policies, name, resource, context)
    if own and granted:
        return Verdict(True, by=RESOURCE, matches=own)
    matches = _allows(rules.identity, name, resource, context) or own
    if not matches:
        return Verdict(False)
    if rules.boundary is not None and not _allows(rules.boundary, name, resource, context):
        return Verdict(False, by=BOUNDARY, matches=matches)
    for bound in rules.sessions:
        if not _allows(bound, name, resource, context):
            return Verdict(False, by=SESSION, matches=matches)
    return Verdict(True, matches=matches)


def _first_denial(
    rules: Rules, resource_policies: Sequence[Policy], name: str, resource: str, context: Context
) -> tuple[str, Match] | None:
    for by, policy in (*rules.every(), *((RESOURCE, one) for one in resource_policies)):
        for statement in policy.statements:
            if not statement.allows and statement.applies(name, resource, context):
                return by, Match(policy, statement)
    return None


def _allows(
    policies: Iterable[Policy], name: str, resource: str, context: Context
) -> tuple[Match, ...]:
    return tuple(
        Match(policy, statement)
        for policy in policies
        for statement in policy.statements
        if statement.allows and statement.applies(name, resource, context)
    )
