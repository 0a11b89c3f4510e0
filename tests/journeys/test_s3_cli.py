"""S3 through the AWS CLI: a folder synchronised, listed, copied, moved, removed."""

import json
import os
import uuid
from pathlib import Path

import pytest

from tests.fixtures.server import Cloud
from tests.journeys import aws_cli

MIB = 1 << 20


def aws(cloud: Cloud, *words: str, code: int = 0) -> str:
    """What the AWS CLI prints."""
    done = aws_cli.run(cloud.environment, *words)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of some sizes, one of them sent in parts."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a b.txt").write_text("hello")
    (tmp_path / "in" / "sub" / "ü.bin").write_bytes(os.urandom(20_000))
    (tmp_path / "in" / "large.bin").write_bytes(os.urandom(17 * MIB))
    (tmp_path / "in" / "empty").write_bytes(b"")
    return tmp_path


def test_a_folder_goes_there_and_back(cloud: Cloud, folder: Path) -> None:
    name = f"cli-{uuid.uuid4().hex[:16]}"
    there = f"s3://{name}"
    assert f"make_bucket: {name}" in aws(cloud, "s3", "mb", there)
    assert name in aws(cloud, "s3", "ls")
    aws(cloud, "s3", "sync", "--no-progress", str(folder / "in"), there)
    listed = aws(cloud, "s3", "ls", "--recursive", there)
    assert [line.split(maxsplit=3)[2:] for line in listed.splitlines()] == [
        ["5", "a b.txt"], ["0", "empty"], [str(17 * MIB), "large.bin"], ["20000", "sub/ü.bin"],
    ]  # fmt: skip
    assert "PRE sub/" in aws(cloud, "s3", "ls", f"{there}/")
    # nothing has changed, so nothing is sent again
    assert aws(cloud, "s3", "sync", "--no-progress", str(folder / "in"), there) == ""
    aws(cloud, "s3", "cp", "--no-progress", f"{there}/large.bin", f"{there}/copies/large.bin")
    aws(cloud, "s3", "mv", "--no-progress", f"{there}/a b.txt", f"{there}/copies/a.txt")
    aws(cloud, "s3", "cp", "--no-progress", "--recursive", there, str(folder / "out"))
    for back, put in (("large.bin", "large.bin"), ("copies/large.bin", "large.bin"),
                      ("copies/a.txt", "a b.txt"), ("sub/ü.bin", "sub/ü.bin")):  # fmt: skip
        assert (folder / "out" / back).read_bytes() == (folder / "in" / put).read_bytes()
    head = json.loads(aws(cloud, "s3api", "head-object", "--bucket", name, "--key", "large.bin"))
    assert head["ETag"].endswith('-3"')
    assert "BucketNotEmpty" in aws(cloud, "s3", "rb", there, code=1)
    aws(cloud, "s3", "rb", "--force", there)
    assert name not in aws(cloud, "s3", "ls")
    assert "NoSuchBucket" in aws(cloud, "s3", "ls", there, code=255)


def test_a_bucket_abroad_and_its_rules(cloud: Cloud, folder: Path) -> None:
    name = f"cli-{uuid.uuid4().hex[:16]}"
    aws(cloud, "s3", "mb", f"s3://{name}", "--region", "eu-central-1")
    # the CLI follows to the bucket's region
    aws(cloud, "s3", "cp", "--no-progress", str(folder / "in" / "a b.txt"), f"s3://{name}/k")
    assert json.loads(aws(cloud, "s3api", "get-bucket-location", "--bucket", name)) == {
        "LocationConstraint": "eu-central-1"}  # fmt: skip
    rules = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""},
                        "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]}]}  # fmt: skip
    bucket = ("--bucket", name, "--region", "eu-central-1")
    aws(cloud, "s3api", "put-bucket-lifecycle-configuration", *bucket,
        "--lifecycle-configuration", json.dumps(rules))  # fmt: skip
    shown = json.loads(aws(cloud, "s3api", "get-bucket-lifecycle-configuration", *bucket))
    assert shown["Rules"] == rules["Rules"]
    gone = aws(cloud, "s3api", "get-bucket-policy", *bucket, code=255)
    assert "NoSuchBucketPolicy" in gone
    url = aws(cloud, "s3", "presign", f"s3://{name}/k", "--region", "eu-central-1").strip()
    assert f"{name}/k?X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    aws(cloud, "s3", "rm", f"s3://{name}/k", "--region", "eu-central-1")
    aws(cloud, "s3api", "delete-bucket", *bucket)
