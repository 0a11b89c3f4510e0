"""Scores as they were given: a history of every episode, in the main database."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

_SHOWN = "episode, pack, seed, begun_on, day, total as score, final, scored_at"
_ADD = """
insert into truth.scores (episode, pack, seed, final, begun_on, day, total, score)
values ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb)
"""
_HISTORY = f"select {_SHOWN} from truth.scores where $1 = '' or episode = $1 order by id"
_FINAL = """
select score::text from truth.scores
 where episode = $1 and final and scored_at >= $2 order by id desc limit 1
"""


async def add(
    connection: Any, episode: Mapping[str, Any], *, day: date, score: Mapping[str, Any], final: bool
) -> None:
    """Keep a score; `connection` is an owner's of the main database, here and below."""
    await connection.execute(
        _ADD, episode["id"], episode["pack"], episode["seed"], final, episode["begun_on"], day,
        score["score"], orjson.dumps(score, default=str).decode(),
    )  # fmt: skip


async def history(connection: Any, episode: str = "") -> Sequence[Mapping[str, Any]]:
    """The scores that an episode was given, or all, the oldest first."""
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(_HISTORY, episode)
    return rows


async def final(connection: Any, episode: Mapping[str, Any]) -> dict[str, Any] | None:
    """The score that ended an episode; None: it has none yet."""
    found = await connection.fetchval(_FINAL, episode["id"], episode["begun_at"])
    return None if found is None else dict(orjson.loads(found))
