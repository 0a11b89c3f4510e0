"""Regular expressions of clients: they find what Python's find, and none is slow."""

import re
import time

import pytest

from models.log_regex import RegexError, compiled

TEXTS = (
    "",
    "a",
    "b",
    "ab",
    "aab",
    "abc",
    "xaby",
    "a1b22",
    "error: 42",
    "ERROR",
    "aaa",
    "ba",
    "c\nd",
)


@pytest.mark.parametrize(
    "source",
    ["a", "a*b", "a+b", "^a", "b$", "^ab$", "a|c", "(a|b)+c", "[0-9]+", "[^a-z]", r"\d{2}", "a{2,}",
     "a{1,2}b", "x?a", ".b", "^$", "(?:ab)?c", r"\w+: \d+", "^(error|ERROR)", "a{0}b", "(a*)*b",
     "[]a]", r"\s", "a.*2", "(^a|b$)"],
)  # fmt: skip
def test_they_find_what_pythons_find(source: str) -> None:
    for text in TEXTS:
        expected = re.search(source, text, re.DOTALL) is not None
        if source.endswith(("$", "$)")) and text.endswith("\n"):
            continue
        assert compiled(source)(text) is expected, text


def test_case_may_not_matter() -> None:
    assert compiled("error", any_case=True)("ERROR")
    assert not compiled("error")("ERROR")


@pytest.mark.parametrize(
    "source", ["(a", "a)", "[a", "*a", "(?=a)", r"(a)\1", "a{3,2}", "a{500}", "", "((((((a))))))"]
)
def test_nonsense(source: str) -> None:
    with pytest.raises(RegexError):
        compiled(source)


def test_none_is_slow() -> None:
    started = time.thread_time()
    for source in ("(a+)+b", "a*a*a*a*a*b", "(a|aa)+$b", ".*.*.*x"):
        assert not compiled(source)("a" * 100_000)
    assert time.thread_time() - started < 3
