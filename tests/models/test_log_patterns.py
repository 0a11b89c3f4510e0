"""Filter patterns: terms, conditions on JSON, conditions on words."""

import time

import pytest

from models.log_patterns import PatternError, compiled

LINE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
JSON = '{"a": {"b": [{"c": "x1"}]}, "n": 5, "s": "5xx", "t": true, "z": null, "ip": "10.0.0.1"}'


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True), ("ERROR", "an ERROR", True), ("error", "an ERROR", False),
        ("a b", "b and a", True), ("a b", "a", False), ("?a ?b", "only b", True),
        ("?x ?y", "none", False), ("ERROR -disk", "ERROR disk", False),
        ('"two words"', "two words", True), ('"two words"', "words two", False),
        ("%err[0-9]+%", "an err42", True), ("%err[0-9]+%", "an err", False),
        ('{ $.n = 5 }', JSON, True), ('{ $.n != 5 }', JSON, False),
        ('{ $.n > 4 && $.n < 6 }', JSON, True),
        ('{ $.n > 5 || $.s = "5*" }', JSON, True), ('{ $.s = 5* }', JSON, True),
        ('{ $.a.b[0].c = "x1" }', JSON, True), ('{ $.a.b[1].c = "x1" }', JSON, False),
        ("{ $.t IS TRUE }", JSON, True), ("{ $.t IS FALSE }", JSON, False),
        ("{ $.z IS NULL }", JSON, True), ("{ $.q NOT EXISTS }", JSON, True),
        ("{ $.n EXISTS }", JSON, True), ("{ ($.n = 4 || $.n = 5) && $.t IS TRUE }", JSON, True),
        ("{ $.ip = %^10\\.% }", JSON, True), ("{ $.n = 5 }", "no json", False),
        ("{ $.q != 1 }", JSON, False),
        ("[ip, id, user, at, request, status = 4*, bytes]", LINE, True),
        ("[ip, id, user, at, request, status = 5*, bytes]", LINE, False),
        ("[..., status = 404, bytes > 1000]", LINE, True),
        ("[..., bytes > 2000]", LINE, False), ("[ip, user]", LINE, False),
        ("[..., status = 404 || status = 500, bytes]", LINE, True),
        ('[..., request = "GET*", status, bytes]', LINE, True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, message: str, expected: bool) -> None:
    assert (compiled(pattern).match(message) is not None) is expected


@pytest.mark.parametrize(
    "pattern",
    ["{ $.a }", "{ $.a = }", "{ a = 1 }", "{ $.a = 1", "[a, b", "{ $.a > x }", "{ ($.a = 1 }",
     "[..., a, ...]", "%(a%", "%a{500}%"],
)  # fmt: skip
def test_nonsense(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)


def test_words_have_names() -> None:
    found = compiled("[ip, ..., status, bytes]").match(LINE)
    assert found == {"ip": "127.0.0.1", "status": "404", "bytes": "1534"}


def test_no_star_is_slow() -> None:
    started = time.thread_time()
    assert (
        compiled('{ $.a = "' + "*a" * 50 + '*b" }').match('{"a": "' + "a" * 50_000 + '"}') is None
    )
    assert time.thread_time() - started < 1
