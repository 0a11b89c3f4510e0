"""Trust: whom the statements of a role's or resource's own policy name.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from emulator.policies.documents import Policy, Statement


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the account, and every ARN that a policy may name the principal by."""

    account: str
    arns: tuple[str, ...]

    @property
    def root(self) -> str:
        """The ARN that stands for the whole account."""
        return f"arn:aws:iam::{self.account}:root"


def naming(policy: Policy, caller: Caller, *, directly: bool | None = None) -> Policy:
    """The policy with only those statements that name the caller.

    `directly`: only allows that name the principal itself (True) or its account (False); denials
    count either way.
    """
    kept = tuple(one for one in policy.statements if _counts(one, caller, directly))
    return replace(policy, statements=kept)


def _counts(statement: Statement, caller: Caller, directly: bool | None) -> bool:
    how = _named(statement.principals, caller)
    if statement.not_principal:
        how = "" if how else "principal"
    if not statement.allows or directly is None:
        return bool(how)
    return how == ("principal" if directly else "account")


def _named(principals: Iterable[tuple[str, str]], caller: Caller) -> str:
    """How the caller is named: as principal, by its account, or (empty) not at all."""
    found = ""
    for kind, name in principals:
        if kind != "AWS":
            continue
        if name == "*" or name in caller.arns:
            return "principal"
        if name in (caller.account, caller.root):
            found = "account"
    return found
