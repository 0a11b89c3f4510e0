"""The compiled way of rows: a view and a list's shape become one function, rows → text.

The function is generated as source with constants folded in, so that 1,000 EC2 instances are
written in the time of a hand-written f-string. `rows.View.show` is what it must agree with.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Any

from emulator.api import Ref, Shape
from emulator.dialect import Dialect, Remembered
from emulator.rows import (
    CHUNK_ROWS,
    Computed,
    Constant,
    Each,
    View,
    ViewError,
    When,
    elements,
    listed,
    member,
)


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
        self._integers = frozenset(compiler.integers)
        self._get = itemgetter(*self.columns) if self.columns else (lambda _row: None)
        self._special: dict[frozenset[str], Callable[..., list[str]]] = {}

    def write(self, records: Sequence[Any], shift: timedelta) -> str:
        """The text of some rows."""
        return "".join(self.write_each(records, shift))

    def write_each(self, records: Sequence[Any], shift: timedelta) -> list[str]:
        """The texts of some rows."""
        if len(records) < CHUNK_ROWS // 4 or len(self.columns) < 2:
            return self._general(map(self._get, records), shift)
        values = list(map(self._get, records))
        known = self._known(values)
        function = self._special.get(known) if known else self._general
        if function is None:
            if len(self._special) >= self._MOST_SPECIAL:
                return self._general(values, shift)
            compiler = Compiler(self._dialect, known)
            function = self._special[known] = compiler.compile(*self._arguments)
        return function(values, shift)

    def write_values(self, values: Any, shift: timedelta) -> str:
        """The text of rows that are tuples in the order of `columns` already."""
        return "".join(self._general(values, shift))

    def _known(self, values: list[tuple[Any, ...]]) -> frozenset[str]:
        """The columns in which every value is there, and can be written as it is."""
        found = []
        for name, column in zip(self.columns, zip(*values, strict=True), strict=True):
            if name in self._integers:
                if name not in self._texts and set(map(type, column)) == _INTEGER:
                    found.append(name)
            elif name in self._texts:
                try:
                    text = "".join(column)
                except TypeError:  # None, or a value that is shown as its text
                    continue
                if self._dialect.is_clean(text):
                    found.append(name)
            elif None not in column:
                found.append(name)
        return frozenset(found)


_INTEGER = {int}
# Where a row's own statements stand in the generated function; further in they are conditional.
_OUTSIDE = 2


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
        self._shared: dict[Any, str] = {}
        self._indent = _OUTSIDE
        self._count = 0
        self.columns: dict[str, str] = {}
        self.texts: set[str] = set()
        """Columns that are shown as a string somewhere."""
        self.integers: set[str] = set()
        """Columns that are shown as an integer somewhere."""

    def compile(self, view: View, ref: Ref, name: str) -> Callable[..., list[str]]:
        """The function (tuples of column values, shift) → texts of the list's elements."""
        item = self._item(view.members, ref, name, self.columns)
        source = _function_source(self.columns, self._first_lines + self._lines, item)
        exec(compile(source, f"<view of {ref.shape.name}>", "exec"), self._names)  # noqa: S102
        return self._names["rows"]  # type: ignore[no-any-return]

    def _item(self, members: dict[str, Any], ref: Ref, name: str, columns: dict[str, str]) -> str:
        """The f-string's inside for one element of a list."""
        before, after = self._dialect.around_item(ref, name)
        inside, _ = self._members(members, ref.shape.member.shape, columns)
        return _literal(before) + self._joined(inside) + _literal(after)

    def _joined(self, inside: list[str]) -> str:
        """Members one after another, without the separator before the first."""
        separator = self._dialect.separator
        if not separator:
            return "".join(inside)
        if inside and inside[0].startswith(separator):  # a member that is always there
            return "".join(inside)[len(separator) :]
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
        is_integer = ref.type in ("integer", "long", "short", "byte")
        if is_text:
            self.texts.add(column)
        elif is_integer:
            self.integers.add(column)
        leaf = self._dialect.leaf(ref, variable)
        if column not in self._known or leaf is None:
            return self._scalar(variable, ref, name), False
        before, after = self._dialect.around(ref, name)
        quote = self._dialect.quote if is_text else ""
        shown = variable if is_text or is_integer else self._hoist(leaf)
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
        variable = self._once(
            (spec.function, arguments), f"{self._bind(spec.function)}({arguments})"
        )
        if ref.type not in ("structure", "list", "map"):
            return self._scalar(variable, ref, name)
        write = self._bind(Remembered(self._dialect.member(ref, name)))
        found = self._variable()
        self._emit(f"{found} = '' if {variable} is None else {write}({variable}, shift)")
        return f"{{{found}}}"

    def _once(self, key: Any, expression: str) -> str:
        """The variable of an expression; what every row has computed already is used again."""
        variable = self._shared.get(key)
        if variable is None:
            variable = self._variable()
            self._emit(f"{variable} = {expression}")
            if self._indent == _OUTSIDE:
                self._shared[key] = variable
        return variable

    def _when(self, spec: When, ref: Ref, name: str, columns: dict[str, str]) -> str:
        variable = self._variable()
        self._emit(f"{variable} = ''")
        self._emit(f"if {self._column(spec.column, columns)}:")
        self._indent += 1
        part, _ = self._member(spec.spec, ref, name, columns)
        self._emit(f"{variable} = f'{part}'")
        self._indent -= 1
        if spec.otherwise is not None:
            self._emit("else:")
            self._indent += 1
            part, _ = self._member(spec.otherwise, ref, name, columns)
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
            return self._each_scalar(spec, column, ref, name)
        if ref.type != "list":
            raise ViewError(f"{name} is a {ref.type}, not a list")
        key = (id(spec), ref.shape, name)
        found = self._shared.get(key)
        if found is None:
            found = self._elements(spec, column, ref, name)
            if self._indent == _OUTSIDE:
                self._shared[key] = found
        return f"{{{found}}}"

    def _each_scalar(self, spec: Each, column: str, ref: Ref, name: str) -> str:
        """A list of scalars."""
        variable = self._variable()
        self._emit(f"{variable} = {self._bind(lambda value: listed(spec, value))}({column})")
        leaf = self._dialect.leaf(ref.shape.member, "each") if ref.type == "list" else None
        if leaf is None:
            return self._scalar(variable, ref, name)
        before, after = map(_literal, self._dialect.around_list(ref, name))
        item = [_literal(text) for text in self._dialect.around_item(ref, name)]
        text, found = self._variable(), self._variable()
        skip = "[1:]" if self._dialect.separator else ""
        empty = self._bind(self._dialect.empty_list(ref, name))
        self._emit(f"{found} = ''")
        self._emit(f"if {variable} is not None:")
        one = f"f'{item[0]}{{{leaf}}}{item[1]}'"
        self._emit(f"    {text} = ''.join([{one} for each in {variable} if each is not None])")
        self._emit(f"    {found} = f'{before}{{{text}{skip}}}{after}' if {text} else {empty}")
        return f"{{{found}}}"

    def _elements(self, spec: Each, column: str, ref: Ref, name: str) -> str:
        """The variable that holds a whole list, one structure for each element of a column."""
        inner = View(spec.spec)  # type: ignore[arg-type]
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
        return found

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
        "    return written\n"
    )


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
        try:
            return writer.write(found, shift)
        except KeyError:  # an element lacks a key
            return writer.write([{**blank, **each} for each in found], shift)

    return write_elements


def _collect_columns(spec: Any, names: set[str]) -> None:
    if isinstance(spec, str):
        names.add(spec)
    elif isinstance(spec, (Each, When)):
        names.add(spec.column)
        if isinstance(spec, When):
            _collect_columns(spec.spec, names)
            _collect_columns(spec.otherwise, names)
    elif isinstance(spec, Computed):
        names.update(spec.columns)
    elif isinstance(spec, (dict, list)):
        for each in spec.values() if isinstance(spec, dict) else spec:
            _collect_columns(each, names)


def _literal(text: str) -> str:
    """Text as it stands within a generated f'…' literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return escaped.replace("\r", "\\r").replace("{", "{{").replace("}", "}}")
