"""Multipart uploads: parts, their order and sizes, checksums of wholes, lists, copies."""

import base64
import hashlib
import zlib
from typing import Any

import pytest

from emulator import checksums
from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import Sql, keys, refusal

MIB = 1 << 20
FIRST, LAST = bytes(range(256)) * (5 * MIB // 256), b"the end"


def begin(s3: Any, bucket: str, key: str = "k", **more: Any) -> dict[str, Any]:
    made = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)
    return {"Bucket": bucket, "Key": key, "UploadId": made["UploadId"]}


def parts(*answers: dict[str, Any]) -> dict[str, Any]:
    shown = [
        {"PartNumber": n, **{name: one[name] for name in one if name.startswith(("ETag", "Check"))}}
        for n, one in enumerate(answers, 1)
    ]
    return {"Parts": shown}


def test_parts_become_an_object(cloud: Cloud, s3: Any, bucket: str, sql: Sql) -> None:
    upload = begin(s3, bucket, Metadata={"x": "1"}, ContentType="text/plain", Tagging="a=b",
                   StorageClass="STANDARD_IA")  # fmt: skip
    assert refusal(s3.head_object, Bucket=bucket, Key="k") == ("404", 404)
    s3.upload_part(**upload, PartNumber=1, Body=b"thrown away")
    first = s3.upload_part(**upload, PartNumber=1, Body=FIRST)
    second = s3.upload_part(**upload, PartNumber=2, Body=LAST)
    s3.upload_part(**upload, PartNumber=3, Body=b"not named")
    listed = s3.list_parts(**upload, MaxParts=2)
    assert [(one["PartNumber"], one["Size"]) for one in listed["Parts"]] == [
        (1, len(FIRST)), (2, len(LAST))]  # fmt: skip
    assert (listed["IsTruncated"], listed["NextPartNumberMarker"]) == (True, 2)
    rest = s3.list_parts(**upload, PartNumberMarker=2)["Parts"]
    assert [one["PartNumber"] for one in rest] == [3]
    done = s3.complete_multipart_upload(**upload, MultipartUpload=parts(first, second))
    digests = b"".join(hashlib.md5(one, usedforsecurity=False).digest() for one in (FIRST, LAST))
    md5 = hashlib.md5(digests, usedforsecurity=False).hexdigest()
    assert done["ETag"] == f'"{md5}-2"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == FIRST + LAST
    assert (got["Metadata"], got["ContentType"], got["TagCount"], got["StorageClass"]) == (
        {"x": "1"}, "text/plain", 1, "STANDARD_IA")  # fmt: skip
    over = f"bytes={len(FIRST) - 3}-{len(FIRST) + 2}"
    assert s3.get_object(Bucket=bucket, Key="k", Range=over)["Body"].read() == FIRST[-3:] + b"the"
    second_part = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert (second_part["Body"].read(), second_part["PartsCount"]) == (LAST, 2)
    assert refusal(s3.get_object, Bucket=bucket, Key="k", PartNumber=3) == (
        "InvalidPartNumber", 416)  # fmt: skip
    wanted = ["ObjectParts", "ObjectSize", "ETag", "StorageClass"]
    shown = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=wanted)
    assert (shown["ETag"], shown["ObjectSize"], shown["StorageClass"]) == (
        f"{md5}-2", len(FIRST) + len(LAST), "STANDARD_IA")  # fmt: skip
    assert shown["ObjectParts"]["TotalPartsCount"] == 2
    assert refusal(s3.list_parts, **upload) == ("NoSuchUpload", 404)
    kept = "select count(*) as n, sum(size_bytes)::bigint as size from s3_contents where account_id"
    assert sql(f"{kept} = $1", cloud.account.id) == [{"n": 2, "size": len(FIRST) + len(LAST)}]
    s3.delete_object(Bucket=bucket, Key="k")
    assert sql(f"{kept} = $1", cloud.account.id)[0]["n"] == 0


def test_completions_that_are_refused(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    small = s3.upload_part(**upload, PartNumber=1, Body=b"small")
    last = s3.upload_part(**upload, PartNumber=2, Body=LAST)
    complete = s3.complete_multipart_upload
    assert refusal(complete, **upload, MultipartUpload=parts(small, last)) == (
        "EntityTooSmall", 400)  # fmt: skip
    backwards = {"Parts": parts(small, last)["Parts"][::-1]}
    assert refusal(complete, **upload, MultipartUpload=backwards) == ("InvalidPartOrder", 400)
    assert refusal(complete, **upload, MultipartUpload=parts(last)) == ("InvalidPart", 400)
    assert refusal(complete, **upload, MultipartUpload={"Parts": []}) == ("MalformedXML", 400)
    assert refusal(complete, **upload) == ("MalformedXML", 400)
    only = parts(small)
    assert refusal(complete, **upload, MultipartUpload=only, MpuObjectSize=6)[0] == "InvalidRequest"
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    assert refusal(complete, **upload, MultipartUpload=only, IfNoneMatch="*") == (
        "PreconditionFailed", 412)  # fmt: skip
    complete(**upload, MultipartUpload=only)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"small"
    assert refusal(complete, **upload, MultipartUpload=only) == ("NoSuchUpload", 404)
    for number in (0, 10_001):
        assert refusal(s3.upload_part, **begin(s3, bucket), PartNumber=number, Body=b"") == (
            "InvalidArgument", 400)  # fmt: skip


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_crcs_of_wholes_follow_from_parts(s3: Any, bucket: str, algorithm: str) -> None:
    member = f"Checksum{algorithm}"
    upload = begin(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    sent = [
        s3.upload_part(**upload, PartNumber=n, Body=body,
                       **{member: checksums.compute(algorithm.lower(), body)})
        for n, body in enumerate((FIRST, LAST), 1)
    ]  # fmt: skip
    done = s3.complete_multipart_upload(**upload, MultipartUpload=parts(*sent))
    assert done["ChecksumType"] == "FULL_OBJECT"
    assert done[member] == checksums.compute(algorithm.lower(), FIRST + LAST)


def test_composite_checksums(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, ChecksumAlgorithm="SHA256")
    sums = [hashlib.sha256(body).digest() for body in (FIRST, LAST)]
    sent = [
        s3.upload_part(**upload, PartNumber=n, Body=body,
                       ChecksumSHA256=base64.b64encode(digest).decode())
        for n, (body, digest) in enumerate(zip((FIRST, LAST), sums, strict=True), 1)
    ]  # fmt: skip
    crc = base64.b64encode(zlib.crc32(b"x").to_bytes(4, "big")).decode()
    assert refusal(s3.upload_part, **upload, PartNumber=3, Body=b"x", ChecksumCRC32=crc) == (
        "InvalidRequest", 400)  # fmt: skip
    done = s3.complete_multipart_upload(**upload, MultipartUpload=parts(*sent))
    whole = base64.b64encode(hashlib.sha256(b"".join(sums)).digest()).decode()
    assert (done["ChecksumSHA256"], done["ChecksumType"]) == (f"{whole}-2", "COMPOSITE")
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == f"{whole}-2"
    # a copy is of one piece
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k")["CopyObjectResult"]
    assert copied["ETag"] == f'"{hashlib.md5(FIRST + LAST, usedforsecurity=False).hexdigest()}"'
    whole = base64.b64encode(hashlib.sha256(FIRST + LAST).digest()).decode()
    assert (copied["ChecksumSHA256"], copied["ChecksumType"]) == (whole, "FULL_OBJECT")


def test_algorithms_and_types_that_do_not_go_together(s3: Any, bucket: str) -> None:
    for algorithm, kind in (("CRC64NVME", "COMPOSITE"), ("SHA1", "FULL_OBJECT")):
        given = {"Bucket": bucket, "Key": "k", "ChecksumAlgorithm": algorithm, "ChecksumType": kind}
        assert refusal(s3.create_multipart_upload, **given) == ("InvalidRequest", 400)


def test_parts_are_copied_from_objects(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=FIRST)
    upload, source = begin(s3, bucket), f"{bucket}/source"
    first = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source)["CopyPartResult"]
    second = s3.upload_part_copy(
        **upload, PartNumber=2, CopySource=source, CopySourceRange="bytes=1-3"
    )["CopyPartResult"]
    for asked in ("bytes=3-1", f"bytes=0-{len(FIRST)}", "0-1"):
        given = {"PartNumber": 3, "CopySource": source, "CopySourceRange": asked}
        assert refusal(s3.upload_part_copy, **upload, **given) == ("InvalidArgument", 400)
    s3.complete_multipart_upload(**upload, MultipartUpload=parts(first, second))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == FIRST + FIRST[1:4]


def test_uploads_are_listed_and_aborted(s3: Any, other_cloud: Cloud, bucket: str) -> None:
    made = [begin(s3, bucket, key) for key in ("a", "b/1", "b/2", "c", "c")]
    listed = s3.list_multipart_uploads(Bucket=bucket)
    assert keys(listed, "Uploads") == ["a", "b/1", "b/2", "c", "c"]
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/", MaxUploads=2)
    assert (keys(rolled, "Uploads"), rolled["CommonPrefixes"]) == (["a"], [{"Prefix": "b/"}])
    rest = s3.list_multipart_uploads(
        Bucket=bucket, Delimiter="/", KeyMarker=rolled["NextKeyMarker"]
    )
    assert keys(rest, "Uploads") == ["c", "c"]
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    found = [one["UploadId"] for page in pages for one in page.get("Uploads", [])]
    assert sorted(found) == sorted(one["UploadId"] for one in made)
    assert keys(s3.list_multipart_uploads(Bucket=bucket, Prefix="b"), "Uploads") == ["b/1", "b/2"]
    stranger = other_cloud.client("s3")
    assert refusal(stranger.abort_multipart_upload, **made[0]) == ("AccessDenied", 403)
    for one in made:
        s3.abort_multipart_upload(**one)
    assert refusal(s3.abort_multipart_upload, **made[0]) == ("NoSuchUpload", 404)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
