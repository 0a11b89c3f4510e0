"""Configurations of buckets: absent ones, whole lives, refusals, and those that are not served."""

import json
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import Sql, answer, refusal

ABSENT = [
    ("get_bucket_tagging", "NoSuchTagSet"),
    ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
    ("get_bucket_policy", "NoSuchBucketPolicy"),
    ("get_bucket_policy_status", "NoSuchBucketPolicy"),
    ("get_bucket_cors", "NoSuchCORSConfiguration"),
    ("get_bucket_website", "NoSuchWebsiteConfiguration"),
    ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
    ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
]
PLAIN = [
    ("cors", "CORSConfiguration",
     {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 60}]},
     "NoSuchCORSConfiguration"),
    ("website", "WebsiteConfiguration",
     {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}},
     "NoSuchWebsiteConfiguration"),
    ("ownership_controls", "OwnershipControls",
     {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}, "OwnershipControlsNotFoundError"),
]  # fmt: skip
IDENTIFIED: dict[str, tuple[str, dict[str, Any]]] = {
    "intelligent_tiering": ("IntelligentTieringConfiguration", {
        "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}),
    "metrics": ("MetricsConfiguration", {"Filter": {"Prefix": "logs/"}}),
    "analytics": ("AnalyticsConfiguration", {"StorageClassAnalysis": {}}),
    "inventory": ("InventoryConfiguration", {
        "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
        "OptionalFields": ["Size", "StorageClass"],
        "Destination": {"S3BucketDestination": {
            "Bucket": "arn:aws:s3:::lists", "Format": "CSV", "Encryption": {"SSES3": {}}}}}),
}  # fmt: skip


@pytest.mark.parametrize(("call", "code"), ABSENT)
def test_what_is_not_there_has_its_own_error(s3: Any, bucket: str, call: str, code: str) -> None:
    assert refusal(getattr(s3, call), Bucket=bucket) == (code, 404)
    assert refusal(getattr(s3, call), Bucket="no-such-bucket-anywhere") == ("NoSuchBucket", 404)


@pytest.mark.parametrize(("kind", "member", "value", "absent"), PLAIN)
def test_a_configuration_is_put_shown_and_deleted(
    s3: Any, bucket: str, kind: str, member: str, value: Any, absent: str
) -> None:
    getattr(s3, f"put_bucket_{kind}")(Bucket=bucket, **{member: value})
    shown = answer(getattr(s3, f"get_bucket_{kind}"), Bucket=bucket)
    assert shown == ({member: value} if member in shown else value)
    getattr(s3, f"delete_bucket_{kind}")(Bucket=bucket)
    assert refusal(getattr(s3, f"get_bucket_{kind}"), Bucket=bucket) == (absent, 404)
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"


@pytest.mark.parametrize("kind", sorted(IDENTIFIED))
def test_configurations_with_ids_live_and_page(s3: Any, bucket: str, kind: str) -> None:
    member, value = IDENTIFIED[kind]
    put = getattr(s3, f"put_bucket_{kind}_configuration")
    get = getattr(s3, f"get_bucket_{kind}_configuration")
    delete = getattr(s3, f"delete_bucket_{kind}_configuration")
    listed = getattr(s3, f"list_bucket_{kind}_configurations")
    assert answer(listed, Bucket=bucket) == {"IsTruncated": False}
    assert refusal(get, Bucket=bucket, Id="a") == ("NoSuchConfiguration", 404)
    assert refusal(delete, Bucket=bucket, Id="a") == ("NoSuchConfiguration", 404)
    given = {"Bucket": bucket, "Id": "b", member: {"Id": "a", **value}}
    assert refusal(put, **given) == ("IdMismatch", 400)
    for n in range(101):
        put(Bucket=bucket, Id=f"c{n:03d}", **{member: {"Id": f"c{n:03d}", **value}})
    assert get(Bucket=bucket, Id="c007")[member] == {"Id": "c007", **value}
    page = listed(Bucket=bucket)
    assert page["IsTruncated"]
    assert len(page[f"{member}List"]) == 100
    rest = listed(Bucket=bucket, ContinuationToken=page["NextContinuationToken"])
    assert [one["Id"] for one in rest[f"{member}List"]] == ["c100"]
    delete(Bucket=bucket, Id="c100")
    assert refusal(get, Bucket=bucket, Id="c100") == ("NoSuchConfiguration", 404)
    # the bucket is still there: the sub-resource was never taken for it
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"


def test_intelligent_tiers_have_their_least_days(s3: Any, bucket: str) -> None:
    value = {"Id": "a", "Status": "Enabled",
             "Tierings": [{"Days": 90, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]}  # fmt: skip
    assert refusal(
        s3.put_bucket_intelligent_tiering_configuration,
        Bucket=bucket, Id="a", IntelligentTieringConfiguration=value,
    ) == ("InvalidArgument", 400)  # fmt: skip


def test_encryption_changes_and_goes_back(s3: Any, bucket: str) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "1234"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    shown = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert shown == rules
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert (put["ServerSideEncryption"], put["BucketKeyEnabled"]) == ("aws:kms", True)
    assert put["SSEKMSKeyId"].endswith(":key/1234")
    s3.delete_bucket_encryption(Bucket=bucket)
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    wrong = {"Rules": [{"ApplyServerSideEncryptionByDefault":
                        {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "1234"}}]}  # fmt: skip
    assert refusal(
        s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=wrong
    ) == ("InvalidArgument", 400)


def test_tags_replace_each_other(s3: Any, bucket: str, sql: Sql) -> None:
    tags = [{"Key": "env", "Value": "prod"}, {"Key": "team", "Value": "data"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    assert sql("select tags from s3_buckets where name = $1", bucket)[0]["tags"] == {
        "env": "prod", "team": "data"}  # fmt: skip
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags[1:]})
    rows = sql("select key from resource_tags where resource_id = $1", bucket)
    assert [row["key"] for row in rows] == ["team"]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert refusal(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": twice}) == (
        "InvalidTag", 400)  # fmt: skip
    reserved = [{"Key": "aws:mine", "Value": "1"}]
    assert refusal(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": reserved}) == (
        "InvalidTag", 400)  # fmt: skip
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refusal(s3.get_bucket_tagging, Bucket=bucket) == ("NoSuchTagSet", 404)


def _policy(bucket: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                 "Resource": f"arn:aws:s3:::{bucket}/*", **more}  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_policies_are_judged_public_or_not(s3: Any, bucket: str) -> None:
    put = s3.put_bucket_policy
    assert refusal(put, Bucket=bucket, Policy=_policy(bucket)) == ("AccessDenied", 403)
    s3.delete_public_access_block(Bucket=bucket)
    assert refusal(s3.get_public_access_block, Bucket=bucket) == (
        "NoSuchPublicAccessBlockConfiguration", 404)  # fmt: skip
    text = _policy(bucket)
    put(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    held = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    put(Bucket=bucket, Policy=_policy(bucket, Condition=held))
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    for wrong in ("no json", "[]", "{}", _policy("another-bucket"), _policy(bucket, Effect="May")):
        assert refusal(put, Bucket=bucket, Policy=wrong) == ("MalformedPolicy", 400)
    s3.delete_bucket_policy(Bucket=bucket)
    assert refusal(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", 404)


def test_lists_of_grants_need_an_owner_who_allows_them(s3: Any, bucket: str) -> None:
    [grant] = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert grant["Permission"] == "FULL_CONTROL"
    assert refusal(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == (
        "AccessControlListNotSupported", 400)  # fmt: skip
    rule = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rule)
    assert refusal(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == ("AccessDenied", 403)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    grants = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert [(one["Grantee"]["Type"], one["Permission"]) for one in grants] == [
        ("CanonicalUser", "FULL_CONTROL"), ("Group", "READ")]  # fmt: skip
    assert grants[1]["Grantee"]["URI"].endswith("/AllUsers")
    assert refusal(s3.put_bucket_acl, Bucket=bucket) == ("MissingSecurityHeader", 400)
    own = s3.get_bucket_acl(Bucket=bucket)
    s3.put_bucket_acl(
        Bucket=bucket, AccessControlPolicy={"Owner": own["Owner"], "Grants": own["Grants"][:1]}
    )
    assert len(s3.get_bucket_acl(Bucket=bucket)["Grants"]) == 1


def test_logs_go_to_a_bucket_that_is_there(cloud: Cloud, s3: Any, bucket: str) -> None:
    status = {"LoggingEnabled": {"TargetBucket": "nowhere-at-all", "TargetPrefix": ""}}
    put = s3.put_bucket_logging
    assert refusal(put, Bucket=bucket, BucketLoggingStatus=status) == (
        "InvalidTargetBucketForLogging", 400)  # fmt: skip
    target = f"{bucket}-logs"
    s3.create_bucket(Bucket=target)
    status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "a/"}}
    put(Bucket=bucket, BucketLoggingStatus=status)
    assert answer(s3.get_bucket_logging, Bucket=bucket) == status
    put(Bucket=bucket, BucketLoggingStatus={})
    assert answer(s3.get_bucket_logging, Bucket=bucket) == {}


def test_small_settings(s3: Any, bucket: str) -> None:
    s3.put_bucket_accelerate_configuration(
        Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"}
    )
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    topic = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [topic]}
    )
    [shown] = s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"]
    assert shown.pop("Id")
    assert shown == topic


def test_replication_needs_versions_on_both_sides(s3: Any, bucket: str) -> None:
    rule = {
        "Status": "Enabled",
        "Prefix": "",
        "Destination": {"Bucket": f"arn:aws:s3:::{bucket}-2"},
    }
    given = {"Bucket": bucket, "ReplicationConfiguration": {
        "Role": "arn:aws:iam::123456789012:role/r", "Rules": [rule]}}  # fmt: skip
    assert refusal(s3.put_bucket_replication, **given) == ("InvalidRequest", 400)
    s3.create_bucket(Bucket=f"{bucket}-2")
    for name in (bucket, f"{bucket}-2"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(**given)
    shown = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    assert shown["Rules"] == [{**rule, "ID": "rule-1"}]
    s3.delete_bucket_replication(Bucket=bucket)
    assert refusal(s3.get_bucket_replication, Bucket=bucket) == (
        "ReplicationConfigurationNotFoundError", 404)  # fmt: skip


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("Content-MD5", "AAAA", "InvalidDigest"),
        ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", "BadDigest"),
        ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
    ],
)
def test_a_configuration_must_be_what_its_digest_says(
    s3: Any, bucket: str, header: str, value: str, code: str
) -> None:
    def say(request: Any, **_: Any) -> None:
        request.headers.replace_header(header, value) if header in request.headers else (
            request.headers.add_header(header, value)
        )

    status: Any = {"Status": "Enabled"}
    s3.meta.events.register("before-sign.s3.PutBucketVersioning", say)
    try:
        told = refusal(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=status)
    finally:
        s3.meta.events.unregister("before-sign.s3.PutBucketVersioning", say)
    assert told == (code, 400)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


UNSERVED = [
    ("put_bucket_abac", {"AbacStatus": {"Status": "Enabled"}}),
    ("get_bucket_abac", {}),
    ("get_bucket_metadata_configuration", {}),
    ("delete_bucket_metadata_configuration", {}),
    ("delete_bucket_metadata_table_configuration", {}),
    ("get_bucket_metadata_table_configuration", {}),
    ("get_object_torrent", {"Key": "k"}),
]


@pytest.mark.parametrize(("call", "more"), UNSERVED)
def test_an_unserved_sub_resource_is_never_the_bucket(
    s3: Any, bucket: str, call: str, more: dict[str, Any]
) -> None:
    assert refusal(getattr(s3, call), Bucket=bucket, **more) == ("NotImplemented", 501)
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"


def test_an_unknown_sub_resource_is_never_the_bucket(s3: Any, bucket: str) -> None:
    def add(request: Any, **_: Any) -> None:
        request.url += "?novelty"

    s3.meta.events.register("before-sign.s3.DeleteBucket", add)
    assert refusal(s3.delete_bucket, Bucket=bucket) == ("NotImplemented", 501)
    s3.meta.events.unregister("before-sign.s3.DeleteBucket", add)
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"
