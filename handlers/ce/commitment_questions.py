"""Questions about commitments: their periods, filters, order and pages, checked in AWS's words.

Reports on commitments take less than those on costs: only AND, one level deep, of dimensions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from handlers.ce import periods, reports
from handlers.ce.periods import Interval, invalid
from models.commitment_reports import Span
from models.cost_expressions import ROOTS

NOUN = "commitments"
DIGITS = Decimal("0.0000000001")
Text = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison of a filter: `kind` is Dimensions, Tags or CostCategories."""

    kind: str
    key: str
    values: tuple[str, ...]
    expression: Mapping[str, Any]


def period(ctx: Context, params: Mapping[str, Any], granularity: str) -> tuple[Interval, Span]:
    """The days of a request, on the client's calendar and on the ledger's."""
    interval = periods.checked(ctx, params["TimePeriod"])
    first, last = interval.days
    return interval, Span(first - ctx.shift, last - ctx.shift, ctx.shift.days, granularity)


def granularity(params: Mapping[str, Any]) -> str:
    """DAILY or MONTHLY; "" of a grouped report, which tells one sum over everything."""
    asked = params.get("Granularity")
    if asked == "HOURLY":
        raise invalid("Granularity HOURLY is not supported. Valid values are DAILY and MONTHLY.")
    if params.get("GroupBy"):
        if asked:
            raise invalid("Granularity can't be set if GroupBy is set")
        return ""
    return asked or "DAILY"


def group_keys(params: Mapping[str, Any], allowed: Sequence[str], most: int = 2) -> tuple[str, ...]:
    """The dimensions that a request groups by."""
    given = params.get("GroupBy") or ()
    found = []
    for one in given:
        if one.get("Type") not in (None, "DIMENSION") or one.get("Key") not in allowed:
            raise invalid(f"Group Definition is invalid. Valid values are {', '.join(allowed)}")
        found.append(one["Key"])
    if len(found) > most or len(set(found)) < len(found):
        raise invalid(f"At most {most} different Group Definitions are allowed.")
    return tuple(found)


def leaves(
    expression: Mapping[str, Any] | None, allowed: Sequence[str], *, tags: bool = False
) -> list[Leaf]:
    """The comparisons that a filter joins by AND."""
    if not expression:
        return []
    if sum(expression.get(root) is not None for root in ROOTS) > 1:
        raise invalid("Only one root operator is allowed for each expression.")
    if expression.get("And"):
        return [leaf for one in expression["And"] for leaf in leaves(one, allowed, tags=tags)]
    kinds = [kind for kind in ("Dimensions", "Tags", "CostCategories") if expression.get(kind)]
    if len(kinds) != 1 or expression.get("Or") or expression.get("Not"):
        raise invalid("Only AND of dimensions is supported in the filter of this operation.")
    kind = kinds[0]
    inner = expression[kind]
    key, values = inner.get("Key"), tuple(inner.get("Values") or ())
    if kind == "Dimensions" and key not in allowed:
        raise invalid(f"Dimension {key} is not allowed. Valid values are {', '.join(allowed)}")
    if kind != "Dimensions" and not tags:
        raise invalid(f"{kind} is not supported in the filter of this operation.")
    if not values or set(inner.get("MatchOptions") or ()) - {"EQUALS", "CASE_SENSITIVE"}:
        raise invalid(f"{kind} expression must have values, and matches them exactly.")
    return [Leaf(kind, key or "", values, expression)]


def kept(
    rows: Sequence[Any], asked: Sequence[Leaf], texts: Mapping[str, Text]
) -> list[Mapping[str, Any]]:
    """The commitments that meet every comparison; `texts` says what a dimension is of one."""
    return [row for row in rows if all(texts[leaf.key](row) in leaf.values for leaf in asked)]


def ordered(
    params: Mapping[str, Any],
    items: list[dict[str, Any]],
    part: Callable[[Any], Mapping[str, Any]],
    keys: Sequence[str],
) -> list[dict[str, Any]]:
    """Items in the order that a request asks for, by one of the figures of `part`."""
    asked = params.get("SortBy")
    if not asked:
        return items
    entries = asked if isinstance(asked, list) else [asked]
    for one in reversed(entries):
        key = one["Key"]
        if key not in keys:
            raise invalid(f"SortBy key {key} is invalid. Valid values are {', '.join(keys)}")
        items = sorted(
            items,
            key=lambda item, key=key: _comparable(part(item).get(key)),  # type: ignore[misc]
            reverse=one.get("SortOrder", "DESCENDING") == "DESCENDING",
        )
    return items


def _comparable(value: Any) -> tuple[Decimal, str]:
    try:
        return Decimal(value or 0), ""
    except ArithmeticError:
        return Decimal(0), str(value)


def cut(
    ctx: Context,
    params: Mapping[str, Any],
    items: Sequence[Any],
    *,
    token: str = "NextPageToken",  # noqa: S107 - the name of a member
    size: str = "MaxResults",
    default: int | None = None,
) -> tuple[Sequence[Any], str | None]:
    """The items of one page, and the token of the next."""
    asked = page(
        ctx, {**params, size: params.get(size) or None}, token=token, size=size, default=default,
        invalid=bad_token,
    )  # fmt: skip
    first = int(asked.after) if asked.after else 0
    last = len(items) if asked.limit is None else first + asked.limit
    return items[first:last], asked.token(str(last)) if last < len(items) else None


def bad_token() -> AwsError:
    """A token of no page."""
    return AwsError(
        "InvalidNextTokenException",
        "The pagination token is invalid. Try again without a pagination token.",
    )


def told(interval: Interval, start: date | None, kind: str) -> dict[str, str]:
    """The DateInterval of a row; without a period, all of the request's."""
    if start is None:
        return periods.shown_interval(interval.start, interval.end)
    first = max(datetime.combine(start, datetime.min.time()), interval.start)
    following = periods.next_month(start) if kind == "MONTHLY" else start + timedelta(days=1)
    last = min(datetime.combine(following, datetime.min.time()), interval.end)
    return periods.shown_interval(first, last)


def figure(value: Decimal | int) -> str:
    """A number as answers write it."""
    return reports.amount(Decimal(value).quantize(DIGITS))


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """Of 100; of nothing 0."""
    return 100 * part / whole if whole else Decimal(0)


def stamp(ctx: Context, at: datetime) -> str:
    """A moment of the world as this service writes it, on the client's calendar."""
    return f"{at + ctx.shift:%Y-%m-%dT%H:%M:%SZ}"
