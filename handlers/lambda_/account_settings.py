"""The limits of an account in a region, and what of them is used.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html.
"""

from typing import Any

from emulator.context import Context
from models import lambda_functions

NOUN = "lambda_functions"


async def get_account_settings(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Limits and use of the caller's account in the region."""
    used = await lambda_functions.usage(ctx.db, ctx.region)
    limit = lambda_functions.CONCURRENT_EXECUTIONS
    return {
        "AccountLimit": {
            "TotalCodeSize": lambda_functions.TOTAL_CODE_BYTES,
            "CodeSizeUnzipped": lambda_functions.UNZIPPED_BYTES,
            "CodeSizeZipped": lambda_functions.ZIPPED_BYTES,
            "ConcurrentExecutions": limit,
            "UnreservedConcurrentExecutions": max(limit - int(used["held"]), 0),
        },
        "AccountUsage": {
            "TotalCodeSize": int(used["bytes"]),
            "FunctionCount": used["functions"],
        },
    }
