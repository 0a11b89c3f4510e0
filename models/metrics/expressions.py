"""The grammar of metric math: text of an expression → a tree.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<sign>\|\||&&|==|!=|<=|>=|[-+*/^<>(),\[\]]))""",
    re.X,
)
# From the loosest to the tightest.
_BINARY = (
    {"||": "OR", "OR": "OR"},
    {"&&": "AND", "AND": "AND"},
    {sign: sign for sign in ("==", "!=", "<=", ">=", "<", ">")},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/"},
)
_DEEPEST = 60


class ExpressionError(ValueError):
    """An expression that cannot be understood or worked out; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression.

    number · text · name (an id or a keyword) · call (name and arguments) · array · an operator
    with its operands.
    """

    kind: str
    value: Any = None
    parts: tuple["Node", ...] = ()


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """The tree of an expression; ExpressionError where it has none."""
    parser = _Parser(_tokens(text))
    tree = parser.binary(0, 0)
    if parser.at < len(parser.tokens):
        raise ExpressionError(f"Unexpected '{parser.tokens[parser.at][1]}' in expression")
    return tree


def names(tree: Node) -> set[str]:
    """Every id that a tree names."""
    found = {tree.value} if tree.kind == "name" else set()
    return found.union(*(names(part) for part in tree.parts))


def calls(tree: Node) -> set[str]:
    """Every function that a tree calls."""
    found = {tree.value} if tree.kind == "call" else set()
    return found.union(*(calls(part) for part in tree.parts))


def _tokens(text: str) -> list[tuple[str, str]]:
    found = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"Unexpected '{text[at : at + 10].strip()}' in expression")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise ExpressionError("The expression ends too early")
        token = self.tokens[self.at]
        if wanted and token[1] != wanted:
            raise ExpressionError(f"Expected '{wanted}' before '{token[1]}' in expression")
        self.at += 1
        return token

    def binary(self, level: int, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ExpressionError("The expression is nested too deeply")
        if level == len(_BINARY):
            return self.power(depth)
        left = self.binary(level + 1, depth)
        while self.peek() in _BINARY[level] and self.tokens[self.at][0] != "text":
            sign = _BINARY[level][self.take()[1]]
            left = Node(sign, None, (left, self.binary(level + 1, depth)))
        return left

    def power(self, depth: int) -> Node:
        if self.peek() == "-":
            self.take()
            return Node("-", None, (Node("number", 0.0), self.power(depth + 1)))
        left = self.primary(depth)
        if self.peek() == "^":
            self.take()
            return Node("^", None, (left, self.power(depth + 1)))
        return left

    def primary(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ExpressionError("The expression is nested too deeply")
        kind, value = self.take()
        if kind == "number":
            return Node("number", float(value))
        if kind == "text":
            return Node("text", re.sub(r"\\(.)", r"\1", value[1:-1]))
        if value == "(":
            inner = self.binary(0, depth + 1)
            self.take(")")
            return inner
        if value == "[":
            return Node("array", None, self.several("]", depth))
        if kind == "name":
            if self.peek() == "(":
                self.take()
                return Node("call", value, self.several(")", depth))
            return Node("name", value)
        raise ExpressionError(f"Unexpected '{value}' in expression")

    def several(self, closing: str, depth: int) -> tuple[Node, ...]:
        found: list[Node] = []
        while self.peek() != closing:
            found.append(self.binary(0, depth + 1))
            if self.peek() != closing:
                self.take(",")
        self.take(closing)
        return tuple(found)
