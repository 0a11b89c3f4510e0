"""Patterns of policies: wildcards and policy variables, matched in time linear in the text.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html and
reference_policies_elements_resource.html. `*` is any text, `?` one character; `${key}` is the
value of a key of the request, `${key, 'default'}` with what to take where it has none, and
`${*}`, `${?}`, `${$}` are the characters themselves.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Context = Mapping[str, Sequence[str]]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*")
# What no text of a policy can contain stands for characters that are meant literally.
_LITERAL = {"*": "\ue000", "?": "\ue001", "$": "\ue002"}
_MEANT = {code: char for char, code in _LITERAL.items()}


class Glob:
    """A text with wildcards, compiled: its parts between the stars are looked for in turn."""

    __slots__ = ("_exact", "_head", "_middle", "_tail")

    def __init__(self, text: str) -> None:
        parts = text.split("*")
        self._exact: _Part | None = _Part(parts[0]) if len(parts) == 1 else None
        self._head, self._tail = _Part(parts[0]), _Part(parts[-1])
        self._middle = [_Part(part) for part in parts[1:-1] if part]

    def matches(self, text: str) -> bool:
        """Whether the whole text is of this form."""
        if self._exact is not None:
            return len(text) == self._exact.length and self._exact.at(text, 0)
        start, end = self._head.length, len(text) - self._tail.length
        if end < start or not self._head.at(text, 0) or not self._tail.at(text, end):
            return False
        for part in self._middle:
            found = part.find(text, start, end)
            if found < 0:
                return False
            start = found + part.length
        return True


class _Part:
    """A text of fixed length, perhaps with question marks."""

    __slots__ = ("_expression", "_text", "length")

    def __init__(self, text: str) -> None:
        self.length = len(text)
        self._text = _plain(text)
        self._expression: re.Pattern[str] | None = None
        if "?" in text:
            spelled = (("." if char == "?" else re.escape(_MEANT.get(char, char))) for char in text)
            self._expression = re.compile("".join(spelled), re.DOTALL)

    def at(self, text: str, position: int) -> bool:
        if self._expression is None:
            return text.startswith(self._text, position)
        return self._expression.match(text, position) is not None

    def find(self, text: str, start: int, end: int) -> int:
        if self._expression is None:
            return text.find(self._text, start, end)
        found = self._expression.search(text, start, end)
        return found.start() if found else -1


def _plain(text: str) -> str:
    for code, char in _MEANT.items():
        text = text.replace(code, char)
    return text


@lru_cache(maxsize=8192)
def glob(text: str) -> Glob:
    """The compiled form of a text with wildcards."""
    return Glob(text)


def has_variables(text: str) -> bool:
    """Whether a text of a policy has variables in it."""
    return "${" in text


def variables(text: str) -> list[str]:
    """The keys that the variables of a text name."""
    found = (_named(match[1])[0] for match in _VARIABLE.finditer(text))
    return [key for key in found if key not in _LITERAL]


def resolve(text: str, context: Context) -> str | None:
    """A text with its variables filled in as a pattern; None where one has no single value.

    What a variable brings in is text: its wildcards are characters.
    """
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        if match[1] in _LITERAL:
            return _LITERAL[match[1]]
        key, default = _named(match[1])
        values = context.get(key.lower())
        if values is not None and len(values) == 1:
            return _quoted(values[0])
        if default is None:
            missing = True
            return ""
        return default

    filled = _VARIABLE.sub(fill, text)
    return None if missing else filled


def unquoted(text: str) -> str:
    """A resolved text for comparisons that know no wildcards."""
    return _plain(text)


def _named(inside: str) -> tuple[str, str | None]:
    given = _DEFAULT.fullmatch(inside)
    return (given[1], given[2]) if given else (inside.strip(), None)


def _quoted(value: str) -> str:
    return value.replace("*", _LITERAL["*"]).replace("?", _LITERAL["?"])
