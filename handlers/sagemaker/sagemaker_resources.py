"""What all resources beside machines have in common: found, made and deleted by name."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.sagemaker import faults, tags
from models import launches, managed_services, sagemaker_resources
from models.sagemaker_resources import TABLE


async def find(ctx: Context, kind: str, name: str, *, lock: bool = False) -> dict[str, Any] | None:
    """The resource of that kind and name, held until the transaction ends if `lock`; or None."""
    listing = sagemaker_resources.listing(kind)
    row = await listing.find_one(ctx.db, ctx.region, name=name)
    if row is not None and lock:
        await managed_services.lock(ctx.db, row["arn"], TABLE)
        row = await listing.find_one(ctx.db, ctx.region, name=name)
    return None if row is None else dict(row)


async def need(ctx: Context, kind: str, name: str, *, lock: bool = False) -> dict[str, Any]:
    """The same; AwsError when there is none."""
    row = await find(ctx, kind, name, lock=lock)
    if row is None:
        raise faults.not_found(ctx, kind, name)
    return row


async def make(
    ctx: Context,
    kind: str,
    name: str,
    params: Mapping[str, Any],
    settings: Mapping[str, Any],
    **columns: Any,
) -> str:
    """Store a new resource; its ARN. AwsError when the name is taken."""
    given = tags.given(params)
    arn = faults.arn_of(ctx, kind, name)
    row = {
        "kind": kind,
        "name": name,
        "arn": arn,
        "region": ctx.region,
        "env": launches.environment(given),
        "settings": dict(settings),
        "created_at": ctx.now,
        **columns,
    }
    if not await sagemaker_resources.insert(ctx.db, row, given):
        raise faults.taken(ctx, kind, name)
    return arn


async def remove(ctx: Context, row: Mapping[str, Any], *, shown: str = "") -> None:
    """Delete a resource, at once or by way of a state that shows."""
    await managed_services.delete(
        ctx.db,
        ctx.region,
        row["arn"],
        ctx.now,
        faults.takes(ctx) if shown else faults.takes(ctx) * 0,
        shown=shown,
        table=TABLE,
    )


def kept(params: Mapping[str, Any], *without: str) -> dict[str, Any]:
    """The members of a request that a resource keeps: all that were given, but tags and name."""
    return {
        name: value
        for name, value in params.items()
        if value is not None and name != "Tags" and name not in without
    }
