"""Functions as requests name them: a name, a partial or a whole ARN, perhaps with a qualifier.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html, FunctionName.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.lambda_.refusals import absent, invalid
from models import lambda_aliases, lambda_functions

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?"
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>[$\w.-]+))?"
)
LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Named:
    """What a request names: a function of the caller's in its region, and a qualifier or none."""

    name: str
    qualifier: str | None
    arn: str

    @property
    def qualified(self) -> str:
        """The ARN with the qualifier, if there is one."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


def named(ctx: Context, params: Mapping[str, Any], member: str = "FunctionName") -> Named:
    """The function that a request names."""
    given = params[member]
    match = _NAME.fullmatch(given)
    if match is None:
        raise invalid(f"Invalid function name: {given}")
    whole = arn(ctx, "lambda", f"function:{match['name']}")
    account = match["account"]
    if account and account != ctx.principal.account_number:
        action = ctx.operation.name if ctx.operation else ""
        raise AwsError(
            "AccessDeniedException",
            f"User: {ctx.principal.arn} is not authorized to perform: lambda:{action} on resource:"
            f" {given} because no resource-based policy allows the lambda:{action} action",
            403,
        )
    if match["region"] and match["region"] != ctx.region:
        raise absent(
            f"Functions from '{match['region']}' are not reachable in this region ('{ctx.region}')"
        )
    derived, asked = match["qualifier"], params.get("Qualifier") or None
    if derived and asked and derived != asked:
        raise invalid(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return Named(match["name"], asked or derived, whole)


def unqualified(ctx: Context, params: Mapping[str, Any], message: str = "") -> Named:
    """The function that a request names, which may not name a version or an alias of it."""
    one = named(ctx, params)
    if one.qualifier:
        raise invalid(
            message
            or "This operation is permitted on Lambda functions only. Aliases and versions do not"
            " support this operation. Please specify either a function name or an unqualified"
            " function ARN."
        )
    return one


async def locked(ctx: Context, one: Named) -> Any:
    """The whole row of a function, held until the transaction ends."""
    row = await lambda_functions.lock(ctx.db, ctx.region, one.name)
    if row is None:
        raise absent(f"Function not found: {one.arn}")
    return row


async def find(ctx: Context, one: Named) -> Any:
    """The function's row as its view shows it, of the version that the qualifier means."""
    if one.qualifier in (None, LATEST):
        row = await lambda_functions.find_one(ctx.db, ctx.region, one.name, _moved(ctx))
    else:
        version = one.qualifier or ""
        if not version.isdigit():
            alias = await lambda_aliases.find_one(ctx.db, one.qualified)
            version = alias["version"] if alias is not None else ""
        if version == LATEST:
            row = await lambda_functions.find_one(ctx.db, ctx.region, one.name, _moved(ctx))
        else:
            row = await lambda_functions.find_version(ctx.db, f"{one.arn}:{version}", _moved(ctx))
    if row is None:
        raise absent(f"Function not found: {one.qualified}")
    return row


async def check_qualifier(ctx: Context, one: Named, *, aliases_only: bool = False) -> None:
    """Make sure that the version or alias of a function is there."""
    if one.qualifier is None or (one.qualifier == LATEST and not aliases_only):
        return
    if not one.qualifier.isdigit():
        if await lambda_aliases.find_one(ctx.db, one.qualified) is None:
            raise absent(f"Cannot find alias arn: {one.qualified}")
    elif await lambda_functions.find_version(ctx.db, one.qualified, _moved(ctx)) is None:
        raise absent(f"Function not found: {one.qualified}")


def _moved(ctx: Context) -> timedelta:
    return ctx.shift
