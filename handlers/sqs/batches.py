"""Batches: up to ten entries in one request, each of which succeeds or fails by itself.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
"""

import re
from collections.abc import Sequence
from typing import Any

from emulator.errors import AwsError

MOST = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check(entries: Sequence[dict[str, Any]], action: str) -> None:
    """What a batch must be as a whole."""
    if not entries:
        raise AwsError(
            "EmptyBatchRequest",
            f"There should be at least one {action}RequestEntry in the request.",
        )
    if len(entries) > MOST:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MOST}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        name = entry["Id"]
        if not _ID.fullmatch(name):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and"
                " underscores. It can be at most 80 letters long.",
            )
        if name in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {name} repeated.")
        seen.add(name)


def failed(name: str, error: AwsError) -> dict[str, Any]:
    """An entry that failed, and why."""
    return {"Id": name, "SenderFault": True, "Code": error.code, "Message": error.message}
