"""Resources' own policies beside the caller's: the tables of IAM's guide.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
and reference_policies_evaluation-logic-cross-account.html.
"""

import json
from typing import Any

import pytest

from emulator.policies.documents import Policy, read
from emulator.policies.evaluation import Rules
from emulator.policies.publicity import is_public
from emulator.policies.sharing import Asker, judge_shared

MINE, THEIRS = "111122223333", "444455556666"
USER = f"arn:aws:iam::{MINE}:user/ada"
ROLE = f"arn:aws:iam::{MINE}:role/r"
SESSION = f"arn:aws:sts::{MINE}:assumed-role/r/night"
AS_USER, AS_SESSION = Asker(MINE, USER), Asker(MINE, SESSION, ROLE)
THING = "arn:aws:s3:::bucket/key"


def policy(effect: str, principal: Any = None, action: str = "s3:GetObject") -> Policy:
    """One statement."""
    one: dict[str, Any] = {"Effect": effect, "Action": action, "Resource": "*"}
    if principal is not None:
        one["Principal"] = principal if principal == "*" else {"AWS": principal}
    return read(json.dumps({"Version": "2012-10-17", "Statement": one}))


YES, NO, OTHER = policy("Allow"), policy("Deny"), policy("Allow", action="sqs:*")
BOUNDED = Rules((), (OTHER,))
SESSION_BOUNDED = Rules((), None, ((OTHER,),))


@pytest.mark.parametrize(
    ("asker", "rules", "principal", "word"),
    [
        # a user is granted by name whatever else does not allow
        (AS_USER, Rules(), USER, "allowed"),
        (AS_USER, BOUNDED, USER, "allowed"),
        (AS_USER, Rules(), "*", "allowed"),
        (AS_USER, Rules(), ROLE, "implicitDeny"),
        (AS_USER, Rules(), MINE, "implicitDeny"),
        (AS_USER, Rules((YES,)), MINE, "allowed"),
        (AS_USER, Rules((NO,)), USER, "explicitDeny"),
        (AS_USER, Rules((), None, (), ((OTHER,),)), USER, "implicitDeny"),
        # what a role is granted stays under its bounds, what a session is granted does not
        (AS_SESSION, Rules(), ROLE, "allowed"),
        (AS_SESSION, BOUNDED, ROLE, "implicitDeny"),
        (AS_SESSION, SESSION_BOUNDED, ROLE, "implicitDeny"),
        (AS_SESSION, BOUNDED, SESSION, "allowed"),
        (AS_SESSION, SESSION_BOUNDED, SESSION, "allowed"),
        (AS_SESSION, Rules((), (NO,)), SESSION, "explicitDeny"),
        (AS_SESSION, Rules(), USER, "implicitDeny"),
    ],
)
def test_in_one_account_either_may_allow(
    asker: Asker, rules: Rules, principal: str, word: str
) -> None:
    given = [policy("Allow", principal)]
    assert judge_shared(rules, given, asker, MINE, "s3:GetObject", THING, {}).word == word
    assert not judge_shared(rules, given, asker, MINE, "s3:PutObject", THING, {}).allowed


@pytest.mark.parametrize(
    ("rules", "given", "word", "by"),
    [
        (Rules((YES,)), [policy("Allow", USER)], "allowed", "identity-based policy"),
        (Rules((YES,)), [policy("Allow", MINE)], "allowed", "identity-based policy"),
        (Rules((YES,)), [policy("Allow", "*")], "allowed", "identity-based policy"),
        (Rules(), [policy("Allow", USER)], "implicitDeny", "identity-based policy"),
        (Rules((YES,)), [], "implicitDeny", "resource-based policy"),
        (Rules((YES,)), [policy("Allow", THEIRS)], "implicitDeny", "resource-based policy"),
        (Rules((YES,)), [policy("Allow", "*"), policy("Deny", MINE)], "explicitDeny",
         "resource-based policy"),
        (Rules((NO,)), [policy("Allow", USER)], "explicitDeny", "identity-based policy"),
        (Rules((YES,), (OTHER,)), [policy("Allow", USER)], "implicitDeny", "permissions boundary"),
    ],
)  # fmt: skip
def test_across_accounts_both_must(rules: Rules, given: list[Policy], word: str, by: str) -> None:
    verdict = judge_shared(rules, given, AS_USER, THEIRS, "s3:GetObject", THING, {})
    assert (verdict.word, verdict.by) == (word, by)


def test_bounds_of_a_key_hold_what_resources_grant() -> None:
    few = Asker(MINE, USER, "", (OTHER,))
    given = [policy("Allow", USER)]
    assert not judge_shared(Rules(), given, few, MINE, "s3:GetObject", THING, {}).allowed
    enough = Asker(MINE, USER, "", (YES,))
    assert judge_shared(Rules(), given, enough, MINE, "s3:GetObject", THING, {}).allowed


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        ({"Effect": "Allow", "Principal": "*"}, True),
        ({"Effect": "Allow", "Principal": {"AWS": ["*"]}}, True),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": USER}}, True),
        ({"Effect": "Deny", "Principal": "*"}, False),
        ({"Effect": "Allow", "Principal": {"AWS": MINE}}, False),
        ({"Effect": "Allow", "Principal": "*",
          "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"Bool": {"aws:x": "1"}}}, True),
    ],
)  # fmt: skip
def test_what_is_public(statement: dict[str, Any], public: bool) -> None:
    assert is_public({"Statement": [statement]}) is public
