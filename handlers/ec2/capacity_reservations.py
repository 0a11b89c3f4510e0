"""Capacity reservations.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCapacityReservation.html
and the pages of the operations beside it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.idempotency import once
from emulator.rows import Computed, Constant, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import CAPACITY_RESERVATION as RESERVATION
from handlers.ec2.tag_specifications import check_types, tags_for
from models import capacity_reservations, costs, instance_types, regions

PLATFORMS = frozenset(
    {
        "Linux/UNIX", "Red Hat Enterprise Linux", "SUSE Linux", "Windows",
        "Windows with SQL Server", "Windows with SQL Server Enterprise",
        "Windows with SQL Server Standard", "Windows with SQL Server Web",
        "Linux with SQL Server Standard", "Linux with SQL Server Web",
        "Linux with SQL Server Enterprise", "RHEL with SQL Server Standard",
        "RHEL with SQL Server Enterprise", "RHEL with SQL Server Web", "RHEL with HA",
        "RHEL with HA and SQL Server Standard", "RHEL with HA and SQL Server Enterprise",
        "Ubuntu Pro",
    }
)  # fmt: skip
MOST_INSTANCES = 1000
# What would reserve something else than machines from now on is not sold here.
UNSUPPORTED = ("OutpostArn", "PlacementGroupArn", "StartDate", "CommitmentDuration")


async def describe_capacity_reservations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Reservations of the region, by id, filter and page."""
    asked = params.get("CapacityReservationIds")
    identifiers.check(RESERVATION, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, capacity_reservations.LISTING, FILTERS, params.get("Filters"))
    rows = await capacity_reservations.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        found = (row["capacity_reservation_id"] for row in rows)
        identifiers.check_found(RESERVATION, asked, found)
    shown, token = page.cut(rows, "capacity_reservation_id")
    return {"CapacityReservations": Rows(RESERVATION_VIEW, shown), "NextToken": token}


async def create_capacity_reservation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Machines kept from now on; instances on demand of that kind run on them."""
    check_types(params, ("capacity-reservation",))
    row = _new(ctx, params)

    async def work() -> list[str]:
        await capacity_reservations.insert(ctx.db, row)
        return [row["capacity_reservation_id"]]

    [reservation_id] = await once(ctx, params.get("ClientToken"), work)
    return {"CapacityReservation": RESERVATION_VIEW.show(await _find(ctx, reservation_id))}


async def modify_capacity_reservation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep more or fewer machines, until another day, for other instances."""
    row = await _find(ctx, params["CapacityReservationId"])
    if row["shown_state"] != "active":
        raise _ended(row)
    changes: dict[str, Any] = {}
    if params.get("InstanceCount") is not None:
        count = _count(params["InstanceCount"])
        changes["instance_count"] = count
    if params.get("EndDate") is not None or params.get("EndDateType") is not None:
        changes["end_at"] = _end_at(ctx, params)
    if params.get("InstanceMatchCriteria"):
        changes["match_criteria"] = params["InstanceMatchCriteria"]
    await capacity_reservations.change(ctx.db, ctx.region, row["capacity_reservation_id"], changes)
    return {"Return": True}


async def cancel_capacity_reservation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep the machines no longer; what runs on them goes on running."""
    row = await _find(ctx, params["CapacityReservationId"])
    reservation_id = row["capacity_reservation_id"]
    if not await capacity_reservations.cancel(ctx.db, ctx.region, reservation_id, ctx.now):
        raise _ended(row)
    return {"Return": True}


async def _find(ctx: Context, reservation_id: str) -> Any:
    identifiers.check(RESERVATION, [reservation_id])
    row = await capacity_reservations.find_one(ctx.db, ctx.region, reservation_id)
    if row is None:
        raise identifiers.not_found(RESERVATION, [reservation_id])
    return row


def _new(ctx: Context, params: Mapping[str, Any]) -> dict[str, Any]:
    for name in UNSUPPORTED:
        if params.get(name) is not None:
            raise AwsError("UnsupportedOperation", f"{name} is not supported in this account.")
    machine = instance_types.find(params["InstanceType"])
    if machine is None:
        raise AwsError(
            "InvalidParameterValue", f"Invalid value '{params['InstanceType']}' for InstanceType."
        )
    zone = _zone(ctx, params)
    number = ctx.principal.account_number
    offered = {one.name for one in instance_types.zones_offering(machine.name, ctx.region, number)}
    if zone.name not in offered:
        raise AwsError(
            "Unsupported",
            f"The requested instance type {machine.name} is not supported in {zone.name}.",
        )
    if params["InstancePlatform"] not in PLATFORMS:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{params['InstancePlatform']}' for InstancePlatform.",
        )
    tenancy = params.get("Tenancy") or "default"
    return {
        "capacity_reservation_id": ids.new("cr"),
        "region": ctx.region,
        "availability_zone": zone.name,
        "availability_zone_id": zone.zone_id,
        "instance_type": machine.name,
        "platform": params["InstancePlatform"],
        "tenancy": tenancy,
        "instance_count": _count(params["InstanceCount"]),
        "ebs_optimized": bool(params.get("EbsOptimized")),
        "match_criteria": params.get("InstanceMatchCriteria") or "open",
        "end_at": _end_at(ctx, params),
        "hourly_cost": costs.instance_hourly(
            machine.name, ctx.region, platform=params["InstancePlatform"], tenancy=tenancy
        ),
        "tags": tags_for(params, "capacity-reservation"),
        "created_at": ctx.now,
    }


def _zone(ctx: Context, params: Mapping[str, Any]) -> regions.Zone:
    name, zone_id = params.get("AvailabilityZone"), params.get("AvailabilityZoneId")
    if not name and not zone_id:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter availabilityZone"
        )
    zone = regions.zone_of(ctx.region, ctx.principal.account_number, name, zone_id)
    if zone is None:
        raise AwsError("InvalidParameterValue", f"Invalid availability zone: [{name or zone_id}]")
    return zone


def _count(wanted: int) -> int:
    if not 1 <= wanted <= MOST_INSTANCES:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({wanted}) for parameter instanceCount is invalid. It must be between 1 and"
            f" {MOST_INSTANCES}.",
        )
    return wanted


def _end_at(ctx: Context, params: Mapping[str, Any]) -> datetime | None:
    """When a reservation expires, as EndDate and EndDateType say it together."""
    end, kind = params.get("EndDate"), params.get("EndDateType")
    if kind == "limited" and end is None:
        raise AwsError(
            "InvalidParameterCombination", "EndDate is required if EndDateType is limited."
        )
    if kind == "unlimited" and end is not None:
        raise AwsError(
            "InvalidParameterCombination", "EndDate cannot be given if EndDateType is unlimited."
        )
    if end is not None and end <= ctx.now:
        raise AwsError("InvalidParameterValue", "The EndDate must be in the future.")
    moment: datetime | None = end
    return moment


def _ended(row: Any) -> AwsError:
    return AwsError(
        "InvalidCapacityReservationState",
        f"The capacity reservation '{row['capacity_reservation_id']}' is not in the active state.",
    )


def _allocations(used: int) -> list[dict[str, Any]]:
    return [{"AllocationType": "used", "Count": used}]


def _arn(region: str, owner: str, reservation_id: str) -> str:
    return f"arn:aws:ec2:{region}:{owner}:capacity-reservation/{reservation_id}"


RESERVATION_VIEW = View(
    {
        "CapacityReservationId": "capacity_reservation_id",
        "OwnerId": "owner",
        "CapacityReservationArn": Computed(_arn, "region", "owner", "capacity_reservation_id"),
        "AvailabilityZoneId": "availability_zone_id",
        "InstanceType": "instance_type",
        "InstancePlatform": "platform",
        "AvailabilityZone": "availability_zone",
        "Tenancy": "tenancy",
        "TotalInstanceCount": "instance_count",
        "AvailableInstanceCount": "free_count",
        "EbsOptimized": "ebs_optimized",
        "EphemeralStorage": Constant(False),
        "State": "shown_state",
        "StartDate": "created_at",
        "EndDate": "end_at",
        "EndDateType": Computed(lambda end: "limited" if end else "unlimited", "end_at"),
        "InstanceMatchCriteria": "match_criteria",
        "CreateDate": "created_at",
        "Tags": Computed(
            lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()], "tags"
        ),
        "CapacityAllocations": Computed(_allocations, "used_count"),
        "ReservationType": Constant("default"),
    }
)

FILTERS = TAGS | {
    "availability-zone": "availability_zone",
    "availability-zone-id": "availability_zone_id",
    "end-date": "end_at",
    "end-date-type": "end_date_type",
    "instance-match-criteria": "match_criteria",
    "instance-platform": "platform",
    "instance-type": "instance_type",
    "outpost-arn": "nothing",
    "owner-id": "owner",
    "placement-group-arn": "nothing",
    "start-date": "started_at",
    "state": "state",
    "tenancy": "tenancy",
}
