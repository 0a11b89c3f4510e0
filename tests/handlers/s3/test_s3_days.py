"""What the passing of days does to buckets and objects: sizes, lifecycle, bulk data."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.s3.answers import Sql, keys, refusal

MIB = 1 << 20
USAGE = """select u.* from s3_bucket_usage_daily u join s3_buckets b on b.id = u.bucket_id
            where b.name = $1 order by date desc limit 1"""
Tick = Callable[..., None]


def age(sql: Sql, bucket: str, days: int) -> None:
    """Make everything in a bucket older."""
    for table, column in (("s3_objects", "last_modified"), ("s3_uploads", "initiated_at")):
        sql(
            f"update {table} set {column} = {column} - $2 * interval '1 day'"
            " where bucket_id = (select id from s3_buckets where name = $1)",
            bucket,
            days,
        )


def put_rules(s3: Any, bucket: str, *rules: dict[str, Any]) -> None:
    shown = [{"Status": "Enabled", "Filter": {}, "ID": f"r{n}", **one}
             for n, one in enumerate(rules)]  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": shown})


def test_a_new_bucket_holds_what_was_put(s3: Any, bucket: str, sql: Sql, tick: Tick) -> None:
    tick()
    [row] = sql(USAGE, bucket)
    assert (row["storage_gb_standard"], row["requests_count"]) == (0, 0)
    s3.put_object(Bucket=bucket, Key="warm", Body=bytes(8 * MIB))
    s3.put_object(Bucket=bucket, Key="cool", Body=bytes(4 * MIB), StorageClass="STANDARD_IA")
    s3.put_object(Bucket=bucket, Key="cold", Body=bytes(2 * MIB), StorageClass="GLACIER")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="part")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="part", UploadId=upload, PartNumber=1, Body=bytes(2 * MIB))
    for _ in range(2):
        tick()
        [row] = sql(USAGE, bucket)
        assert [row[f"storage_gb_{tier}"] for tier in ("standard", "ia", "glacier")] == [
            Decimal("0.0098"), Decimal("0.0039"), Decimal("0.0020")]  # fmt: skip
        assert row["held_objects"] == 4
        assert row["estimated_storage_cost"] == 0
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ("warm", "cool")]})
    tick()
    assert sql(USAGE, bucket)[0]["storage_gb_ia"] == 0


def test_rules_move_end_and_abort(s3: Any, bucket: str, sql: Sql, tick: Tick) -> None:
    for key, size in (("logs/a", 200_000), ("logs/small", 10), ("tmp/a", 10), ("keep/a", 200_000)):
        s3.put_object(Bucket=bucket, Key=key, Body=bytes(size), Tagging="team=data")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="logs/u")["UploadId"]
    put_rules(
        s3, bucket,
        {"Filter": {"Prefix": "logs/"},
         "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"},
                         {"Days": 90, "StorageClass": "GLACIER"}],
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"Filter": {"And": {"Prefix": "tmp/", "Tags": [{"Key": "team", "Value": "data"}]}},
         "Expiration": {"Days": 10}},
        {"Filter": {"Tag": {"Key": "team", "Value": "other"}}, "Expiration": {"Days": 1}},
        {"Status": "Disabled", "Expiration": {"Days": 1}},
    )  # fmt: skip
    tick()
    at = sql("select virtual_date from virtual_clocks c join s3_buckets b using (account_id)"
             " where b.name = $1", bucket)[0]["virtual_date"]  # fmt: skip
    sql("update s3_objects set last_modified = $2::date where bucket_id ="
        " (select id from s3_buckets where name = $1)", bucket, at)  # fmt: skip
    sql("update s3_uploads set initiated_at = $2::date where upload_id = $1", upload, at)

    def classes() -> dict[str, str]:
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {one["Key"]: one["StorageClass"] for one in listed}

    age(sql, bucket, 5)
    tick(1)
    assert len(classes()) == 4
    assert keys(s3.list_multipart_uploads(Bucket=bucket), "Uploads") == ["logs/u"]
    tick(1)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    age(sql, bucket, 2)
    tick(1)
    assert "tmp/a" not in classes()
    age(sql, bucket, 20)
    tick()
    # below 128 KB nothing moves
    assert classes() == {"logs/a": "STANDARD_IA", "logs/small": "STANDARD", "keep/a": "STANDARD"}
    age(sql, bucket, 60)
    tick()
    assert classes()["logs/a"] == "GLACIER"
    kept = sql(
        "select count(*) as n from s3_contents c join s3_objects o on o.id = c.object_id"
        " join s3_buckets b on b.id = o.bucket_id where b.name = $1",
        bucket,
    )
    assert kept == [{"n": 3}]


def test_rules_of_versions(s3: Any, bucket: str, sql: Sql, tick: Tick) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    keep_one = {"NoncurrentDays": 5, "NewerNoncurrentVersions": 1}
    put_rules(s3, bucket, {"Expiration": {"Days": 5}, "NoncurrentVersionExpiration": keep_one})
    tick()
    age(sql, bucket, 400)
    tick()
    listed = s3.list_object_versions(Bucket=bucket)
    # the current one goes behind a marker, one noncurrent one of the others is kept
    assert [one["IsLatest"] for one in listed["DeleteMarkers"]] == [True]
    assert [one["IsLatest"] for one in listed["Versions"]] == [False, False]
    assert refusal(s3.get_object, Bucket=bucket, Key="k") == ("NoSuchKey", 404)
    put_rules(s3, bucket, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                           "Expiration": {"ExpiredObjectDeleteMarker": True}})  # fmt: skip
    age(sql, bucket, 400)
    tick(2)
    listed = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in listed
    assert "DeleteMarkers" not in listed
    s3.delete_bucket(Bucket=bucket)


def test_bulk_data_is_listed_and_can_be_deleted(
    cloud: Cloud, s3: Any, sql: Sql, tick: Tick
) -> None:
    name = f"acme-backups-{uuid.uuid4().hex[:12]}"
    sql("insert into s3_buckets (account_id, name, created_at) values ($1, $2, '2026-01-01')",
        cloud.account.id, name)  # fmt: skip
    tick(2)
    [row] = sql(USAGE, name)
    assert row["storage_gb_standard"] >= 50
    listed = s3.list_objects_v2(Bucket=name)["Contents"]
    assert len(listed) == 12
    total = sum(one["Size"] for one in listed)
    assert abs(total - int(row["storage_gb_standard"] * (1 << 30))) < 1 << 20
    born = [one["LastModified"] for one in listed]
    assert born == sorted(born)
    assert refusal(s3.get_object, Bucket=name, Key=listed[0]["Key"]) == ("NotImplemented", 501)
    assert refusal(s3.delete_bucket, Bucket=name) == ("BucketNotEmpty", 409)
    half = [one["Key"] for one in listed[:6]]
    left = sum(one["Size"] for one in listed[6:])
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": key} for key in half]})
    # what remains is as large as before
    assert sum(one["Size"] for one in s3.list_objects_v2(Bucket=name)["Contents"]) == left
    tick()
    [row] = sql(USAGE, name)
    assert abs(left - int(row["storage_gb_standard"] * (1 << 30))) < 1 << 20
    for one in listed[6:]:
        s3.delete_object(Bucket=name, Key=one["Key"])
    tick()
    [row] = sql(USAGE, name)
    assert (row["storage_gb_standard"], row["requests_count"]) == (0, 0)
    s3.delete_bucket(Bucket=name)


def test_bulk_data_shows_the_classes_that_the_rules_gave_it(
    cloud: Cloud, s3: Any, sql: Sql, tick: Tick
) -> None:
    name = f"acme-exports-{uuid.uuid4().hex[:12]}"
    sql("insert into s3_buckets (account_id, name, created_at) values ($1, $2, '2026-01-01')",
        cloud.account.id, name)  # fmt: skip
    tick()
    put_rules(s3, name, {"Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"},
                                         {"Days": 90, "StorageClass": "GLACIER_IR"}]})  # fmt: skip
    tick()
    shown = [one["StorageClass"] for one in s3.list_objects_v2(Bucket=name)["Contents"]]
    assert sorted(set(shown)) == ["GLACIER_IR", "STANDARD", "STANDARD_IA"]
    assert shown == sorted(shown, key=["GLACIER_IR", "STANDARD_IA", "STANDARD"].index)
