"""Availability zones as requests name them: by name, or by the id that all accounts share."""

from emulator.context import Context
from emulator.errors import AwsError
from models import regions


def named(ctx: Context, name: str | None, zone_id: str | None) -> regions.Zone | None:
    """The region's zone of that name or id; None where there is none.

    Raises AwsError when both are given: API_CreateVolume and API_Placement allow one of them.
    """
    if name is not None and zone_id is not None:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameters AvailabilityZone and AvailabilityZoneId cannot be used together",
        )
    return regions.zone_of(ctx.region, ctx.principal.account_number, name, zone_id)
