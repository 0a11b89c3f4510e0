"""Names as EKS takes them, its refusals, pages and tags.

Source: the errors of the API model (https://docs.aws.amazon.com/eks/latest/APIReference/).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from models import container_clusters, draws, rds_subnet_groups
from models.autoscaling_members import Actor
from models.container_clusters import EKS

# https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html
RULES = TagRules(code="InvalidParameterException")


def invalid(message: str, **fields: Any) -> AwsError:
    """The error of a parameter that is wrong."""
    return AwsError("InvalidParameterException", message, **fields)


def not_found(message: str, **fields: Any) -> AwsError:
    """The error for something that is not there."""
    return AwsError("ResourceNotFoundException", message, **fields)


def in_use(message: str, **fields: Any) -> AwsError:
    """The error for something that is there already, or busy."""
    return AwsError("ResourceInUseException", message, **fields)


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)


def transition(ctx: Context, status: str) -> dict[str, Any]:
    """The columns of what reads `status` for a while; none where that takes no time."""
    return container_clusters.transition(status, ctx.now, takes(ctx))


def page(ctx: Context, params: Mapping[str, Any]) -> pages.Page:
    """The page of a list that is asked for: `maxResults` behind `nextToken`, 100 at most."""
    return pages.page(
        ctx, params, token="nextToken", size="maxResults", default=100,  # noqa: S106
        invalid=lambda: invalid("Invalid nextToken"),
    )  # fmt: skip


def actor(ctx: Context) -> Actor:
    """The caller, as models know who launches and ends nodes."""
    return Actor(
        ctx.db, ctx.principal.account_id, ctx.principal.account_number, ctx.now, takes(ctx),
        lambda prefix, label: ids.new(prefix), lambda label, below: draws.below(below),
    )  # fmt: skip


async def cluster(ctx: Context, name: str, *, lock: bool = False, active: bool = False) -> Any:
    """The cluster of that name; `active` refuses one that is changing."""
    if lock:
        await container_clusters.find(ctx.db, ctx.region, "eks", name, lock=True)
    rows = await container_clusters.listed(ctx.db, EKS, ctx.region, [name])
    if not rows:
        raise not_found(f"No cluster found for name: {name}.", clusterName=name)
    if active and rows[0]["status"] != "ACTIVE":
        raise in_use(
            f"Cannot perform this operation while the cluster is {rows[0]['status']}.",
            clusterName=name,
        )
    return rows[0]


async def subnets(ctx: Context, wanted: list[str]) -> list[Any]:
    """Subnets of one network, all of which must be the caller's."""
    found = await rds_subnet_groups.subnets(ctx.db, ctx.region, wanted)
    there = {row["subnet_id"] for row in found}
    for one in wanted:
        if one not in there:
            raise invalid(f"The subnet ID '{one}' does not exist")
    if len({row["vpc_id"] for row in found}) > 1:
        raise invalid("Subnets specified must be in the same VPC")
    return found
