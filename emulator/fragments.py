"""Fragments: rows as they were written, kept for as long as the rows stay what they were.

What a client lists again and again is mostly what it was the last time. So the database is asked
for ids and revisions first: all that is shown of a row follows from its revision, which is made
of the versions (PostgreSQL's xmin and ctid) of every row that it is shown from, so that whoever
changes one, by SQL too, gives it another. Only what has a new revision is read and written.
"""

import weakref
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from emulator.pages import Page

if TYPE_CHECKING:
    from emulator.context import Context
    from emulator.rows_compiled import Writer
    from models.listing import Condition, Listing

# What the fragments of all worlds of a process may have together, in characters: ASCII mostly.
MOST_CHARACTERS: Final = 8 << 20
# In what speaks of a freeze: its date is moved in rows that are whole (emulator/guardrails.py).
FREEZES: Final = "freeze_"


class Known:
    """A row whose text lies on a shelf; of its columns it has those that a page is made with."""

    __slots__ = ("row", "text")

    def __init__(self, row: Any, text: str) -> None:
        self.row = row
        self.text = text

    def __getitem__(self, column: str) -> Any:
        return self.row[column]


# Account, region, service, operation and protocol.
Place = tuple[str, str, str, str, str]


class Shelf:
    """The fragments of one list: of an account and region, as an operation writes it."""

    __slots__ = ("_fragments", "place", "promising", "shift", "texts")

    def __init__(self, fragments: "Fragments", place: Place, shift: timedelta) -> None:
        self._fragments = fragments
        self.place = place
        self.shift = shift
        # by id: revision and text
        self.texts: dict[str, tuple[str, str]] = {}
        # whether to ask for revisions alone is likely to be worth it
        self.promising = True

    def knows(self, ids: Sequence[str] | None) -> bool:
        """Whether any of these rows, or of all, is likely to be found here."""
        if ids is not None:
            return any(one in self.texts for one in ids)
        return self.promising and bool(self.texts)

    def known(self, rows: Sequence[Any], key: str) -> list[Known | None]:
        """Rows of id and revision with their texts; None where that is of another, or missing."""
        get = self.texts.get
        return [
            Known(row, found[1])
            if (found := get(row[key])) is not None and found[0] == row["revision"]
            else None
            for row in rows
        ]

    def write(
        self, writer: "Writer", key: str, rows: Sequence[Any], shift: timedelta
    ) -> tuple[str, bool]:
        """The text of rows, and whether it speaks of a freeze; all but that is kept from now on."""
        fresh = [row for row in rows if row.__class__ is not Known]
        if not fresh:
            return "".join([row.text for row in rows]), False
        texts = writer.write_each(fresh, shift)
        told = False
        for row, text in zip(fresh, texts, strict=True):
            if FREEZES in text:
                told = True
            elif shift == self.shift:
                self._fragments.keep(self, row[key], row["revision"], text)
        following = iter(texts)
        return "".join(
            [row.text if row.__class__ is Known else next(following) for row in rows]
        ), told


class Fragments:
    """All shelves of a world, which has its share of the room."""

    def __init__(self) -> None:
        # those on which something lies
        self._shelves: dict[Place, Shelf] = {}
        self._characters = 0
        _worlds.add(self)

    def shelf(self, ctx: "Context") -> Shelf:
        """The shelf of a call's list; times are written for one shift of the clock only."""
        operation = ctx.operation.name if ctx.operation else ""
        place = (ctx.principal.account_number, ctx.region, ctx.service, operation, ctx.protocol)
        shelf = self._shelves.get(place)
        if shelf is not None and shelf.shift == ctx.shift:
            return shelf
        if shelf is not None:
            self._characters -= sum(len(text) for _, text in shelf.texts.values())
            shelf.texts.clear()
            del self._shelves[place]
        return Shelf(self, place, ctx.shift)

    def keep(self, shelf: Shelf, key: str, revision: str, text: str) -> None:
        """Keep a fragment; when there is no room, all begin anew."""
        if self._shelves.get(shelf.place, shelf) is not shelf:
            return  # another call has begun the same shelf meanwhile
        before = shelf.texts.get(key)
        self._characters += len(text) - (len(before[1]) if before else 0)
        if self._characters > MOST_CHARACTERS // len(_worlds):
            for each in self._shelves.values():
                each.texts.clear()
            self._shelves.clear()
            self._characters = len(text)
        self._shelves[shelf.place] = shelf
        shelf.texts[key] = (revision, text)


_worlds: "weakref.WeakSet[Fragments]" = weakref.WeakSet()


async def page(
    ctx: "Context",
    listing: "Listing",
    where: Sequence["Condition"],
    shelf: Shelf,
    one: Page,
    *,
    ids: Sequence[str] | None = None,
) -> list[Any]:
    """The rows of a page; those that the shelf has are Known, and not read in full.

    So is the row behind the page, which only tells that there is one.
    """
    shift, after, limit = ctx.shift, one.after, one.fetch
    if not shelf.knows(ids):
        shelf.promising = True
        return await listing.page(
            ctx.db, where, region=ctx.region, ids=ids, after=after, limit=limit, shift=shift
        )
    key = listing.name
    brief = await listing.page(
        ctx.db, where, region=ctx.region, ids=ids, after=after, limit=limit, brief=True
    )
    rows: list[Any] = shelf.known(brief, key)
    if limit is not None and len(rows) == limit:
        rows[-1] = Known(brief[-1], "")
    if all(rows):
        shelf.promising = True
        return rows
    missing = [row[key] for row, known in zip(brief, rows, strict=True) if known is None]
    shelf.promising = 2 * len(missing) <= len(rows)
    by_id = await _by_id(ctx, listing, missing)
    found = (known or by_id.get(row[key]) for row, known in zip(brief, rows, strict=True))
    # what went in between is not there any more
    return [row for row in found if row is not None]


async def whole(ctx: "Context", listing: "Listing", rows: Sequence[Any]) -> list[Any]:
    """The same rows, none of them Known any more."""
    key = listing.name
    known = [row[key] for row in rows if row.__class__ is Known]
    if not known:
        return list(rows)
    by_id = await _by_id(ctx, listing, known)
    return [row for row in (by_id.get(one[key], one) for one in rows) if row.__class__ is not Known]


async def _by_id(ctx: "Context", listing: "Listing", ids: Sequence[str]) -> dict[str, Any]:
    rows = await listing.page(ctx.db, region=ctx.region, ids=ids, shift=ctx.shift)
    return {row[listing.name]: row for row in rows}
