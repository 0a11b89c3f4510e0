"""Buckets: names, regions, lists, versioning, and whose they are."""

import uuid
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import Sql, answer, refusal

IRELAND = {"LocationConstraint": "eu-west-1"}


def new_name() -> str:
    return f"b-{uuid.uuid4().hex[:20]}"


def test_a_bucket_is_made_private_and_encrypted(cloud: Cloud, s3: Any, sql: Sql) -> None:
    name = new_name()
    made = answer(s3.create_bucket, Bucket=name)
    assert made == {"Location": f"/{name}", "BucketArn": f"arn:aws:s3:::{name}"}
    [row] = sql("select * from s3_buckets where name = $1", name)
    assert (row["account_id"], row["region"], row["current_bulk_share"]) == (
        cloud.account.id, "us-east-1", 0)  # fmt: skip
    block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    controls = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert sql("select 1 from s3_objects where bucket_id = $1", row["id"]) == []
    s3.delete_bucket(Bucket=name)
    assert refusal(s3.delete_bucket, Bucket=name) == ("NoSuchBucket", 404)
    assert refusal(s3.head_bucket, Bucket=name) == ("404", 404)


def test_a_name_is_taken_once(cloud: Cloud, other_cloud: Cloud, s3: Any) -> None:
    name, ireland = new_name(), cloud.client("s3", region="eu-west-1")
    s3.create_bucket(Bucket=name)
    # us-east-1 alone answers as if the caller's own bucket were new
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    given = {"Bucket": name, "CreateBucketConfiguration": IRELAND}
    assert refusal(ireland.create_bucket, **given) == ("BucketAlreadyOwnedByYou", 409)
    stranger = other_cloud.client("s3")
    assert refusal(stranger.create_bucket, Bucket=name) == ("BucketAlreadyExists", 409)
    assert refusal(stranger.list_objects_v2, Bucket=name) == ("AccessDenied", 403)
    assert refusal(stranger.get_bucket_tagging, Bucket=name) == ("AccessDenied", 403)
    assert refusal(stranger.put_object, Bucket=name, Key="k", Body=b"") == ("AccessDenied", 403)
    assert refusal(stranger.delete_bucket, Bucket=name) == ("AccessDenied", 403)
    assert refusal(stranger.head_bucket, Bucket=name) == ("403", 403)
    assert stranger.list_buckets()["Buckets"] == []


def test_the_constraint_must_fit_the_endpoint(cloud: Cloud, s3: Any) -> None:
    ireland = cloud.client("s3", region="eu-west-1")
    code = ("IllegalLocationConstraintException", 400)
    assert refusal(ireland.create_bucket, Bucket=new_name()) == code
    other = {"LocationConstraint": "eu-central-1"}
    assert (
        refusal(ireland.create_bucket, Bucket=new_name(), CreateBucketConfiguration=other) == code
    )
    wrong = {"LocationConstraint": "us-east-1"}
    assert refusal(s3.create_bucket, Bucket=new_name(), CreateBucketConfiguration=wrong) == (
        "InvalidLocationConstraint", 400)  # fmt: skip
    name = new_name()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"


@pytest.mark.parametrize(
    "name",
    ["UPPER-case", "with_underscore", "192.168.5.4", "two..dots", "ends-", "xn--puny", "a-s3alias"],
)
def test_names_follow_the_rules(s3: Any, name: str) -> None:
    assert refusal(s3.create_bucket, Bucket=name) == ("InvalidBucketName", 400)


def test_a_bucket_of_another_region_redirects(cloud: Cloud, s3: Any) -> None:
    ireland, name = cloud.client("s3", region="eu-west-1"), new_name()
    ireland.create_bucket(Bucket=name, CreateBucketConfiguration=IRELAND)
    heard: list[tuple[int, str | None]] = []

    def listen(response: Any, **_: Any) -> None:
        if response:
            told = response[0]
            heard.append((told.status_code, told.headers.get("x-amz-bucket-region")))

    s3.meta.events.register("needs-retry.s3.ListObjectsV2", listen)
    # boto3 follows, signing anew for the region that the header names
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0
    assert heard[0] == (301, "eu-west-1")
    assert heard[-1][0] == 200


def test_lists_page_and_filter(cloud: Cloud, s3: Any) -> None:
    stem = new_name()
    names = [f"{stem}-{n}" for n in range(4)]
    for name in names:
        s3.create_bucket(Bucket=name)
    ireland = cloud.client("s3", region="eu-west-1")
    ireland.create_bucket(Bucket=f"x{stem}", CreateBucketConfiguration=IRELAND)
    everything = s3.list_buckets()
    assert [one["Name"] for one in everything["Buckets"]] == [*names, f"x{stem}"]
    assert "BucketRegion" not in everything["Buckets"][0]
    assert len(everything["Owner"]["ID"]) == 64
    pages = list(
        s3.get_paginator("list_buckets").paginate(Prefix=stem, PaginationConfig={"PageSize": 3})
    )
    assert [[one["Name"] for one in page["Buckets"]] for page in pages] == [names[:3], names[3:]]
    abroad = s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]
    assert [(one["Name"], one["BucketRegion"]) for one in abroad] == [(f"x{stem}", "eu-west-1")]
    assert s3.list_buckets(Prefix="100%_")["Buckets"] == []
    assert refusal(s3.list_buckets, MaxBuckets=1, ContinuationToken="x") == ("InvalidArgument", 400)


def test_only_an_empty_bucket_goes(cloud: Cloud, s3: Any, bucket: str, sql: Sql) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    assert refusal(s3.delete_bucket, Bucket=bucket) == ("BucketNotEmpty", 409)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    assert refusal(s3.delete_bucket, Bucket=bucket) == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    s3.create_multipart_upload(Bucket=bucket, Key="unfinished")
    s3.delete_bucket(Bucket=bucket)
    assert sql("select 1 from s3_uploads where account_id = $1", cloud.account.id) == []


def test_the_expected_owner_is_held_against_the_caller(
    cloud: Cloud, other_cloud: Cloud, s3: Any, bucket: str
) -> None:
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=cloud.account.number)
    given = {"Bucket": bucket, "ExpectedBucketOwner": other_cloud.account.number}
    assert refusal(s3.get_bucket_policy, **given) == ("AccessDenied", 403)
    given["ExpectedBucketOwner"] = "abcd"
    assert refusal(s3.get_bucket_policy, **given) == ("InvalidBucketOwnerAWSAccountID", 400)


def test_versioning_is_turned_on_and_suspended(s3: Any, bucket: str) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
    assert refusal(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={}) == (
        "IllegalVersioningConfigurationException", 400)  # fmt: skip


def test_a_key_for_reading_writes_nothing(cloud: Cloud, bucket: str) -> None:
    reader = cloud.with_scopes("read:s3_buckets").client("s3")
    assert [one["Name"] for one in reader.list_buckets()["Buckets"]] == [bucket]
    assert refusal(reader.delete_bucket, Bucket=bucket) == ("AccessDenied", 403)
    assert refusal(reader.list_objects_v2, Bucket=bucket) == ("AccessDenied", 403)


def test_no_directory_bucket_is_made(s3: Any) -> None:
    given = {"Location": {"Type": "AvailabilityZone", "Name": "use1-az4"}}
    assert refusal(s3.create_bucket, Bucket=new_name(), CreateBucketConfiguration=given) == (
        "NotImplemented", 501)  # fmt: skip
