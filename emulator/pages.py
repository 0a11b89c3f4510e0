"""Pages: how much of a list is asked for, and the sealed token that continues it."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from emulator.seal import SealError

T = TypeVar("T")

TOKEN_SECONDS = 24 * 3600
# More than any list has, and less than a statement's limit can hold.
MOST_ROWS = 10**9


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: `limit` rows (None is all) after the key `after`.

    `asked` is what is asked for, but for the page.
    """

    ctx: Context
    limit: int | None
    after: str | None
    asked: Mapping[str, Any]

    @property
    def fetch(self) -> int | None:
        """How many rows to fetch: one more than shown tells whether more follow."""
        return None if self.limit is None else min(self.limit, MOST_ROWS) + 1

    def cut(self, rows: Sequence[Any], key: str) -> tuple[Sequence[Any], str | None]:
        """The rows that this page shows, and the token of the next page if there is one."""
        if self.limit is None or len(rows) <= self.limit:
            return rows, None
        shown = rows[: self.limit]
        return shown, self.token(str(shown[-1][key]))

    def cut_items(
        self, items: Sequence[T], key: Callable[[T], str]
    ) -> tuple[Sequence[T], str | None]:
        """The same of what no table holds: `items` in the order of their keys, all of them."""
        return self.cut_rest(
            (item for item in items if self.after is None or key(item) > self.after), key
        )

    def cut_rest(self, rest: Iterable[T], key: Callable[[T], str]) -> tuple[list[T], str | None]:
        """The same of what lies behind `after` already; no more of it is read than is needed."""
        found = list(islice(rest, self.fetch))
        if self.limit is None or len(found) <= self.limit:
            return found, None
        shown = found[: self.limit]
        return shown, self.token(key(shown[-1]))

    def token(self, last: str) -> str:
        """The token that continues after the key `last`."""
        payload = {"q": _question(self.asked), "k": last}
        return self.ctx.vault.seal_token(_purpose(self.ctx), payload, seconds=TOKEN_SECONDS)


def page(
    ctx: Context,
    params: Mapping[str, Any],
    *,
    token: str = "NextToken",  # noqa: S107 - the name of a member
    size: str = "MaxResults",
    default: int | None = None,
    invalid: Callable[[], AwsError] | None = None,
    changed: Callable[[], AwsError] | None = None,
) -> Page:
    """The page that `params` ask for; `token` and `size` name the operation's members.

    A token serves only the account, region, operation and filters that it was made for; any
    other use raises the service's own error, by default EC2's InvalidNextToken. `changed` is the
    error of services that tell a token of other filters from one that is none.
    """
    wanted = params.get(size)
    if wanted is not None and wanted < 1:
        name = size[:1].lower() + size[1:]
        raise AwsError(
            "InvalidParameterValue",
            f"Value ( {wanted} ) for parameter {name} is invalid."
            " Expecting a value greater than 0.",
        )
    asked = {name: value for name, value in params.items() if name not in (token, size, "DryRun")}
    given = params.get(token)
    after = None
    if given:
        try:
            payload = ctx.vault.open_token(_purpose(ctx), given)
        except SealError:
            payload = {}
        if payload.get("q") != _question(asked):
            if payload and changed:
                raise changed()
            raise invalid() if invalid else AwsError("InvalidNextToken", "The token is invalid.")
        after = payload["k"]
    return Page(ctx, wanted or default, after, asked)


def _purpose(ctx: Context) -> str:
    operation = ctx.operation.name if ctx.operation else ""
    account = ctx.principal.account_number
    return f"page|{account}|{ctx.region}|{ctx.service}|{operation}"


def _question(asked: Mapping[str, Any]) -> str:
    text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.blake2b(text, digest_size=12).hexdigest()
