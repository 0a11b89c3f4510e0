"""Lists as SageMaker sorts and filters them: by name, time or status, upwards or downwards.

What is sorted by is one text, so that a page continues behind the last one's whatever the order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.listing import Binder, Database

_MOMENT = "to_char({} at time zone 'utc', 'YYYYMMDDHH24MISSUS')"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for; `equal` and `contains` map columns of the listing to values."""

    sort: str = "CreationTime"
    descending: bool = False
    after: str | None = None
    limit: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    modified_after: datetime | None = None
    modified_before: datetime | None = None
    equal: Mapping[str, Any] = field(default_factory=dict)
    contains: Mapping[str, str] = field(default_factory=dict)


class SortedListing:
    """What can be listed: the columns of a subselect that has name, arn, region, status,
    created_at and modified_at among them."""

    def __init__(self, inner: str) -> None:
        self._inner = inner

    async def page(self, db: Database, region: str, asked: Asked) -> list[Any]:
        """The rows of a page; `page_key` is what it continues behind."""
        bind = Binder()
        first = {
            "Name": "r.name",
            "CreationTime": _MOMENT.format("r.created_at"),
            "LastModifiedTime": _MOMENT.format("r.modified_at"),
            "Status": "r.status",
        }[asked.sort]
        key = f"({first} || ' ' || r.arn) collate \"C\""
        where = [f"r.region = {bind(region)}"]
        for column, moment, sign in (
            ("created_at", asked.created_after, ">"),
            ("created_at", asked.created_before, "<"),
            ("modified_at", asked.modified_after, ">"),
            ("modified_at", asked.modified_before, "<"),
        ):
            if moment is not None:
                where.append(f"r.{column} {sign} {bind(moment)}::timestamptz")
        where += [f"r.{column} = {bind(value)}" for column, value in asked.equal.items()]
        where += [
            f"strpos(r.{column}, {bind(part)}) > 0" for column, part in asked.contains.items()
        ]
        if asked.after is not None:
            where.append(f"{key} {'<' if asked.descending else '>'} {bind(asked.after)}")
        order = "desc" if asked.descending else "asc"
        limit = "" if asked.limit is None else f" limit {bind(asked.limit, '::int')}"
        sql = (
            f"select r.*, {key} as page_key from ({self._inner}) as r"
            f" where {' and '.join(where)} order by {key} {order}{limit}"
        )
        return await db.fetch(sql, *bind.args, plan="custom")

    async def find_one(self, db: Database, region: str, **equal: Any) -> Any | None:
        """The row with these values, or None."""
        rows = await self.page(db, region, Asked(equal=equal, limit=1))
        return rows[0] if rows else None

    async def find_all(self, db: Database, region: str, **equal: Any) -> Sequence[Any]:
        """All rows with these values, by name."""
        return await self.page(db, region, Asked(sort="Name", equal=equal))
