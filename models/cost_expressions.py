"""Expressions over costs, compiled to SQL: the filters of reports and the rules of cost categories.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Expression.html.
No text of an expression becomes SQL: dimensions are looked up, everything else is bound.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.cost_dimensions import DIMENSIONS, INTERNAL, RECORD_TYPES, Dimension
from models.listing import Binder

ROOTS = ("And", "Or", "Not", "Dimensions", "Tags", "CostCategories", "ProductAttributes")
PATTERNS = {"STARTS_WITH": "{}%", "ENDS_WITH": "%{}", "CONTAINS": "%{}%"}
CASES = {"CASE_SENSITIVE", "CASE_INSENSITIVE"}
NO_VALUE = ""
# The lines of the ledger, or sets of tags, of the accounts that the caller pays for.
MINE = "l.account_id = ANY (ARRAY(SELECT driftcloud_paid_accounts()))"


class ExpressionError(ValueError):
    """An expression that says nothing, or what these rows do not have; its text is AWS's."""


@dataclass(frozen=True, slots=True)
class Version:
    """The rules of a cost category over the days from `start` to before `end` (None: still)."""

    start: date
    end: date | None
    rules: Sequence[Mapping[str, Any]]
    default: str | None


Categories = Mapping[str, Sequence[Version]]


@dataclass(slots=True)
class Compiler:
    """Compiles expressions for one statement, and notes which columns and tables it then needs.

    `start` and `end` are the days that the statement is about; `resources` whether its rows are
    lines with their resources; `allowed` what dimensions a condition may name, empty for any;
    `attributes` whether it may speak of attributes of products.
    """

    bind: Binder
    categories: Categories
    start: date
    end: date
    resources: bool = False
    allowed: frozenset[str] = frozenset()
    attributes: bool = False
    columns: set[str] = field(default_factory=set)
    tag_keys: dict[str, str] = field(default_factory=dict)
    accounts: bool = False
    commitments: bool = False
    _values: dict[tuple[str, str], str] = field(default_factory=dict)
    _within: list[str] = field(default_factory=list)

    def condition(self, expression: Mapping[str, Any]) -> str:
        """An expression as a condition. Raises ExpressionError."""
        roots = [root for root in ROOTS if expression.get(root) is not None]
        if len(roots) != 1:
            raise ExpressionError(
                "Expression has zero or more than one roots. Only one root operator is allowed for"
                " each expression: And, Or, Not, Dimensions, Tags, CostCategories"
            )
        root = roots[0]
        inner = expression[root]
        if root == "Not":
            return f"NOT {self.condition(inner)}"
        if root in ("And", "Or"):
            if len(inner) < 2:
                raise ExpressionError(f"{root} expression must have at least 2 operands")
            return "(" + f" {root.upper()} ".join(self.condition(one) for one in inner) + ")"
        if root == "ProductAttributes":
            return self._attribute(inner)
        return self._leaf(root, inner)

    def value(self, kind: str, key: str) -> str:
        """A dimension, tag or cost category (`kind` as GroupBy has it) as a text, never null.

        The kind INTERNAL is for what no request can name.
        """
        known = self._values.get((kind, key))
        if known is None:
            made = {
                "DIMENSION": self._dimension,
                "INTERNAL": self._dimension,
                "TAG": self._tag,
                "COST_CATEGORY": self._category,
            }
            known = self._values[kind, key] = made[kind](key)
        return known

    def joins(self) -> str:
        """The tables that what was compiled looks at, besides the ledger `l`."""
        found = []
        if self.tag_keys:
            tags = ", ".join(
                f"l.tags ->> {self.bind(key, '::text')} AS {alias}"
                for key, alias in self.tag_keys.items()
            )
            found.append(
                f"LEFT JOIN (SELECT l.id, {tags} FROM cost_tag_sets l WHERE {MINE} OFFSET 0) s"
                " ON s.id = l.tag_set"
            )
        if self.accounts:
            found.append(
                "JOIN (SELECT * FROM driftcloud_billed_accounts()) a ON a.id = l.account_id"
            )
        if self.commitments:
            found.append(
                "LEFT JOIN (SELECT * FROM driftcloud_billed_commitments()) c"
                " ON c.id = l.commitment_id"
            )
        return " ".join(found)

    def dimension(self, key: str) -> Dimension:
        """A dimension that the statement's rows have."""
        found = DIMENSIONS.get(key)
        if found is None or (found.resources and not self.resources):
            raise ExpressionError(f"Dimension {key} is not allowed.")
        return found

    def _leaf(self, root: str, inner: Mapping[str, Any]) -> str:
        kind = {"Dimensions": "DIMENSION", "Tags": "TAG", "CostCategories": "COST_CATEGORY"}[root]
        key, values = inner.get("Key"), list(inner.get("Values") or ())
        if not key:
            raise ExpressionError(f"{root} expression must have a key.")
        operator, insensitive = _options(inner.get("MatchOptions") or ())
        if kind == "DIMENSION" and self.allowed and key not in self.allowed:
            raise ExpressionError(f"Dimension {key} is not allowed.")
        none = self.dimension(key).none if kind == "DIMENSION" else NO_VALUE
        if operator == "ABSENT":
            if values:
                raise ExpressionError(
                    f"{root} expression must not have values set when ABSENT is provided"
                )
            return f"({self.value(kind, key)} = {self.bind(none, '::text')})"
        if not values:
            raise ExpressionError(f"{root} expression must have at least one value.")
        if key == "RECORD_TYPE" and kind == "DIMENSION":
            values += [RECORD_TYPES[value] for value in values if value in RECORD_TYPES]
        return self._match(self.value(kind, key), operator, values, insensitive)

    def _attribute(self, inner: Mapping[str, Any]) -> str:
        """No service whose products have attributes is on any bill here: no cost meets it.

        https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_ProductAttributeValues.html
        """
        if not self.attributes:
            raise ExpressionError("ProductAttributes is not supported in this expression.")
        operator, insensitive = _options(inner.get("MatchOptions") or ())
        if not inner.get("Key"):
            raise ExpressionError("ProductAttributes expression must have a key.")
        if operator not in ("EQUALS", "ABSENT") or insensitive:
            raise ExpressionError("ProductAttributes expression matches values exactly.")
        if bool(inner.get("Values")) == (operator == "ABSENT"):
            raise ExpressionError(
                "ProductAttributes expression must have values, or ABSENT and none."
            )
        return "false"

    def _match(self, text: str, operator: str, values: list[str], insensitive: bool) -> str:
        if insensitive:
            text, values = f"lower({text})", [value.lower() for value in values]
        if operator == "EQUALS":
            return f"({text} = ANY ({self.bind(values, '::text[]')}))"
        patterns = [PATTERNS[operator].format(_escaped(value)) for value in values]
        return f"({text} LIKE ANY ({self.bind(patterns, '::text[]')}))"

    def _dimension(self, key: str) -> str:
        found = INTERNAL.get(key) or self.dimension(key)
        self.columns |= found.columns
        self.accounts |= found.account
        self.commitments |= found.commitment
        return f"({found.sql})"

    def _tag(self, key: str) -> str:
        self.columns.add("tag_set")
        alias = self.tag_keys.setdefault(key, f"tag_{len(self.tag_keys)}")
        return f"coalesce(s.{alias}, '')"

    def _category(self, name: str) -> str:
        """What rules make of a row; nothing where there is no such category, or only itself."""
        versions = [
            one
            for one in self.categories.get(name, ())
            if one.start < self.end and (one.end is None or one.end > self.start)
        ]
        if not versions or name in self._within:
            return "''::text"
        self._within.append(name)
        cases = [self._version(one) for one in versions]
        self._within.pop()
        only = versions[0]
        if len(versions) == 1 and only.start <= self.start and (only.end or self.end) >= self.end:
            return cases[0]
        # rules that begin or end within the days that are asked for hold for their own days alone
        self.columns.add("date")
        parts = [
            f"WHEN l.date >= {self.bind(one.start, '::date')}"
            f" AND l.date < {self.bind(one.end or date.max, '::date')} THEN {case}"
            for one, case in zip(versions, cases, strict=True)
        ]
        return f"(CASE {' '.join(parts)} ELSE '' END)"

    def _version(self, version: Version) -> str:
        parts = []
        for rule in version.rules:
            inherited = rule.get("InheritedValue")
            if rule.get("Type") == "INHERITED_VALUE" and inherited:
                if inherited.get("DimensionName") == "TAG":
                    text = self.value("TAG", inherited.get("DimensionKey") or "")
                else:
                    text = self.value("DIMENSION", "LINKED_ACCOUNT_NAME")
                parts.append(f"WHEN {text} <> '' THEN {text}")
            else:
                condition = self.condition(rule["Rule"])
                parts.append(f"WHEN {condition} THEN {self.bind(rule['Value'], '::text')}")
        return f"(CASE {' '.join(parts)} ELSE {self.bind(version.default or '', '::text')} END)"


def categories_in(expression: Mapping[str, Any] | None) -> bool:
    """Whether an expression speaks of cost categories."""
    if not expression:
        return False
    inner = [*(expression.get("And") or ()), *(expression.get("Or") or ())]
    if expression.get("Not"):
        inner.append(expression["Not"])
    return bool(expression.get("CostCategories")) or any(categories_in(one) for one in inner)


def _options(options: Iterable[str]) -> tuple[str, bool]:
    """The operator of a comparison, and whether it passes over upper and lower case."""
    given = list(options)
    operators = [one for one in given if one not in CASES]
    known = [one for one in operators if one in PATTERNS or one in ("EQUALS", "ABSENT")]
    if len(known) != len(operators) or len(operators) > 1 or len(set(given) & CASES) > 1:
        raise ExpressionError(f"Match options {', '.join(given)} are not supported together here.")
    return (operators or ["EQUALS"])[0], "CASE_INSENSITIVE" in given


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
