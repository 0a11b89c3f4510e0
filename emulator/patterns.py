"""AWS's patterns: regular expressions of Java's and ECMAScript's making, read as Python's."""

import re
import warnings
from collections.abc import Callable
from functools import cache

# Longer input is not matched at all: a pattern of several `.*` takes quadratic time.
LONGEST_INPUT = 2048

_LETTERS = (
    r"A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2dff\u3005-\ud7ff"
    r"\uf900-\ufdff\ufe20-\ufe2f\ufe70-\ufefe\uff10-\uffdc\U00010000-\U000323af"
)
_PUNCTUATION = r"!-/:-@\[-`{-~\u00a1-\u00bf\u00d7\u00f7\u2010-\u2bff\u3001-\u3030"
# Unicode's classes, which Python's re does not know. Letters, marks and digits beyond ASCII share
# one generous class: what AWS accepts must be accepted, and the finer borders matter to nobody.
_CLASSES = {
    "L": _LETTERS,
    "M": r"\u0300-\u036f\u0483-\u0489\u20d0-\u20f0\ufe20-\ufe2f",
    "N": r"0-9\u00b2\u00b3\u00b9\u00bc-\u00be\u0660-\u0669\u0966-\u096f\u2070-\u218b\u2460-\u249b",
    "P": _PUNCTUATION,
    "S": _PUNCTUATION,
    "Z": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    "Zs": r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000",
    "XDigit": "0-9A-Fa-f",
    "Alnum": "0-9A-Za-z",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Lower": "a-z",
    "Upper": "A-Z",
    "Punct": r"!-/:-@\[-`{-~",
    "Print": r"\x20-\x7e",
    "Graph": r"\x21-\x7e",
    "Space": r"\s",
    "all": r"\s\S",
    "ASCII": r"\x00-\x7f",
}
_CLASS = re.compile(r"\\p\{(?:Is)?(\w+)\}")
# Java takes a hyphen behind a class as itself: [\w-_].
_HYPHEN = re.compile(r"(\\p\{\w+\}|\\[wdsWDS])-(?=[^\]])")
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
_SET = re.compile(r"\[(\^?)\]?[^\]]*\]")
_GROUP = re.compile(r"\((?:\?(?:[:=!>]|<[=!]|<\w+>))?([^()]*)\)([*+]|\{\d+,\}|\{\d+,\d{2,}\})?")
_CHOICE_OF_CHARACTERS = re.compile(r"x(?:\|x)*")


@cache
def matcher(pattern: str) -> Callable[[str], object] | None:
    """The test of a pattern on a whole value; None where Python cannot, or had better not, try."""
    translated = translate(pattern)
    if translated is None or is_explosive(translated):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(translated, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return None
    # Java's matches() takes the whole value; a pattern that anchors its beginning alone was
    # written for a reader that does not.
    begins_only = pattern.startswith("^") and not pattern.endswith("$")
    return compiled.match if begins_only else compiled.fullmatch


def translate(pattern: str) -> str | None:
    """The pattern in Python's dialect; None for what has no counterpart there."""
    if "&&[" in pattern:
        return None
    pattern = pattern.replace(_SURROGATES, r"\U00010000-\U0010ffff")
    pattern = _HYPHEN.sub(r"\1\\-", pattern)
    names = set(_CLASS.findall(pattern))
    if not names <= _CLASSES.keys() or r"\P{" in pattern:
        return None
    parts = []
    at = 0
    for found in _CLASS.finditer(pattern):
        parts.append(pattern[at : found.start()])
        chars = _CLASSES[found[1]]
        parts.append(chars if _in_set(pattern, found.start()) else f"[{chars}]")
        at = found.end()
    return "".join(parts) + pattern[at:]


def is_explosive(pattern: str) -> bool:
    """Whether backtracking could take exponential time: a repetition of what itself varies.

    Errs on the side of yes.
    """
    text = _SET.sub(lambda found: "n" if found[1] else "x", re.sub(r"\\.", "x", pattern))
    while True:
        found = _GROUP.search(text)
        if found is None:
            return False
        inner, repeated = found[1], bool(found[2])
        varies = bool(re.search(r"[*+]|\{\d+,", inner)) or "|" in inner
        if repeated and varies and not _CHOICE_OF_CHARACTERS.fullmatch(inner):
            return True
        text = text[: found.start()] + ("y*" if varies or repeated else "y") + text[found.end() :]


def _in_set(pattern: str, position: int) -> bool:
    """Whether a position is inside square brackets."""
    inside = False
    at = 0
    while at < position:
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] == "[":
            inside = True
        elif pattern[at] == "]":
            inside = False
        at += 1
    return inside
