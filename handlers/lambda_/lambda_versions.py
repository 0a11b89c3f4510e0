"""Versions: published and listed; they never change.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html.
"""

from typing import Any

from emulator.context import Context
from emulator.rows import Rows
from handlers.lambda_.function_names import LATEST, Named, find, locked, unqualified
from handlers.lambda_.function_view import VIEW, shown
from handlers.lambda_.lambda_functions import check_revision, marked, publish
from handlers.lambda_.refusals import invalid
from models import lambda_functions
from models.listing import Condition


async def publish_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a version of a function as it is; the newest one if nothing has changed since."""
    one = unqualified(ctx, params)
    if params.get("PublishTo"):
        raise invalid("PublishTo is not supported by this emulator.")
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await check_revision(ctx, one, params)
        wanted = params.get("CodeSha256")
        if wanted and wanted != row["code_sha256"]:
            raise invalid(
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST"
                f" ({row['code_sha256']}). Please try again with the CodeSHA256 in $LATEST."
            )
        number = await publish(ctx, row, params.get("Description"))
        made = await find(ctx, Named(one.name, str(number), one.arn))
    return shown(made)


async def list_versions_by_function(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A function as it is and its versions, oldest first."""
    one = unqualified(ctx, params)
    asked = marked(ctx, params)
    await find(ctx, one)
    rows = await lambda_functions.VERSIONS.page(
        ctx.db, [Condition("name", (one.name,))], region=ctx.region, after=asked.after,
        limit=asked.fetch, shift=ctx.shift,
    )  # fmt: skip
    found, token = asked.cut(rows, "position")
    versions = [
        {**row, "arn": f"{row['arn']}:{LATEST}"} if row["version"] == LATEST else row
        for row in found
    ]
    return {"Versions": Rows(VIEW, versions), "NextMarker": token}
