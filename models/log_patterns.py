"""Filter patterns: CloudWatch Logs' language of conditions on one event's text.

Three kinds: terms (`ERROR -retry ?a ?b "two words" %regex%`), conditions on JSON
(`{ $.status = 5* && $.size > 100 }`) and conditions on words (`[ip, user, ..., status = 5*]`).
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from models import log_regex

# What an event's text gives for the selectors of a pattern; None: it does not match.
Values = Mapping[str, Any]
Found = Values | None
Condition = Callable[[Any], bool]

MISSING = object()
_TERM = re.compile(r'\s*([-?]?)("(?:[^"\\]|\\.)*"|%[^%]*%|[^\s"%]+)')
_TOKEN = re.compile(
    r'\s*(?:(?P<op>&&|\|\||!=|<=|>=|=|<|>|\(|\))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<regex>%[^%]*%)'
    r"|(?P<selector>\$(?:\.[\w-]+|\[\d+\]|\[['\"][^'\"]+['\"]\])+)|(?P<word>[^\s()=<>!&|\"%]+))"
)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\[['\"]([^'\"]+)['\"]\]")
_WORD = re.compile(r'\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(\S+)')


class PatternError(ValueError):
    """A text that is no filter pattern."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; `kind` is terms, json or words."""

    kind: str
    match: Callable[[str], Found]


@lru_cache(maxsize=1024)
def compiled(text: str) -> Pattern:
    """A pattern, ready to be matched against messages; PatternError."""
    stripped = text.strip()
    if stripped.startswith("{"):
        return Pattern("json", _json(stripped))
    if stripped.startswith("["):
        return Pattern("words", _words(stripped))
    return Pattern("terms", _terms(stripped))


def value_at(selector: str, values: Values) -> Any:
    """What `$.a.b[0]` of a JSON event, or `$name` of its words, is; MISSING where it is not."""
    if "." not in selector and "[" not in selector:
        return values.get(selector[1:], MISSING)
    found: Any = values
    for step in _STEP.finditer(selector[1:]):
        name = step[1] or step[3]
        if name is not None:
            found = found.get(name, MISSING) if isinstance(found, Mapping) else MISSING
        else:
            at = int(step[2])
            found = found[at] if isinstance(found, list) and at < len(found) else MISSING
        if found is MISSING:
            return MISSING
    return found


# --- terms --------------------------------------------------------------------------------------


def _terms(text: str) -> Callable[[str], Found]:
    needed: list[Condition] = []
    refused: list[Condition] = []
    any_of: list[Condition] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise PatternError(f"unexpected text at {at}")
        sign, term = found.groups()
        {"": needed, "-": refused, "?": any_of}[sign].append(_contains(term))
        at = found.end()
    # beside terms without a question mark, those with one do not count
    if needed or refused:
        any_of = []

    def match(message: str) -> Found:
        hold = (
            all(test(message) for test in needed)
            and not any(test(message) for test in refused)
            and (not any_of or any(test(message) for test in any_of))
        )
        return {} if hold else None

    return match


def _contains(term: str) -> Condition:
    if term.startswith("%"):
        return _regex(term)
    plain = _unquoted(term) if term.startswith('"') else term
    return lambda message: plain in message


def _regex(term: str) -> Callable[[str], bool]:
    try:
        return log_regex.compiled(term[1:-1])
    except log_regex.RegexError as error:
        raise PatternError(str(error)) from None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


# --- conditions ---------------------------------------------------------------------------------


class _Conditions:
    """The conditions of a JSON or word pattern: `||` over `&&` over single ones.

    `bare` is the name of a word that its conditions may leave out.
    """

    def __init__(self, text: str, bare: str = "") -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise PatternError(f"unexpected text: {text[at:].strip()[:20]}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at, self.bare = 0, bare

    def whole(self) -> Condition:
        """The condition that all tokens are."""
        found = self._any()
        if self.at < len(self.tokens):
            raise PatternError(f"unexpected {self.tokens[self.at][1]}")
        return found

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise PatternError("the pattern ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._peek() == "||":
            self.at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda values: any(one(values) for one in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._peek() == "&&":
            self.at += 1
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda values: all(one(values) for one in parts)

    def _one(self) -> Condition:
        if self._peek() == "(":
            self.at += 1
            found = self._any()
            if self._next()[1] != ")":
                raise PatternError("a parenthesis is not closed")
            return found
        selector = self._selector()
        kind, operator = self._next()
        upper = operator.upper()
        if kind == "word" and upper in ("IS", "EXISTS", "NOT"):
            return self._state(selector, upper)
        if kind != "op" or operator in ("(", ")", "&&", "||"):
            raise PatternError(f"unexpected {operator}")
        return _compared(selector, operator, *self._next())

    def _selector(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if self.bare:
            if kind == "word" and text == self.bare:
                self.at += 1
            elif kind != "op":
                raise PatternError(f"unexpected {text}")
            return f"${self.bare}"
        if kind != "selector":
            raise PatternError(f"{text or 'the end'} is no selector")
        self.at += 1
        return text

    def _state(self, selector: str, word: str) -> Condition:
        if word == "EXISTS":
            return lambda values: value_at(selector, values) is not MISSING
        following = self._next()[1].upper()
        if word == "NOT" and following == "EXISTS":
            return lambda values: value_at(selector, values) is MISSING
        wanted = {"NULL": None, "TRUE": True, "FALSE": False}
        if word != "IS" or following not in wanted:
            raise PatternError(f"unexpected {following}")
        return lambda values: value_at(selector, values) is wanted[following]


def _compared(selector: str, operator: str, kind: str, text: str) -> Condition:
    if kind not in ("word", "text", "regex"):
        raise PatternError(f"unexpected {text}")
    number = _number(text) if kind == "word" else None
    if operator in ("<", "<=", ">", ">="):
        if number is None:
            raise PatternError(f"{text} is no number")
        return _ordered(selector, operator, number)
    if kind == "regex":
        expression = _regex(text)
        equal: Condition = lambda found: (  # noqa: E731
            isinstance(found, str) and expression(found)
        )
    else:
        equal = _equal(_unquoted(text) if kind == "text" else text, number)

    def test(values: Any) -> bool:
        found = value_at(selector, values)
        if found is MISSING:
            return False
        return equal(found) is (operator == "=")

    return test


def _equal(text: str, number: float | None) -> Condition:
    first, *rest = map(re.escape, text.split("*"))
    # each star takes the shortest text and gives nothing back, so that no pattern is slow
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    tail = f"{middle}.*{rest[-1]}" if rest else ""
    expression = re.compile(first + tail, re.DOTALL)

    def equal(found: Any) -> bool:
        if isinstance(found, bool) or found is None:
            return False
        if number is not None:
            given = _number(found)
            if given is not None:
                return given == number
        if isinstance(found, (int, float)):
            found = orjson.dumps(found).decode()
        return isinstance(found, str) and expression.fullmatch(found) is not None

    return equal


def _ordered(selector: str, operator: str, limit: float) -> Condition:
    def test(values: Any) -> bool:
        found = _number(value_at(selector, values))
        if found is None:
            return False
        return {
            "<": found < limit, "<=": found <= limit, ">": found > limit, ">=": found >= limit,
        }[operator]  # fmt: skip

    return test


def number_of(value: Any) -> float | None:
    """A value as a number, where it is one or spells one."""
    return _number(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) != float("inf") and found == found else None


# --- the two structured kinds -------------------------------------------------------------------


def _json(text: str) -> Callable[[str], Found]:
    if not text.endswith("}"):
        raise PatternError("a brace is not closed")
    condition = _Conditions(text[1:-1]).whole()

    def match(message: str) -> Found:
        if not message.lstrip().startswith("{"):
            return None
        try:
            document = orjson.loads(message)
        except orjson.JSONDecodeError:
            return None
        return document if isinstance(document, dict) and condition(document) else None

    return match


def _words(text: str) -> Callable[[str], Found]:
    if not text.endswith("]"):
        raise PatternError("a bracket is not closed")
    names: list[str] = []
    conditions: list[Condition] = []
    for at, part in enumerate(text[1:-1].split(",")):
        given = part.strip()
        name = re.split(r"[\s=<>!]", given, maxsplit=1)[0] or f"w{at + 1}"
        if given == "...":
            if "..." in names:
                raise PatternError("there can be one ellipsis")
            name = "..."
        elif given[len(name) :].strip() or (given and not re.match(r"[\w.]", given)):
            conditions.append(_Conditions(given, name).whole())
        names.append(name)

    def match(message: str) -> Found:
        found = [one[1] or one[2] or one[3] or "" for one in _WORD.finditer(message)]
        values = _named(names, found)
        return values if values is not None and all(one(values) for one in conditions) else None

    return match


def _named(names: list[str], words: list[str]) -> dict[str, str] | None:
    """Words by name; None where there are more or fewer than the pattern has names."""
    if "..." not in names:
        return dict(zip(names, words, strict=True)) if len(names) == len(words) else None
    at = names.index("...")
    after = len(names) - at - 1
    if len(words) < at + after:
        return None
    head = dict(zip(names[:at], words[:at], strict=True))
    return head | dict(zip(names[at + 1 :], words[len(words) - after :], strict=True))
