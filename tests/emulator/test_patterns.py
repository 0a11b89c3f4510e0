"""Patterns of AWS's models, as Python matches them."""

import pytest

from emulator import api, patterns


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[\w+=,.@-]*", "a@b.c", "a:b"),
        (r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$", "Größe 中文/٣", "tab\there"),
        (r"[\w-_]*", "a-b_c", "a b"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a\U0001f600", "\x00"),
        (r"\p{XDigit}{4}", "0aF9", "0aG9"),
        (r"\p{Print}+", "a b", "a\nb"),
        (r"(?! )[\p{L}\p{N}\p{Z}-_]*(?<! )", "a-b_c", " a"),
        (r"[a-z]+$", "abc", "abc\n"),
        (r"([a-z]|\d|\-)*", "a-1", "A"),
        (r"\d{12}", "123456789012", "١٢٣٤٥٦٧٨٩٠١٢"),
    ],
)
def test_patterns(pattern: str, good: str, bad: str) -> None:
    matches = patterns.matcher(pattern)
    assert matches is not None
    assert matches(good)
    assert not matches(bad)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(.*[\n\r\t\f\ ]?)*",
        r"([a-zA-Z0-9]+-)*[a-z]+",
        r"(a|a)*b|(.|x.)*",
        r"[a-z&&[^b]]+",
        r"\P{L}+",
        r"a(?i)b",
        r"([^a]|b)*c",
        r"(",
    ],
)
def test_patterns_better_left_alone(pattern: str) -> None:
    assert patterns.matcher(pattern) is None


def test_no_pattern_of_a_service_in_scope_takes_long() -> None:
    # Not timed: a pattern that backtracked for ever would not let this end.
    for service in ("ecs", "logs", "iam", "sagemaker", "opensearch", "organizations", "ssm"):
        model = api.service(service)
        for operation in model.operations.values():
            for ref in operation.input.members.values() if operation.input else ():
                matches = patterns.matcher(ref.shape.pattern) if ref.shape.pattern else None
                for piece in ("a", "a-", "1.", "/a:"):
                    if matches is not None:
                        matches((piece * patterns.LONGEST_INPUT)[: patterns.LONGEST_INPUT] + "\0")
