"""Modifications of reserved instances: split, merged, resized, moved between zone and region.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ri-modifying.html.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import conditions
from emulator.idempotency import once
from emulator.rows import Computed, Rows, View
from handlers.ec2.commitments import check_found, check_ids
from handlers.ec2.launch_requests import machine
from models import commitments, draws, regions
from models.costs import quantise
from models.prices.interpolation import weight

NOUN = "commitments"
# What must be alike for reservations to be modified together.
_ALIKE = ("offering_class", "payment_option", "tenancy", "product_description", "term_months")


async def modify_reserved_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put new reservations in the place of active ones, to the same footprint and the same end."""
    source_ids = list(dict.fromkeys(params["ReservedInstancesIds"]))
    check_ids(source_ids)

    async def work() -> list[str]:
        await commitments.lock(ctx.db, source_ids)
        rows = await commitments.RESERVED.page(ctx.db, region=ctx.region, ids=source_ids)
        check_found(source_ids, {row["reserved_id"] for row in rows})
        _check_alike(ctx, rows)
        targets = [_target(ctx, rows[0], given) for given in params["TargetConfigurations"]]
        _check_footprint(rows, targets)
        made = [_row(ctx, rows, target) for target in targets]
        await commitments.retire(ctx.db, source_ids, ctx.now)
        await commitments.insert(ctx.db, made)
        modification_id = f"rimod-{draws.uuid4()}"
        results = [
            {**target, "reserved_id": row["id"]} for target, row in zip(targets, made, strict=True)
        ]
        await commitments.record_modification(
            ctx.db, modification_id, ctx.region, params.get("ClientToken"), source_ids, results,
            ctx.now,
        )  # fmt: skip
        return [modification_id]

    [modification_id] = await once(ctx, params.get("ClientToken"), work)
    return {"ReservedInstancesModificationId": modification_id}


async def describe_reserved_instances_modifications(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Modifications, by id, filter and page."""
    asked = params.get("ReservedInstancesModificationIds")
    page = pages.page(ctx, params)
    where = conditions(ctx, commitments.MODIFICATIONS, FILTERS, params.get("Filters"))
    rows = await commitments.MODIFICATIONS.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    found = {row["reserved_instances_modification_id"] for row in rows}
    missing = [one for one in asked or () if one not in found]
    if missing and not where:
        raise AwsError(
            "InvalidReservedInstancesModificationId",
            f"The reserved instances modification id '{missing[0]}' does not exist",
        )
    shown, token = page.cut(rows, "reserved_instances_modification_id")
    return {"ReservedInstancesModifications": Rows(VIEW, shown), "NextToken": token}


def _check_alike(ctx: Context, rows: Sequence[Any]) -> None:
    first = rows[0]
    for row in rows:
        if row["state"] != "active":
            raise AwsError(
                "InvalidState",
                f"The Reserved Instances '{row['reserved_id']}' are not in the 'active' state.",
            )
        hours = {one["ends_at"].replace(minute=0, second=0, microsecond=0) for one in (row, first)}
        same_family = _family(row["instance_type"]) == _family(first["instance_type"])
        if len(hours) > 1 or not same_family or any(row[n] != first[n] for n in _ALIKE):
            raise AwsError(
                "InvalidInput",
                "The Reserved Instances to be modified must be identical, except for Availability"
                " Zone, network platform, and instance size, and must end in the same hour.",
            )


def _target(ctx: Context, source: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """One target configuration, with what it does not name from the source."""
    count = given.get("InstanceCount")
    if not count or count < 1:
        raise AwsError("InvalidParameterValue", "The instance count of a target must be positive.")
    zone = given.get("AvailabilityZone")
    scope = given.get("Scope") or ("Availability Zone" if zone else source["scope"])
    if scope == "Availability Zone":
        zone = zone or source["availability_zone"]
        if zone not in {one.name for one in regions.zones(ctx.region)}:
            raise AwsError("InvalidInput", f"The Availability Zone '{zone or ''}' does not exist.")
    elif zone:
        raise AwsError(
            "InvalidInput", "An Availability Zone cannot be specified for the scope Region."
        )
    instance_type = given.get("InstanceType") or source["instance_type"]
    if instance_type != source["instance_type"]:
        _check_size(source, instance_type)
    return {
        "instance_type": instance_type,
        "instance_count": count,
        "availability_zone": zone,
        "scope": scope,
    }


def _check_size(source: Any, instance_type: str) -> None:
    kind = machine(instance_type)
    reasons = {
        "only within its instance family": _family(instance_type)
        != _family(source["instance_type"]),
        "only for Linux/UNIX": source["product_description"].removesuffix(" (Amazon VPC)")
        != "Linux/UNIX",
        "not to or from bare metal": kind.is_bare_metal
        or source["instance_type"].partition(".")[2].startswith("metal"),
    }
    for words, applies in reasons.items():
        if applies:
            raise AwsError(
                "InvalidInput", f"The instance size of a reservation can be modified {words}."
            )


def _check_footprint(rows: Sequence[Any], targets: Sequence[Mapping[str, Any]]) -> None:
    had, wanted = sum(map(_units, rows)), sum(map(_units, targets))
    if had != wanted:
        raise AwsError(
            "InvalidInput",
            f"The instance size footprint of the target configurations ({wanted}) does not match"
            f" that of the Reserved Instances to be modified ({had}).",
        )
    seen = [(one["instance_type"], one["availability_zone"]) for one in targets]
    if len(set(seen)) < len(seen):
        raise AwsError(
            "InvalidInput",
            "Every target configuration must be a unique combination of instance type and"
            " Availability Zone.",
        )


def _row(ctx: Context, rows: Sequence[Any], target: Mapping[str, Any]) -> dict[str, Any]:
    """A new reservation: its share of the cost, nothing upfront again, the sources' end.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ri-modifying.html: the fixed price of a
    modified reservation is 0. What was bought today is on no bill yet: the rest of its month
    is charged tomorrow through what takes its place, the upfront payment through itself.
    """
    source = rows[0]
    units = sum(map(_units, rows))
    share = Decimal(_units(target)) / units
    amount = sum(row["hourly_commitment_amount"] for row in rows) * share
    recurring = sum(row["recurring_hourly"] * row["instance_count"] for row in rows) * share
    first = max(ctx.now.date(), max(row["start_date"] for row in rows))
    family = _family(target["instance_type"])
    place = target["availability_zone"] or ctx.region
    ends = min(row["ends_at"] for row in rows)
    return {
        "id": str(draws.uuid4()),
        "commitment_type": "reserved_instance",
        "scope": f"ec2 {target['instance_type']} {place}",
        "hourly_commitment_amount": quantise(amount),
        "start_date": first,
        "end_date": min(row["end_date"] for row in rows),
        "created_at": ctx.now,
        "state": "active",
        "service": "ec2",
        "offering_id": source["offering_id"],
        **{name: source[name] for name in _ALIKE},
        "instance_type": target["instance_type"],
        "instance_family": family,
        "instance_count": target["instance_count"],
        "region": ctx.region,
        "availability_zone": target["availability_zone"],
        "fixed_price": 0,
        "usage_price": 0,
        "recurring_hourly": recurring / target["instance_count"],
        "start_time": ctx.now,
        "end_time": ends,
        "tags": dict(source["tags"] or {}) if len(rows) == 1 else {},
    }


def _family(instance_type: str | None) -> str:
    return (instance_type or "").partition(".")[0]


def _units(row: Any) -> Decimal:
    """The footprint: normalisation factor times count."""
    return weight((row["instance_type"] or "").partition(".")[2]) * int(row["instance_count"])


def _results(target: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "ReservedInstancesId": one["reserved_id"],
            "TargetConfiguration": {
                "AvailabilityZone": one.get("availability_zone"),
                "InstanceCount": one["instance_count"],
                "InstanceType": one["instance_type"],
                "Platform": "EC2-VPC",
                "Scope": one.get("scope"),
            },
        }
        for one in target
    ]


def _sources(source_ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"ReservedInstancesId": one} for one in source_ids]


VIEW = View(
    {
        "ReservedInstancesModificationId": "reserved_instances_modification_id",
        "ReservedInstancesIds": Computed(_sources, "source_ids"),
        "ModificationResults": Computed(_results, "target"),
        "ClientToken": "client_token",
        "CreateDate": "created_at",
        "UpdateDate": "created_at",
        "EffectiveDate": "effective_at",
        "Status": "status",
        "StatusMessage": "status_message",
    }
)

FILTERS = {
    "client-token": "client_token",
    "create-date": "created_at",
    "effective-date": "effective_at",
    "modification-result.reserved-instances-id": "result_id",
    "modification-result.target-configuration.availability-zone": "result_zone",
    "modification-result.target-configuration.instance-count": "result_count",
    "modification-result.target-configuration.instance-type": "result_type",
    "reserved-instances-id": "source_id",
    "reserved-instances-modification-id": "modification_id",
    "status": "status",
    "status-message": "status_message",
    "update-date": "updated_at",
}
