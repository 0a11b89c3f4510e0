"""The capacity of Auto Scaling groups: members launched or ended until it is what is desired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models import autoscaling_groups, scaling_activities
from models.autoscaling_members import Actor, choose, launch, live
from models.autoscaling_templates import LaunchFailure
from models.scaling_activities import at


@dataclass(slots=True)
class Outcome:
    """What became of a change of capacity: ids of members, and the activities stored."""

    launched: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)


async def settle(
    actor: Actor, group: Mapping[str, Any], reason: str, *, label: str = "capacity"
) -> Outcome:
    """Launch or end members until there are as many as desired, as far as processes go on.

    `reason` is the sentence that begins the causes of what is done; empty: the difference alone
    is the cause.
    """
    outcome = Outcome()
    members = await live(actor, group["id"])
    counted = [one for one in members if not one["standby"]]
    missing = group["desired_capacity"] - len(counted)
    suspended = set(group["suspended_processes"] or ())
    if missing > 0 and "Launch" not in suspended:
        await grow(actor, group, missing, counted, reason, outcome, label=label)
    elif missing < 0 and "Terminate" not in suspended:
        leaving = choose(counted, -missing, group["termination_policies"], group, actor.now)
        difference = (
            f"At {at(actor.now)} an instance was taken out of service in response to a difference"
            " between desired and actual capacity, shrinking the capacity from"
            f" {len(counted)} to {len(counted) - len(leaving)}."
        )
        await shrink(actor, group, leaving, _joined(reason, difference), outcome, selected=True)
    return outcome


async def grow(
    actor: Actor,
    group: Mapping[str, Any],
    count: int,
    members: Sequence[Mapping[str, Any]],
    reason: str,
    outcome: Outcome,
    *,
    label: str = "capacity",
    difference: bool = True,
) -> None:
    """Launch `count` members beside `members`; a launch that EC2 refuses is a failed activity."""
    cause = reason
    if difference:
        cause = _joined(
            reason,
            f"At {at(actor.now)} an instance was started in response to a difference between"
            f" desired and actual capacity, increasing the capacity from {len(members)} to"
            f" {len(members) + count}.",
        )
    try:
        rows = await launch(actor, group, count, members, label)
    except LaunchFailure as failure:
        told = f"{failure} Launching EC2 instance failed."
        activity = _activity(actor, group, f"{label}/failure")
        activity |= {
            "description": f"Launching a new EC2 instance.  Status Reason: {told}",
            "cause": cause,
            "ended_at": actor.now,
            "status_code": "Failed",
            "status_message": told,
        }
        await _store(actor, outcome, activity)
        return
    for row in rows:
        activity = _activity(actor, group, f"launch/{row['instance_id']}") | {
            "instance_id": row["instance_id"],
            "description": f"Launching a new EC2 instance: {row['instance_id']}",
            "cause": cause,
            "details": _details(row),
        }
        outcome.launched.append(row["instance_id"])
        await _store(actor, outcome, activity)


async def shrink(
    actor: Actor,
    group: Mapping[str, Any],
    leaving: Sequence[Mapping[str, Any]],
    cause: str,
    outcome: Outcome,
    *,
    selected: bool = False,
) -> None:
    """End members; `selected` says that the group chose them."""
    if not leaving:
        return
    await actor.end(group["region"], [one["instance_id"] for one in leaving])
    for member in leaving:
        instance_id = member["instance_id"]
        chosen = f"At {at(actor.now)} instance {instance_id} was selected for termination."
        activity = _activity(actor, group, f"end/{instance_id}") | {
            "instance_id": instance_id,
            "description": f"Terminating EC2 instance: {instance_id}",
            "cause": _joined(cause, chosen) if selected else cause,
            "details": _details(member),
        }
        outcome.ended.append(instance_id)
        await _store(actor, outcome, activity)


async def note(
    actor: Actor,
    group: Mapping[str, Any],
    member: Mapping[str, Any],
    description: str,
    cause: str,
    outcome: Outcome,
) -> None:
    """Store an activity about a member that was neither launched nor ended."""
    activity = _activity(actor, group, f"{description}/{member['instance_id']}") | {
        "instance_id": member["instance_id"],
        "description": f"{description}: {member['instance_id']}",
        "cause": cause,
        "details": _details(member),
    }
    await _store(actor, outcome, activity)


async def set_capacity(
    actor: Actor, group: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change a group's sizes, from which the cooldown runs; the group as it is then."""
    moved = changes.get("desired_capacity", group["desired_capacity"]) != group["desired_capacity"]
    stored = {**changes, "scaled_at": actor.now} if moved else dict(changes)
    await autoscaling_groups.update(actor.db, group["id"], stored)
    return {**group, **stored}


def _activity(actor: Actor, group: Mapping[str, Any], label: str) -> dict[str, Any]:
    return {
        "activity_id": actor.activity(label),
        "account_id": actor.account_id,
        "autoscaling_group_id": group["id"],
        "group_name": group["name"],
        "group_arn": group["arn"],
        "region": group["region"],
        "started_at": actor.now,
        "ended_at": actor.now + actor.takes,
    }


def _details(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "Subnet ID": row.get("subnet_id"),
        "Availability Zone": row.get("availability_zone"),
    }
    return {name: value for name, value in named.items() if value is not None}


def _joined(*sentences: str) -> str:
    return "  ".join(one for one in sentences if one)


async def _store(actor: Actor, outcome: Outcome, activity: dict[str, Any]) -> None:
    outcome.activities.append(activity)
    await scaling_activities.insert(actor.db, activity)
