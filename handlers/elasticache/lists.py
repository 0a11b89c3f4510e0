"""Lists as ElastiCache gives them: pages with a marker, or the one that is asked for."""

from collections.abc import Sequence
from typing import Any

from emulator import marked_pages
from emulator.marked_pages import page
from emulator.pages import Page
from handlers.elasticache import identifiers
from models.listing import Condition, Listing

__all__ = ["found", "page"]


async def found(
    one: Page,
    listing: Listing,
    key: str,
    noun: str,
    asked: str | None,
    where: Sequence[Condition] = (),
) -> tuple[Sequence[Any], str | None]:
    """The rows of a page by their column `key`, or the one `asked` for; and the next marker."""
    name = asked.lower() if asked else None
    return await marked_pages.found(
        one, listing, key, name, lambda: identifiers.not_found(noun, asked or ""), where
    )
