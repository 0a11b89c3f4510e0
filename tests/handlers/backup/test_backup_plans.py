"""Backup plans, vaults, and the recovery points that days leave in them."""

from typing import Any

import pytest

from emulator import control
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal

ROLE = "arn:aws:iam::123456789012:role/service-role/AWSBackupDefaultServiceRole"


@pytest.fixture
def backup(cloud: Cloud) -> Any:
    return cloud.client("backup")


def plan(backup: Any, vault: str = "main", **rule: Any) -> str:
    made = backup.create_backup_plan(
        BackupPlan={
            "BackupPlanName": "nightly",
            "Rules": [{"RuleName": "daily", "TargetBackupVaultName": vault} | rule],
        },
        BackupPlanTags={"team": "ops"},
    )
    return str(made["BackupPlanId"])


def test_vaults_and_plans_live_from_making_to_deletion(cloud: Cloud, backup: Any) -> None:
    number = cloud.account.number
    made = backup.create_backup_vault(BackupVaultName="main", BackupVaultTags={"a": "b"})
    assert made["BackupVaultArn"] == f"arn:aws:backup:us-east-1:{number}:backup-vault:main"
    code, _ = refusal(backup.create_backup_vault, BackupVaultName="main")
    assert code == "AlreadyExistsException"
    [vault] = backup.list_backup_vaults()["BackupVaultList"]
    assert (vault["BackupVaultName"], vault["NumberOfRecoveryPoints"]) == ("main", 0)
    assert backup.list_tags(ResourceArn=made["BackupVaultArn"])["Tags"] == {"a": "b"}
    plan_id = plan(backup, Lifecycle={"DeleteAfterDays": 7})
    [listed] = backup.list_backup_plans()["BackupPlansList"]
    assert (listed["BackupPlanId"], listed["BackupPlanName"]) == (plan_id, "nightly")
    shown = backup.get_backup_plan(BackupPlanId=plan_id)
    [rule] = shown["BackupPlan"]["Rules"]
    assert (rule["ScheduleExpression"], rule["Lifecycle"]) == (
        "cron(0 5 ? * * *)",
        {"DeleteAfterDays": 7},
    )
    assert backup.list_tags(ResourceArn=shown["BackupPlanArn"])["Tags"] == {"team": "ops"}
    backup.tag_resource(ResourceArn=shown["BackupPlanArn"], Tags={"x": "y"})
    backup.untag_resource(ResourceArn=shown["BackupPlanArn"], TagKeyList=["team"])
    assert backup.list_tags(ResourceArn=shown["BackupPlanArn"])["Tags"] == {"x": "y"}
    selection = backup.create_backup_selection(
        BackupPlanId=plan_id,
        BackupSelection={"SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["*"]},
    )["SelectionId"]
    [one] = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
    assert (one["SelectionId"], one["SelectionName"]) == (selection, "all")
    told = backup.get_backup_selection(BackupPlanId=plan_id, SelectionId=selection)
    assert told["BackupSelection"]["Resources"] == ["*"]
    code, _ = refusal(backup.delete_backup_plan, BackupPlanId=plan_id)
    assert code == "InvalidRequestException"
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=selection)
    assert backup.delete_backup_plan(BackupPlanId=plan_id)["BackupPlanId"] == plan_id
    assert refusal(backup.get_backup_plan, BackupPlanId=plan_id)[0] == "ResourceNotFoundException"
    backup.delete_backup_vault(BackupVaultName="main")
    code, _ = refusal(backup.describe_backup_vault, BackupVaultName="main")
    assert code == "AccessDeniedException"


@pytest.mark.parametrize(
    "rule",
    [
        {"vault": "absent"},
        {"ScheduleExpression": "every day"},
        {"EnableContinuousBackup": True},
        {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 130}},
    ],
)
def test_what_cannot_be_followed_is_refused(backup: Any, rule: dict[str, Any]) -> None:
    backup.create_backup_vault(BackupVaultName="main")
    code, _ = refusal(lambda **asked: plan(backup, **asked), **rule)
    assert code == "InvalidParameterValueException"


def test_recovery_points_are_made_and_deleted_day_by_day(
    cloud: Cloud, backup: Any, ec2: Any, running: RunningServer, sql: Sql
) -> None:
    number = cloud.account.number
    running.run(control.estate_create(running.server.world, "1", days=1, account=number))
    running.server.clocks.forget()
    tags = [{"Key": "backup", "Value": "yes"}]
    volume, spared = (
        ec2.create_volume(
            AvailabilityZone="us-east-1a", Size=10,
            TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
        )["VolumeId"]
        for _ in range(2)
    )  # fmt: skip
    arn = f"arn:aws:ec2:us-east-1:{number}:volume/"
    backup.create_backup_vault(BackupVaultName="main")
    plan_id = plan(backup, Lifecycle={"DeleteAfterDays": 2})
    backup.create_backup_selection(
        BackupPlanId=plan_id,
        BackupSelection={
            "SelectionName": "tagged",
            "IamRoleArn": ROLE,
            "ListOfTags": [
                {
                    "ConditionType": "STRINGEQUALS",
                    "ConditionKey": "backup",
                    "ConditionValue": "yes",
                }
            ],
            "NotResources": [arn + spared],
        },
    )

    def points() -> list[dict[str, Any]]:
        found = backup.list_recovery_points_by_backup_vault(BackupVaultName="main")
        return list(found["RecoveryPoints"])

    for count in (1, 2, 2, 2):
        running.run(control.tick(running.server.world, days=1, account=number))
        running.server.clocks.forget()
        assert len(points()) == count
    newest = max(points(), key=lambda one: one["CreationDate"])
    assert newest["ResourceArn"] == arn + volume
    assert newest["CreatedBy"]["BackupPlanId"] == plan_id
    assert newest["Lifecycle"] == {"DeleteAfterDays": 2}
    assert newest["BackupSizeInBytes"] == 10 * 2**30
    by_resource = backup.list_recovery_points_by_resource(ResourceArn=arn + volume)
    assert len(by_resource["RecoveryPoints"]) == 2
    assert backup.list_recovery_points_by_resource(ResourceArn=arn + spared)[
        "RecoveryPoints"
    ] == []  # fmt: skip
    [protected] = backup.list_protected_resources()["Results"]
    assert protected["ResourceArn"] == arn + volume
    assert protected["LastRecoveryPointArn"] == newest["RecoveryPointArn"]
    snapshot = newest["RecoveryPointArn"].rpartition("/")[2]
    assert ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["VolumeId"] == volume
    assert "LastExecutionDate" in backup.get_backup_plan(BackupPlanId=plan_id)
    code, _ = refusal(backup.delete_backup_vault, BackupVaultName="main")
    assert code == "InvalidRequestException"
    backup.delete_recovery_point(
        BackupVaultName="main", RecoveryPointArn=newest["RecoveryPointArn"]
    )
    assert sql("select 1 from snapshots where snapshot_id = $1", snapshot) == []
    assert len(points()) == 1
