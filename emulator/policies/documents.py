"""Policy documents: read, held to IAM's grammar, and compiled.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. The
sentences are those that IAM answers as MalformedPolicyDocument.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from emulator.policies.conditions import Condition, compile_conditions, operator
from emulator.policies.patterns import Context, Glob, glob, has_variables, resolve, variables

NEWEST = "2012-10-17"
VERSIONS = ("2008-10-17", NEWEST)
_TOP = {"Version", "Id", "Statement"}
_ELEMENTS = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal",
    "NotPrincipal",
}  # fmt: skip
_VENDOR = re.compile(r"[a-zA-Z0-9-]+")
_SID = re.compile(r"[a-zA-Z0-9]*")
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "*")
_IAM_PATHS = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/",
    "server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/",
    "access-report/",
)  # fmt: skip
_STS_ACTIONS = ("sts:", "*")


class MalformedError(ValueError):
    """A document that IAM would not take; the message is IAM's."""


@dataclass(frozen=True, slots=True)
class Names:
    """Patterns of actions or resources, of which one must match, or with `negated` none may."""

    texts: tuple[str, ...]
    globs: tuple[Glob | None, ...]
    negated: bool
    everything: bool

    def match(self, text: str, context: Context) -> bool:
        """Whether a text is meant."""
        if self.everything:
            return not self.negated
        return self._any(text, context) != self.negated

    def _any(self, text: str, context: Context) -> bool:
        for pattern, compiled in zip(self.texts, self.globs, strict=True):
            if compiled is not None:
                if compiled.matches(text):
                    return True
                continue
            filled = resolve(pattern, context)
            if filled is not None and glob(filled).matches(text):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, ready to be matched. Positions are (line, column) in the document."""

    sid: str
    allows: bool
    actions: Names
    resources: Names
    conditions: tuple[Condition, ...]
    principals: tuple[tuple[str, str], ...]
    not_principal: bool
    start: tuple[int, int]
    end: tuple[int, int]
    variables: bool

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Whether it speaks of this request; `action` is in lower case."""
        return (
            self.actions.match(action, context)
            and self.resources.match(resource, context)
            and all(one.holds(context, self.variables) for one in self.conditions)
        )

    @property
    def plain(self) -> bool:
        """Whether nothing but the action decides if it applies."""
        return self.resources.everything and not self.resources.negated and not self.conditions


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled document, and where it comes from: its name and kind, as simulations tell."""

    statements: tuple[Statement, ...]
    source: str = ""
    kind: str = ""
    arn: str = ""

    def context_keys(self) -> list[str]:
        """The keys of requests that the document speaks of, in order, each once."""
        found: dict[str, str] = {}
        for statement in self.statements:
            for condition in statement.conditions:
                for key in condition.context_keys():
                    found.setdefault(key.lower(), key)
            for text in statement.resources.texts:
                for key in variables(text) if statement.variables else ():
                    found.setdefault(key.lower(), key)
        return list(found.values())


def read(text: str, source: str = "", kind: str = "", arn: str = "") -> Policy:
    """A stored document, compiled."""
    return Policy(_compiled(text), source, kind, arn)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[Statement, ...]:
    document = json.loads(text)
    given = _listed(document["Statement"])
    places = _places(text, len(given))
    known = document.get("Version", VERSIONS[0]) == NEWEST
    return tuple(_statement(one, place, known) for one, place in zip(given, places, strict=True))


def _statement(
    given: dict[str, Any], place: tuple[tuple[int, int], tuple[int, int]], known: bool
) -> Statement:
    principals: list[tuple[str, str]] = []
    named = given.get("Principal", given.get("NotPrincipal"))
    if named == "*":
        principals = [("AWS", "*")]
    elif isinstance(named, dict):
        principals = [(kind, str(one)) for kind, ones in named.items() for one in _listed(ones)]
    return Statement(
        str(given.get("Sid", "")),
        given["Effect"] == "Allow",
        _names(given, "Action", False),
        _names(given, "Resource", known),
        compile_conditions(given.get("Condition") or {}),
        tuple(principals),
        "NotPrincipal" in given,
        *place,
        known,
    )


def _names(given: dict[str, Any], element: str, known: bool) -> Names:
    negated = f"Not{element}" in given
    texts = [str(one) for one in _listed(given.get(element, given.get(f"Not{element}", "*")))]
    if element == "Action":
        texts = [text.lower() for text in texts]
    globs = tuple(None if known and has_variables(text) else glob(text) for text in texts)
    return Names(tuple(texts), globs, negated, "*" in texts)


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _places(text: str, count: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where each statement begins and ends: line and column, from one."""
    spans: list[tuple[int, int]] = []
    depth, opened, last_key, in_statements = 0, -1, "", False
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', text):
        piece = token[0]
        if piece[0] == '"':
            if depth == 1:
                last_key = piece
                in_statements = in_statements and piece != '"Statement"'
                in_statements = piece == '"Statement"'
            continue
        if piece in "{[":
            depth += 1
            if piece == "{" and in_statements and opened < 0 and depth in (2, 3):
                opened, level = token.start(), depth
        else:
            if piece == "}" and opened >= 0 and depth == level:
                spans.append((opened, token.end()))
                opened = -1
            depth -= 1
    if len(spans) != count or not last_key:
        spans = [(0, len(text))] * count
    return [(_line(text, start), _line(text, end)) for start, end in spans]


def _line(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


# --- grammar ----------------------------------------------------------------------------------


def check(text: str, kind: str = "identity") -> None:
    """Refuse a document that IAM would refuse; `kind` is identity, trust, resource or simulated."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise MalformedError("This policy contains invalid Json") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise MalformedError("Syntax errors in policy.")
    _check_top(document, kind)
    statements = _listed(document["Statement"])
    if not statements or not all(isinstance(one, dict) for one in statements):
        raise MalformedError("Syntax errors in policy.")
    for statement in statements:
        _check_statement(statement, kind)
    sids = [one["Sid"] for one in statements if one.get("Sid")]
    if len(set(sids)) < len(sids):
        raise MalformedError("Statement IDs (SID) in a single policy must be unique.")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _check_top(document: dict[str, Any], kind: str) -> None:
    if set(document) - _TOP:
        raise MalformedError("Syntax errors in policy.")
    version = document.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise MalformedError("Syntax errors in policy.")
    if kind == "identity" and version != NEWEST:
        raise MalformedError("Policy document must be version 2012-10-17 or greater.")


def _check_statement(statement: dict[str, Any], kind: str) -> None:
    if set(statement) - _ELEMENTS or not isinstance(statement.get("Sid", ""), str):
        raise MalformedError("Syntax errors in policy.")
    if statement.get("Effect") not in ("Allow", "Deny"):
        if "Effect" not in statement and kind == "trust":
            raise MalformedError("Missing required field Effect")
        raise MalformedError("Syntax errors in policy.")
    for element in ("Action", "Resource", "Principal"):
        if element in statement and f"Not{element}" in statement:
            raise MalformedError("Syntax errors in policy.")
    if kind == "trust":
        _check_trust(statement)
    else:
        _check_identity(statement, kind)
    if kind == "identity" and not _SID.fullmatch(statement.get("Sid", "")):
        raise MalformedError(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the"
            " regular expression [0-9A-Za-z]*"
        )
    _check_actions(statement)
    _check_conditions(statement)


def _check_trust(statement: dict[str, Any]) -> None:
    for element in ("Resource", "NotResource"):
        if element in statement:
            raise MalformedError(f"Has prohibited field {element}")
    if "Principal" not in statement and "NotPrincipal" not in statement:
        raise MalformedError("Missing required field Principal")
    if "Action" not in statement and "NotAction" not in statement:
        raise MalformedError("Missing required field Action")
    _check_principals(statement.get("Principal", statement.get("NotPrincipal")))
    for action in _texts(statement.get("Action", [])):
        if not action.lower().startswith(_STS_ACTIONS):
            raise MalformedError("AssumeRole policy may only specify STS AssumeRole actions.")


def _check_principals(given: Any) -> None:
    if given == "*":
        return
    if not isinstance(given, dict) or not given:
        raise MalformedError("Syntax errors in policy.")
    for kind, ones in given.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise MalformedError(f'Invalid principal in policy: "{kind}":"{ones}"')
        for one in _texts(ones):
            if kind == "AWS" and not _PRINCIPAL.fullmatch(one):
                raise MalformedError(f'Invalid principal in policy: "AWS":"{one}"')


_PRINCIPAL = re.compile(
    r"\*|\d{12}|A[A-Z]{3}[A-Z0-9]{12,}|arn:aws[a-z-]*:(?:iam::\d{12}:(?:root|(?:user|role)/[^*?]+)"
    r"|sts::\d{12}:(?:assumed-role|federated-user)/[^*?]+)"
)


def _check_identity(statement: dict[str, Any], kind: str) -> None:
    if kind == "identity" and ("Principal" in statement or "NotPrincipal" in statement):
        raise MalformedError("Policy document should not specify a principal.")
    if kind == "resource" and "Principal" not in statement and "NotPrincipal" not in statement:
        raise MalformedError("Missing required field Principal")
    if kind == "resource":
        _check_principals(statement.get("Principal", statement.get("NotPrincipal")))
    if not statement.get("Action") and not statement.get("NotAction"):
        raise MalformedError("Policy statement must contain actions.")
    if not statement.get("Resource") and not statement.get("NotResource"):
        raise MalformedError("Policy statement must contain resources.")
    for resource in _texts(statement.get("Resource", statement.get("NotResource"))):
        _check_resource(resource)


def _check_resource(resource: str) -> None:
    if resource == "*":
        return
    parts = resource.split(":", 5)
    if parts[0] != "arn":
        raise MalformedError(f'Resource {resource} must be in ARN format or "*".')
    if len(parts) < 3 or (len(parts) < 6 and "*" not in resource):
        raise MalformedError("The policy failed legacy parsing")
    partition, vendor = parts[1], parts[2]
    if partition not in _PARTITIONS:
        raise MalformedError(
            f'Partition "{partition}" is not valid for resource "{_padded(parts)}".'
        )
    if not _VENDOR.fullmatch(vendor) and vendor != "*":
        raise MalformedError(
            f"Resource vendor must be fully qualified and cannot contain regexes: {vendor}"
        )
    own = len(parts) == 6 and vendor == "iam" and parts[5] != "root"
    if own and not parts[5].startswith((*_IAM_PATHS, "*", "${", "u*", "r*", "g*", "p*")):
        paths = ", ".join(_IAM_PATHS)
        raise MalformedError(f'IAM resource path must either be "*" or start with {paths}.')


def _padded(parts: Sequence[str]) -> str:
    return ":".join([*parts, *["*"] * (6 - len(parts))])


def _check_actions(statement: dict[str, Any]) -> None:
    for action in _texts(statement.get("Action", statement.get("NotAction", []))):
        if action == "*":
            continue
        if ":" not in action:
            raise MalformedError(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            )
        vendor, _, rest = action.partition(":")
        if ":" in rest:
            raise MalformedError("Actions/Condition can contain only one colon.")
        if not _VENDOR.fullmatch(vendor) and vendor != "*":
            raise MalformedError(f"Vendor {vendor} is not valid")
        if not re.fullmatch(r"[A-Za-z0-9*?_-]+", rest):
            raise MalformedError("Syntax errors in policy.")


def _check_conditions(statement: dict[str, Any]) -> None:
    given = statement.get("Condition", {})
    if not isinstance(given, dict):
        raise MalformedError("Syntax errors in policy.")
    for text, keys in given.items():
        if operator(text) is None:
            raise MalformedError(f"Invalid Condition type : {text}.")
        if not isinstance(keys, dict):
            raise MalformedError("Syntax errors in policy.")
        for key, values in keys.items():
            if ":" not in key:
                raise MalformedError(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                )
            simple = (str, int, float, bool)
            if not all(isinstance(one, simple) for one in _listed(values)):
                raise MalformedError("Syntax errors in policy.")


def _texts(given: Any) -> list[str]:
    found = _listed(given)
    if not found or not all(isinstance(one, str) for one in found):
        raise MalformedError("Syntax errors in policy.")
    return found
