"""Labels of the truth: what in a new estate is waste, and what only looks so."""

from datetime import timedelta
from typing import Any

from models.estates.estate import Estate
from models.estates.writing import copy_in

# A decoy costs this at least when it is ended all the same, USD of the score.
HARM_USD = 500


async def write(connection: Any, estate: Estate) -> None:
    """One label for each resource that the estate's plan flagged, from its first day on.

    What would be saved, and what ends it, is filled in when the symptom shows.
    """
    since = (estate.start + timedelta(days=1)).date()
    await copy_in(
        connection,
        "truth.labels",
        [
            {
                "account_id": estate.account_id,
                "pattern": row["params"]["pattern"],
                "resource_type": row["resource_type"],
                "resource_id": row["resource_id"],
                "since": since,
                "decoy": row["params"].get("decoy"),
                "harm_usd": HARM_USD if "decoy" in row["params"] else 0,
                "owner": row["owner"],
            }
            for row in _flagged(estate)
        ],
    )


def _flagged(estate: Estate) -> list[dict[str, Any]]:
    """The profiles that name a pattern, with whom their resource's tags call its owner."""
    owners = {
        (tag["resource_type"], tag["resource_id"]): tag["value"]
        for tag in estate.rows.get("resource_tags", ())
        if tag["key"] == "owner"
    }
    return [
        {**row, "owner": owners.get((row["resource_type"], row["resource_id"]))}
        for row in estate.rows.get("resource_profiles", ())
        if "pattern" in row["params"]
    ]
