"""Conditions of policies: operators over the keys of a request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
and reference_policies_condition-single-vs-multi-valued-context-keys.html.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from emulator.policies.patterns import Context, glob, has_variables, resolve, unquoted, variables

Compare = Callable[[str, str], bool]


def _number(compare: Callable[[Decimal, Decimal], bool]) -> Compare:
    def judge(given: str, wanted: str) -> bool:
        try:
            return compare(Decimal(given), Decimal(wanted))
        except InvalidOperation:
            return False

    return judge


def _moment(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(compare: Callable[[datetime, datetime], bool]) -> Compare:
    def judge(given: str, wanted: str) -> bool:
        try:
            return compare(_moment(given), _moment(wanted))
        except (ValueError, OverflowError, OSError):
            return False

    return judge


def _address(given: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _arn(given: str, wanted: str) -> bool:
    """Each of the six parts of an ARN by itself."""
    mine, theirs = given.split(":", 5), wanted.split(":", 5)
    if len(theirs) < 6:
        return glob(wanted).matches(given)
    return len(mine) == 6 and all(
        glob(pattern).matches(part) for part, pattern in zip(mine, theirs, strict=True)
    )


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}
# Operators that say what must be; those that begin with Not say the contrary of another.
_POSITIVE: dict[str, Compare] = {
    "StringEquals": lambda given, wanted: given == wanted,
    "StringEqualsIgnoreCase": lambda given, wanted: given.casefold() == wanted.casefold(),
    "StringLike": lambda given, wanted: glob(wanted).matches(given),
    "Bool": lambda given, wanted: given.lower() == wanted.lower(),
    "BinaryEquals": lambda given, wanted: given == wanted,
    "IpAddress": _address,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    **{f"Numeric{name}": _number(order) for name, order in _ORDERS.items()},
    **{f"Date{name}": _date(order) for name, order in _ORDERS.items()},
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
# Their values are patterns, in which a resolved variable's wildcards stay characters.
_PATTERNS = {"StringLike", "ArnEquals", "ArnLike"}
_NAMES = {name.lower(): name for name in (*_POSITIVE, *_NEGATED, "Null")}
_SETS = {"forallvalues": "all", "foranyvalue": "any"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of one operator. `quantity` is all, any or nothing; `key` is in lower case."""

    operator: str
    negated: bool
    quantity: str
    if_exists: bool
    key: str
    name: str
    values: tuple[str, ...]

    def holds(self, context: Context, substitute: bool) -> bool:
        """Whether a request meets it; `substitute`: the document knows variables."""
        given = context.get(self.key)
        if self.operator == "Null":
            absent = not given
            return any((wanted.lower() == "true") == absent for wanted in self.values)
        if not given:
            return self._without()
        wanted = self._wanted(context, substitute)
        compare = _POSITIVE[self.operator]
        hits = (any(compare(one, each) for each in wanted) for one in given)
        if self.quantity == "all":
            return all(hit != self.negated for hit in hits)
        if self.quantity == "any":
            return any(hit != self.negated for hit in hits)
        return any(hits) != self.negated

    def _without(self) -> bool:
        """What a key that the request lacks means."""
        if self.quantity == "any":
            return self.if_exists
        return self.if_exists or self.negated or self.quantity == "all"

    def _wanted(self, context: Context, substitute: bool) -> Sequence[str]:
        found = []
        for value in self.values:
            if not substitute or not has_variables(value):
                found.append(value)
                continue
            filled = resolve(value, context)
            if filled is not None:
                patterned = self.operator in _PATTERNS
                found.append(filled if patterned else unquoted(filled))
        return found

    def context_keys(self) -> list[str]:
        """The keys that it speaks of, as the document spells them."""
        return [self.name, *(key for value in self.values for key in variables(value))]


def operator(text: str) -> tuple[str, bool, str, bool] | None:
    """An operator's name, whether it negates, its quantity, IfExists; None: there is no such."""
    prefix, colon, rest = text.partition(":")
    quantity = ""
    if colon:
        quantity = _SETS.get(prefix.lower(), "?")
        text = rest
    if_exists = text.lower().endswith("ifexists")
    name = _NAMES.get(text[:-8].lower() if if_exists else text.lower())
    if name is None or quantity == "?" or (name == "Null" and if_exists):
        return None
    return _NEGATED.get(name, name), name in _NEGATED, quantity, if_exists


def compile_conditions(given: Mapping[str, Mapping[str, Any]]) -> tuple[Condition, ...]:
    """The conditions of a statement that was found valid."""
    found = []
    for text, keys in given.items():
        known = operator(text)
        if known is None:
            raise ValueError(f"Invalid Condition type : {text}.")
        name, negated, quantity, if_exists = known
        for key, values in keys.items():
            texts = tuple(
                spelled(one) for one in (values if isinstance(values, list) else [values])
            )
            found.append(Condition(name, negated, quantity, if_exists, key.lower(), key, texts))
    return tuple(found)


def spelled(value: Any) -> str:
    """A value of a document as text; JSON's true is the text true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
