"""Governance through the AWS CLI: a volume is tagged, kept and found; parameters and history."""

import json

from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws

POLICY = {
    "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
    "ResourceTypes": ["VOLUME"],
    "TargetTags": [{"Key": "backup", "Value": "daily"}],
    "Schedules": [
        {
            "Name": "daily",
            "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["03:00"]},
            "RetainRule": {"Count": 3},
        }
    ],
}
PLAN = {
    "BackupPlanName": "weekly",
    "Rules": [
        {
            "RuleName": "sunday",
            "TargetBackupVaultName": "Default",
            "ScheduleExpression": "cron(0 5 ? * SUN *)",
            "Lifecycle": {"DeleteAfterDays": 35},
        }
    ],
}


def test_a_volume_is_tagged_kept_and_found(cloud: Cloud) -> None:
    rows, number = cloud.running.rows, cloud.account.number
    volume = aws(cloud, "ec2", "create-volume", "--availability-zone", "us-east-1a", "--size",
                 "20", "--volume-type", "gp3")["VolumeId"]  # fmt: skip
    arn = f"arn:aws:ec2:us-east-1:{number}:volume/{volume}"
    tagged = aws(cloud, "resourcegroupstaggingapi", "tag-resources", "--resource-arn-list", arn,
                 "--tags", "backup=daily,team=shop")  # fmt: skip
    assert tagged["FailedResourcesMap"] == {}
    [found] = aws(cloud, "resourcegroupstaggingapi", "get-resources", "--tag-filters",
                  "Key=backup,Values=daily")["ResourceTagMappingList"]  # fmt: skip
    assert found["ResourceARN"] == arn
    assert rows("select tags from volumes where volume_id = $1", volume) == [
        {"tags": {"backup": "daily", "team": "shop"}}
    ]
    policy = aws(cloud, "dlm", "create-lifecycle-policy", "--description", "volumes", "--state",
                 "ENABLED", "--execution-role-arn", f"arn:aws:iam::{number}:role/dlm",
                 "--policy-details", json.dumps(POLICY))["PolicyId"]  # fmt: skip
    shown = aws(cloud, "dlm", "get-lifecycle-policy", "--policy-id", policy)["Policy"]
    assert shown["PolicyDetails"]["TargetTags"] == POLICY["TargetTags"]
    aws(cloud, "backup", "create-backup-vault", "--backup-vault-name", "Default")
    plan = aws(cloud, "backup", "create-backup-plan", "--backup-plan", json.dumps(PLAN))
    [listed] = aws(cloud, "backup", "list-backup-plans")["BackupPlansList"]
    assert (listed["BackupPlanId"], listed["BackupPlanName"]) == (plan["BackupPlanId"], "weekly")


def test_parameters_regions_and_what_changed(cloud: Cloud) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    image = aws(cloud, "ssm", "get-parameter", "--name", name)["Parameter"]["Value"]
    [described] = aws(cloud, "ec2", "describe-images", "--image-ids", image)["Images"]
    assert described["Architecture"] == "x86_64"
    aws(cloud, "ssm", "put-parameter", "--name", "/shop/size", "--type", "String", "--value", "9")
    assert aws(cloud, "ssm", "get-parameter", "--name", "/shop/size")["Parameter"]["Value"] == "9"
    regions = aws(cloud, "account", "list-regions")["Regions"]
    assert {"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"} in regions
    address = aws(cloud, "ec2", "allocate-address")["AllocationId"]
    history = aws(cloud, "configservice", "get-resource-config-history", "--resource-type",
                  "AWS::EC2::EIP", "--resource-id", address)["configurationItems"]  # fmt: skip
    assert [item["resourceId"] for item in history] == [address]
