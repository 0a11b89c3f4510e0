"""Paths and queries in their canonical form."""

import hmac

import pytest

from emulator.canonical import (
    Signer,
    canonical_headers,
    canonical_path,
    canonical_query,
    query_pairs,
    signature,
    signing_key,
)


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


def test_a_signer_signs_as_hmac_does() -> None:
    for secret in ("", "s", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"):
        key = signing_key(secret, "20260304", "eu-west-1", "ec2")
        signer = Signer(key)
        for text in ("", "a", "é" * 70, "x" * 1000):
            assert signer.sign(text) == signature(key, text)
            assert signer.sign(text) == hmac.new(key, text.encode(), "sha256").hexdigest()


@pytest.mark.parametrize(
    ("value", "signed"),
    [
        ("a b", "a b"), ("a  b", "a b"), (" a", "a"), ("a ", "a"), ("a\tb", "a b"),
        ("a: b", "a: b"),
        ("a:  b", "a: b"), ("", ""), (" ", ""), ("\xc3\xa9", "é"), ("\xe9", "é"),
    ],
)  # fmt: skip
def test_spaces_in_the_value_of_a_header(value: str, signed: str) -> None:
    headers = {"host": "localhost", "x-one": value}
    assert canonical_headers(("host", "x-one"), headers) == f"host:localhost\nx-one:{signed}\n"
