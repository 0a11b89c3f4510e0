"""Trails: made, described, started, stopped and deleted.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html and the
pages of the operations beside it. A trail needs a bucket of the account, into which its files are
put every five minutes. SNS, CloudWatch Logs, KMS and
organization trails are refused.
"""

import re
from typing import Any

from emulator import pages
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from models import s3_buckets, tags, trails

NOUN = "resource_change_events"
MOST_TRAILS = 5
TAGS = TagRules(code="InvalidTagParameterException", too_many="TagsLimitExceededException")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?![._-])){1,126}[A-Za-z0-9]")
_REFUSED = ("SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId",
            "IsOrganizationTrail")  # fmt: skip
DEFAULT_SELECTORS = [
    {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [],
     "ExcludeManagementEventSources": []}
]  # fmt: skip


async def create_trail(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new trail; it keeps nothing until logging is started."""
    name = params["Name"]
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidTrailNameException",
            "Trail name must be 3 to 128 letters, digits, periods, underscores or dashes, and start"
            " and end with a letter or digit.",
        )
    _refuse(params)
    await _check_bucket(ctx, params["S3BucketName"])
    every = [row for row in await trails.every(ctx.db) if row["region"] == ctx.region]
    if len(every) >= MOST_TRAILS:
        raise AwsError(
            "MaximumNumberOfTrailsExceededException",
            f"User: {ctx.principal.account_number} already has {MOST_TRAILS} trails in"
            f" {ctx.region}.",
        )
    row = {
        "name": name,
        "arn": arn(ctx, "cloudtrail", f"trail/{name}"),
        "region": ctx.region,
        "s3_bucket_name": params["S3BucketName"],
        "s3_key_prefix": params.get("S3KeyPrefix"),
        "global_events": params.get("IncludeGlobalServiceEvents", True) is not False,
        "multi_region": bool(params.get("IsMultiRegionTrail")),
        "log_file_validation": bool(params.get("EnableLogFileValidation")),
        "tags": TAGS.checked(params.get("TagsList") or []),
        "created_at": ctx.now,
    }
    if not await trails.create(ctx.db, row):
        raise AwsError(
            "TrailAlreadyExistsException",
            f"Trail {name} already exists for customer: {ctx.principal.account_number}",
        )
    return _made(row)


async def update_trail(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change where and what a trail keeps."""
    _refuse(params)
    row = await find(ctx, params["Name"])
    members = {"S3BucketName": "s3_bucket_name", "S3KeyPrefix": "s3_key_prefix",
               "IncludeGlobalServiceEvents": "global_events", "IsMultiRegionTrail": "multi_region",
               "EnableLogFileValidation": "log_file_validation"}  # fmt: skip
    changes = {column: params[name] for name, column in members.items() if name in params}
    if "s3_bucket_name" in changes:
        await _check_bucket(ctx, changes["s3_bucket_name"])
    await trails.update(ctx.db, row, changes)
    return _made({**row, **changes})


async def delete_trail(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a trail; what it kept stays in its bucket."""
    row = await find(ctx, params["Name"])
    await trails.delete(ctx.db, row["arn"])
    return {}


async def start_logging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep calls from now on."""
    row = await find(ctx, params["Name"])
    if not row["logging"]:
        await trails.update(ctx.db, row, {"logging": True, "started_at": ctx.now})
    return {}


async def stop_logging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep none any longer."""
    row = await find(ctx, params["Name"])
    if row["logging"]:
        await trails.update(ctx.db, row, {"logging": False, "stopped_at": ctx.now})
    return {}


async def describe_trails(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Trails seen from the caller's region; those of all regions show elsewhere as shadows."""
    wanted = params.get("trailNameList")
    shadows = params.get("includeShadowTrails") is not False
    rows = [row for row in await trails.every(ctx.db)
            if row["region"] == ctx.region or (shadows and row["multi_region"])]  # fmt: skip
    if wanted:
        rows = [row for row in rows if row["name"] in wanted or row["arn"] in wanted]
    return {"trailList": [_shown(row) for row in rows]}


async def get_trail(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One trail."""
    return {"Trail": _shown(await find(ctx, params["Name"]))}


async def list_trails(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The trails of the account in all regions."""
    page = pages.page(ctx, params, default=1000, invalid=_bad_token)
    rows, token = page.cut_items(await trails.every(ctx.db), lambda row: str(row["arn"]))
    shown = [{"TrailARN": row["arn"], "Name": row["name"], "HomeRegion": row["region"]}
             for row in rows]  # fmt: skip
    return {"Trails": shown, "NextToken": token}


async def get_trail_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether a trail keeps calls, and since when."""
    row = await find(ctx, params["Name"])
    return {
        "IsLogging": row["logging"],
        "StartLoggingTime": row["started_at"],
        "StopLoggingTime": row["stopped_at"],
        "LatestDeliveryTime": row["delivered_at"],
    }


async def get_event_selectors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Which calls a trail keeps."""
    row = await find(ctx, params["TrailName"])
    if row["advanced_selectors"] is not None:
        return {"TrailARN": row["arn"], "AdvancedEventSelectors": row["advanced_selectors"]}
    return {"TrailARN": row["arn"], "EventSelectors": row["event_selectors"] or DEFAULT_SELECTORS}


async def put_event_selectors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Choose which calls a trail keeps; data events are not recorded here and refused."""
    row = await find(ctx, params["TrailName"])
    plain, advanced = params.get("EventSelectors") or [], params.get("AdvancedEventSelectors")
    if bool(plain) == bool(advanced):
        raise AwsError(
            "InvalidEventSelectorsException",
            "Either EventSelectors or AdvancedEventSelectors must be specified, but not both.",
        )
    if advanced:
        raise AwsError(
            "UnsupportedOperationException", "Advanced event selectors are not supported here."
        )
    if any(one.get("DataResources") for one in plain):
        raise AwsError("UnsupportedOperationException", "Data events are not recorded here.")
    kept = [{**DEFAULT_SELECTORS[0], **one} for one in plain]
    await trails.update(ctx.db, row, {"event_selectors": kept, "advanced_selectors": None})
    return {"TrailARN": row["arn"], "EventSelectors": kept}


async def get_insight_selectors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """No trail has any: insights are not made here."""
    if not params.get("TrailName"):
        raise AwsError("InvalidParameterCombinationException", "TrailName must be specified.")
    row = await find(ctx, params["TrailName"])
    raise AwsError(
        "InsightNotEnabledException",
        f"Trail {row['arn']} does not have Insights enabled. Edit the trail settings to enable"
        " Insights, and then try the operation again.",
    )


async def list_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of trails."""
    found = []
    for name in params["ResourceIdList"]:
        row = await find(ctx, name)
        marks = await tags.listed(ctx.db, "trail", row["arn"])
        found.append({"ResourceId": row["arn"], "TagsList": TAGS.shown(marks)})
    return {"ResourceTagList": found}


async def add_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a trail."""
    row = await find(ctx, params["ResourceId"])
    marks = TAGS.checked(params["TagsList"])
    await TAGS.put(ctx.db, "trail", row["arn"], marks)
    return {}


async def remove_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a trail."""
    row = await find(ctx, params["ResourceId"])
    keys = [one["Key"] for one in params["TagsList"]]
    await tags.remove(ctx.db, "trail", row["arn"], keys)
    return {}


async def find(ctx: Context, name: str) -> Any:
    """A trail by name or ARN; TrailNotFoundException."""
    row = await trails.find(ctx.db, name, ctx.region)
    if row is None:
        shown = name if name.startswith("arn:") else arn(ctx, "cloudtrail", f"trail/{name}")
        raise AwsError(
            "TrailNotFoundException",
            f"Unknown trail: {shown} for the user: {ctx.principal.account_number}",
        )
    return row


async def _check_bucket(ctx: Context, name: str) -> None:
    if await s3_buckets.find_one(ctx.db, name) is None:
        raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")


def _refuse(params: dict[str, Any]) -> None:
    for name in _REFUSED:
        if params.get(name):
            raise AwsError(
                "UnsupportedOperationException", f"{name} is not supported by this emulator."
            )


def _made(row: Any) -> dict[str, Any]:
    return {
        "Name": row["name"],
        "S3BucketName": row["s3_bucket_name"],
        "S3KeyPrefix": row["s3_key_prefix"],
        "IncludeGlobalServiceEvents": row["global_events"],
        "IsMultiRegionTrail": row["multi_region"],
        "TrailARN": row["arn"],
        "LogFileValidationEnabled": row["log_file_validation"],
        "IsOrganizationTrail": False,
    }


def _shown(row: Any) -> dict[str, Any]:
    return {
        **_made(row),
        "HomeRegion": row["region"],
        "HasCustomEventSelectors": row["event_selectors"] is not None,
        "HasInsightSelectors": False,
    }


def _bad_token() -> AwsError:
    return AwsError("InvalidTokenException", "Reserved for future use.")
