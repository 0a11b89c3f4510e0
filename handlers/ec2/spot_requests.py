"""Spot requests.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotInstances.html and
the pages of the operations beside it.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.idempotency import once
from emulator.rows import Computed, Rows, View
from handlers.ec2 import identifiers, launch_requests, launches
from handlers.ec2.identifiers import SPOT_REQUEST
from handlers.ec2.tag_specifications import check_types, tags_for
from models import costs, discounts, draws, spot_requests

# What would put off or join the fulfilment of requests.
UNSUPPORTED = ("ValidFrom", "LaunchGroup", "AvailabilityZoneGroup", "BlockDurationMinutes")
MESSAGES = {
    "fulfilled": "Your Spot request is fulfilled.",
    "price-too-low": (
        "Your Spot request price is lower than the minimum required Spot request fulfillment price."
    ),
    "schedule-expired": "Your Spot request expired before it was fulfilled.",
    "canceled-before-fulfillment": "Your Spot request is canceled before it was fulfilled.",
    "instance-terminated-by-user": "Your Spot Instance was terminated by the user.",
    "instance-stopped-by-user": "Your Spot Instance was stopped by the user.",
    "request-canceled-and-instance-running": (
        "Your Spot request is canceled, but your instance is still running."
    ),
}


async def describe_spot_instance_requests(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Requests of the region, by id, filter and page."""
    asked = params.get("SpotInstanceRequestIds")
    identifiers.check(SPOT_REQUEST, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, spot_requests.LISTING, FILTERS, params.get("Filters"))
    rows = await spot_requests.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(SPOT_REQUEST, asked, (row["spot_request_id"] for row in rows))
    shown, token = page.cut(rows, "spot_request_id")
    return {"SpotInstanceRequests": Rows(REQUEST_VIEW, shown), "NextToken": token}


async def request_spot_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Instances at the price of spare machines: at once, unless the offer is too low."""
    check_types(params, ("spot-instances-request",))
    for name in UNSUPPORTED:
        if params.get(name) is not None:
            raise AwsError("UnsupportedOperation", f"{name} is not supported in this account.")
    count = params.get("InstanceCount") or 1
    if not 1 <= count <= launch_requests.MOST_INSTANCES:
        raise AwsError("InvalidParameterValue", f"Value ({count}) for instanceCount is invalid.")
    options: dict[str, Any] = {
        "request_type": params.get("Type"),
        "interruption_behavior": params.get("InstanceInterruptionBehavior"),
        "spot_price": _price(params.get("SpotPrice")),
        "valid_until": params.get("ValidUntil"),
        "tags": tags_for(params, "spot-instances-request"),
    }
    # what is empty is not said: Terraform's provider names every member
    given = (params.get("LaunchSpecification") or {}).items()
    wanted = {name: value for name, value in given if value != ""}
    wanted["InstanceMarketOptions"] = {"MarketType": "spot"}

    async def work() -> list[str]:
        if _too_low(ctx, wanted, options["spot_price"]):
            return [await _open(ctx, wanted, options) for _ in range(count)]
        made = await launches.launch(ctx, wanted, count, count)
        return await spot_requests.change(ctx.db, ctx.region, made, options)

    made = await once(ctx, params.get("ClientToken"), work)
    rows = await spot_requests.found(ctx.db, ctx.region, made)
    return {"SpotInstanceRequests": Rows(REQUEST_VIEW, rows)}


async def cancel_spot_instance_requests(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Cancel requests; instances that were launched for them go on running."""
    asked = params["SpotInstanceRequestIds"]
    identifiers.check(SPOT_REQUEST, asked)
    async with ctx.db.transaction():
        found = await spot_requests.cancel(ctx.db, ctx.region, asked)
        identifiers.check_found(SPOT_REQUEST, asked, found)
    return {
        "CancelledSpotInstanceRequests": [
            {"SpotInstanceRequestId": one, "State": "cancelled"} for one in dict.fromkeys(asked)
        ]
    }


def _price(text: str | None) -> Decimal | None:
    """The most to pay; an empty one is none, as Terraform's provider sends it."""
    if not text:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(0)
    if not price.is_finite() or not 0 < price < 100_000:
        raise AwsError(
            "InvalidParameterValue", f"Value ({text}) for parameter price is invalid."
            f' "{text}" is an invalid spot instance price',
        )  # fmt: skip
    return price


def _too_low(ctx: Context, wanted: Mapping[str, Any], price: Decimal | None) -> bool:
    machine = launch_requests.machine(wanted.get("InstanceType"))
    usual = discounts.spot_hourly(costs.instance_hourly(machine.name, ctx.region))
    return price is not None and price < usual


async def _open(ctx: Context, wanted: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """A request that waits for a lower price."""
    specification = {
        name: wanted[name]
        for name in ("ImageId", "InstanceType", "KeyName", "SubnetId", "EbsOptimized", "Placement")
        if wanted.get(name)
    }
    row = {
        **{name: value for name, value in options.items() if value is not None},
        "spot_request_id": f"sir-{draws.hexadecimal(8)}",
        "region": ctx.region,
        "state": "open",
        "launch_specification": specification,
        "created_at": ctx.now,
        "state_changed_at": ctx.now,
    }
    await spot_requests.insert(ctx.db, row)
    return str(row["spot_request_id"])


def _shown_price(price: Decimal | None, kind: str | None, region: str, platform: str | None) -> Any:
    """The most that is paid: what was offered, else the price on demand."""
    if price is None and kind:
        price = costs.instance_hourly(kind, region, platform=platform or "")
    return None if price is None else f"{price:.6f}"


def _specification(given: Mapping[str, Any], instance_id: str | None, *columns: Any) -> Any:
    if not instance_id:
        return given
    image_id, kind, key_name, subnet_id, zone, monitoring, groups = columns
    return {
        "ImageId": image_id,
        "InstanceType": kind,
        "KeyName": key_name,
        "SubnetId": subnet_id,
        "Placement": {"AvailabilityZone": zone} if zone else None,
        "Monitoring": {"Enabled": monitoring == "enabled"},
        "SecurityGroups": groups or [],
    }


REQUEST_VIEW = View(
    {
        "SpotInstanceRequestId": "spot_request_id",
        "CreateTime": "created_at",
        "InstanceId": "instance_id",
        "InstanceInterruptionBehavior": "interruption_behavior",
        "LaunchSpecification": Computed(
            _specification, "launch_specification", "instance_id", "image_id", "instance_type",
            "key_name", "subnet_id", "availability_zone", "monitoring", "groups",
        ),
        "LaunchedAvailabilityZone": "availability_zone",
        "ProductDescription": "product_description",
        "SpotPrice": Computed(
            _shown_price, "spot_price", "instance_type", "region", "platform_details"
        ),
        "State": "shown_state",
        "Status": {
            "Code": "status_code",
            "Message": Computed(MESSAGES.__getitem__, "status_code"),
            "UpdateTime": Computed(
                lambda own, instance: max(filter(None, (own, instance)), default=None),
                "state_changed_at", "moved_at",
            ),
        },
        "Tags": Computed(
            lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()], "tags"
        ),
        "Type": "request_type",
        "ValidUntil": "valid_until",
    }
)  # fmt: skip

FILTERS = TAGS | {
    "availability-zone-group": "nothing",
    "create-time": "created_at",
    "instance-id": "instance_id",
    "launch.group-id": "group_id",
    "launch.image-id": "image_id",
    "launch.instance-type": "instance_type",
    "launch.key-name": "key_name",
    "launch.network-interface.subnet-id": "subnet_id",
    "launched-availability-zone": "availability_zone",
    "network-interface.subnet-id": "subnet_id",
    "product-description": "product_description",
    "spot-instance-request-id": "spot_request_id",
    "state": "state",
    "status-code": "status_code",
    "type": "request_type",
    "valid-until": "valid_until",
}
