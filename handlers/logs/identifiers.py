"""Identifiers of log groups: names and ARNs, and how what is missing is reported."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from models import log_groups

_WILDCARD = ":*"


def name_of(ctx: Context, identifier: str, member: str = "logGroupIdentifier") -> str:
    """The name in an identifier: an ARN of this account and region, or a name."""
    if not identifier.startswith("arn:"):
        return identifier
    parts = identifier.removesuffix(_WILDCARD).split(":", 6)
    if len(parts) != 7 or parts[2] != "logs" or parts[5] != "log-group" or not parts[6]:
        raise invalid(f"Invalid {member} ARN: {identifier}")
    if parts[3] != ctx.region or parts[4] != ctx.principal.account_number:
        raise group_not_found()
    return parts[6]


def given(ctx: Context, params: dict[str, Any]) -> str:
    """The one group that a request names by name or by identifier."""
    name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
    if name and identifier:
        raise AwsError(
            "ValidationException",
            "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        )
    if not name and not identifier:
        raise invalid("Either logGroupName or logGroupIdentifier must be specified.")
    return name_of(ctx, name or identifier or "")


async def find(ctx: Context, name: str) -> Any:
    """The group of that name; ResourceNotFoundException."""
    row = await log_groups.find(ctx.db, ctx.region, name)
    if row is None:
        raise group_not_found()
    return row


def group_not_found() -> AwsError:
    """There is no such group."""
    return AwsError("ResourceNotFoundException", "The specified log group does not exist.")


def stream_not_found() -> AwsError:
    """There is no such stream."""
    return AwsError("ResourceNotFoundException", "The specified log stream does not exist.")


def invalid(message: str) -> AwsError:
    """A parameter that cannot be."""
    return AwsError("InvalidParameterException", message)


def bad_token() -> AwsError:
    """A token that AWS did not give, or gave for another question."""
    return invalid("The specified nextToken is invalid.")
