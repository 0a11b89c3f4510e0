"""Lifecycle policies of snapshots.

Source: https://docs.aws.amazon.com/dlm/latest/APIReference/API_CreateLifecyclePolicy.html and the
pages of the operations beside it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from emulator import arns, ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from models import schedules, snapshot_policies, tags

TAGS = TagRules(code="InvalidRequestException")
INTERVALS = (1, 2, 3, 4, 6, 8, 12, 24)
MOST_SCHEDULES = 4
# What would do more with snapshots than take and delete them.
UNSUPPORTED = (
    "VariableTags", "FastRestoreRule", "CrossRegionCopyRules", "ShareRules", "ArchiveRule",
    "DeprecateRule",
)  # fmt: skip
SIMPLIFIED = (
    "DefaultPolicy", "CreateInterval", "RetainInterval", "CopyTags", "ExtendDeletion",
    "CrossRegionCopyTargets", "Exclusions",
)  # fmt: skip


async def create_lifecycle_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A policy that takes snapshots from the next day on."""
    _refuse(params, SIMPLIFIED)
    details = _checked(params.get("PolicyDetails"))
    policy_id = ids.new("policy")
    await snapshot_policies.insert(
        ctx.db,
        {
            "policy_id": policy_id,
            "arn": arns.arn(ctx, "dlm", f"policy/{policy_id}"),
            "region": ctx.region,
            "state": params["State"],
            "description": params["Description"],
            "execution_role_arn": params["ExecutionRoleArn"],
            "details": details,
            "tags": TAGS.checked(params.get("Tags")),
            "created_at": ctx.now,
            "modified_at": ctx.now,
        },
    )
    return {"PolicyId": policy_id}


async def get_lifecycle_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The policies of the region, by id, state, resources and tags."""
    rows = await snapshot_policies.listed(ctx.db, ctx.region)
    asked = params.get("PolicyIds")
    if asked:
        missing = set(asked) - {row["policy_id"] for row in rows}
        if missing:
            raise _not_found(sorted(missing))
    return {"Policies": [_summary(row) for row in rows if _meets(row, params)]}


async def get_lifecycle_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One policy with all that it says."""
    row = await _find(ctx, params["PolicyId"])
    summary = _summary(row)
    del summary["PolicyType"]  # the details have it
    return {
        "Policy": {
            **summary,
            "StatusMessage": row["state"],
            "ExecutionRoleArn": row["execution_role_arn"],
            "DateCreated": row["created_at"],
            "DateModified": row["modified_at"],
            "PolicyDetails": row["details"],
            "PolicyArn": row["arn"],
        }
    }


async def update_lifecycle_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a policy; what the request leaves out stays."""
    _refuse(params, SIMPLIFIED)
    row = await _find(ctx, params["PolicyId"])
    columns = {
        "State": "state",
        "Description": "description",
        "ExecutionRoleArn": "execution_role_arn",
    }
    changes = {
        column: params[name] for name, column in columns.items() if params.get(name) is not None
    }
    if params.get("PolicyDetails") is not None:
        changes["details"] = _checked({**row["details"], **params["PolicyDetails"]})
    changes["modified_at"] = ctx.now
    await snapshot_policies.change(ctx.db, ctx.region, row["policy_id"], changes)
    return {}


async def delete_lifecycle_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy; the snapshots that it took stay, and nothing deletes them any more."""
    if not await snapshot_policies.delete(ctx.db, ctx.region, params["PolicyId"]):
        raise _not_found([params["PolicyId"]])
    return {}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a policy."""
    row = await _find(ctx, params["ResourceArn"].rpartition("/")[2])
    return {"Tags": row["tags"]}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a policy."""
    row = await _find(ctx, params["ResourceArn"].rpartition("/")[2])
    await TAGS.put(ctx.db, "snapshot_policy", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a policy."""
    row = await _find(ctx, params["ResourceArn"].rpartition("/")[2])
    await tags.remove(ctx.db, "snapshot_policy", row["arn"], params["TagKeys"])
    return {}


async def _find(ctx: Context, policy_id: str) -> Any:
    row = await snapshot_policies.find(ctx.db, ctx.region, policy_id)
    if row is None:
        raise _not_found([policy_id])
    return row


def _summary(row: Any) -> dict[str, Any]:
    return {
        "PolicyId": row["policy_id"],
        "Description": row["description"],
        "State": row["state"],
        "Tags": row["tags"],
        "PolicyType": row["details"]["PolicyType"],
        "DefaultPolicy": False,
    }


def _meets(row: Any, params: Mapping[str, Any]) -> bool:
    """Whether a policy is among those that are asked for."""
    details = row["details"]
    added = [tag for one in details["Schedules"] for tag in one.get("TagsToAdd") or ()]
    demands: tuple[tuple[Sequence[str] | None, set[str]], ...] = (
        (params.get("PolicyIds"), {row["policy_id"]}),
        ([params["State"]] if params.get("State") else None, {row["state"]}),
        (params.get("ResourceTypes"), set(details["ResourceTypes"])),
        (params.get("TargetTags"), _pairs(details["TargetTags"])),
        (params.get("TagsToAdd"), _pairs(added)),
        (["default"] if params.get("DefaultPolicyType") in ("VOLUME", "INSTANCE") else None, set()),
    )
    return all(not asked or set(asked) & has for asked, has in demands)


def _pairs(given: Sequence[Mapping[str, str]]) -> set[str]:
    return {f"{tag['Key']}={tag['Value']}" for tag in given}


def _checked(details: Mapping[str, Any] | None) -> dict[str, Any]:
    """PolicyDetails that can be followed, with what AWS adds to them."""
    if not details:
        raise _invalid("PolicyDetails is required.", "PolicyDetails")
    _refuse(details, SIMPLIFIED)
    kind = details.get("PolicyType") or "EBS_SNAPSHOT_MANAGEMENT"
    if kind != "EBS_SNAPSHOT_MANAGEMENT":
        raise _invalid(f"Policies of type {kind} are not supported in this account.")
    if details.get("ResourceTypes") not in (["VOLUME"], ["INSTANCE"]):
        raise _invalid("ResourceTypes must be VOLUME or INSTANCE.", "ResourceTypes")
    if not details.get("TargetTags"):
        raise _invalid("TargetTags is required.", "TargetTags")
    given = details.get("Schedules") or []
    if not 1 <= len(given) <= MOST_SCHEDULES:
        raise _invalid(f"A policy has 1 to {MOST_SCHEDULES} schedules.", "Schedules")
    if (details.get("Parameters") or {}).get("ExcludeDataVolumeTags"):
        raise _invalid("ExcludeDataVolumeTags is not supported in this account.")
    if details.get("ResourceLocations") not in (None, ["CLOUD"]):
        raise _invalid("ResourceLocations must be CLOUD in a region.")
    names = [one.get("Name") or "Default Schedule" for one in given]
    if len(set(names)) < len(names):
        raise _invalid("The schedules of a policy must have different names.")
    return {
        **details,
        "PolicyType": kind,
        "ResourceLocations": ["CLOUD"],
        "Schedules": [_schedule(one) for one in given],
    }


def _schedule(given: Mapping[str, Any]) -> dict[str, Any]:
    _refuse(given, UNSUPPORTED)
    rule, retain = given.get("CreateRule") or {}, given.get("RetainRule") or {}
    if rule.get("Scripts"):
        raise _invalid("Scripts are not supported in this account.")
    if rule.get("CronExpression"):
        if rule.get("Interval"):
            raise _invalid("CreateRule takes an interval or a cron expression, not both.")
        try:
            schedules.times_on(rule["CronExpression"], datetime(2026, 1, 1, tzinfo=UTC).date())
        except schedules.ScheduleError as error:
            raise _invalid(str(error)) from None
    elif rule.get("Interval") not in INTERVALS:
        raise _invalid(f"Interval must be one of {', '.join(map(str, INTERVALS))}.", "Interval")
    for text in rule.get("Times") or ():
        try:
            time.fromisoformat(text)
        except ValueError:
            raise _invalid(f"{text} is not a time as hh:mm.") from None
    if bool(retain.get("Count")) == bool(retain.get("Interval")):
        raise _invalid("RetainRule takes either a count or an interval.", "RetainRule")
    if retain.get("Interval") and retain.get("IntervalUnit") not in snapshot_policies.UNITS:
        raise _invalid("RetainRule needs an interval unit.", "IntervalUnit")
    made = {**given, "CopyTags": bool(given.get("CopyTags"))}
    if rule.get("Interval"):
        made["CreateRule"] = {
            **rule,
            "IntervalUnit": "HOURS",
            "Times": rule.get("Times") or [snapshot_policies.DEFAULT_TIME.strftime("%H:%M")],
        }
    return made


def _refuse(given: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if given.get(name) not in (None, [], {}, False):
            raise _invalid(f"{name} is not supported in this account.")


def _invalid(message: str, missing: str = "") -> AwsError:
    fields: dict[str, Any] = {"RequiredParameters": [missing]} if missing else {}
    return AwsError("InvalidRequestException", message, **fields)


def _not_found(policy_ids: Sequence[str]) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"Policy not found: {', '.join(policy_ids)}",
        ResourceType="Policy",
        ResourceIds=list(policy_ids),
    )
