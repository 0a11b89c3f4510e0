"""Streams of an estate's log groups, each with the last lines that were written to it."""

from datetime import datetime, timedelta
from typing import Any

import orjson

from models.estates.chance import Chance
from models.estates.estate import Estate

_FEWEST, _MOST_STREAMS, _MOST_EVENTS = 1, 3, 6
# Events that clients put are numbered from one on; these must be the same in a world made again.
_FIRST_ID = 1 << 62
_PATHS = ("/orders", "/checkout", "/users", "/health", "/search")


def create(estate: Estate) -> None:
    """Streams and lines of every group; the lines are of the history's last day."""
    for at, group in enumerate(estate.rows["log_groups"]):
        own = estate.chance("log-streams", at)
        for number in range(own.whole(_FEWEST, _MOST_STREAMS)):
            _stream(estate, own, group, number)


def _stream(estate: Estate, own: Chance, group: dict[str, Any], number: int) -> None:
    newest = estate.end - timedelta(minutes=own.whole(1, 600))
    moments = [newest - timedelta(seconds=37 * step) for step in range(own.whole(2, _MOST_EVENTS))][
        ::-1
    ]
    born = max(group["created_at"], estate.start)
    stream = estate.add(
        "log_streams",
        {
            "id": own.key(),
            "account_id": estate.account_id,
            "log_group_id": group["id"],
            "name": _name(own, group["name"], newest, number),
            "first_event_at": moments[0],
            "last_event_at": moments[-1],
            "last_ingested_at": moments[-1],
            "created_at": min(born, moments[0]),
        },
    )
    for moment in moments:
        estate.add(
            "log_events",
            {
                "id": _FIRST_ID | own.bits() >> 3,
                "account_id": estate.account_id,
                "log_group_id": group["id"],
                "log_stream_id": stream["id"],
                "at": moment,
                "ingested_at": moment,
                "message": _line(own, group["name"]),
            },
        )


def _name(own: Chance, group: str, at: datetime, number: int) -> str:
    """As the service that writes it would call it."""
    token = own.digits(12)
    if group.startswith("/aws/lambda/"):
        return f"{at:%Y/%m/%d}/[$LATEST]{token}{number}"
    if group.startswith("/aws/vpc/"):
        return f"eni-{token}{number}-all"
    if group.startswith("/aws/ecs/"):
        return f"ecs/app/{token}{number}"
    return f"i-{token}{number}"


def _line(own: Chance, group: str) -> str:
    if group.startswith("/aws/vpc/"):
        return f"2 - - 10.0.{own.whole(0, 250)}.7 10.0.1.9 443 {own.whole(1024, 65000)} 6 ACCEPT OK"
    level = "ERROR" if own.happens(0.1) else "INFO"
    if group.startswith("/aws/rds/"):
        return f"{level}: duration: {own.whole(1, 900)} ms"
    return orjson.dumps(
        {
            "level": level,
            "path": own.pick(_PATHS),
            "status": 500 if level == "ERROR" else 200,
            "ms": own.whole(3, 900),
        }
    ).decode()
