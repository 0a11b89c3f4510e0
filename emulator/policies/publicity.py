"""Publicity: whether a policy lets anybody in.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
the meaning of public.
"""

from collections.abc import Mapping
from typing import Any

# A condition on one of these holds the public to what it names.
_FIXED = frozenset(
    (
        "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcearn", "aws:sourceaccount",
        "aws:sourceowner", "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount",
        "aws:principalarn", "aws:userid", "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
    )
)  # fmt: skip


def is_public(policy: Mapping[str, Any]) -> bool:
    """Whether a document allows anybody something, with no condition that holds it to somebody."""
    for statement in listed(policy["Statement"]):
        if statement["Effect"] != "Allow" or not _is_anybody(statement):
            continue
        keys = {
            key.lower()
            for test in (statement.get("Condition") or {}).values()
            if isinstance(test, dict)
            for key in test
        }
        if not keys & _FIXED:
            return True
    return False


def listed(value: Any) -> list[Any]:
    """What documents write as one thing or as a list of them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is_anybody(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if principal is None:
        return "NotPrincipal" in statement
    values = principal.values() if isinstance(principal, dict) else [principal]
    return any("*" in listed(value) for value in values)
