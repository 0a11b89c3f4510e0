"""Amazon Resource Names."""

from emulator.context import Context


def arn(ctx: Context, service: str, resource: str) -> str:
    """The ARN of a resource of the caller's account in the request's region."""
    return f"arn:aws:{service}:{ctx.region}:{ctx.principal.account_number}:{resource}"
