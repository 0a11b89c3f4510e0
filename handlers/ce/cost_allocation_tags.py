"""Cost allocation tags: which tag keys reports can be divided by, from which day on.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html
and the pages of the operations beside it.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page, page
from handlers.ce import periods
from handlers.ce.periods import invalid
from models import cost_allocation_tags

PAGE, MONTHS_BACK = 100, 12
A_DAY = timedelta(days=1)


async def list_cost_allocation_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tag keys that resources have had, by key, with whether they divide costs."""
    wanted = _page(ctx, params)
    rows = await cost_allocation_tags.listed(
        ctx.db,
        status=params.get("Status"),
        keys=params.get("TagKeys"),
        kind=params.get("Type"),
        after=wanted.after,
        limit=wanted.fetch,
    )
    cut, token = wanted.cut(rows, "key")
    shown = [
        {
            "TagKey": row["key"],
            "Type": row["type"],
            "Status": row["status"],
            "LastUpdatedDate": _day(ctx, row["updated_date"]),
            "LastUsedDate": _day(ctx, row["used_date"]),
        }
        for row in cut
    ]
    answer: dict[str, Any] = {"CostAllocationTags": [_without_none(one) for one in shown]}
    if token:
        answer["NextToken"] = token
    return answer


async def update_cost_allocation_tags_status(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Activate and deactivate keys; costs of the next day on follow, and each failure is told."""
    wanted = {one["TagKey"]: one["Status"] for one in params["CostAllocationTagsStatus"]}
    found = await cost_allocation_tags.set_status(ctx.db, wanted, periods.today(ctx) - ctx.shift)
    return {
        "Errors": [
            {
                "TagKey": key,
                "Code": "TagKeysNotFoundException",
                "Message": f"Tag keys not found: {key}",
            }
            for key in wanted
            if key not in found
        ]
    }


async def start_cost_allocation_tag_backfill(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Tell past costs apart by the keys that are active now; the next day's tick does it."""
    since = _since(ctx, params["BackfillFrom"])
    for row in await cost_allocation_tags.backfills(ctx.db, limit=1):
        if row["status"] == "PROCESSING":
            raise AwsError(
                "BackfillLimitExceededException",
                "A request to backfill is already in progress. Once the previous request is"
                " complete, you can create another request.",
            )
        if row["requested_at"] > ctx.now - A_DAY:
            raise AwsError(
                "BackfillLimitExceededException",
                "You can request a backfill once every 24 hours.",
            )
    row = await cost_allocation_tags.start_backfill(ctx.db, since - ctx.shift, ctx.now)
    return {"BackfillRequest": _request(ctx, row)}


async def list_cost_allocation_tag_backfill_history(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What was asked for so far, the newest first."""
    wanted = _page(ctx, params)
    rows = await cost_allocation_tags.backfills(ctx.db, after=wanted.after, limit=wanted.fetch)
    cut, token = wanted.cut(rows, "position")
    answer: dict[str, Any] = {"BackfillRequests": [_request(ctx, row) for row in cut]}
    if token:
        answer["NextToken"] = token
    return answer


def _page(ctx: Context, params: dict[str, Any]) -> Page:
    return page(
        ctx,
        params,
        default=PAGE,
        invalid=lambda: AwsError(
            "InvalidNextTokenException",
            "The pagination token is invalid. Try again without a pagination token.",
        ),
    )


def _since(ctx: Context, text: str) -> date:
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise invalid(f"{text} is not a date.") from None
    now = periods.today(ctx)
    if at.day != 1 or at.time() != time.min:
        raise invalid("BackfillFrom must be the first day of a month.")
    if not periods.months_before(now, MONTHS_BACK) <= at.date() <= now:
        raise invalid("BackfillFrom can't precede the previous twelve months, or be in the future.")
    return at.date()


def _request(ctx: Context, row: Any) -> dict[str, Any]:
    updated = row["completed_at"] or row["requested_at"]
    return _without_none(
        {
            "BackfillFrom": _day(ctx, row["backfill_from"]),
            "RequestedAt": _at(ctx, row["requested_at"]),
            "CompletedAt": _at(ctx, row["completed_at"]),
            "BackfillStatus": row["status"],
            "LastUpdatedAt": _at(ctx, updated),
        }
    )


def _day(ctx: Context, day: date | None) -> str | None:
    return None if day is None else f"{(day + ctx.shift).isoformat()}T00:00:00Z"


def _at(ctx: Context, at: datetime | None) -> str | None:
    return None if at is None else (at + ctx.shift).strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
