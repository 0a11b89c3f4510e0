"""Backup plans, and what they select.

Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupPlan.html and the
pages of the operations beside it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulator import arns
from emulator.context import Context
from emulator.errors import AwsError
from emulator.idempotency import once
from emulator.rows import View
from handlers.backup.backup_vaults import TAGS
from handlers.backup.lists import invalid, listed, not_found
from models import backup_plans, draws, schedules
from models.listing import Condition

DEFAULT_SCHEDULE = "cron(0 5 ? * * *)"
# What a rule can ask for beyond a snapshot of a volume that is deleted after some days.
UNSUPPORTED = (
    "CopyActions", "EnableContinuousBackup", "IndexActions", "ScanActions",
    "TargetLogicallyAirGappedBackupVaultArn",
)  # fmt: skip


async def create_backup_plan(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A plan that makes recovery points from the next day on, of what is selected for it."""
    given = params["BackupPlan"]
    rules = await _rules(ctx, given)
    plan_id = str(draws.uuid4())
    row = {
        "plan_id": plan_id,
        "arn": arns.arn(ctx, "backup", f"backup-plan:{plan_id}"),
        "region": ctx.region,
        "name": given["BackupPlanName"],
        "version_id": _version(),
        "rules": rules,
        "advanced_settings": given.get("AdvancedBackupSettings") or [],
        "tags": TAGS.checked(params.get("BackupPlanTags")),
        "created_at": ctx.now,
    }

    async def work() -> list[str]:
        await backup_plans.insert(ctx.db, "backup_plans", row)
        return [plan_id]

    [made] = await once(ctx, params.get("CreatorRequestId"), work)
    return _told(await _plan(ctx, made))


async def update_backup_plan(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Replace what a plan says; it is a new version of the same plan."""
    given = params["BackupPlan"]
    row = await _plan(ctx, params["BackupPlanId"])
    changes = {
        "name": given["BackupPlanName"],
        "version_id": _version(),
        "rules": await _rules(ctx, given),
        "advanced_settings": given.get("AdvancedBackupSettings") or [],
    }
    await backup_plans.change_plan(ctx.db, ctx.region, row["plan_id"], changes)
    return _told(await _plan(ctx, row["plan_id"]))


async def get_backup_plan(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One plan with its rules."""
    row = await _plan(ctx, params["BackupPlanId"])
    if params.get("VersionId") not in (None, row["version_id"]):
        raise not_found(f"Version {params['VersionId']} of the backup plan does not exist")
    plan = {"BackupPlanName": row["name"], "Rules": row["rules"]}
    if row["advanced_settings"]:
        plan["AdvancedBackupSettings"] = row["advanced_settings"]
    return {**_told(row), "BackupPlan": plan, "LastExecutionDate": row["ran_at"]}


async def list_backup_plans(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The plans of the region."""
    return await listed(ctx, params, backup_plans.PLANS, PLAN_VIEW, "BackupPlansList")


async def delete_backup_plan(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a plan that selects nothing any more; its recovery points stay."""
    row = await _plan(ctx, params["BackupPlanId"])
    if not await backup_plans.delete_plan(ctx.db, ctx.region, row["plan_id"]):
        raise AwsError(
            "InvalidRequestException",
            "Related backup plan selections must be deleted prior to backup plan deletion.",
        )
    return {
        "BackupPlanId": row["plan_id"],
        "BackupPlanArn": row["arn"],
        "DeletionDate": ctx.now,
        "VersionId": row["version_id"],
    }


async def create_backup_selection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put resources under a plan, by ARN or by tag."""
    plan = await _plan(ctx, params["BackupPlanId"])
    given = params["BackupSelection"]
    if any((given.get("Conditions") or {}).values()):
        raise invalid("Conditions are not supported in this account.")
    if not given.get("Resources") and not given.get("ListOfTags"):
        raise invalid("A backup selection must have resources or tags.")
    row = {
        "selection_id": str(draws.uuid4()),
        "plan_id": plan["plan_id"],
        "region": ctx.region,
        "name": given["SelectionName"],
        "iam_role_arn": given["IamRoleArn"],
        "resources": given.get("Resources") or [],
        "not_resources": given.get("NotResources") or [],
        "tag_conditions": given.get("ListOfTags") or [],
        "creator_request_id": params.get("CreatorRequestId"),
        "created_at": ctx.now,
    }

    async def work() -> list[str]:
        await backup_plans.insert(ctx.db, "backup_selections", row)
        return [str(row["selection_id"])]

    [made] = await once(ctx, params.get("CreatorRequestId"), work)
    return {"SelectionId": made, "BackupPlanId": plan["plan_id"], "CreationDate": ctx.now}


async def get_backup_selection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One selection."""
    row = await backup_plans.find_selection(ctx.db, ctx.region, params["SelectionId"])
    if row is None or row["plan_id"] != params["BackupPlanId"]:
        raise not_found(f"Backup selection {params['SelectionId']} does not exist")
    return {
        "BackupSelection": {
            "SelectionName": row["name"],
            "IamRoleArn": row["iam_role_arn"],
            "Resources": row["resources"],
            "ListOfTags": row["tag_conditions"],
            "NotResources": row["not_resources"],
        },
        "SelectionId": row["selection_id"],
        "BackupPlanId": row["plan_id"],
        "CreationDate": row["created_at"],
        "CreatorRequestId": row["creator_request_id"],
    }


async def list_backup_selections(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a plan selects."""
    plan = await _plan(ctx, params["BackupPlanId"])
    where = (Condition("plan_id", (plan["plan_id"],)),)
    return await listed(
        ctx, params, backup_plans.SELECTIONS, SELECTION_VIEW, "BackupSelectionsList", where
    )


async def delete_backup_selection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take resources from under a plan."""
    named = params["SelectionId"]
    if not await backup_plans.delete_selection(ctx.db, ctx.region, params["BackupPlanId"], named):
        raise not_found(f"Backup selection {named} does not exist")
    return {}


async def _plan(ctx: Context, plan_id: str) -> Any:
    row = await backup_plans.find_plan(ctx.db, ctx.region, plan_id)
    if row is None:
        raise not_found("Cannot find Backup plan with ID " + plan_id)
    return row


async def _rules(ctx: Context, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules of a plan that can be followed, each with an id."""
    if plan.get("ScanSettings"):
        raise invalid("ScanSettings is not supported in this account.")
    rules = []
    for rule in plan["Rules"]:
        for name in UNSUPPORTED:
            if rule.get(name):
                raise invalid(f"{name} is not supported in this account.")
        lifecycle = rule.get("Lifecycle") or {}
        if lifecycle.get("MoveToColdStorageAfterDays") or lifecycle.get("DeleteAfterEvent"):
            raise invalid("Cold storage is not supported for the resources of this account.")
        if rule.get("ScheduleExpressionTimezone") not in (None, "Etc/UTC", "UTC"):
            raise invalid("Schedules follow Etc/UTC in this account.")
        schedule = rule.get("ScheduleExpression") or DEFAULT_SCHEDULE
        try:
            schedules.times_on(schedule, datetime(2026, 1, 1, tzinfo=UTC).date())
        except schedules.ScheduleError as error:
            raise invalid(str(error)) from None
        vault = rule["TargetBackupVaultName"]
        if await backup_plans.find_vault(ctx.db, ctx.region, vault) is None:
            raise invalid(f"Backup vault {vault} does not exist")
        rules.append({
            "StartWindowMinutes": 480, "CompletionWindowMinutes": 10080, **rule,
            "ScheduleExpression": schedule, "ScheduleExpressionTimezone": "Etc/UTC",
            "RuleId": str(draws.uuid4()),
        })  # fmt: skip
    return rules


def _told(row: Any) -> dict[str, Any]:
    return {
        "BackupPlanId": row["plan_id"],
        "BackupPlanArn": row["arn"],
        "CreationDate": row["created_at"],
        "VersionId": row["version_id"],
    }


def _version() -> str:
    return draws.uuid4().hex + draws.uuid4().hex[:16]


PLAN_VIEW = View(
    {
        "BackupPlanArn": "arn",
        "BackupPlanId": "plan_id",
        "CreationDate": "created_at",
        "VersionId": "version_id",
        "BackupPlanName": "name",
        "LastExecutionDate": "ran_at",
    }
)
SELECTION_VIEW = View(
    {
        "SelectionId": "selection_id",
        "SelectionName": "name",
        "BackupPlanId": "plan_id",
        "CreationDate": "created_at",
        "CreatorRequestId": "creator_request_id",
        "IamRoleArn": "iam_role_arn",
    }
)
