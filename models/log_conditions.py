"""Conditions of Insights' filter command, compiled into functions of one record.

Comparisons (=, !=, <, <=, >, >=), `like` and `=~` with a text or /regex/, `in [..]`, `not`, `and`,
`or`, parentheses, and the functions ispresent, isempty, isblank, strcontains, startsWith and
endsWith.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from models import log_regex
from models.log_patterns import number_of

Record = Mapping[str, Any]
Condition = Callable[[Record], bool]
Operand = Callable[[Record], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<op>!=|<=|>=|=~|=|<|>|\(|\)|\[|\]|,)"
    r"|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<regex>/(?:[^/\\]|\\.)+/)|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"
    r"|(?P<name>`[^`]+`|[@\w][\w.@-]*))"
)
_FUNCTIONS = ("ispresent", "isempty", "isblank", "strcontains", "startswith", "endswith")


class QueryError(ValueError):
    """A query that cannot be understood, or asks for what is not served."""


def compiled(text: str) -> Condition:
    """The condition that a text is; QueryError."""
    parser = _Parser(text)
    found = parser.any_of()
    if parser.at < len(parser.tokens):
        raise QueryError(f"unexpected token {parser.tokens[parser.at][1]}")
    return found


def unquoted(text: str) -> str:
    """A text without its quotes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def regex(source: str) -> Callable[[str], bool]:
    """The test of a regular expression, which may begin with (?i); QueryError."""
    any_case = source.startswith("(?i)")
    try:
        return log_regex.compiled(source[4:] if any_case else source, any_case=any_case)
    except log_regex.RegexError as error:
        raise QueryError(f"/{source}/: {error}") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise QueryError(f"unexpected text {text[at:].strip()[:20]}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def peek(self) -> str:
        return self.tokens[self.at][1].lower() if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise QueryError("the condition ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, text: str) -> None:
        found = self.take()[1]
        if found != text:
            raise QueryError(f"expected {text}, found {found}")

    def any_of(self) -> Condition:
        parts = [self.all_of()]
        while self.peek() == "or":
            self.at += 1
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else lambda record: any(one(record) for one in parts)

    def all_of(self) -> Condition:
        parts = [self.one()]
        while self.peek() == "and":
            self.at += 1
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else lambda record: all(one(record) for one in parts)

    def one(self) -> Condition:
        if self.peek() == "not":
            self.at += 1
            inner = self.one()
            return lambda record: not inner(record)
        if self.peek() == "(":
            self.at += 1
            inner = self.any_of()
            self.expect(")")
            return inner
        following = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else ""
        if following == "(":
            return self.function()
        return self.comparison()

    def operand(self) -> tuple[str, Operand]:
        kind, text = self.take()
        if kind == "name":
            name = text.strip("`")
            return kind, lambda record: record.get(name)
        if kind == "text":
            value: Any = unquoted(text)
        elif kind == "number":
            value = float(text)
        else:
            raise QueryError(f"unexpected token {text}")
        return kind, lambda record: value

    def function(self) -> Condition:
        name = self.take()[1].lower()
        if name not in _FUNCTIONS:
            raise QueryError(f"the function {name} is not supported")
        self.expect("(")
        operands = [self.operand()[1]]
        while self.peek() == ",":
            self.at += 1
            operands.append(self.operand()[1])
        self.expect(")")
        if len(operands) != (1 if name.startswith("is") else 2):
            raise QueryError(f"wrong number of arguments of {name}")
        return lambda record: _called(name, [_text(one(record)) for one in operands])

    def comparison(self) -> Condition:
        left = self.operand()[1]
        negated = self.peek() == "not"
        if negated:
            self.at += 1
        operator = self.take()[1].lower()
        if operator == "in":
            test = self.member(left)
        elif operator in ("like", "=~"):
            test = self.like(left)
        elif operator in ("=", "!=", "<", "<=", ">", ">=") and not negated:
            test = _compared(left, operator, self.operand()[1])
        else:
            raise QueryError(f"unexpected token {operator}")
        return (lambda record: not test(record)) if negated else test

    def member(self, left: Operand) -> Condition:
        self.expect("[")
        tests = [_compared(left, "=", self.operand()[1])]
        while self.peek() == ",":
            self.at += 1
            tests.append(_compared(left, "=", self.operand()[1]))
        self.expect("]")
        return lambda record: any(test(record) for test in tests)

    def like(self, left: Operand) -> Condition:
        kind, text = self.take()
        if kind == "regex":
            expression = regex(text[1:-1])
            return lambda record: expression(_text(left(record)) or "")
        if kind != "text":
            raise QueryError("like needs a text or a /regular expression/")
        wanted = unquoted(text)
        return lambda record: wanted in (_text(left(record)) or "")


def _called(name: str, values: list[str | None]) -> bool:
    first = values[0]
    if name == "ispresent":
        return first is not None
    if name == "isempty":
        return not first
    if name == "isblank":
        return not (first or "").strip()
    second = values[1] or ""
    return {
        "strcontains": second in (first or ""),
        "startswith": (first or "").startswith(second),
        "endswith": (first or "").endswith(second),
    }[name]


def _compared(left: Operand, operator: str, right: Operand) -> Condition:
    def test(record: Record) -> bool:
        one, other = left(record), right(record)
        if one is None or other is None:
            return operator == "!=" and one is not other
        numbers = number_of(one), number_of(other)
        if None not in numbers:
            one, other = numbers
        else:
            one, other = _text(one), _text(other)
        outcomes: dict[str, bool] = {
            "=": one == other, "!=": one != other, "<": one < other, "<=": one <= other,
            ">": one > other, ">=": one >= other,
        }  # fmt: skip
        return outcomes[operator]

    return test


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)
