"""Lists: the one composer of filtered, keyset-paged SELECT statements.

A `Listing` declares once what a noun's list can show and be filtered by; a request only picks
among its columns and binds values. No text of a request ever becomes SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

MATCH = "{match}"
SHIFT = "{shift}"
ISO_MILLISECONDS = '\'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\''


class Database(Protocol):
    """What a listing needs of a session."""

    async def fetch(self, sql: str, *args: Any, plan: str = "generic") -> list[Any]:
        """All rows of a statement."""


@dataclass(frozen=True, slots=True)
class Column:
    """Something a list can be filtered by.

    `sql` is an expression, or a whole condition in which `{match}` stands where the comparison
    goes (`exists (select … and v.volume_id {match})`). A time inside a text is moved by `{shift}`.
    `kind` says what its values are: text, texts (an array of text), int, bool or time.
    """

    sql: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Condition:
    """One column equal to, or like, any of some values.

    `values` are literals and `patterns` LIKE patterns (already escaped). `tag` names the tag key
    when the column is the listing's tags. `shift` moves a time before it is compared as text.
    """

    column: str
    values: tuple[Any, ...] = ()
    patterns: tuple[str, ...] = ()
    tag: str | None = None
    shift: timedelta = timedelta(0)


class Binder:
    """The parameters of a statement, numbered as they are bound."""

    def __init__(self, args: Iterable[Any] = ()) -> None:
        self.args: list[Any] = list(args)

    def __call__(self, value: Any, cast: str = "") -> str:
        """Bind a value; the text that stands for it."""
        self.args.append(value)
        return f"${len(self.args)}{cast}"


class Listing:
    """What can be listed: its select list, its source, its order and its filter columns.

    `key` is the unique text column that orders the pages. `tagged` is the resource type whose
    tags filter the list; `tagged_by` the column that resource_tags knows as resource_id.

    `revision` is an expression that differs whenever anything differs that the select list shows
    of a row, but for `{shift}`. With it a page can be asked for in brief: the key, the revision
    and the columns `also`, from `revised`, which has no more than these and the filters need.
    """

    def __init__(
        self,
        select: str,
        source: str,
        *,
        key: str,
        columns: Mapping[str, Column | str],
        tagged: str = "",
        tagged_by: str = "",
        always: str = "",
        revision: str = "",
        revised: str = "",
        also: str = "",
    ) -> None:
        self.key = key
        self.name = key.rpartition(".")[2]
        self.columns = {
            name: column if isinstance(column, Column) else Column(column)
            for name, column in columns.items()
        }
        self.revision = revision
        told = f", {revision} as revision" if revision else ""
        self._head = f"select {select}{told} from {source}"
        self._brief = f"select {key}{also and ', ' + also}{told} from {revised or source}"
        self._source = source
        # in full and in brief: whether a shift is asked for
        self._shifted = (SHIFT in self._head, SHIFT in self._brief)
        # statements without filters, by what they are given
        self._plain: dict[tuple[Any, ...], str] = {}
        self._tagged = tagged
        self._tagged_by = tagged_by or key
        self.always = always

    async def page(
        self,
        db: Database,
        where: Iterable[Condition] = (),
        *,
        region: str | None = None,
        ids: Sequence[str] | None = None,
        after: str | None = None,
        limit: int | None = None,
        shift: timedelta = timedelta(0),
        brief: bool = False,
    ) -> list[Any]:
        """Rows that meet every condition, in key order, after `after`, `limit` at most.

        `region` and `ids` are what almost every list asks for: with nothing else, one generic
        plan serves all requests, while filters get a plan made for their values; in brief, to
        make that plan would take longer than it saves. `shift` stands where the select list says
        `{shift}`.
        """
        given: dict[str, Any] = {}
        if self._shifted[brief]:
            given["shift"] = shift
        if region is not None:
            given["region"] = region
        if ids is not None and len(ids) == 1:
            given["id"] = ids[0]
        elif ids is not None:
            given["ids"] = list(ids)
        if after is not None:
            given["after"] = after
        if limit is not None:
            given["limit"] = limit
        bind = Binder(given.values())
        conditions = [self._condition(condition, bind) for condition in where]
        if conditions:
            sql = self._statement(given, conditions, brief)
            return await db.fetch(sql, *bind.args, plan="generic" if brief else "custom")
        asked = (brief, *given)
        plain = self._plain.get(asked)
        if plain is None:
            plain = self._plain[asked] = self._statement(given, (), brief)
        return await db.fetch(plain, *bind.args)

    def _statement(self, given: Iterable[str], conditions: Sequence[str], brief: bool) -> str:
        """The text of a page's statement, whose first parameters are those `given`, by name."""
        at = {name: f"${number}" for number, name in enumerate(given, 1)}
        sql = self._brief if brief else self._head
        if "shift" in at:
            sql = sql.replace(SHIFT, f"{at['shift']}::interval")
        held = [self.always] if self.always else []
        if "region" in at:
            held.append(f"{self.columns['region'].sql} = {at['region']}")
        if "id" in at:
            held.append(f"{self.key} = {at['id']}")
        if "ids" in at:
            held.append(f"{self.key} = any({at['ids']}::text[])")
        held += conditions
        if "after" in at:
            held.append(f"{self.key} > {at['after']}")
        if held:
            sql += " where " + " and ".join(held)
        sql += f" order by {self.key}"
        if "limit" in at:
            sql += f" limit {at['limit']}::int"
        return sql

    async def one(self, db: Database, region: str, key: str) -> Any | None:
        """The row of a key in a region, or None."""
        rows = await self.page(db, region=region, ids=[key])
        return rows[0] if rows else None

    async def values(self, db: Database, region: str, column: str) -> list[str]:
        """The different texts that a column holds in a region."""
        sql, where = self.columns[column].sql, f"{self.columns['region'].sql} = $1"
        if self.always:
            where += f" and {self.always}"
        rows = await db.fetch(
            f"select distinct {sql} as value from {self._source} where {where}", region
        )
        return [row["value"] for row in rows if row["value"] is not None]

    def _condition(self, condition: Condition, bind: Binder) -> str:
        if not condition.values and not condition.patterns:
            return "false"
        if condition.tag is not None or condition.column in ("tag-key", "tag-value"):
            return self._tag(condition, bind)
        column = self.columns[condition.column]
        sql = column.sql
        if SHIFT in sql:
            sql = sql.replace(SHIFT, bind(condition.shift, "::interval"))
        if MATCH in sql:
            parts = [sql.replace(MATCH, match) for match in _matches(condition, bind)]
        elif column.kind == "texts":
            parts = [
                f"exists (select 1 from unnest({sql}) as one(value) where one.value {match})"
                for match in _matches(condition, bind)
            ]
        elif column.kind == "time":
            moved = f"({sql} + {bind(condition.shift, '::interval')}) at time zone 'utc'"
            text = f"to_char({moved}, {ISO_MILLISECONDS})"
            parts = [f"{text} {match}" for match in _matches(condition, bind)]
        else:
            parts = [f"{sql} {match}" for match in _matches(condition, bind, column.kind)]
        return _any_of(parts)

    def _tag(self, condition: Condition, bind: Binder) -> str:
        head = (
            f"{self._tagged_by} in (select tag.resource_id from resource_tags as tag"
            f" where tag.resource_type = {bind(self._tagged)}"
        )
        if condition.tag is not None:
            head += f" and tag.key = {bind(condition.tag)} and tag.value"
        else:
            head += " and tag.key" if condition.column == "tag-key" else " and tag.value"
        return _any_of([f"{head} {match})" for match in _matches(condition, bind)])


def _any_of(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " or ".join(parts) + ")"


_ARRAYS = {"text": "::text[]", "int": "::bigint[]", "bool": "::boolean[]"}


def _matches(condition: Condition, bind: Binder, kind: str = "text") -> list[str]:
    """The comparisons a condition needs: equality first, for the sake of indexes."""
    found = []
    if len(condition.values) == 1:
        found.append(f"= {bind(condition.values[0], _ARRAYS[kind].removesuffix('[]'))}")
    elif condition.values:
        found.append(f"= any({bind(list(condition.values), _ARRAYS[kind])})")
    if condition.patterns:
        found.append(f"like any({bind(list(condition.patterns), '::text[]')})")
    return found
