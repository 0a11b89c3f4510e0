"""Filter patterns of requests."""

from handlers.logs.identifiers import invalid
from models import log_patterns


def compiled(text: str) -> log_patterns.Pattern:
    """A pattern, ready to be matched; InvalidParameterException."""
    try:
        return log_patterns.compiled(text)
    except log_patterns.PatternError as error:
        raise invalid(f"Invalid filter pattern: {error}") from None
