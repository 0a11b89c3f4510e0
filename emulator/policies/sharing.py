"""Sharing: what a resource's own policy and the policies of whoever calls say together.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
(one account: either may allow), reference_policies_evaluation-logic-cross-account.html (two
accounts: both must) and, for whom bounds concern, reference_policies_elements_principal.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.policies import trust
from emulator.policies.documents import Policy
from emulator.policies.evaluation import RESOURCE, Rules, Verdict, judge
from emulator.policies.patterns import Context

_NOBODY = Rules()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who calls, as resource policies name it.

    `arn` is the caller's own: a user's or a session's; `behind` the ARN of what a session is of,
    whose grants stay under the session's bounds. `bounds` are policies each of which must allow
    what a resource's policy grants: the scopes of an access key.
    """

    account: str
    arn: str
    behind: str = ""
    bounds: tuple[Policy, ...] = ()

    @property
    def named(self) -> trust.Caller:
        """All its names."""
        return trust.Caller(self.account, tuple(one for one in (self.arn, self.behind) if one))


def judge_shared(
    rules: Rules,
    policies: Sequence[Policy],
    asker: Asker,
    owner: str,
    action: str,
    resource: str,
    context: Context,
) -> Verdict:
    """The verdict on one action on a resource of the account `owner` that has `policies`."""
    if asker.account != owner:
        return _of_both(rules, policies, asker, action, resource, context)
    direct = trust.Caller(asker.account, (asker.arn,))
    named = [trust.naming(one, asker.named, directly=True) for one in policies]
    if not _within(asker.bounds, action, resource, context):
        named = [_denials(one) for one in named]
    itself = [trust.naming(one, direct, directly=True) for one in named]
    granted = judge(_NOBODY, action, resource, context, resource_policies=itself).allowed
    return judge(rules, action, resource, context, resource_policies=tuple(named), granted=granted)


def _of_both(
    rules: Rules,
    policies: Sequence[Policy],
    asker: Asker,
    action: str,
    resource: str,
    context: Context,
) -> Verdict:
    """Two accounts: the caller's own lets it ask, and the owner lets it in."""
    own = judge(rules, action, resource, context)
    if own.explicit:
        return own
    named = tuple(trust.naming(one, asker.named) for one in policies)
    theirs = judge(_NOBODY, action, resource, context, resource_policies=named)
    if theirs.explicit:
        return theirs
    if not own.allowed:
        return own
    if not theirs.allowed:
        return Verdict(False, by=RESOURCE)
    return Verdict(True, matches=(*own.matches, *theirs.matches))


def _within(bounds: Sequence[Policy], action: str, resource: str, context: Context) -> bool:
    return all(judge(Rules((one,)), action, resource, context).allowed for one in bounds)


def _denials(policy: Policy) -> Policy:
    kept = tuple(one for one in policy.statements if not one.allows)
    return Policy(kept, policy.source, policy.kind, policy.arn)
