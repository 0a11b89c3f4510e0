"""The members of a replication group: which node groups there are, and who is primary.

A member is {"id", "group", "zone", "primary"}; a group of keys is called 0001, 0002 …
"""

from collections.abc import Sequence
from typing import Any

Member = dict[str, Any]
SLOTS = 16384


def build(group_id: str, groups: int, replicas: int, zones: Sequence[str]) -> list[Member]:
    """A new layout of so many node groups, each a primary and its replicas."""
    members: list[Member] = []
    for at in range(groups):
        members += node_group(group_id, f"{at + 1:04d}", replicas, zones, sharded=groups > 1)
    return members


def node_group(
    group_id: str, group: str, replicas: int, zones: Sequence[str], *, sharded: bool
) -> list[Member]:
    """The members of one new node group."""
    first = f"{group_id}-{group}" if sharded else group_id
    return [
        {
            "id": f"{first}-{n + 1:03d}",
            "group": group,
            "zone": zones[n % len(zones)],
            "primary": n == 0,
        }
        for n in range(replicas + 1)
    ]


def groups(members: Sequence[Member]) -> dict[str, list[Member]]:
    """The members of each node group, in the order of the groups."""
    found: dict[str, list[Member]] = {}
    for member in members:
        found.setdefault(member["group"], []).append(member)
    return {name: found[name] for name in sorted(found)}


def resized(
    group_id: str, members: list[Member], replicas: int, zones: Sequence[str], *, sharded: bool
) -> list[Member]:
    """One node group with so many replicas: the last ones go, or new ones come."""
    name, wanted = members[0]["group"], replicas + 1
    kept = [one for one in members if one["primary"]]
    kept += [one for one in members if not one["primary"]][: wanted - 1]
    kept.sort(key=lambda one: str(one["id"]))
    taken = {one["id"] for one in members}
    first = f"{group_id}-{name}" if sharded else group_id
    number = 0
    while len(kept) < wanted:
        number += 1
        identifier = f"{first}-{number:03d}"
        if identifier not in taken:
            zone = zones[len(kept) % len(zones)]
            kept.append({"id": identifier, "group": name, "zone": zone, "primary": False})
    return kept


def promoted(members: Sequence[Member], identifier: str) -> list[Member]:
    """The members of one node group with another primary."""
    return [{**one, "primary": one["id"] == identifier} for one in members]


def slots(members: Sequence[Member]) -> dict[str, str]:
    """The keyspace of each node group: all slots, divided evenly."""
    names = list(groups(members))
    bounds = [SLOTS * at // len(names) for at in range(len(names) + 1)]
    return {
        name: f"{low}-{high - 1}"
        for name, low, high in zip(names, bounds[:-1], bounds[1:], strict=True)
    }


def flat(found: dict[str, list[Member]]) -> list[Member]:
    """The members of all groups, in their order."""
    return [member for name in sorted(found) for member in found[name]]
