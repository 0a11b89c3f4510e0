"""Lambda's errors, each with the Type that its answers carry."""

from emulator.errors import AwsError


def refusal(code: str, message: str) -> AwsError:
    """An error of the caller's, by the name of its shape without "Exception"."""
    return AwsError(f"{code}Exception", message, Type="User")


def invalid(message: str) -> AwsError:
    """InvalidParameterValueException."""
    return refusal("InvalidParameterValue", message)


def absent(message: str = "The resource you requested does not exist.") -> AwsError:
    """ResourceNotFoundException."""
    return refusal("ResourceNotFound", message)


def conflict(message: str) -> AwsError:
    """ResourceConflictException."""
    return refusal("ResourceConflict", message)


def stale(message: str = "") -> AwsError:
    """PreconditionFailedException: the revision that a request names is not the newest."""
    return refusal(
        "PreconditionFailed",
        message
        or "The Revision Id provided does not match the latest Revision Id. Call the"
        " GetFunction/GetAlias API to retrieve the latest Revision Id",
    )


def constraint(value: object, name: str, demand: str) -> AwsError:
    """ValidationException in the words of AWS's validator."""
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint:"
        f" Member must {demand}",
        400,
    )
