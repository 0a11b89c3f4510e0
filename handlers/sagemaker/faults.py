"""SageMaker's refusals, in its own words."""

from datetime import timedelta

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError

# How a kind of resource is called in messages, where its ARN's word is another.
_WORDS = {"endpoint-config": "endpoint configuration", "notebook-instance": "Notebook Instance"}


def invalid(message: str) -> AwsError:
    """A ValidationException."""
    return AwsError("ValidationException", message)


def not_found(ctx: Context, kind: str, name: str) -> AwsError:
    """There is no resource of that name."""
    word = _WORDS.get(kind, kind.replace("-", " "))
    return invalid(f'Could not find {word} "{arn_of(ctx, kind, name)}".')


def absent(what: str) -> AwsError:
    """The ResourceNotFound of newer operations."""
    return AwsError("ResourceNotFound", what)


def taken(ctx: Context, kind: str, name: str) -> AwsError:
    """The name is another's."""
    word = _WORDS.get(kind, kind.replace("-", " "))
    return invalid(f'Cannot create already existing {word} "{arn_of(ctx, kind, name)}".')


def arn_of(ctx: Context, kind: str, name: str) -> str:
    """The ARN of a resource: names are in lower case there."""
    return arn(ctx, "sagemaker", f"{kind}/{name.lower()}")


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)
