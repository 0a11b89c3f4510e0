"""Queries of Logs Insights, over records that are at hand.

Served: fields and display (names and aliases), filter (models/log_conditions.py), parse with a
glob, stats with count, count_distinct, sum, avg, min, max and pct by fields and bin(), sort,
limit. Anything else raises QueryError and says so.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from models.log_conditions import QueryError, compiled, unquoted
from models.log_patterns import number_of

Records = list[dict[str, Any]]
Step = Callable[[Records], Records]

USUAL_LIMIT, MOST_RESULTS = 10_000, 10_000
TIMESTAMP, MESSAGE, POINTER = "@timestamp", "@message", "@ptr"
_NAME = re.compile(r"`[^`]+`|[@\w][\w.@-]*")
_FUNCTION = re.compile(r"(\w+)\(\s*(\*|`[^`]+`|[@\w][\w.@-]*)?\s*(?:,\s*([\d.]+))?\s*\)")
_BIN = re.compile(r"bin\(\s*(\d{1,6})\s*(ms|s|m|h|d|w)?\s*\)", re.I)
_ALIAS = re.compile(r"^(.*\S)\s+as\s+([@\w.`-]+)$", re.I | re.S)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(slots=True)
class Query:
    """A compiled query: what it does to records, and which fields it shows."""

    steps: list[Step] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    grouped: bool = False
    sorted: bool = False
    limit: int = USUAL_LIMIT


def parse(text: str) -> Query:
    """A query, ready to run; QueryError."""
    query = Query()
    lines = [line for line in text.splitlines() if not line.strip().startswith("#")]
    for command in _split("\n".join(lines), "|"):
        words = command.split(None, 1)
        if not words:
            continue
        name, rest = words[0].lower(), words[1].strip() if len(words) > 1 else ""
        add = _COMMANDS.get(name)
        if add is None:
            raise QueryError(f"the command {words[0][:40]} is not supported")
        if not rest:
            raise QueryError(f"the command {name} needs something to do")
        add(query, rest)
    if not query.shown:
        query.shown = [TIMESTAMP, MESSAGE]
    return query


def run(query: Query, records: Records) -> tuple[list[dict[str, str]], int]:
    """What a query finds, as texts by field, and how many records its filters let through.

    Records come newest first, each with @timestamp in milliseconds, @message and @ptr.
    """
    matched = len(records)
    found = records
    for step in query.steps:
        found = step(found)
        if getattr(step, "filters", False):
            matched = len(found)
    shown = query.shown if query.grouped else [*query.shown, POINTER]
    return [_texts(record, shown) for record in found[: query.limit]], matched


def _texts(record: dict[str, Any], names: Iterable[str]) -> dict[str, str]:
    texts = {}
    for name in names:
        value = record.get(name)
        if value is not None:
            texts[name] = _text(name, value)
    return texts


def _text(name: str, value: Any) -> str:
    if name in (TIMESTAMP, "@ingestionTime") and isinstance(value, int):
        return moment(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else f"{value:.10g}"
    return str(value)


def moment(milliseconds: float) -> str:
    """A time as Insights writes it."""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


# --- commands -----------------------------------------------------------------------------------


def _fields(query: Query, text: str) -> None:
    for part in _split(text, ","):
        source, alias = _aliased(part)
        if not _NAME.fullmatch(source):
            raise QueryError(f"the expression {source} is not supported in fields")
        name = source.strip("`")
        if alias and alias != name:
            query.steps.append(_copying(name, alias))
        if (alias or name) not in query.shown:
            query.shown.append(alias or name)


def _display(query: Query, text: str) -> None:
    query.shown = []
    _fields(query, text)


def _copying(name: str, alias: str) -> Step:
    return lambda records: [{**record, alias: record.get(name)} for record in records]


def _filter(query: Query, text: str) -> None:
    holds = compiled(text)

    def step(records: Records) -> Records:
        return [record for record in records if holds(record)]

    step.filters = not query.grouped  # type: ignore[attr-defined]
    query.steps.append(step)


def _parse(query: Query, text: str) -> None:
    found = re.fullmatch(
        r"(?:([@\w][\w.@-]*)\s+)?(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s+as\s+(.+)",
        text,
        re.I | re.S,
    )
    if found is None:
        raise QueryError('parse is supported with a glob: parse @message "a=*" as a')
    source, names = found[1] or MESSAGE, [one.strip() for one in found[3].split(",")]
    first, *rest = unquoted(found[2]).split("*")
    if len(rest) != len(names):
        raise QueryError("parse needs as many names as its glob has stars")

    def step(records: Records) -> Records:
        parsed = []
        for record in records:
            values = _between(str(record.get(source, "")), first, rest)
            parsed.append({**record, **dict(zip(names, values, strict=True))} if values else record)
        return parsed

    query.steps.append(step)


def _between(text: str, first: str, rest: list[str]) -> list[str] | None:
    """What stands where a glob has stars, each the shortest; the last one may be the rest."""
    at = text.find(first)
    if at < 0:
        return None
    at += len(first)
    values = []
    for part in rest:
        end = text.find(part, at) if part else len(text)
        if end < 0:
            return None
        values.append(text[at:end])
        at = end + len(part)
    return values


def _sort(query: Query, text: str) -> None:
    keys = []
    for part in _split(text, ","):
        words = part.split()
        way = words[1].lower() if len(words) == 2 else "desc"
        if len(words) > 2 or way not in ("asc", "desc"):
            raise QueryError(f"sort {part} is not supported")
        keys.append((words[0].strip("`"), way == "desc"))

    def step(records: Records) -> Records:
        for name, descending in reversed(keys):
            records = sorted(records, key=lambda one: _rank(one.get(name)), reverse=descending)
        return records

    query.sorted = True
    query.steps.append(step)


def _rank(value: Any) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    number = number_of(value)
    return (1, number, "") if number is not None else (2, 0.0, str(value))


def _limit(query: Query, text: str) -> None:
    if not text.isdigit() or not 1 <= int(text) <= MOST_RESULTS:
        raise QueryError(f"limit must be a number from 1 to {MOST_RESULTS}")
    query.limit = int(text)


def _stats(query: Query, text: str) -> None:
    if query.grouped:
        raise QueryError("a second stats command is not supported")
    parts = re.split(r"\s+by\s+", text, maxsplit=1, flags=re.I)
    groups = [_group(part) for part in _split(parts[1], ",")] if len(parts) == 2 else []
    measures = [_measure(part) for part in _split(parts[0], ",")]
    query.grouped, query.sorted = True, False
    query.shown = [name for name, _ in (*groups, *measures)]

    def step(records: Records) -> Records:
        rows: dict[tuple[Any, ...], Records] = {} if groups else {(): []}
        for record in records:
            key = tuple(value(record) for _, value in groups)
            if None not in key:
                rows.setdefault(key, []).append(record)
        return [
            {
                **{name: value for (name, _), value in zip(groups, key, strict=True)},
                **{name: measure(members) for name, measure in measures},
            }
            for key, members in rows.items()
        ]

    query.steps.append(step)


def _group(text: str) -> tuple[str, Callable[[dict[str, Any]], Any]]:
    source, alias = _aliased(text)
    found = _BIN.fullmatch(source)
    if found is not None:
        span = int(found[1]) * _SECONDS[(found[2] or "s").lower()] * 1000
        if span <= 0:
            raise QueryError("bin needs a time")
        return alias or source, lambda record: moment(record[TIMESTAMP] // span * span)
    if not _NAME.fullmatch(source):
        raise QueryError(f"grouping by {source} is not supported")
    name = source.strip("`")
    return alias or name, lambda record: record.get(name)


def _measure(text: str) -> tuple[str, Callable[[Records], Any]]:
    source, alias = _aliased(text)
    found = _FUNCTION.fullmatch(source)
    kind = found[1].lower() if found else ""
    if found is None or (kind not in _MEASURES and kind not in ("count", "count_distinct", "pct")):
        raise QueryError(f"{source} is not supported in stats")
    name = (found[2] or "*").strip("`")
    if kind == "count":
        if name == "*":
            return alias or source, len
        return alias or source, lambda records: sum(one.get(name) is not None for one in records)
    if name == "*":
        raise QueryError(f"{kind} needs a field")
    if kind == "count_distinct":
        return alias or source, lambda records: len({str(one[name]) for one in records
                                                     if one.get(name) is not None})  # fmt: skip
    if kind == "pct":
        if found[3] is None or not 0 <= float(found[3]) <= 100:
            raise QueryError("pct needs a field and a percentage")
        share = float(found[3]) / 100
        return alias or source, lambda records: _percentile(_numbers(records, name), share)
    measure = _MEASURES[kind]
    return alias or source, lambda records: measure(_numbers(records, name))


def _numbers(records: Records, name: str) -> list[float]:
    return [number for one in records if (number := number_of(one.get(name))) is not None]


def _percentile(numbers: Sequence[float], share: float) -> float | None:
    if not numbers:
        return None
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


_MEASURES: dict[str, Callable[[list[float]], float | None]] = {
    "sum": lambda numbers: sum(numbers) if numbers else None,
    "avg": lambda numbers: sum(numbers) / len(numbers) if numbers else None,
    "min": lambda numbers: min(numbers, default=None),
    "max": lambda numbers: max(numbers, default=None),
}
_COMMANDS: dict[str, Callable[[Query, str], None]] = {
    "fields": _fields,
    "display": _display,
    "filter": _filter,
    "parse": _parse,
    "sort": _sort,
    "limit": _limit,
    "stats": _stats,
}


def _aliased(text: str) -> tuple[str, str]:
    found = _ALIAS.match(text.strip())
    return (found[1], found[2].strip("`")) if found else (text.strip(), "")


def _split(text: str, separator: str) -> list[str]:
    """Parts between separators that stand in no quotes, /…/ or parentheses."""
    parts, depth, quote, last, previous = [], 0, "", 0, ""
    for at, letter in enumerate(text):
        if quote:
            if letter == quote and text[at - 1] != "\\":
                quote = ""
        elif letter in "\"'`" or (letter == "/" and previous.lower() in ("e", "~", "")):
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == separator and depth == 0:
            parts.append(text[last:at].strip())
            last = at + 1
        if not letter.isspace():
            previous = letter
    return [*parts, text[last:].strip()]
