"""Objects: bytes, ranges, conditions, checksums, versions, copies, tags, locks."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator import checksums
from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import Sql, answer, refusal

TEXT = b"The quick brown fox jumps over the lazy dog"


def read(s3: Any, bucket: str, key: str, **more: Any) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()
    return body


def test_an_object_comes_back_as_it_was_put(s3: Any, bucket: str) -> None:
    expires = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    put = s3.put_object(
        Bucket=bucket, Key="a/b c+ü?&#.txt", Body=TEXT, ContentType="text/plain",
        CacheControl="no-cache", ContentDisposition="inline", ContentEncoding="identity",
        ContentLanguage="en", Expires=expires, Metadata={"Colour": "red", "x-y": "1, 2"},
        StorageClass="STANDARD_IA", Tagging="env=prod&team=",
    )  # fmt: skip
    md5 = hashlib.md5(TEXT, usedforsecurity=False).hexdigest()
    assert put["ETag"] == f'"{md5}"'
    got = s3.get_object(Bucket=bucket, Key="a/b c+ü?&#.txt")
    assert got["Body"].read() == TEXT
    shown = {name: got[name] for name in (
        "ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage",
        "Metadata", "StorageClass", "TagCount", "ContentLength", "AcceptRanges",
        "ServerSideEncryption")}  # fmt: skip
    assert shown == {
        "ContentType": "text/plain", "CacheControl": "no-cache", "ContentDisposition": "inline",
        "ContentEncoding": "identity", "ContentLanguage": "en",
        "Metadata": {"colour": "red", "x-y": "1, 2"}, "StorageClass": "STANDARD_IA", "TagCount": 2,
        "ContentLength": len(TEXT), "AcceptRanges": "bytes", "ServerSideEncryption": "AES256",
    }  # fmt: skip
    assert got["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT"
    head = s3.head_object(Bucket=bucket, Key="a/b c+ü?&#.txt")
    assert (head["ContentLength"], head["ETag"]) == (len(TEXT), put["ETag"])
    other = s3.get_object(
        Bucket=bucket, Key="a/b c+ü?&#.txt", ResponseContentType="text/html",
        ResponseCacheControl="max-age=1",
    )  # fmt: skip
    assert (other["ContentType"], other["CacheControl"]) == ("text/html", "max-age=1")
    assert other["Body"].read() == TEXT


def test_absent_keys(s3: Any, bucket: str) -> None:
    assert refusal(s3.get_object, Bucket=bucket, Key="none") == ("NoSuchKey", 404)
    assert refusal(s3.head_object, Bucket=bucket, Key="none") == ("404", 404)
    assert refusal(s3.get_object, Bucket=bucket, Key="k" * 1025) == ("NoSuchKey", 404)
    assert refusal(s3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"") == (
        "KeyTooLongError", 400)  # fmt: skip
    assert s3.delete_object(Bucket=bucket, Key="none")["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize(
    ("asked", "status", "wanted", "placed"),
    [
        ("bytes=0-3", 206, TEXT[:4], "bytes 0-3/43"),
        ("bytes=40-", 206, TEXT[40:], "bytes 40-42/43"),
        ("bytes=-3", 206, TEXT[-3:], "bytes 40-42/43"),
        ("bytes=-99", 206, TEXT, "bytes 0-42/43"),
        ("bytes=10-999", 206, TEXT[10:], "bytes 10-42/43"),
        ("bytes=5-2", 200, TEXT, None),
        ("bytes=0-1,4-5", 200, TEXT, None),
        ("lines=1-2", 200, TEXT, None),
    ],
)
def test_ranges(
    s3: Any, bucket: str, asked: str, status: int, wanted: bytes, placed: str | None
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=TEXT)
    got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == status
    assert (got["Body"].read(), got.get("ContentRange")) == (wanted, placed)
    head = s3.head_object(Bucket=bucket, Key="k", Range=asked)
    assert (head["ContentLength"], head.get("ContentRange")) == (len(wanted), placed)


def test_ranges_behind_the_end(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=TEXT)
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    for key, asked in (("k", "bytes=43-"), ("k", "bytes=-0"), ("empty", "bytes=0-0")):
        assert refusal(s3.get_object, Bucket=bucket, Key=key, Range=asked) == ("InvalidRange", 416)
    assert read(s3, bucket, "empty") == b""


def test_conditions_of_reads(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=TEXT)["ETag"]
    at = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    earlier, given = at - timedelta(seconds=5), {"Bucket": bucket, "Key": "k"}
    met: list[dict[str, Any]] = [
        {"IfMatch": etag, "IfUnmodifiedSince": earlier},
        {"IfNoneMatch": '"other"', "IfModifiedSince": at},
        {"IfModifiedSince": earlier},
        {"IfUnmodifiedSince": at},
    ]
    for conditions in met:
        assert s3.get_object(**given, **conditions)["Body"].read() == TEXT
        assert s3.head_object(**given, **conditions)["ContentLength"] == len(TEXT)
    for call in (s3.get_object, s3.head_object):
        assert refusal(call, **given, IfNoneMatch=etag) == ("304", 304)
        assert refusal(call, **given, IfModifiedSince=at) == ("304", 304)
        assert refusal(call, **given, IfMatch='"other"')[1] == 412
        assert refusal(call, **given, IfUnmodifiedSince=earlier)[1] == 412


def test_conditions_of_writes(s3: Any, bucket: str) -> None:
    given = {"Bucket": bucket, "Key": "k", "Body": b"1"}
    assert refusal(s3.put_object, **given, IfMatch='"x"') == ("NoSuchKey", 404)
    etag = s3.put_object(**given, IfNoneMatch="*")["ETag"]
    assert refusal(s3.put_object, **given, IfNoneMatch="*") == ("PreconditionFailed", 412)
    assert refusal(s3.put_object, **given, IfMatch='"x"') == ("PreconditionFailed", 412)
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    assert read(s3, bucket, "k") == b"2"
    assert refusal(s3.delete_object, Bucket=bucket, Key="k", IfMatch=etag) == (
        "PreconditionFailed", 412)  # fmt: skip


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums_are_judged_and_kept(s3: Any, bucket: str, algorithm: str) -> None:
    member, given = f"Checksum{algorithm}", {"Bucket": bucket, "Key": "k", "Body": TEXT}
    right = checksums.compute(algorithm.lower(), TEXT)
    if algorithm == "CRC32":
        assert right == base64.b64encode(zlib.crc32(TEXT).to_bytes(4, "big")).decode()
    put = s3.put_object(**given, **{member: right})
    assert (put[member], put["ChecksumType"]) == (right, "FULL_OBJECT")
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == right
    assert member not in s3.head_object(Bucket=bucket, Key="k")
    wrong = checksums.compute(algorithm.lower(), b"other")
    assert refusal(s3.put_object, **given, **{member: wrong}) == ("BadDigest", 400)
    assert refusal(s3.put_object, **given, **{member: "AAAA"}) == ("InvalidRequest", 400)
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ChecksumAlgorithm"] == [algorithm]


def test_md5_is_judged(s3: Any, bucket: str) -> None:
    given = {"Bucket": bucket, "Key": "k", "Body": TEXT}
    md5 = base64.b64encode(hashlib.md5(TEXT, usedforsecurity=False).digest()).decode()
    s3.put_object(**given, ContentMD5=md5)
    other = base64.b64encode(bytes(16)).decode()
    assert refusal(s3.put_object, **given, ContentMD5=other) == ("BadDigest", 400)
    assert refusal(s3.put_object, **given, ContentMD5="AAAA") == ("InvalidDigest", 400)


def test_what_is_not_served_is_refused(s3: Any, bucket: str) -> None:
    given = {"Bucket": bucket, "Key": "k", "Body": b""}
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    assert refusal(s3.put_object, **given, **key) == ("NotImplemented", 501)
    assert refusal(s3.put_object, **given, WriteOffsetBytes=1) == ("NotImplemented", 501)
    assert refusal(s3.put_object, **given, StorageClass="SNOW") == ("InvalidStorageClass", 400)
    assert refusal(s3.put_object, **given, ServerSideEncryption="aws:fsx")[1] == 400
    assert refusal(s3.put_object, **given, ACL="public-read") == (
        "AccessControlListNotSupported", 400)  # fmt: skip
    assert refusal(s3.head_object, Bucket=bucket, Key="k") == ("404", 404)


def test_versions_pile_up_and_go(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first, second = (
        s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")
    )
    assert [read(s3, bucket, "k", VersionId=one) for one in ("null", first, second)] == [
        b"0", b"1", b"2"]  # fmt: skip
    gone = s3.delete_object(Bucket=bucket, Key="k")
    assert gone["DeleteMarker"] is True
    assert refusal(s3.get_object, Bucket=bucket, Key="k") == ("NoSuchKey", 404)
    marker = {"Bucket": bucket, "Key": "k", "VersionId": gone["VersionId"]}
    assert refusal(s3.get_object, **marker) == ("MethodNotAllowed", 405)
    wrong = {"Bucket": bucket, "Key": "k", "VersionId": "none"}
    assert refusal(s3.get_object, **wrong) == ("NoSuchVersion", 404)
    # taking the marker away brings the object back
    assert s3.delete_object(**marker)["DeleteMarker"] is True
    assert read(s3, bucket, "k") == b"2"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert read(s3, bucket, "k") == b"1"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"3")["VersionId"] == "null"
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [(one["VersionId"], one["IsLatest"]) for one in versions] == [
        ("null", True), (first, False)]  # fmt: skip


def test_many_are_deleted_at_once(s3: Any, bucket: str) -> None:
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    wanted = {"Objects": [{"Key": key} for key in "abx"]}
    gone = answer(s3.delete_objects, Bucket=bucket, Delete=wanted)
    assert gone == {"Deleted": [{"Key": key} for key in "abx"]}
    quiet = {"Objects": [{"Key": "c"}], "Quiet": True}
    assert answer(s3.delete_objects, Bucket=bucket, Delete=quiet) == {}
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert refusal(s3.delete_objects, Bucket=bucket, Delete={"Objects": []}) == (
        "MalformedXML", 400)  # fmt: skip
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="v", Body=b"")
    [one] = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "v"}]})["Deleted"]
    assert one["DeleteMarker"] is True
    back = {"Objects": [{"Key": "v", "VersionId": one["DeleteMarkerVersionId"]}]}
    s3.delete_objects(Bucket=bucket, Delete=back)
    assert read(s3, bucket, "v") == b""


def test_copies_bring_what_they_are_told_to(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a b", Body=TEXT, Metadata={"x": "1"}, Tagging="t=1",
                  ContentType="text/plain")  # fmt: skip
    source = {"Bucket": bucket, "Key": "a b"}
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source)
    got = s3.get_object(Bucket=bucket, Key="c")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"], got["TagCount"]) == (
        TEXT, {"x": "1"}, "text/plain", 1)  # fmt: skip
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, MetadataDirective="REPLACE",
                   Metadata={"y": "2"}, TaggingDirective="REPLACE", Tagging="u=2&v=3")  # fmt: skip
    got = s3.get_object(Bucket=bucket, Key="c")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"], got["TagCount"]) == (
        TEXT, {"y": "2"}, "binary/octet-stream", 2)  # fmt: skip
    assert refusal(s3.copy_object, Bucket=bucket, Key="a b", CopySource=source) == (
        "InvalidRequest", 400)  # fmt: skip
    s3.copy_object(Bucket=bucket, Key="a b", CopySource=source, StorageClass="GLACIER")
    assert refusal(s3.get_object, **source) == ("InvalidObjectState", 403)
    assert refusal(s3.copy_object, Bucket=bucket, Key="d", CopySource=source) == (
        "InvalidObjectState", 403)  # fmt: skip
    etag = s3.head_object(Bucket=bucket, Key="c")["ETag"]
    given = {"Bucket": bucket, "Key": "d", "CopySource": {"Bucket": bucket, "Key": "c"}}
    assert refusal(s3.copy_object, **given, CopySourceIfNoneMatch=etag) == (
        "PreconditionFailed", 412)  # fmt: skip
    s3.copy_object(**given, CopySourceIfMatch=etag)
    none = {"Bucket": bucket, "Key": "none"}
    assert refusal(s3.copy_object, Bucket=bucket, Key="d", CopySource=none) == ("NoSuchKey", 404)


def test_nobody_copies_what_is_anothers(other_cloud: Cloud, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="secret", Body=TEXT)
    stranger = other_cloud.client("s3")
    stranger.create_bucket(Bucket=f"{bucket}-x")
    source = {"Bucket": bucket, "Key": "secret"}
    given = {"Bucket": f"{bucket}-x", "Key": "k", "CopySource": source}
    assert refusal(stranger.copy_object, **given) == ("AccessDenied", 403)
    assert refusal(stranger.get_object, **source) == ("AccessDenied", 403)
    gone = {"Bucket": bucket, "Delete": {"Objects": [{"Key": "secret"}]}}
    assert refusal(stranger.delete_objects, **gone) == ("AccessDenied", 403)
    assert read(s3, bucket, "secret") == TEXT


def test_tags_of_objects(s3: Any, bucket: str) -> None:
    given = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**given, Body=b"")
    assert s3.get_object_tagging(**given)["TagSet"] == []
    tags = [{"Key": f"k{n}", "Value": "v"} for n in range(10)]
    s3.put_object_tagging(**given, Tagging={"TagSet": tags})
    assert s3.get_object_tagging(**given)["TagSet"] == tags
    more = {"TagSet": [*tags, {"Key": "one", "Value": "too many"}]}
    assert refusal(s3.put_object_tagging, **given, Tagging=more) == ("BadRequest", 400)
    s3.delete_object_tagging(**given)
    assert s3.get_object_tagging(**given)["TagSet"] == []
    assert refusal(s3.put_object, **given, Body=b"", Tagging="a=1&a=2") == ("InvalidArgument", 400)


def test_locks_keep_versions(s3: Any, bucket: str) -> None:
    name = f"{bucket}-locked"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled"}  # fmt: skip
    default = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}
    s3.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": default}
    )
    version = s3.put_object(Bucket=name, Key="k", Body=b"")["VersionId"]
    given = {"Bucket": name, "Key": "k", "VersionId": version}
    assert s3.get_object_retention(**given)["Retention"]["Mode"] == "GOVERNANCE"
    assert refusal(s3.delete_object, **given) == ("AccessDenied", 403)
    s3.put_object_legal_hold(**given, LegalHold={"Status": "ON"})
    assert refusal(s3.delete_object, **given, BypassGovernanceRetention=True)[0] == "AccessDenied"
    s3.put_object_legal_hold(**given, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**given)["LegalHold"]["Status"] == "OFF"
    # a delete without a version puts a marker, which no lock forbids
    assert s3.delete_object(Bucket=name, Key="k")["DeleteMarker"] is True
    s3.delete_object(**given, BypassGovernanceRetention=True)
    assert refusal(s3.head_object, **given)[1] == 404
    assert refusal(
        s3.put_bucket_versioning, Bucket=name, VersioningConfiguration={"Status": "Suspended"}
    ) == ("InvalidBucketState", 409)
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert refusal(s3.get_object_retention, Bucket=bucket, Key="k") == ("InvalidRequest", 400)


def test_archived_objects_come_back(cloud: Cloud, s3: Any, bucket: str, sql: Sql) -> None:
    given = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**given, Body=TEXT)
    request = {"Days": 2, "GlacierJobParameters": {"Tier": "Standard"}}
    assert refusal(s3.restore_object, **given, RestoreRequest=request) == (
        "InvalidObjectState", 403)  # fmt: skip
    s3.put_object(**given, Body=TEXT, StorageClass="GLACIER")
    s3.restore_object(**given, RestoreRequest=request)
    assert s3.head_object(**given)["Restore"] == 'ongoing-request="true"'
    assert refusal(s3.restore_object, **given, RestoreRequest=request) == (
        "RestoreAlreadyInProgress", 409)  # fmt: skip
    assert refusal(s3.get_object, **given) == ("InvalidObjectState", 403)
    sql("update s3_objects set restored_at = restored_at - interval '6 hours'"
        " where account_id = $1", cloud.account.id)  # fmt: skip
    assert s3.head_object(**given)["Restore"].startswith('ongoing-request="false", expiry-date="')
    assert read(s3, bucket, "k") == TEXT
    sql("update s3_objects set restored_until = restored_until - interval '9 days'"
        " where account_id = $1", cloud.account.id)  # fmt: skip
    assert refusal(s3.get_object, **given) == ("InvalidObjectState", 403)


def test_grants_of_objects(s3: Any, bucket: str) -> None:
    given = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**given, Body=b"")
    [grant] = s3.get_object_acl(**given)["Grants"]
    assert grant["Permission"] == "FULL_CONTROL"
    assert refusal(s3.put_object_acl, **given, ACL="public-read") == (
        "AccessControlListNotSupported", 400)  # fmt: skip
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object_acl(**given, ACL="public-read")
    assert len(s3.get_object_acl(**given)["Grants"]) == 2
