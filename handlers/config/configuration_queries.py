"""Advanced queries: resources selected by their properties.

Source: https://docs.aws.amazon.com/config/latest/APIReference/API_SelectResourceConfig.html. The
part of its SQL that is understood stands in models/configuration_queries.py; configuration has our
own columns' names, as in GetResourceConfigHistory.
"""

from typing import Any

import orjson

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models.configuration_queries import Query, QueryError

NOUN = "resource_change_events"
MOST = 100
USUAL = 25


async def select_resource_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Properties of the resources in the caller's region that meet an expression."""
    limit = params.get("Limit") or USUAL
    if not 0 < limit <= MOST:
        raise AwsError("InvalidLimitException", f"The limit must be between 0 and {MOST}.")
    try:
        query = Query(params["Expression"])
    except QueryError as error:
        raise AwsError(
            "InvalidExpressionException", f"The query is not understood: {error}."
        ) from None
    asked = {name: value for name, value in params.items() if name != "Limit" or value}
    page = pages.page(ctx, asked, size="Limit", default=USUAL, invalid=_bad_token)
    start = int(page.after or 0)
    rows = await query.run(ctx.db, ctx.region, limit + 1, start)
    token = page.token(str(start + limit)) if len(rows) > limit else None
    return {
        "Results": [orjson.dumps(row).decode() for row in rows[:limit]],
        "QueryInfo": {"SelectFields": [{"Name": name} for name in query.fields]},
        "NextToken": token,
    }


def _bad_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "The specified nextToken is not valid.")
