"""Scopes of access keys as policies, so that one evaluator judges every call.

A scope `read:volumes` allows whatever the emulator sorts under that verb and noun, which each
request carries in the keys driftcloud:Verb and driftcloud:Noun.
"""

from collections.abc import Iterable
from functools import lru_cache

import orjson

from emulator.policies.documents import Policy, read

VERB, NOUN = "driftcloud:verb", "driftcloud:noun"
# What such a policy is called in simulations.
SOURCE = "driftcloud-scopes"
# Whoever has any scope may become a role that trusts them; the role's session stays under it.
_BECOMING = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


@lru_cache(maxsize=1024)
def policy(scopes: tuple[str, ...]) -> Policy:
    """The policy that a key's scopes are; what they say of admin concerns no service."""
    return read(document(scopes), SOURCE, "user")


def document(scopes: Iterable[str]) -> str:
    """The same as a document."""
    statements = [_statement(scope) for scope in scopes if not scope.startswith("admin:")]
    if statements:
        statements.append({"Effect": "Allow", "Action": _BECOMING, "Resource": "*"})
    return orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode()


def _statement(scope: str) -> dict[str, object]:
    allow: dict[str, object] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    verb, _, noun = scope.partition(":")
    if scope == "*":
        return allow
    keys = {"driftcloud:Verb": verb} | ({} if noun == "*" else {"driftcloud:Noun": noun})
    return allow | {"Condition": {"StringEquals": keys}}
