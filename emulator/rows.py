"""Rows shown as AWS's structures: a table of column → member, compiled with the output shape.

A handler gives `Rows(view, records)` where AWS has a list of structures. The view and the list's
shape become one Python function, rows → text, at first use: 1,000 EC2 instances are written in
the time that a hand-written f-string needs. `Rows.plain()` walks the same view row by row into
ordinary dictionaries; the tests prove that both give the same bytes.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from emulator.api import Ref, Shape

if TYPE_CHECKING:
    from emulator.dialect import Dialect
    from emulator.fragments import Shelf
    from emulator.rows_compiled import Writer

CHUNK_ROWS = 100


class ViewError(Exception):
    """A view names what the shape does not have: our bug, told when the view is compiled."""


class Constant:
    """The same value for every row."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Computed:
    """A function of some columns, giving AWS's value in terms of members; None: absent."""

    __slots__ = ("columns", "function")

    def __init__(self, function: Callable[..., Any], *columns: str) -> None:
        self.function = function
        self.columns = columns


class Each:
    """A list from an array or jsonb column; None in the column: absent, empty: an empty list.

    `spec` says how one element is shown: a dictionary like a view's, over the element's own
    keys; the name of the one key to show; or None: the element itself. A jsonb object counts as
    the list of its entries, each with `key` and `value`.
    """

    __slots__ = ("column", "spec")

    def __init__(self, column: str, spec: "dict[str, Any] | str | None" = None) -> None:
        self.column = column
        self.spec = spec


class When:
    """Something that is shown only if a column is truthy; else `otherwise`, if given."""

    __slots__ = ("column", "otherwise", "spec")

    def __init__(self, column: str, spec: Any, otherwise: Any = None) -> None:
        self.column = column
        self.spec = spec
        self.otherwise = otherwise


Spec = str | Constant | Computed | Each | When | dict[str, Any] | list[Any]


class View:
    """How a row is shown: member → where its value comes from.

    Values are: "column" (None: the member is absent) · Constant · Computed · a dictionary, a
    nested structure (absent when all its members are) · a list of one dictionary, a list of one
    structure (absent likewise) · Each · When.
    """

    __slots__ = ("compiled", "members")

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members
        self.compiled: dict[tuple[str, Ref, str], Writer] = {}

    def show(self, row: Any) -> dict[str, Any]:
        """One row as AWS's structure, walked plainly."""
        return _structure(self.members, row)


class Rows:
    """Records shown through a view, wherever AWS has a list of structures.

    `records` are asyncpg Records or any mappings by column name. With a `shelf`, some may be
    Known (see emulator/fragments.py), and `key` is the column of their ids; once written they are
    `silent` where nothing in them speaks of a freeze.
    """

    __slots__ = ("_marks", "key", "records", "shelf", "silent", "view")

    def __init__(
        self, view: View, records: Sequence[Any], shelf: "Shelf | None" = None, key: str = ""
    ) -> None:
        self.view = view
        self.records = records
        self.shelf = shelf
        self.silent = False
        self.key = key
        self._marks: dict[tuple[str, Ref, str, timedelta], str] = {}

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        return f"<{len(self.records)} Rows>"

    def plain(self) -> list[dict[str, Any]]:
        """The rows as AWS's structures, walked one by one: the oracle of the compiled way."""
        return [self.view.show(row) for row in self.records]

    def text(self, dialect: "Dialect", ref: Ref, name: str, shift: timedelta) -> str:
        """The elements of the list `ref`, in one protocol's text; of what is prepared its mark."""
        mark = None
        if self._marks:
            mark = self._marks.pop((dialect.name, ref, name, shift), None)
        return "".join(self._parts(dialect, ref, name, shift)) if mark is None else mark

    async def prepare(
        self, dialect: "Dialect", ref: Ref, name: str, shift: timedelta, mark: str
    ) -> list[bytes]:
        """Writes ahead, a hundred rows at a time, letting others run in between.

        `text` then gives the mark, in whose place the pieces belong.
        """
        pieces = []
        for part in self._parts(dialect, ref, name, shift):
            pieces.append(part.encode("utf-8", "replace"))
            await asyncio.sleep(0)
        # the separator before the first is the mark's
        pieces[0] = pieces[0][len(dialect.separator) :]
        self._marks[dialect.name, ref, name, shift] = dialect.separator + mark
        return pieces

    def _parts(self, dialect: "Dialect", ref: Ref, name: str, shift: timedelta) -> Iterator[str]:
        key = (dialect.name, ref, name)
        writer = self.view.compiled.get(key)
        if writer is None:
            from emulator.rows_compiled import Writer

            writer = self.view.compiled[key] = Writer(self.view, dialect, ref, name)
        for start in range(0, len(self.records), CHUNK_ROWS):
            chunk = self.records[start : start + CHUNK_ROWS]
            if self.shelf is None:
                yield writer.write(chunk, shift)
            else:
                text, told = self.shelf.write(writer, self.key, chunk, shift)
                self.silent = not told and (self.silent or not start)
                yield text


class Lasting(Rows):
    """Rows that are the same for everybody, and show no time: their text is written once."""

    __slots__ = ("_texts",)

    def __init__(self, view: View, records: Sequence[Any]) -> None:
        super().__init__(view, records)
        self.silent = True
        self._texts: dict[tuple[str, Ref, str], str] = {}

    def text(self, dialect: "Dialect", ref: Ref, name: str, shift: timedelta) -> str:
        """The elements of the list `ref`, in one protocol's text."""
        key = (dialect.name, ref, name)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = super().text(dialect, ref, name, shift)
        return found


def member(shape: Shape, name: str) -> Ref:
    """A structure's member; ViewError, with a suggestion, when AWS has none of this name."""
    ref = shape.members.get(name)
    if ref is None:
        from difflib import get_close_matches

        near = get_close_matches(name, list(shape.members), 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(shape.members)}"
        raise ViewError(f"{shape.service.name}'s {shape.name} has no member {name}{hint}")
    return ref


# The plain walk.


def _structure(members: dict[str, Any], row: Any) -> dict[str, Any]:
    found = {}
    for name, spec in members.items():
        value = _value(spec, row)
        if value is not None:
            found[name] = value
    return found


def _value(spec: Any, row: Any) -> Any:
    if isinstance(spec, str):
        return row[spec]
    if isinstance(spec, Constant):
        return spec.value
    if isinstance(spec, Computed):
        return spec.function(*[row[column] for column in spec.columns])
    if isinstance(spec, When):
        chosen = spec.spec if row[spec.column] else spec.otherwise
        return None if chosen is None else _value(chosen, row)
    if isinstance(spec, Each):
        return listed(spec, row[spec.column])
    if isinstance(spec, list):
        inside = _structure(spec[0], row)
        return [inside] if inside else None
    return _structure(spec, row) or None


def listed(spec: Each, column: Any) -> list[Any] | None:
    """What Each shows of a column's value."""
    found = elements(column)
    if found is None or spec.spec is None:
        return found
    if isinstance(spec.spec, str):
        shown = (each.get(spec.spec) for each in found)
        return [value for value in shown if value is not None]
    return [_structure(spec.spec, _Element(each)) for each in found]


class _Element(dict[str, Any]):
    """An element of a jsonb array, which may lack keys."""

    def __missing__(self, key: str) -> None:
        return None


def elements(column: Any) -> list[Any] | None:
    """What an array or jsonb column holds, as a list; an object's entries as key and value."""
    if column.__class__ is list:
        return column
    if isinstance(column, (str, bytes)):
        column = orjson.loads(column)
    if column is None:
        return None
    if isinstance(column, Mapping):
        return [{"key": key, "value": value} for key, value in column.items()]
    return list(column)
