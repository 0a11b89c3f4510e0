"""Lifecycle rules: when objects move to colder classes, and when they end.

The rules are kept as they are put, in `lifecycle_policy`: the engine reads them at every tick.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html.
"""

from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.ids import derived
from handlers.s3 import refusals
from handlers.s3.bucket_access import bucket_of
from models import s3_buckets

NOUN = "s3_buckets"
MOST_RULES = 1000
_LEAST_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30}
_ACTIONS = ("Expiration", "Transitions", "NoncurrentVersionTransitions",
            "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")  # fmt: skip
_DEFAULT_SIZE = "all_storage_classes_128K"


async def get_bucket_lifecycle_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The rules of a bucket; NoSuchLifecycleConfiguration where it has none."""
    found = await bucket_of(ctx, params, "lifecycle_policy", "transition_minimum_size")
    rules = shown(found["lifecycle_policy"])
    if not rules:
        raise refusals.missing("NoSuchLifecycleConfiguration", found["name"])
    return {
        "Rules": rules,
        "TransitionDefaultMinimumObjectSize": found["transition_minimum_size"],
    }


async def put_bucket_lifecycle_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Put rules in place of those that are there."""
    rules = (params.get("LifecycleConfiguration") or {}).get("Rules") or []
    if not 1 <= len(rules) <= MOST_RULES:
        raise refusals.malformed()
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(names)) < len(names):
        raise refusals.invalid("Rule ID must be unique. Found same ID for more than one rule")
    for at, rule in enumerate(rules):
        _check(rule)
        if not rule.get("ID"):
            rule["ID"] = derived("rule", params["Bucket"], str(at))
    size = params.get("TransitionDefaultMinimumObjectSize") or _DEFAULT_SIZE
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        changes = {"lifecycle_policy": {"Rules": rules}, "transition_minimum_size": size}
        await s3_buckets.configure(ctx.db, found["name"], changes)
    return {"TransitionDefaultMinimumObjectSize": size}


async def delete_bucket_lifecycle(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take all rules away; a bucket without any is no error."""
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        await s3_buckets.configure(ctx.db, found["name"], {"lifecycle_policy": {}})
    return {}


def _check(rule: dict[str, Any]) -> None:
    if len(rule.get("ID") or "") > 255:
        raise refusals.invalid("ID length should not exceed allowed limit of 255", "ID")
    if "Filter" not in rule and "Prefix" not in rule:
        raise refusals.malformed()
    if len(rule.get("Filter") or {}) > 1:
        raise refusals.malformed()
    if not any(rule.get(action) for action in _ACTIONS):
        raise refusals.bad_request("At least one action needs to be specified in a rule")
    expiration = rule.get("Expiration") or {}
    if len(expiration) > 1:
        raise refusals.malformed()
    _check_days("Expiration", expiration)
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is not None:
        _positive("DaysAfterInitiation", "AbortIncompleteMultipartUpload",
                  abort.get("DaysAfterInitiation"))  # fmt: skip
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if noncurrent is not None:
        _positive("NoncurrentDays", "NoncurrentVersionExpiration", noncurrent.get("NoncurrentDays"))
    _check_transitions(rule, expiration)


def _check_transitions(rule: dict[str, Any], expiration: dict[str, Any]) -> None:
    for step in rule.get("Transitions") or ():
        if not step.get("StorageClass") or ("Days" in step) == ("Date" in step):
            raise refusals.malformed()
        _check_days("Transition", step, least=0)
        days, least = step.get("Days"), _LEAST_DAYS.get(step["StorageClass"], 0)
        if days is not None and days < least:
            raise refusals.invalid(
                f"'Days' in Transition action must be greater than or equal to {least} for"
                f" storageClass '{step['StorageClass']}'",
                "Days", days,
            )  # fmt: skip
        ends = expiration.get("Days")
        if days is not None and ends is not None and ends <= days:
            prefix = rule.get("Prefix") or (rule.get("Filter") or {}).get("Prefix") or ""
            raise refusals.invalid(
                f"'Days' in the Expiration action for prefix '{prefix}' must be greater than"
                " 'Days' in the Transition action",
                "Days", ends,
            )  # fmt: skip


def _check_days(action: str, value: dict[str, Any], least: int = 1) -> None:
    if "Days" in value:
        _positive("Days", action, value["Days"], least)
    date = value.get("Date")
    if date is not None and (date.hour, date.minute, date.second) != (0, 0, 0):
        raise refusals.invalid("'Date' must be at midnight GMT", "Date", date)


def _positive(name: str, action: str, days: int | None, least: int = 1) -> None:
    if days is None or days < least:
        kind = "positive" if least else "nonnegative"
        raise refusals.invalid(f"'{name}' for {action} action must be a {kind} integer", name, days)


def shown(policy: Any) -> list[dict[str, Any]]:
    """The rules of a policy in S3's words, also of one that was written in short by SQL."""
    if isinstance(policy, dict):
        policy = policy.get("Rules") or policy.get("rules") or ([policy] if policy else [])
    return [one for rule in policy or () if (one := _rule(rule))]


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: value for key, value in rule.items() if key[:1].isupper()}
    steps = rule.get("transitions")
    if steps and "Transitions" not in found:
        found["Transitions"] = [
            {
                "Days": int(step.get("days", step.get("Days", 0))),
                "StorageClass": (step.get("storage_class") or step.get("StorageClass")).upper(),
            }
            for step in steps
        ]
    ends = (rule.get("expiration") or {}).get("days")
    if ends and "Expiration" not in found:
        found["Expiration"] = {"Days": int(ends)}
    if not any(found.get(action) for action in _ACTIONS):
        return {}
    found.setdefault("ID", rule.get("id") or "lifecycle")
    found.setdefault("Status", rule.get("status") or "Enabled")
    if "Filter" not in found and "Prefix" not in found:
        found["Filter"] = {"Prefix": rule.get("prefix") or ""}
    for part in (found.get("Expiration"), *found.get("Transitions", ())):
        if part and isinstance(part.get("Date"), str):
            part["Date"] = datetime.fromisoformat(part["Date"]).astimezone(UTC)
    return found
