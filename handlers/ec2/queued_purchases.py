"""Purchases of reserved instances that wait for their time: taken back before it comes.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteQueuedReservedInstances.html.
"""

from typing import Any

from emulator.context import Context
from handlers.ec2.commitments import is_id
from models import commitments

NOUN = "commitments"


async def delete_queued_reserved_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take purchases back, each for itself: what has begun stays, and is told."""
    asked = list(dict.fromkeys(params["ReservedInstancesIds"]))
    known = [one for one in asked if is_id(one)]
    gone = await commitments.drop_queued(ctx.db, ctx.region, known)
    rows = await commitments.RESERVED.page(ctx.db, region=ctx.region, ids=known) if known else []
    there = {row["reserved_id"] for row in rows}
    return {
        "SuccessfulQueuedPurchaseDeletions": [
            {"ReservedInstancesId": one} for one in asked if one in gone
        ],
        "FailedQueuedPurchaseDeletions": [
            {"ReservedInstancesId": one, "Error": _error(one, one in there)}
            for one in asked
            if one not in gone
        ],
    }


def _error(reserved_id: str, there: bool) -> dict[str, str]:
    if there:
        return {
            "Code": "reserved-instances-not-in-queued-state",
            "Message": f"The Reserved Instances '{reserved_id}' are not in the queued state.",
        }
    return {
        "Code": "reserved-instances-id-invalid",
        "Message": f"The ID '{reserved_id}' for the Reserved Instance is not valid.",
    }
