"""Who changes a group for a caller, and the group that is meant."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page
from models import autoscaling_groups, draws, scaling_activities
from models.autoscaling_members import Actor


def actor(ctx: Context) -> Actor:
    """The caller, as models know who launches and ends members."""
    return Actor(
        ctx.db,
        ctx.principal.account_id,
        ctx.principal.account_number,
        ctx.now,
        timedelta(seconds=ctx.server.settings.transition_seconds),
        lambda prefix, label: ids.new(prefix),
        lambda label, below: draws.below(below),
    )


def invalid(message: str) -> AwsError:
    """The error of almost everything that is wrong with a request to Auto Scaling."""
    return AwsError("ValidationError", message)


def not_found(name: str) -> AwsError:
    """The error for a name that no group has."""
    return invalid(f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")


async def cooling(ctx: Context, group: Any) -> AwsError:
    """The error for a change that a group's cooldown holds back."""
    activity = await scaling_activities.latest(ctx.db, group["id"])
    return AwsError(
        "ScalingActivityInProgress",
        f"Scaling activity {activity} is in progress and blocks this action",
    )


class Group:
    """Finding a group."""

    @staticmethod
    async def find(ctx: Context, name: str | None, *, lock: bool = False) -> Any:
        """The group of a name; locked, other changes of it wait for this transaction."""
        found = await autoscaling_groups.find(ctx.db, ctx.region, name or "", lock=lock)
        if found is None:
            raise not_found(name or "null")
        if lock and found["status"]:
            raise AwsError(
                "ScalingActivityInProgress",
                "You cannot update an AutoScalingGroup while it is being deleted.",
            )
        return found


def page(ctx: Context, params: Mapping[str, Any], *, default: int = 50, most: int = 100) -> Page:
    """The page that a list asks for, within the operation's limit on MaxRecords."""
    asked = params.get("MaxRecords")
    if asked is not None and not 1 <= asked <= most:
        bound = "less than or equal to" if asked > most else "greater than or equal to"
        raise invalid(
            f"1 validation error detected: Value '{asked}' at 'maxRecords' failed to satisfy"
            f" constraint: Member must have value {bound} {most if asked > most else 1}"
        )
    return pages.page(
        ctx, params, size="MaxRecords", default=default,
        invalid=lambda: AwsError("InvalidNextToken", "The NextToken value is not valid."),
    )  # fmt: skip


def arn(ctx: Context, kind: str, key: uuid.UUID, *named: str) -> str:
    """An ARN of Auto Scaling: `kind`, a UUID, and names such as `autoScalingGroupName/web`."""
    head = f"arn:aws:autoscaling:{ctx.region}:{ctx.principal.account_number}"
    return ":".join((head, kind, str(key), *named))
