"""Call tallies: how often each principal of an account has called, over all processes."""

import uuid
from collections.abc import Sequence
from typing import Any

# Told with a word of the asker's choice, and told back with it by each process that wrote.
ASKED = "driftcloud_calls_asked"
WRITTEN = "driftcloud_calls_written"

_ADD = """
insert into truth.calls as t (account_id, principal, calls)
select g.account_id, g.principal, g.calls
  from unnest($1::uuid[], $2::text[], $3::bigint[]) as g (account_id, principal, calls)
  join cloud_accounts a on a.id = g.account_id
 order by g.account_id, g.principal
on conflict (account_id, principal) do update set calls = t.calls + excluded.calls
"""


async def add(connection: Any, calls: Sequence[tuple[uuid.UUID, str, int]]) -> None:
    """Count in what one process counted: account id, ARN, calls; each principal once.

    `connection` is the owner's. Calls of accounts that are gone are dropped.
    """
    await connection.execute(
        _ADD,
        [account for account, _, _ in calls],
        [principal for _, principal, _ in calls],
        [count for _, _, count in calls],
    )


async def ask(connection: Any, word: str) -> None:
    """Ask every process to add what it has counted."""
    await connection.execute("select pg_notify($1, $2)", ASKED, word)


async def answer(connection: Any, word: str) -> None:
    """Tell whoever asked that one process has."""
    await connection.execute("select pg_notify($1, $2)", WRITTEN, word)
