"""Requests of S3 by path, by host name and by URL alone, and the operation each stands for."""

from typing import Any

import botocore.config
import pytest

from emulator import route
from tests.emulator.client_requests import Request, client, sent, signed


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize(
    ("method", "params", "operation"),
    [
        ("list_objects_v2", {}, "ListObjectsV2"),
        ("delete_bucket", {}, "DeleteBucket"),
        ("get_bucket_tagging", {}, "GetBucketTagging"),
        ("put_object", {"Key": "a/b c?d", "Body": b"x"}, "PutObject"),
        ("get_object", {"Key": "a//b/"}, "GetObject"),
        ("list_parts", {"Key": "a", "UploadId": "1"}, "ListParts"),
        ("abort_multipart_upload", {"Key": "a", "UploadId": "1"}, "AbortMultipartUpload"),
        ("copy_object", {"Key": "a", "CopySource": "b/c"}, "CopyObject"),
        ("upload_part_copy", {"Key": "a", "CopySource": "b/c", "PartNumber": 1, "UploadId": "1"},
         "UploadPartCopy"),
        ("get_bucket_analytics_configuration", {"Id": "x"}, "GetBucketAnalyticsConfiguration"),
        ("list_bucket_analytics_configurations", {}, "ListBucketAnalyticsConfigurations"),
        ("delete_bucket_intelligent_tiering_configuration", {"Id": "x"},
         "DeleteBucketIntelligentTieringConfiguration"),
    ],
)  # fmt: skip
def test_s3_addresses(style: Any, method: str, params: dict[str, Any], operation: str) -> None:
    config = botocore.config.Config(s3={"addressing_style": style})
    request = sent(client("s3", config=config), method, Bucket="my-bucket", **params)
    assert request.headers["host"].startswith("my-bucket.s3") == (style == "virtual")
    found = route.route(request)
    assert (found.service, found.protocol, found.operation) == ("s3", "rest_xml", operation)
    assert (found.path or request.path).startswith("/my-bucket")
    assert bool(found.path) == (style == "virtual")


def test_presigned() -> None:
    s3 = client("s3", endpoint_url="http://127.0.0.1:4566")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "photos", "Key": "a.jpg"})
    path, _, query = url.partition("4566")[2].partition("?")
    found = route.route(Request("GET", path, query, {"host": "127.0.0.1:4566"}))
    assert (found.service, found.operation, found.fault) == ("s3", "GetObject", None)


def test_directory_buckets() -> None:
    found = route.route(Request("GET", "/", "", signed("s3express")))
    assert (found.service, found.operation) == ("s3", "ListDirectoryBuckets")
    assert found.signing_name == "s3express"


@pytest.mark.parametrize(
    ("host", "path", "wanted"),
    [
        ("bucket.s3.us-east-1.amazonaws.com", "/k", "/bucket/k"),
        ("bucket.s3-us-west-2.amazonaws.com", "/k", "/bucket/k"),
        ("my.s3.bucket.s3.amazonaws.com", "/", "/my.s3.bucket/"),
        ("bucket.s3.localhost:4566", "/k", "/bucket/k"),
        ("bucket.localhost:4566", "/k", "/bucket/k"),
        ("s3.us-east-1.amazonaws.com", "/b/k", "/b/k"),
        ("s3.localhost", "/b/k", "/b/k"),
        ("localhost:4566", "/b/k", "/b/k"),
        ("127.0.0.1:4566", "/b/k", "/b/k"),
        ("[::1]:4566", "/b/k", "/b/k"),
        ("driftcloud.internal", "/b/k", "/b/k"),
    ],
)
def test_path_style(host: str, path: str, wanted: str) -> None:
    assert route.path_style(path, host) == wanted


@pytest.mark.parametrize(
    ("method", "query", "kind"),
    [
        ("DELETE", "no-such-thing", "not_emulated"),
        ("DELETE", "no-such-thing=1", "not_emulated"),
        ("DELETE", "id=1", "not_emulated"),
        ("PUT", "quota=", "not_emulated"),
        ("GET", "no-such-thing", "not_emulated"),
        ("GET", "no%2Dsuch-thing", "not_emulated"),
        ("DELETE", "versioning", "unknown_operation"),
        ("DELETE", "acl", "unknown_operation"),
        ("PUT", "list-type=2", "unknown_operation"),
        ("POST", "", "unknown_operation"),
    ],
)
def test_s3_never_falls_through(method: str, query: str, kind: str) -> None:
    found = route.route(Request(method, "/bucket", query, signed("s3")))
    assert (found.service, found.protocol, found.operation) == ("s3", "rest_xml", None)
    assert found.fault is not None
    assert found.fault.kind == kind


def test_s3_reads_ignore_cache_busters() -> None:
    found = route.route(Request("GET", "/bucket/key", "v=12345", signed("s3")))
    assert found.operation == "GetObject"


def test_part_number_is_needed_beside_upload_id() -> None:
    # Storing the object itself would be wrong: it was a part that was sent.
    found = route.route(Request("PUT", "/bucket/key", "uploadId=1", signed("s3")))
    assert found.operation is None
