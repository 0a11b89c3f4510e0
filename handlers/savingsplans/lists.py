"""Pages of lists. Tokens are written with the letters that this service's model allows them."""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page
from handlers.savingsplans.refusals import invalid

MOST_SHOWN = 1000
_OURS, _THEIRS = str.maketrans("+/", "-_"), str.maketrans("-_", "+/")


def page(ctx: Context, params: Mapping[str, Any]) -> Page:
    """The page that a request asks for; a size of 0 is none."""
    given = params.get("nextToken")
    asked = {
        **params,
        "maxResults": params.get("maxResults") or None,
        "nextToken": given.translate(_OURS) if given else None,
    }
    names = {"token": "nextToken", "size": "maxResults"}
    return pages.page(ctx, asked, **names, default=MOST_SHOWN, invalid=_bad_token)  # type: ignore[arg-type]


def token(given: str | None) -> str | None:
    """A token as it goes out."""
    return given.translate(_THEIRS) if given else None


def _bad_token() -> AwsError:
    return invalid("The provided next token is invalid")
