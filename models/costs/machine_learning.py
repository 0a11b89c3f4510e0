"""What SageMaker's machines cost: notebooks, endpoints, clusters, jobs."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from models.costs.money import HOURS_PER_MONTH, Number, exact, quantise
from models.prices import HOME_REGION, price


def notebook_hourly(
    instance_type: str, storage_gib: Number, region: str = HOME_REGION, *, stopped: bool = False
) -> Decimal:
    """USD an hour of a notebook: its machine while it is not stopped, and its volume always."""
    usd = Decimal(0) if stopped else price("sagemaker", instance_type, region)
    stored = exact(storage_gib) / HOURS_PER_MONTH * price("sagemaker", "storage", region)
    return quantise(usd + stored)


def machines_hourly(
    groups: Iterable[tuple[str, int, Number]], region: str = HOME_REGION
) -> Decimal:
    """USD an hour of groups of machines: instance type, how many, GiB of each one's volume."""
    disk = price("sagemaker", "storage", region) / HOURS_PER_MONTH
    usd = Decimal(0)
    for instance_type, count, storage_gib in groups:
        usd += (price("sagemaker", instance_type, region) + exact(storage_gib) * disk) * count
    return quantise(usd)


def variants_hourly(variants: Iterable[Mapping[str, Any]], region: str = HOME_REGION) -> Decimal:
    """USD an hour of an endpoint's variants; serverless ones are billed by use alone."""
    return machines_hourly(
        (
            (one["InstanceType"], one["DesiredInstanceCount"], one.get("VolumeSizeInGB") or 0)
            for one in variants
            if one.get("InstanceType")
        ),
        region,
    )
