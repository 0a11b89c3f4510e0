"""Paths and queries in their canonical form."""

import pytest

from emulator.canonical import canonical_path, canonical_query, query_pairs


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("", "/"), ("/", "/"), ("//", "/"), ("/.", "/"), ("/./", "/"), ("/a/..", "/"),
        ("/a/../b", "/b"), ("/a//b/", "/a/b/"), ("/a/.", "/a"), ("/%3A", "/%253A"),
        ("/~a_-.", "/~a_-."), ("/\xc3\xa9", "/%C3%A9"), ("/a b", "/a%20b"),
    ],
)  # fmt: skip
def test_canonical_paths(path: str, canonical: str) -> None:
    assert canonical_path(path) == canonical


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("b=2&a=1", "a=1&b=2"), ("foo=1&foo-bar=2", "foo=1&foo-bar=2"), ("flag", "flag="),
        ("a=b+c", "a=b%2Bc"), ("a=%7e", "a=~"), ("a=2&a=1", "a=1&a=2"), ("a=b=c", "a=b%3Dc"),
        ("%61=1", "a=1"), ("&&a=1&", "a=1"), ("a=\xc3\xa9", "a=%C3%A9"),
    ],
)  # fmt: skip
def test_canonical_queries(query: str, canonical: str) -> None:
    assert canonical_query(query_pairs(query)) == canonical
