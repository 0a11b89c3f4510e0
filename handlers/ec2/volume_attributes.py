"""Health of volumes, and what else can be told of one.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumeStatus.html,
API_DescribeVolumeAttribute.html and API_ModifyVolumeAttribute.html. No volume is ever impaired.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.derived_filters import Names, Same, conditions
from handlers.ec2.identifiers import VOLUME
from models import volumes
from models.regions import zone_id

NOUN = "volumes"
# Only with provisioned performance is it watched.
_PROVISIONED = ("io1", "io2", "gp3")


async def describe_volume_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The health of volumes, by id, filter and page."""
    asked = params.get("VolumeIds")
    identifiers.check(VOLUME, asked or ())
    page = pages.page(ctx, params)
    where = await conditions(ctx, volumes.LISTING, FILTERS, TOLD_ALIKE, params.get("Filters"))
    rows = await volumes.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where:
        identifiers.check_found(VOLUME, asked, (row["volume_id"] for row in rows))
    shown, token = page.cut(rows, "volume_id")
    return {"VolumeStatuses": Rows(STATUS_VIEW, shown), "NextToken": token}


async def describe_volume_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One attribute of a volume."""
    volume_id, attribute = params["VolumeId"], params["Attribute"]
    identifiers.check(VOLUME, [volume_id])
    row = await volumes.auto_enable_io(ctx.db, ctx.region, volume_id)
    if row is None:
        raise identifiers.not_found(VOLUME, [volume_id])
    if attribute == "productCodes":
        return {"VolumeId": volume_id, "ProductCodes": []}
    return {"VolumeId": volume_id, "AutoEnableIO": {"Value": row["auto_enable_io"]}}


async def modify_volume_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say whether I/O goes on by itself after a volume was found impaired."""
    volume_id, given = params["VolumeId"], params.get("AutoEnableIO") or {}
    identifiers.check(VOLUME, [volume_id])
    if given.get("Value") is None:
        raise AwsError("MissingParameter", "The request must contain the parameter autoEnableIO")
    if not await volumes.set_auto_enable_io(ctx.db, ctx.region, volume_id, given["Value"]):
        raise identifiers.not_found(VOLUME, [volume_id])
    return {}


def _details(volume_type: str, attached_to: str | None) -> list[dict[str, str]]:
    watched = volume_type in _PROVISIONED and attached_to
    return [
        {"Name": "io-enabled", "Status": "passed"},
        {"Name": "io-performance", "Status": "normal" if watched else "not-applicable"},
    ]


STATUS_VIEW = View(
    {
        "VolumeId": "volume_id",
        "AvailabilityZone": "availability_zone",
        "AvailabilityZoneId": Computed(zone_id, "availability_zone", "owner_number"),
        "Actions": Constant([]),
        "Events": Constant([]),
        "AttachmentStatuses": Constant([]),
        "VolumeStatus": {
            "Status": Constant("ok"),
            "Details": Computed(_details, "volume_type", "attached_instance_id"),
        },
    }
)
FILTERS = {"availability-zone": "availability_zone"}
TOLD_ALIKE: Names = {
    **dict.fromkeys(
        (
            "action.code", "action.description", "action.event-id",
            "attachment-status.instance-id", "attachment-status.io-performance",
            "event.description", "event.event-id", "event.event-type",
            "event.not-after", "event.not-before",
        ),
        Same(),
    ),
    "volume-status.details-name": Same(("io-enabled", "io-performance")),
    "volume-status.details-status": Same(("passed",)),
    "volume-status.status": Same(("ok",)),
}  # fmt: skip
