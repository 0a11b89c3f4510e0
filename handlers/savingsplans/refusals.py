"""Refusals of Savings Plans.

Source: https://docs.aws.amazon.com/savingsplans/latest/APIReference/CommonErrors.html and the
pages of the operations.
"""

from emulator.errors import AwsError


def invalid(message: str) -> AwsError:
    """A request that says something wrong."""
    return AwsError("ValidationException", message, 400)


def not_found(message: str) -> AwsError:
    """A request that names what is not there."""
    return AwsError("ResourceNotFoundException", message, 404)
