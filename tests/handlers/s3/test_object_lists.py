"""Lists of objects against a plain oracle: prefixes, delimiters, markers, tokens, encodings."""

import random
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import Sql, answer, keys, refusal

KEYS = ["a", "a/", "a/1", "a/2", "a/b/1", "a/b/2", "a0", "b/1", "b/2", "c", "dir/x y+z", "é/ü",
        "\U0001f600/1", "zz//", "zz//a", "zz/b"]  # fmt: skip


def in_order(given: list[str]) -> list[str]:
    return sorted(given, key=lambda key: key.encode())


def oracle(prefix: str, delimiter: str, after: str) -> list[tuple[str, bool]]:
    """What a list shows: keys and, marked so, common prefixes."""
    found: list[tuple[str, bool]] = []
    for key in in_order(KEYS):
        if not key.startswith(prefix) or key.encode() <= after.encode():
            continue
        rest = key[len(prefix) :]
        if delimiter and delimiter in rest:
            rolled = prefix + rest[: rest.index(delimiter) + len(delimiter)]
            if (rolled, True) not in found and not after.startswith(rolled):
                found.append((rolled, True))
        else:
            found.append((key, False))
    return found


@pytest.fixture
def filled(s3: Any, bucket: str) -> str:
    for key in random.Random(7).sample(KEYS, len(KEYS)):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def walk(s3: Any, bucket: str, size: int, **asked: Any) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": size}, **asked
    )
    for page in pages:
        assert page["KeyCount"] <= size
        found += [(key, False) for key in keys(page)]
        found += [(one["Prefix"], True) for one in page.get("CommonPrefixes", [])]
    return found


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "zz/", "zz//", "é", "none"])
@pytest.mark.parametrize("delimiter", ["", "/", "//", "b"])
def test_lists_are_as_the_oracle_says(s3: Any, filled: str, prefix: str, delimiter: str) -> None:
    for after in ("", "a/1", "b/1", "a0"):
        asked: dict[str, Any] = {"Prefix": prefix}
        if delimiter:
            asked["Delimiter"] = delimiter
        if after:
            asked["StartAfter"] = after
        wanted = oracle(prefix, delimiter, after)
        for size in (2, 1000):
            found = walk(s3, filled, size, **asked)
            assert sorted(found) == sorted(wanted), (asked, size)
            assert [key for key, rolled in found if not rolled] == [
                key for key, rolled in wanted if not rolled
            ]


def test_the_older_list_goes_on_from_markers(s3: Any, filled: str) -> None:
    first = s3.list_objects(Bucket=filled, Delimiter="/", MaxKeys=3)
    assert (keys(first), [one["Prefix"] for one in first["CommonPrefixes"]]) == (
        ["a", "a0"], ["a/"])  # fmt: skip
    assert first["NextMarker"] == "a0"
    second = s3.list_objects(Bucket=filled, Delimiter="/", Marker="a0", MaxKeys=2)
    assert (keys(second), [one["Prefix"] for one in second["CommonPrefixes"]]) == (["c"], ["b/"])
    pages = s3.get_paginator("list_objects").paginate(
        Bucket=filled, PaginationConfig={"PageSize": 3}
    )
    assert [key for page in pages for key in keys(page)] == in_order(KEYS)
    assert first["Contents"][0]["Owner"]["ID"] == s3.list_buckets()["Owner"]["ID"]


def test_members_of_a_list(cloud: Cloud, s3: Any, filled: str) -> None:
    page = answer(s3.list_objects_v2, Bucket=filled, MaxKeys=1, Prefix="a/1", FetchOwner=True)
    [one] = page.pop("Contents")
    assert (one["Size"], one["StorageClass"], one["ETag"]) == (
        3, "STANDARD", s3.head_object(Bucket=filled, Key="a/1")["ETag"])  # fmt: skip
    assert len(one["Owner"]["ID"]) == 64
    assert page == {"IsTruncated": False, "Name": filled, "Prefix": "a/1", "MaxKeys": 1,
                    "EncodingType": "url", "KeyCount": 1}  # fmt: skip
    assert s3.list_objects_v2(Bucket=filled, MaxKeys=0)["KeyCount"] == 0
    assert refusal(s3.list_objects_v2, Bucket=filled, MaxKeys=-1) == ("InvalidArgument", 400)
    loose = cloud.client("s3", config=Config(parameter_validation=False))
    for given, told in (
        ({"MaxKeys": "many"}, "Provided max-keys not an integer or within integer range"),
        ({"EncodingType": "none"}, "Invalid Encoding Method specified in Request"),
    ):
        with pytest.raises(ClientError, match=f"InvalidArgument.*{told}"):
            loose.list_objects_v2(Bucket=filled, **given)
    assert refusal(s3.list_objects_v2, Bucket=filled, ContinuationToken="none") == (
        "InvalidArgument", 400)  # fmt: skip


def test_versions_page_in_order(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put = [
        (key, s3.put_object(Bucket=bucket, Key=key, Body=b"")["VersionId"])
        for key in ("a", "b/1", "a", "b/2", "a", "c")
    ]
    gone = s3.delete_object(Bucket=bucket, Key="a")["VersionId"]
    newest_first = [("a", gone), *[one for one in reversed(put) if one[0] == "a"],
                    *[one for one in put if one[0] != "a"]]  # fmt: skip
    found = []
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    for page in pages:
        shown = page.get("Versions", []) + page.get("DeleteMarkers", [])
        assert len(shown) <= 2
        found += [(one["Key"], one["VersionId"]) for one in shown]
    assert sorted(found) == sorted(newest_first)
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [(one["Key"], one["VersionId"]) for one in versions] == newest_first[1:]
    rolled = s3.list_object_versions(Bucket=bucket, Delimiter="/", MaxKeys=5)
    assert [one["Prefix"] for one in rolled["CommonPrefixes"]] == ["b/"]
    assert (rolled["IsTruncated"], rolled["NextKeyMarker"]) == (True, "b/")
    rest = s3.list_object_versions(Bucket=bucket, Delimiter="/", KeyMarker="b/")
    assert keys(rest, "Versions") == ["c"]
    assert refusal(s3.list_object_versions, Bucket=bucket, VersionIdMarker="x") == (
        "InvalidArgument", 400)  # fmt: skip


def test_a_thousand_to_a_page(s3: Any, bucket: str, sql: Sql) -> None:
    sql(
        "insert into s3_objects (account_id, bucket_id, key, size_bytes, etag) select account_id,"
        " id, 'k/' || lpad(n::text, 5, '0') || '/x', 1, md5(n::text) from s3_buckets,"
        " generate_series(1, 2500) as n where name = $1",
        bucket,
    )
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    assert [page["KeyCount"] for page in pages] == [1000, 1000, 500]
    rolled = s3.list_objects_v2(Bucket=bucket, Prefix="k/", Delimiter="/")
    assert len(rolled["CommonPrefixes"]) == 1000
    assert rolled["CommonPrefixes"][-1] == {"Prefix": "k/01000/"}
