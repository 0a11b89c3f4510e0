"""Encryption by default: everything new is encrypted, whoever makes it."""

from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import IMAGE

KEY = "12345678-1234-1234-1234-123456789012"


def test_everything_new_is_encrypted(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    place = {"AvailabilityZone": "us-east-1a", "Size": 1}
    plain = ec2.create_volume(**place)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=plain)["SnapshotId"]
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    arn = f"arn:aws:kms:us-east-1:{cloud.account.number}:key/{KEY}"
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=KEY)["KmsKeyId"] == arn
    assert ec2.get_ebs_encryption_by_default()["SseType"] == "sse-kms"
    made = ec2.create_volume(**place)
    assert (made["Encrypted"], made["KmsKeyId"]) == (True, arn)
    ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    copy = ec2.copy_snapshot(SourceSnapshotId=snapshot, SourceRegion="us-east-1")["SnapshotId"]
    [told] = ec2.describe_snapshots(SnapshotIds=[copy])["Snapshots"]
    assert (told["Encrypted"], told["KmsKeyId"]) == (True, arn)
    rows = sql("select encrypted from volumes where account_id = $1", cloud.account.id)
    assert sorted(row["encrypted"] for row in rows) == [False, True, True]
    # another region keeps its own ways
    elsewhere = cloud.client("ec2", "eu-west-1")
    assert elsewhere.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    wrong = arn.replace("us-east-1", "eu-west-1")
    assert refusal(ec2.modify_ebs_default_kms_key_id, KmsKeyId=wrong)[0] == "InvalidParameterValue"
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    ec2.disable_ebs_encryption_by_default()
    assert ec2.create_volume(**place)["Encrypted"] is False
