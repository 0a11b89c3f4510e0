"""Event patterns: each operator, on what it matches, on what it does not, and on nonsense."""

import json
from typing import Any

import pytest

from models import event_patterns
from models.event_patterns import PatternError

EVENT = {
    "source": "aws.ec2",
    "resources": ["arn:1", "arn:2"],
    "detail": {
        "state": "Running", "count": 5, "ip": "10.0.0.9", "file": "a/b.PNG", "flag": True,
        "none": None, "items": [{"k": "x", "n": 1}, {"k": "y", "n": 2}], "list": [1, 2],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("matchers", "field", "expected"),
    [
        (["Running"], "state", True), (["running"], "state", False), ([5], "count", True),
        ([5.0], "count", True), (["5"], "count", False), ([True], "flag", True),
        ([None], "none", True), ([None], "absent", False), ([2], "list", True),
        ([3], "list", False),
        ([{"prefix": "Run"}], "state", True), ([{"prefix": "run"}], "state", False),
        ([{"prefix": {"equals-ignore-case": "rUn"}}], "state", True),
        ([{"suffix": ".png"}], "file", False),
        ([{"suffix": {"equals-ignore-case": ".png"}}], "file", True),
        ([{"equals-ignore-case": "RUNNING"}], "state", True),
        ([{"wildcard": "a/*.PNG"}], "file", True), ([{"wildcard": "*/c*"}], "file", False),
        ([{"wildcard": "a\\*"}], "file", False),
        ([{"anything-but": "Running"}], "state", False), ([{"anything-but": "x"}], "state", True),
        ([{"anything-but": [5, 6]}], "count", False), ([{"anything-but": ["x"]}], "absent", False),
        ([{"anything-but": {"prefix": "Run"}}], "state", False),
        ([{"anything-but": {"suffix": ["x", "ing"]}}], "state", False),
        ([{"anything-but": {"equals-ignore-case": ["running"]}}], "state", False),
        ([{"anything-but": {"wildcard": "*nn*"}}], "state", False),
        ([{"numeric": [">", 4]}], "count", True), ([{"numeric": [">", 5]}], "count", False),
        ([{"numeric": [">=", 5, "<", 6]}], "count", True), ([{"numeric": ["=", 5]}], "count", True),
        ([{"numeric": ["<", 9]}], "state", False), ([{"numeric": ["=", 1]}], "flag", False),
        ([{"exists": True}], "state", True), ([{"exists": False}], "state", False),
        ([{"exists": False}], "absent", True), ([{"exists": True}], "absent", False),
        ([{"cidr": "10.0.0.0/24"}], "ip", True), ([{"cidr": "10.0.1.0/24"}], "ip", False),
        ([{"cidr": "10.0.0.0/24"}], "state", False),
        (["x", {"numeric": ["=", 5]}], "count", True),
    ],
)  # fmt: skip
def test_matchers(matchers: list[Any], field: str, expected: bool) -> None:
    pattern = json.dumps({"detail": {field: matchers}})
    assert event_patterns.matches(pattern, EVENT) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.ec2"], "resources": ["arn:2"]}, True),
        ({"source": ["aws.s3"], "resources": ["arn:2"]}, False),
        ({"detail": {"items": {"k": ["y"]}}}, True),
        ({"detail": {"items": {"k": ["z"]}}}, False),
        ({"$or": [{"source": ["x"]}, {"detail": {"count": [5]}}]}, True),
        ({"$or": [{"source": ["x"]}, {"detail": {"count": [6]}}]}, False),
        ({"detail": {"state": ["Running"], "$or": [{"count": [1]}, {"flag": [True]}]}}, True),
        ({"other": {"deep": [{"exists": False}]}}, True),
        ({"detail": {"items": {"k": {"too": ["deep"]}}}}, False),
    ],
)  # fmt: skip
def test_shapes(pattern: dict[str, Any], expected: bool) -> None:
    assert event_patterns.matches(json.dumps(pattern), EVENT) is expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ('{"a": 1}', '"a" must be an object or an array'),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('["a"]', "Filter is not an object"),
        ('{"a": [{"NUMERIC": ["=", 1]}]}', "Unrecognized match type NUMERIC"),
        ('{"a": [{"numeric": 1}]}', "Value of numeric must be an array."),
        ('{"a": [{"numeric": ["=>", 1]}]}', "Bad numeric range operator: =>"),
        ('{"a": [{"numeric": ["<", "x"]}]}', "Value of < must be numeric"),
        ('{"a": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"a": [{"prefix": ""}]}', "Null prefix/suffix not allowed"),
        ('{"a": [{"wildcard": 1}]}', "wildcard match pattern must be a string"),
        ('{"a": [{"equals-ignore-case": []}]}',
         "equals-ignore-case match pattern must be a string"),
        ('{"a": [{"anything-but": null}]}',
         "Value of anything-but must be an array or single string/number value."),
        ('{"a": [{"anything-but": [true]}]}',
         "Inside anything but list, start|null|boolean is not supported."),
        ('{"a": [{"anything-but": {"equals-ignore-case": [1]}}]}',
         "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not"
         " supported."),
        ('{"a": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"),
        ('{"a": [{"cidr": "10.0.0.0/x"}]}', "Malformed CIDR, mask bits must be an integer"),
        ('{"a": [{"cidr": "xx.11.xx/8"}]}', "Nonstandard IP address: xx.11.xx"),
        ('{"a": [{"wildcard": "a**b"}]}', "Consecutive wildcard characters at pos 1"),
    ],
)  # fmt: skip
def test_nonsense(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError) as caught:
        event_patterns.compiled(pattern)
    assert str(caught.value) == reason


def test_no_pattern_is_slow() -> None:
    pattern = json.dumps({"a": [{"wildcard": "*a" * 60 + "*b"}]})
    assert event_patterns.matches(pattern, {"a": "a" * 100_000}) is False
