"""Writing 1,000 rows: our compiled views beside f-strings written by hand for the same bytes."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator import api, protocols
from emulator.rows import Each, Rows, View
from handlers.ec2.volumes import VOLUME_VIEW
from tests.bench.table import Line, middle

ROWS = 1000
NONE = timedelta(0)
_NOW = datetime(2026, 6, 30, 12, 0, 0, tzinfo=UTC)

Write = Callable[[], bytes]


def lines(instances: Sequence[Any], count: int) -> list[Line]:
    """The ratio on each protocol's list; `instances` are rows of the instances' listing."""
    found = []
    for name, ours, by_hand in (ec2_instances(instances), ec2_volumes(), query(), json()):
        if ours() != by_hand():
            raise AssertionError(f"{name}: the f-string does not give the same bytes")
        mine, theirs = [], []
        for _ in range(count):
            mine.append(_seconds(ours))
            theirs.append(_seconds(by_hand))
        ratio = middle([a / b for a, b in zip(mine, theirs, strict=True)])
        size = len(ours())
        text = f"{middle(mine) * 1000:.2f} ms | {middle(theirs) * 1000:.2f} ms, {size:,} bytes"
        found.append(Line(name, ratio, "≤1.3", text))
    return found


def _seconds(write: Write) -> float:
    began = time.perf_counter()
    write()
    return time.perf_counter() - began


def _ours(protocol: str, service: str, operation: str, result: dict[str, Any]) -> Write:
    codec = protocols.by_name(protocol)
    model = api.service(service).operations[operation]
    return lambda: codec.write(model, result, request_id="r").body


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
