"""Rows shown as AWS's structures: a table of column → member, compiled with the output shape.

A handler gives `Rows(view, records)` where AWS has a list of structures. The view and the list's
shape become one Python function, rows → text, at first use: 1,000 EC2 instances are written in
the time that a hand-written f-string needs. `Rows.plain()` walks the same view row by row into
ordinary dictionaries; the tests prove that both give the same bytes.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Any

import orjson

from emulator.api import Ref, Shape

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
    """Something that is shown only if a column is truthy."""

    __slots__ = ("column", "spec")

    def __init__(self, column: str, spec: Any) -> None:
        self.column = column
        self.spec = spec


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

    `records` are asyncpg Records or any mappings by column name.
    """

    __slots__ = ("_written", "records", "view")

    def __init__(self, view: View, records: Sequence[Any]) -> None:
        self.view = view
        self.records = records
        self._written: dict[tuple[str, Ref, str, timedelta], str] = {}

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        return f"<{len(self.records)} Rows>"

    def plain(self) -> list[dict[str, Any]]:
        """The rows as AWS's structures, walked one by one: the oracle of the compiled way."""
        return [self.view.show(row) for row in self.records]

    def text(self, dialect: "Dialect", ref: Ref, name: str, shift: timedelta) -> str:
        """The elements of the list `ref`, in one protocol's text."""
        written = self._written.pop((dialect.name, ref, name, shift), None)
        if written is None:
            written = "".join(self._parts(dialect, ref, name, shift))
        return written

    async def prepare(self, dialect: "Dialect", ref: Ref, name: str, shift: timedelta) -> None:
        """Writes the text ahead, a hundred rows at a time, letting others run in between."""
        parts = []
        for part in self._parts(dialect, ref, name, shift):
            parts.append(part)
            await asyncio.sleep(0)
        self._written[dialect.name, ref, name, shift] = "".join(parts)

    def _parts(self, dialect: "Dialect", ref: Ref, name: str, shift: timedelta) -> Iterator[str]:
        key = (dialect.name, ref, name)
        writer = self.view.compiled.get(key)
        if writer is None:
            writer = self.view.compiled[key] = Writer(self.view, dialect, ref, name)
        for start in range(0, len(self.records), CHUNK_ROWS):
            yield writer.write(self.records[start : start + CHUNK_ROWS], shift)


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
        return _value(spec.spec, row) if row[spec.column] else None
    if isinstance(spec, Each):
        return _each(spec, row[spec.column])
    if isinstance(spec, list):
        inside = _structure(spec[0], row)
        return [inside] if inside else None
    return _structure(spec, row) or None


def _each(spec: Each, column: Any) -> list[Any] | None:
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
    if isinstance(column, (str, bytes)):
        column = orjson.loads(column)
    if column is None:
        return None
    if isinstance(column, Mapping):
        return [{"key": key, "value": value} for key, value in column.items()]
    return list(column)


# The compiled way.


class Dialect:
    """How a protocol writes the parts that generated functions are made of."""

    name: str
    separator: str
    quote: str
    """What stands around a string that needs no escaping."""
    environment: dict[str, Any]

    def is_clean(self, text: str) -> bool:
        """Whether a text is written as it is; may say no when it is."""
        raise NotImplementedError

    def wire_name(self, ref: Ref, member: str) -> str:
        """The name under which a structure's member stands."""
        raise NotImplementedError

    def list_name(self, ref: Ref, member: str) -> str:
        """The name that `Rows.text` is given for a list that is this member."""
        raise NotImplementedError

    def member(self, ref: Ref, name: str) -> Callable[[Any, timedelta], str]:
        """The function that writes a whole member, separator and name included."""
        raise NotImplementedError

    def around(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after the text of a scalar or structure."""
        raise NotImplementedError

    def around_list(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after the elements of a list."""
        raise NotImplementedError

    def around_item(self, ref: Ref, name: str) -> tuple[str, str]:
        """What stands before and after one element of a list of structures."""
        raise NotImplementedError

    def empty_list(self, ref: Ref, name: str) -> str:
        """A whole list without elements."""
        raise NotImplementedError

    def leaf(self, ref: Ref, variable: str) -> str | None:
        """The expression for the text of a scalar that is not None; None: use `member`."""
        raise NotImplementedError


class Writer:
    """The compiled functions of one view, list and dialect.

    One takes any rows. Others are made for chunks of which more is known: which columns hold no
    None, and that no text needs escaping; two thirds of the time go into these questions when
    they are asked of every value.
    """

    _MOST_SPECIAL = 32

    def __init__(self, view: View, dialect: Dialect, ref: Ref, name: str) -> None:
        self._arguments = (view, ref, name)
        self._dialect = dialect
        compiler = Compiler(dialect, frozenset())
        self._general = compiler.compile(view, ref, name)
        self.columns = tuple(compiler.columns)
        self._texts = frozenset(compiler.texts)
        self._get = itemgetter(*self.columns) if self.columns else _nothing
        self._special: dict[frozenset[str], Callable[..., str]] = {}

    def write(self, records: Sequence[Any], shift: timedelta) -> str:
        """The text of some rows."""
        values = list(map(self._get, records))
        if len(values) < CHUNK_ROWS // 4 or len(self.columns) < 2:
            return self._general(values, shift)
        known = self._known(values)
        function = self._special.get(known) if known else self._general
        if function is None:
            if len(self._special) >= self._MOST_SPECIAL:
                return self._general(values, shift)
            function = Compiler(self._dialect, known).compile(*self._arguments)
            self._special[known] = function
        return function(values, shift)

    def write_values(self, values: Any, shift: timedelta) -> str:
        """The text of rows that are tuples in the order of `columns` already."""
        return self._general(values, shift)

    def _known(self, values: list[tuple[Any, ...]]) -> frozenset[str]:
        """The columns in which every value is there and can be written as it is."""
        found = []
        for name, column in zip(self.columns, zip(*values, strict=True), strict=True):
            if name in self._texts:
                kinds = set(map(type, column))
                if kinds == {str} and self._dialect.is_clean("".join(column)):
                    found.append(name)
            elif None not in column:
                found.append(name)
        return frozenset(found)


class Compiler:
    """Writes the source of the function that turns rows into text, and compiles it.

    `known` are the columns whose values are all there and need no escaping.
    """

    def __init__(self, dialect: Dialect, known: frozenset[str]) -> None:
        self._dialect = dialect
        self._known = known
        self._names: dict[str, Any] = dict(dialect.environment)
        self._lines: list[str] = []
        self._first_lines: list[str] = []
        self._hoisted: dict[str, str] = {}
        self._indent = 2
        self._count = 0
        self.columns: dict[str, str] = {}
        self.texts: set[str] = set()
        """Columns that are shown as a string somewhere."""

    def compile(self, view: View, ref: Ref, name: str) -> Callable[..., str]:
        """The function (tuples of column values, shift) → text of the list's elements."""
        item = self._item(view.members, ref, name, self.columns)
        source = _function_source(self.columns, self._first_lines + self._lines, item)
        exec(compile(source, f"<view of {ref.shape.name}>", "exec"), self._names)  # noqa: S102
        function: Callable[..., str] = self._names["rows"]
        return function

    def _item(self, members: dict[str, Any], ref: Ref, name: str, columns: dict[str, str]) -> str:
        """The f-string's inside for one element of a list."""
        before, after = self._dialect.around_item(ref, name)
        inside, _ = self._members(members, ref.shape.member.shape, columns)
        return _literal(before) + self._joined(inside) + _literal(after)

    def _joined(self, inside: list[str]) -> str:
        """Members one after another, without the separator before the first."""
        if not self._dialect.separator:
            return "".join(inside)
        return f"{{{self._store(inside)}[1:]}}"

    def _store(self, inside: list[str]) -> str:
        variable = self._variable()
        self._emit(f"{variable} = f'{''.join(inside)}'")
        return variable

    def _members(
        self, members: dict[str, Any], shape: Shape, columns: dict[str, str]
    ) -> tuple[list[str], bool]:
        """The f-string's parts for a structure's members, and whether any is always there."""
        parts, sure = [], False
        for name, spec in members.items():
            ref = member(shape, name)
            wire_name = self._dialect.wire_name(ref, name)
            part, always = self._member(spec, ref, wire_name, columns)
            parts.append(part)
            sure = sure or always
        return parts, sure

    def _member(self, spec: Any, ref: Ref, name: str, columns: dict[str, str]) -> tuple[str, bool]:
        if isinstance(spec, str):
            return self._plain_column(spec, ref, name, columns)
        if isinstance(spec, Constant):
            return self._constant(spec.value, ref, name)
        if isinstance(spec, Computed):
            return self._computed(spec, ref, name, columns), False
        if isinstance(spec, When):
            return self._when(spec, ref, name, columns), False
        if isinstance(spec, Each):
            return self._each(spec, ref, name, columns), False
        return self._nested(spec, ref, name, columns)

    def _plain_column(
        self, column: str, ref: Ref, name: str, columns: dict[str, str]
    ) -> tuple[str, bool]:
        variable = columns.setdefault(column, f"c{len(columns)}")
        is_text = ref.type in ("string", "character")
        if is_text:
            self.texts.add(column)
        leaf = self._dialect.leaf(ref, variable)
        if column not in self._known or leaf is None:
            return self._scalar(variable, ref, name), False
        before, after = self._dialect.around(ref, name)
        quote = self._dialect.quote if is_text else ""
        shown = variable if is_text else self._hoist(leaf)
        return f"{_literal(before + quote)}{{{shown}}}{_literal(quote + after)}", True

    def _hoist(self, leaf: str) -> str:
        """A leaf's text in a variable of its own, made once for a row."""
        found = self._hoisted.get(leaf)
        if found is None:
            found = self._hoisted[leaf] = self._variable()
            self._first_lines.append(f"        {found} = {leaf}")
        return found

    def _scalar(self, variable: str, ref: Ref, name: str) -> str:
        """A member that is one column, or one computed value."""
        leaf = self._dialect.leaf(ref, variable)
        if leaf is None:
            write = self._bind(self._dialect.member(ref, name))
            text = f"{write}({variable}, shift)"
        else:
            before, after = self._dialect.around(ref, name)
            text = f"f'{_literal(before)}{{{leaf}}}{_literal(after)}'"
        found = self._variable()
        self._emit(f"{found} = '' if {variable} is None else {text}")
        return f"{{{found}}}"

    def _constant(self, value: Any, ref: Ref, name: str) -> tuple[str, bool]:
        if value is None:
            return "", False
        write = self._dialect.member(ref, name)
        text = write(value, timedelta(0))
        if text == write(value, timedelta(days=1)):
            return _literal(text), True
        return f"{{{self._bind(write)}({self._bind(value)}, shift)}}", True

    def _computed(self, spec: Computed, ref: Ref, name: str, columns: dict[str, str]) -> str:
        arguments = ", ".join(self._column(each, columns) for each in spec.columns)
        variable = self._variable()
        self._emit(f"{variable} = {self._bind(spec.function)}({arguments})")
        return self._scalar(variable, ref, name)

    def _when(self, spec: When, ref: Ref, name: str, columns: dict[str, str]) -> str:
        variable = self._variable()
        self._emit(f"{variable} = ''")
        self._emit(f"if {self._column(spec.column, columns)}:")
        self._indent += 1
        part, _ = self._member(spec.spec, ref, name, columns)
        self._emit(f"{variable} = f'{part}'")
        self._indent -= 1
        return f"{{{variable}}}"

    def _nested(self, spec: Any, ref: Ref, name: str, columns: dict[str, str]) -> tuple[str, bool]:
        """A nested structure, or a list of one."""
        before, after = self._around_nested(spec, ref, name)
        shape = ref.shape.member.shape if isinstance(spec, list) else ref.shape
        inside, sure = self._members(spec[0] if isinstance(spec, list) else spec, shape, columns)
        if sure:
            return before + self._joined(inside) + after, True
        variable = self._store(inside)
        text = f"{variable}[1:]" if self._dialect.separator else variable
        self._emit(f"if {variable}:")
        self._emit(f"    {variable} = f'{before}{{{text}}}{after}'")
        return f"{{{variable}}}", False

    def _around_nested(self, spec: Any, ref: Ref, name: str) -> tuple[str, str]:
        if not isinstance(spec, list):
            if ref.type != "structure":
                raise ViewError(f"{name} is a {ref.type}, not a structure")
            before, after = self._dialect.around(ref, name)
            return _literal(before), _literal(after)
        if ref.type != "list" or len(spec) != 1:
            raise ViewError(f"{name} is a {ref.type}, or its list has not one element")
        outer = self._dialect.around_list(ref, name)
        inner = self._dialect.around_item(ref, name)
        separator = len(self._dialect.separator)
        return _literal(outer[0] + inner[0][separator:]), _literal(inner[1] + outer[1])

    def _each(self, spec: Each, ref: Ref, name: str, columns: dict[str, str]) -> str:
        column = self._column(spec.column, columns)
        if not isinstance(spec.spec, dict):
            variable = self._variable()
            self._emit(f"{variable} = {self._bind(lambda value: _each(spec, value))}({column})")
            return self._scalar(variable, ref, name)
        if ref.type != "list":
            raise ViewError(f"{name} is a {ref.type}, not a list")
        inner = View(spec.spec)
        write = self._bind(_over_elements(Writer(inner, self._dialect, ref, name), spec))
        before, after = self._dialect.around_list(ref, name)
        text, found = self._variable(), self._variable()
        empty = self._bind(self._dialect.empty_list(ref, name))
        self._emit(f"{found} = ''")
        self._emit(f"if {column} is not None:")
        skip = "[1:]" if self._dialect.separator else ""
        self._emit(f"    {text} = {write}({column}, shift)")
        whole = f"f'{_literal(before)}{{{text}{skip}}}{_literal(after)}'"
        self._emit(f"    {found} = {whole} if {text} else {empty}")
        return f"{{{found}}}"

    def _column(self, column: str, columns: dict[str, str]) -> str:
        return columns.setdefault(column, f"c{len(columns)}")

    def _bind(self, value: Any) -> str:
        name = f"k{len(self._names)}"
        self._names[name] = value
        return name

    def _variable(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def _emit(self, line: str) -> None:
        self._lines.append("    " * self._indent + line)


def _function_source(columns: dict[str, str], lines: list[str], item: str) -> str:
    names = ", ".join(columns.values()) or "_"
    body = "\n".join(lines)
    return (
        "def rows(values, shift):\n"
        "    written = []\n"
        "    write = written.append\n"
        f"    for {names} in values:\n"
        f"{body}\n"
        f"        write(f'{item}')\n"
        "    return ''.join(written)\n"
    )


def _nothing(_row: Any) -> None:
    return None


def _over_elements(writer: Writer, spec: Each) -> Callable[..., str]:
    """The same writer over a jsonb column, whose elements may lack keys."""
    names: set[str] = set()
    _collect_columns(spec.spec, names)
    blank = dict.fromkeys(names)
    entries = writer.columns == ("key", "value")

    def write_elements(column: Any, shift: timedelta) -> str:
        if entries and column.__class__ is dict:
            return writer.write_values(column.items(), shift)
        found = elements(column) or []
        return writer.write([{**blank, **each} for each in found], shift)

    return write_elements


def _collect_columns(spec: Any, names: set[str]) -> None:
    if isinstance(spec, str):
        names.add(spec)
    elif isinstance(spec, (Each, When)):
        names.add(spec.column)
        if isinstance(spec, When):
            _collect_columns(spec.spec, names)
    elif isinstance(spec, Computed):
        names.update(spec.columns)
    elif isinstance(spec, (dict, list)):
        for each in spec.values() if isinstance(spec, dict) else spec:
            _collect_columns(each, names)


def _literal(text: str) -> str:
    """Text as it stands within a generated f'…' literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return escaped.replace("\r", "\\r").replace("{", "{{").replace("}", "}}")
