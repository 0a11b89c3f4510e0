"""Filters of the single gateway: read, held to the columns' types, and made into tests of rows."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from emulator.fakecloud.refusals import invalid
from models.resource_rows import Test

OPERATORS: Final = ("lt", "lte", "gt", "gte", "is_null", "contains")
_MOST_VALUES: Final = 1000
_LARGEST: Final = 2**63


def read(filters: Any, columns: Mapping[str, str], shift: timedelta) -> list[Test]:
    """The tests that `filters` ask for: column → value, list of values, or operators."""
    if filters is None:
        return []
    if not isinstance(filters, dict):
        raise invalid("InvalidFilters", "filters must be an object: column → value or operators.")
    tests = []
    for name, wanted in filters.items():
        kind = columns.get(name)
        if kind is None:
            raise invalid("UnknownColumn", f"There is no column {name!r}.", columns)
        if isinstance(wanted, dict) and not (kind == "json" and not _operators(wanted)):
            tests += [_compared(name, kind, one, value, shift) for one, value in wanted.items()]
            if not wanted:
                raise invalid("UnknownOperator", f"{name}: no operator is given.", OPERATORS)
        elif isinstance(wanted, list) and kind not in ("json", "texts"):
            if len(wanted) > _MOST_VALUES:
                raise invalid("TooManyValues", f"{name}: at most {_MOST_VALUES} values.")
            values = [typed(name, kind, one, shift) for one in wanted]
            tests.append(Test(name, "any", values))
        elif wanted is None:
            tests.append(Test(name, "is_null", True))
        else:
            tests.append(Test(name, "eq", typed(name, kind, wanted, shift)))
    return tests


def _operators(wanted: Mapping[str, Any]) -> bool:
    return bool(wanted) and all(name in OPERATORS for name in wanted)


def _compared(name: str, kind: str, operator: str, value: Any, shift: timedelta) -> Test:
    if operator not in OPERATORS:
        raise invalid("UnknownOperator", f"{name}: there is no operator {operator!r}.", OPERATORS)
    if operator == "is_null":
        if not isinstance(value, bool):
            raise _wrong(name, "is_null takes true or false")
        return Test(name, operator, value)
    if operator == "contains":
        if kind not in ("text", "texts", "json"):
            raise _wrong(name, f"contains looks into text and JSON, not into a {kind}")
        inner = "text" if kind == "texts" else kind
        return Test(name, operator, typed(name, inner, value, shift))
    if kind in ("json", "texts", "boolean", "uuid"):
        raise _wrong(name, f"{operator} does not compare a {kind}")
    return Test(name, operator, typed(name, kind, value, shift))


def typed(name: str, kind: str, value: Any, shift: timedelta) -> Any:
    """A value of a column's type, a client's time moved into the world's; else Refusal."""
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind == "json":
        return _plain(name, value)
    if kind == "texts" and isinstance(value, list):
        return [_text(name, one) for one in value]
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind == "integer" and whole and -_LARGEST <= value < _LARGEST:
        return value
    if kind == "number" and isinstance(value, int | float | str) and not isinstance(value, bool):
        return _number(name, value)
    if kind in ("text", "uuid", "time", "date") and isinstance(value, str):
        return _of_text(name, kind, _text(name, value), shift)
    raise _wrong(name, f"takes a {kind}, not {type(value).__name__}")


def _of_text(name: str, kind: str, value: str, shift: timedelta) -> Any:
    try:
        if kind == "uuid":
            return uuid.UUID(value)
        if kind == "date":
            return date.fromisoformat(value) - timedelta(days=shift.days)
        if kind == "time":
            at = datetime.fromisoformat(value)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)) - shift
    except (ValueError, OverflowError):
        raise _wrong(name, f"takes a {kind}, not {value[:64]!r}") from None
    return value


def _number(name: str, value: float | str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite() or abs(found.adjusted()) > 100:
        raise _wrong(name, "takes a number")
    return found


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "takes text")
    if "\0" in value:
        raise _wrong(name, "takes no NUL")
    return value


def _plain(name: str, value: Any) -> Any:
    """A JSON value that PostgreSQL takes."""
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, dict):
        return {_text(name, key): _plain(name, one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(name, one) for one in value]
    return value


def _wrong(name: str, what: str) -> Exception:
    return invalid("WrongType", f"{name}: {what}.")
