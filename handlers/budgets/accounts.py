"""Which account a request speaks of, and how lists of budgets are paged."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page, page


def check_account(ctx: Context, params: Mapping[str, Any]) -> None:
    """Only the caller's own budgets are there for it."""
    if params["AccountId"] != ctx.principal.account_number:
        raise AwsError(
            "AccessDeniedException",
            f"Account {ctx.principal.account_number} is not authorized to access the budgets of"
            f" account {params['AccountId']}.",
        )


def today(ctx: Context) -> date:
    """Today in the client's calendar."""
    return (ctx.now + ctx.shift).date()


def whole_days(ctx: Context) -> timedelta:
    """How far the client's calendar lies after the ledger's."""
    return timedelta(days=ctx.shift.days)


def budget_page(ctx: Context, params: Mapping[str, Any], default: int = 100) -> Page:
    """The page that a list is asked for."""
    return page(ctx, params, default=default, invalid=_invalid_token)


def invalid(message: str) -> AwsError:
    """The refusal of a parameter."""
    return AwsError("InvalidParameterException", message)


def _invalid_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "The pagination token is invalid.")
