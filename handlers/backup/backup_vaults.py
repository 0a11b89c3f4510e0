"""Vaults, and the recovery points in them.

Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations_AWS_Backup.html.
"""

from typing import Any

from emulator import arns
from emulator.context import Context
from emulator.errors import AwsError
from emulator.idempotency import once
from emulator.rows import Computed, Constant, View
from emulator.tags import TagRules
from handlers.backup.lists import invalid, listed, not_found
from models import backup_plans, tags
from models.listing import Condition

TAGS = TagRules(code="InvalidParameterValueException")


async def create_backup_vault(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new, empty vault."""
    name = params["BackupVaultName"]
    arn = arns.arn(ctx, "backup", f"backup-vault:{name}")
    row = {
        "name": name,
        "arn": arn,
        "region": ctx.region,
        "encryption_key_arn": params.get("EncryptionKeyArn"),
        "tags": TAGS.checked(params.get("BackupVaultTags")),
        "created_at": ctx.now,
    }

    async def work() -> list[str]:
        if not await backup_plans.insert(ctx.db, "backup_vaults", row):
            raise AwsError(
                "AlreadyExistsException",
                f"Backup vault with the same name already exists: {name}",
                Arn=arn,
            )
        return [name]

    await once(ctx, params.get("CreatorRequestId"), work)
    made = await _vault(ctx, name)
    return {
        "BackupVaultName": name,
        "BackupVaultArn": arn,
        "CreationDate": made["created_at"],
    }


async def describe_backup_vault(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One vault, and how much is in it."""
    return VAULT_VIEW.show(await _readable(ctx, params["BackupVaultName"]))


async def list_backup_vaults(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The vaults of the region; all are the account's own, of the plain kind."""
    if params.get("ByShared") or params.get("ByVaultType") not in (None, "BACKUP_VAULT"):
        return {"BackupVaultList": []}
    return await listed(ctx, params, backup_plans.VAULTS, VAULT_VIEW, "BackupVaultList")


async def delete_backup_vault(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an empty vault."""
    name = params["BackupVaultName"]
    if not await backup_plans.delete_vault(ctx.db, ctx.region, name):
        await _vault(ctx, name)
        raise AwsError(
            "InvalidRequestException",
            "Backup vault cannot be deleted because it contains recovery points.",
        )
    return {}


async def list_recovery_points_by_backup_vault(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What is in a vault, by resource, kind and plan."""
    if params.get("ByCreatedBefore") or params.get("ByCreatedAfter"):
        raise invalid("ByCreatedBefore and ByCreatedAfter are not supported in this account.")
    if params.get("BackupVaultAccountId") not in (None, ctx.principal.account_number):
        raise invalid("BackupVaultAccountId must be the caller's account.")
    name = params["BackupVaultName"]
    await _readable(ctx, name)
    where = [Condition("vault_name", (name,))]
    for member, column in (
        ("ByResourceArn", "resource_arn"),
        ("ByResourceType", "resource_type"),
        ("ByBackupPlanId", "plan_id"),
    ):
        if params.get(member):
            where.append(Condition(column, (params[member],)))
    if params.get("ByParentRecoveryPointArn"):
        return {"RecoveryPoints": []}
    return await listed(
        ctx, params, backup_plans.POINTS, POINT_VIEW, "RecoveryPoints", tuple(where)
    )


async def list_recovery_points_by_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The backups of one resource."""
    where = (Condition("resource_arn", (params["ResourceArn"],)),)
    return await listed(ctx, params, backup_plans.POINTS, SHORT_VIEW, "RecoveryPoints", where)


async def list_protected_resources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What has been backed up, each with its newest backup."""
    return await listed(ctx, params, backup_plans.PROTECTED, PROTECTED_VIEW, "Results")


async def delete_recovery_point(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a backup, with the snapshot that it is."""
    name, arn = params["BackupVaultName"], params["RecoveryPointArn"]
    if not await backup_plans.delete_point(ctx.db, ctx.region, name, arn):
        await _vault(ctx, name)
        raise not_found(f"Recovery point not found: {arn}")
    return {}


async def list_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a plan, a vault or a recovery point."""
    kind, named = await _tagged(ctx, params["ResourceArn"])
    return {"Tags": await tags.listed(ctx.db, kind, named)}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a plan, a vault or a recovery point."""
    kind, named = await _tagged(ctx, params["ResourceArn"])
    await TAGS.put(ctx.db, kind, named, TAGS.checked(params["Tags"]))
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a plan, a vault or a recovery point."""
    kind, named = await _tagged(ctx, params["ResourceArn"])
    await tags.remove(ctx.db, kind, named, params["TagKeyList"])
    return {}


async def _vault(ctx: Context, name: str) -> Any:
    row = await backup_plans.find_vault(ctx.db, ctx.region, name)
    if row is None:
        raise not_found(f"Backup Vault {name} does not exist")
    return row


async def _readable(ctx: Context, name: str) -> Any:
    """A vault to read; of one that is not there AWS says as of another's.

    Tools that make vaults go by it: https://github.com/aws/aws-sdk-js/issues/2625
    """
    row = await backup_plans.find_vault(ctx.db, ctx.region, name)
    if row is None:
        raise AwsError(
            "AccessDeniedException", "Insufficient privileges to perform this action.", 403
        )
    return row


async def _tagged(ctx: Context, arn: str) -> tuple[str, str]:
    """The type and id that resource_tags knows an ARN by."""
    tail = arn.rpartition(":")[2]
    if ":backup-vault:" in arn:
        row = await backup_plans.find_vault(ctx.db, ctx.region, tail)
        found = ("backup_vault", arn)
    elif ":backup-plan:" in arn:
        row = await backup_plans.find_plan(ctx.db, ctx.region, tail)
        found = ("backup_plan", arn)
    else:
        rows = await backup_plans.POINTS.page(ctx.db, region=ctx.region, ids=[arn])
        row = rows[0] if rows else None
        found = ("snapshot", row["snapshot_id"] if row else "")
    if row is None or row["arn"] != arn:
        raise not_found(f"Resource not found: {arn}")
    return found


VAULT_VIEW = View(
    {
        "BackupVaultName": "name",
        "BackupVaultArn": "arn",
        "VaultType": Constant("BACKUP_VAULT"),
        "CreationDate": "created_at",
        "EncryptionKeyArn": "encryption_key_arn",
        "NumberOfRecoveryPoints": "point_count",
        "Locked": Constant(False),
    }
)
SHORT_VIEW = View(
    {
        "RecoveryPointArn": "arn",
        "CreationDate": "created_at",
        "Status": Constant("COMPLETED"),
        "EncryptionKeyArn": "kms_key_id",
        "BackupSizeBytes": "size_bytes",
        "BackupVaultName": "vault_name",
        "IsParent": Constant(False),
        "VaultType": Constant("BACKUP_VAULT"),
    }
)
POINT_VIEW = View(
    {
        "RecoveryPointArn": "arn",
        "BackupVaultName": "vault_name",
        "BackupVaultArn": "vault_arn",
        "ResourceArn": "resource_arn",
        "ResourceType": "resource_type",
        "CreatedBy": {
            "BackupPlanId": "plan_id",
            "BackupPlanArn": "plan_arn",
            "BackupPlanName": "plan_name",
            "BackupPlanVersion": "plan_version",
            "BackupRuleId": "rule_id",
        },
        "IamRoleArn": "iam_role_arn",
        "Status": Constant("COMPLETED"),
        "CreationDate": "created_at",
        "CompletionDate": "created_at",
        "BackupSizeInBytes": "size_bytes",
        "CalculatedLifecycle": {"DeleteAt": "delete_at"},
        "Lifecycle": {"DeleteAfterDays": "delete_after_days"},
        "EncryptionKeyArn": "kms_key_id",
        "IsEncrypted": Computed(bool, "encrypted"),
        "IsParent": Constant(False),
        "VaultType": Constant("BACKUP_VAULT"),
    }
)
PROTECTED_VIEW = View(
    {
        "ResourceArn": "resource_arn",
        "ResourceType": "resource_type",
        "LastBackupTime": "created_at",
        "LastBackupVaultArn": "vault_arn",
        "LastRecoveryPointArn": "arn",
    }
)
