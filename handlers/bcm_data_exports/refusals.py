"""How data exports refuse."""

from emulator.errors import AwsError


def invalid(message: str, *names: str) -> AwsError:
    """A member that cannot be as it is."""
    fields = [{"Name": name, "Message": message} for name in names]
    reason = "fieldValidationFailed" if names else "other"
    return AwsError("ValidationException", message, Reason=reason, Fields=fields)


def not_found(kind: str, identifier: str) -> AwsError:
    """An export or execution that is not there."""
    return AwsError(
        "ResourceNotFoundException",
        f"{kind} {identifier} was not found.",
        ResourceId=identifier,
        ResourceType=kind.lower(),
    )


def bad_token() -> AwsError:
    """A token of another list."""
    return invalid("The next token is invalid.", "NextToken")
