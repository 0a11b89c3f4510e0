"""Log groups: made, listed, given retention, key and protection, deleted.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html and
the pages of the operations.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Rows, View, When
from handlers.logs import identifiers, lists
from handlers.logs.identifiers import invalid
from handlers.logs.resource_tags import RULES
from models import launches, log_groups
from models.listing import Condition

MOST_NAMED = 50


async def create_log_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A log group that keeps its events for ever."""
    name = params["logGroupName"]
    if name.lower().startswith("aws/"):
        raise invalid("Log groups starting with AWS/ are reserved for AWS.")
    given = RULES.checked(params.get("tags"))
    kind = params.get("logGroupClass") or "STANDARD"
    row = {
        "name": name,
        "region": ctx.region,
        "arn": arn(ctx, "logs", f"log-group:{name}"),
        "env": launches.environment(given),
        "class": kind,
        "retention_days": log_groups.DELIVERY_DAYS if kind == "DELIVERY" else None,
        "kms_key_id": _key(ctx, params.get("kmsKeyId")),
        "deletion_protection": bool(params.get("deletionProtectionEnabled")),
        "tags": given,
        "created_at": ctx.now,
    }
    if not await log_groups.insert(ctx.db, row):
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    return {}


async def delete_log_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group with its streams, events and filters, unless it is protected."""
    name = params["logGroupName"]
    async with ctx.db.transaction():
        await identifiers.find(ctx, name)
        if not await log_groups.delete(ctx.db, ctx.region, name):
            raise AwsError(
                "ValidationException",
                "Cannot delete log group because deletion protection is enabled. Disable deletion"
                " protection and try again.",
            )
    return {}


async def describe_log_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Groups by name: all of them, by prefix or pattern, by class, or those that are named."""
    page = lists.page(ctx, params)
    _check_accounts(params)
    prefix, pattern = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
    if prefix and pattern:
        raise invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    where = _narrowed(params, prefix, pattern)
    ids = _named(ctx, params, prefix, pattern)
    if not _own_account(ctx, params):
        return {"logGroups": []}
    rows = await log_groups.LISTING.page(
        ctx.db, where, region=ctx.region, ids=ids, after=page.after, limit=page.fetch,
        shift=ctx.shift,
    )  # fmt: skip
    shown, token = page.cut(rows, "name")
    return {"logGroups": Rows(GROUP_VIEW, shown), "nextToken": token}


async def list_log_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Names, ARNs and classes of groups, by pattern (`^` binds it to the beginning) and tags."""
    page = lists.page(ctx, params)
    for refused in ("dataSources", "fieldIndexNames"):
        if params.get(refused):
            raise invalid(f"{refused} is not supported by this emulator.")
    pattern = params.get("logGroupNamePattern")
    start = pattern[1:] if pattern and pattern.startswith("^") else None
    where = _narrowed(params, start, None if start is not None else pattern)
    for one in params.get("logGroupTags") or ():
        values = tuple(one.get("values") or ())
        where.append(
            Condition("tag", values, tag=one["key"])
            if values
            else Condition("tag-key", (one["key"],))
        )
    if not _own_account(ctx, params):
        return {"logGroups": []}
    rows = await log_groups.LISTING.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch, shift=ctx.shift
    )
    shown, token = page.cut(rows, "name")
    return {"logGroups": Rows(SUMMARY_VIEW, shown), "nextToken": token}


async def put_retention_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep events for so many days; what is older goes with the next virtual day."""
    days = params["retentionInDays"]
    if days not in log_groups.RETENTION_DAYS:
        allowed = ", ".join(map(str, sorted(log_groups.RETENTION_DAYS)))
        raise invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy"
            f" constraint: Member must satisfy enum value set: [{allowed}]"
        )
    return await _set_retention(ctx, params["logGroupName"], days)


async def delete_retention_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep events for ever."""
    return await _set_retention(ctx, params["logGroupName"], None)


async def associate_kms_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Encrypt what comes in from now on."""
    key = _key(ctx, params["kmsKeyId"])
    return await _update(ctx, _keyed(ctx, params), {"kms_key_id": key})


async def disassociate_kms_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Encrypt by CloudWatch Logs' own key again."""
    return await _update(ctx, _keyed(ctx, params), {"kms_key_id": None})


async def put_log_group_deletion_protection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Protect a group against its deletion, or no more."""
    name = identifiers.name_of(ctx, params["logGroupIdentifier"])
    return await _update(ctx, name, {"deletion_protection": params["deletionProtectionEnabled"]})


async def _set_retention(ctx: Context, name: str, days: int | None) -> dict[str, Any]:
    async with ctx.db.transaction():
        if (await identifiers.find(ctx, name))["class"] == "DELIVERY":
            raise invalid(
                "Retention of log groups of the Delivery log class is"
                f" {log_groups.DELIVERY_DAYS} days and cannot be changed."
            )
        return await _update(ctx, name, {"retention_days": days})


async def _update(ctx: Context, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    if not await log_groups.update(ctx.db, ctx.region, name, changes):
        raise identifiers.group_not_found()
    return {}


def _keyed(ctx: Context, params: dict[str, Any]) -> str:
    name, resource = params.get("logGroupName"), params.get("resourceIdentifier")
    if bool(name) == bool(resource):
        raise invalid("Exactly one of logGroupName and resourceIdentifier must be specified.")
    if resource and resource.endswith(":query-result:*"):
        raise invalid("Keys of query results are not supported by this emulator.")
    return identifiers.name_of(ctx, name or resource or "", "resourceIdentifier")


def _key(ctx: Context, key: str | None) -> str | None:
    if not key:
        return None
    parts = key.split(":", 5)
    if len(parts) != 6 or parts[2] != "kms" or not parts[5].startswith("key/"):
        raise invalid(f"Invalid KMS key ARN: {key}")
    if parts[3] != ctx.region:
        raise invalid("The specified KMS Key Id could not be found.")
    return key


def _check_accounts(params: dict[str, Any]) -> None:
    if params.get("accountIdentifiers") and not params.get("includeLinkedAccounts"):
        raise invalid("accountIdentifiers can only be used when includeLinkedAccounts is true.")


def _own_account(ctx: Context, params: dict[str, Any]) -> bool:
    """Whether the caller's own groups are asked for: nobody shares any with the account."""
    asked = params.get("accountIdentifiers")
    return not asked or ctx.principal.account_number in asked


def _narrowed(params: dict[str, Any], prefix: str | None, pattern: str | None) -> list[Condition]:
    where = []
    if prefix:
        where.append(log_groups.prefixed(prefix))
    if pattern:
        where.append(log_groups.containing(pattern))
    if params.get("logGroupClass"):
        where.append(Condition("class", (params["logGroupClass"],)))
    return where


def _named(
    ctx: Context, params: dict[str, Any], prefix: str | None, pattern: str | None
) -> list[str] | None:
    asked = params.get("logGroupIdentifiers")
    if not asked:
        return None
    if prefix or pattern:
        raise invalid(
            "logGroupIdentifiers cannot be used with logGroupNamePrefix or logGroupNamePattern."
        )
    if len(asked) > MOST_NAMED:
        raise invalid(f"At most {MOST_NAMED} logGroupIdentifiers can be specified.")
    return [identifiers.name_of(ctx, one, "logGroupIdentifiers") for one in asked]


GROUP_VIEW = View(
    {
        "logGroupName": "name",
        "creationTime": "created_ms",
        "retentionInDays": "retention_days",
        "metricFilterCount": "metric_filters",
        "arn": "wide_arn",
        "storedBytes": "stored_bytes",
        "kmsKeyId": "kms_key_id",
        "logGroupClass": "class",
        "logGroupArn": "arn",
        "deletionProtectionEnabled": When("deletion_protection", "deletion_protection"),
    }
)
SUMMARY_VIEW = View({"logGroupName": "name", "logGroupArn": "arn", "logGroupClass": "class"})
