"""Who calls.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html.
"""

from typing import Any

from emulator.context import Context

# "No permissions are required to perform this operation", even where a policy denies it.
ALWAYS_ALLOWED = True


async def get_caller_identity(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account, user id and ARN behind the request's credentials."""
    caller = ctx.principal
    return {"UserId": caller.user_id, "Account": caller.account_number, "Arn": caller.arn}
