"""Members of Auto Scaling groups: who there is, who goes first, and what a new one is made of."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models import costs, instance_types, instances, launches
from models.autoscaling_templates import LaunchFailure, Template, find_template, passed_on
from models.listing import Database

_LIVE = """
select i.instance_id, i.instance_type, i.state, i.availability_zone, i.subnet_id, i.launch_time,
       i.launch_template_id, i.launch_template_version, i.launch_configuration_name, i.standby,
       i.protected_from_scale_in, i.disable_api_termination, i.region,
       (i.state in ('stopping', 'stopped')
        or coalesce(i.health_status, '') = 'Unhealthy') as unhealthy
  from instances as i
 where i.account_id = $1 and i.autoscaling_group_id = $2 and i.state <> 'terminated'
 order by i.instance_id
"""
_PLACES = """
select s.subnet_id, s.vpc_id, s.availability_zone, s.cidr_block, s.map_public_ip_on_launch,
       (select g.group_id from security_groups as g
         where g.vpc_id = s.vpc_id and g.name = 'default') as default_group_id
  from subnets as s left join vpcs as v on v.vpc_id = s.vpc_id
 where s.account_id = $1 and s.region = $2
   and case when cardinality($3::text[]) > 0 then s.subnet_id = any ($3::text[])
            else s.default_for_az and (cardinality($4::text[]) = 0
                                       or s.availability_zone = any ($4::text[])) end
 order by s.availability_zone, s.subnet_id
"""
_FREE = """
update instances set autoscaling_group_id = null, standby = false, protected_from_scale_in = false,
       tags = tags - 'aws:autoscaling:groupName'
 where instance_id = any ($1::text[])
"""
_ADOPT = """
update instances set autoscaling_group_id = $1, standby = false, protected_from_scale_in = $3,
       health_status = null, tags = coalesce(tags, '{}') || $4::jsonb
 where instance_id = any ($2::text[])
"""
_SET = "update instances set {column} = $2 where instance_id = any ($1::text[])"


@dataclass(slots=True)
class Actor:
    """Whoever launches and ends members: the API for a caller, or the drift engine.

    `db` fetches and writes; `identifier(prefix, label)` names new resources and
    `below(label, n)` draws a number, so that a day of drift is the same when it is replayed.
    `takes` is how long a launch lasts.
    """

    db: Any
    account_id: UUID
    account_number: str
    now: datetime
    takes: timedelta
    identifier: Callable[[str, str], str]
    below: Callable[[str, int], int]

    def activity(self, label: str) -> str:
        """The id of a new scaling activity: a UUID."""
        digits = self.identifier("", f"activity/{label}").lstrip("-")
        digits += self.identifier("", f"activity-rest/{label}").lstrip("-")
        return str(UUID(hex=digits[:32], version=4))

    async def end(self, region: str, instance_ids: Sequence[str]) -> None:
        """Terminate members, whatever their protection against EC2's own verb."""
        await instances.change_state(
            self.db, instances.TERMINATE_MEMBERS, region, instance_ids, self.now,
            costs.elastic_ip_hourly(False, region),
        )  # fmt: skip

    async def launched(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Told of the rows of new members, once they are stored."""


async def live(actor: Actor, group_id: UUID) -> list[Any]:
    """The members of a group that are not terminated."""
    rows: list[Any] = await actor.db.fetch(_LIVE, actor.account_id, group_id)
    return rows


async def let_go(db: Any, instance_ids: Sequence[str]) -> None:
    """Make members free instances, which go on running."""
    await db.write(_FREE, list(instance_ids))


async def adopt(db: Any, group: Mapping[str, Any], instance_ids: Sequence[str]) -> None:
    """Make instances members of a group."""
    tags = passed_on(group) | {"aws:autoscaling:groupName": group["name"]}
    protected = bool(group["new_instances_protected"])
    await db.write(_ADOPT, group["id"], list(instance_ids), protected, tags)


async def mark(db: Any, instance_ids: Sequence[str], column: str, value: Any) -> None:
    """Set `standby`, `protected_from_scale_in` or `health_status` of members."""
    if column not in ("standby", "protected_from_scale_in", "health_status"):
        raise ValueError(f"members have no mark {column}")
    await db.write(_SET.format(column=column), list(instance_ids), value)


def choose(
    members: Sequence[Mapping[str, Any]],
    count: int,
    policies: Sequence[str],
    group: Mapping[str, Any],
    now: datetime,
) -> list[Mapping[str, Any]]:
    """The members that go when a group shrinks by `count`; fewer when too many are protected.

    Unhealthy ones first; then from the zone with the most members, whoever the termination
    policies name, one after the other
    (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html).
    """
    left = [one for one in members if not one["protected_from_scale_in"] and not one["standby"]]
    zones = Counter(one["availability_zone"] for one in members if not one["standby"])
    chosen: list[Mapping[str, Any]] = []
    while left and len(chosen) < count:
        sick = [one for one in left if one["unhealthy"]]
        fullest = max(zones[one["availability_zone"]] for one in left)
        pool = sick or [one for one in left if zones[one["availability_zone"]] == fullest]
        one = min(pool, key=lambda member: _rank(member, policies, group, now))
        chosen.append(one)
        left.remove(one)
        zones[one["availability_zone"]] -= 1
    return chosen


def _rank(
    member: Mapping[str, Any], policies: Sequence[str], group: Mapping[str, Any], now: datetime
) -> tuple[Any, ...]:
    """Where a member stands in the order of leaving: the lowest goes first."""
    age = (now - member["launch_time"]).total_seconds()
    outdated = 0 if is_outdated(member, group) else 1
    to_next_hour = -age % 3600
    version = member["launch_template_version"] or ""
    oldest_template = (outdated, int(version) if version.isdigit() else 0)
    by_policy: dict[str, tuple[Any, ...]] = {
        "Default": (*oldest_template, to_next_hour),
        "OldestInstance": (-age,),
        "NewestInstance": (age,),
        "OldestLaunchConfiguration": (outdated, -age),
        "OldestLaunchTemplate": oldest_template,
        "ClosestToNextInstanceHour": (to_next_hour,),
    }
    found: list[Any] = []
    for policy in policies or ("Default",):
        found += by_policy.get(policy, ())
    return (*found, member["instance_id"])


def is_outdated(member: Mapping[str, Any], group: Mapping[str, Any]) -> bool:
    """Whether a member was launched from something else than the group launches from now."""
    if group["launch_configuration_name"]:
        same = member["launch_configuration_name"] == group["launch_configuration_name"]
        return not same
    if group["launch_template_id"] is None:
        return False
    if member["launch_template_id"] != group["launch_template_id"]:
        return True
    version = group["launch_template_version"] or ""
    return version.isdigit() and member["launch_template_version"] != version


async def launch(
    actor: Actor, group: Mapping[str, Any], count: int, members: Sequence[Mapping[str, Any]],
    label: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """Launch `count` members, spread evenly over the group's zones; their rows.

    Raises LaunchFailure, having written nothing, when EC2 would refuse the launch.
    """
    template = await find_template(actor.db, actor.account_id, actor.account_number, group)
    placed = await _placed(actor, group, count, members, template, label)
    rows, volumes = [], []
    reservation = actor.identifier("r", label)
    for index, (place, address) in enumerate(placed):
        name = f"{label}/{index}"
        row = template.instance(place) | _moment(actor) | {
            "instance_id": actor.identifier("i", name),
            "name": template.tags.get("Name") or group["name"],
            "env": group["env"],
            "region": group["region"],
            "autoscaling_group_id": str(group["id"]),
            "network_interface_id": actor.identifier("eni", name) if place else None,
            "private_ip_address": address,
            "reservation_id": reservation,
            "launch_index": index,
            "protected_from_scale_in": bool(group["new_instances_protected"]),
        }  # fmt: skip
        if row.pop("public"):
            row["public_ip_address"] = launches.public_address(_drawn(actor, name))
        rows.append(row)
        volumes += [
            {
                **device,
                **dict.fromkeys(("created_at", "attach_time", "last_used_at"), actor.now),
                "volume_id": actor.identifier("vol", f"{name}/{device['attach_device']}"),
                "region": group["region"],
                "availability_zone": row["availability_zone"],
                "attached_instance_id": row["instance_id"],
                "tags": template.volume_tags,
            }
            for device in template.volumes
        ]
    await launches.insert(actor.db, actor.account_id, rows, volumes)
    await actor.launched([*rows, *volumes])
    return rows


def _drawn(actor: Actor, name: str) -> Callable[[int], int]:
    return lambda n: actor.below(f"{name}/public/{n}", n)


def _moment(actor: Actor) -> dict[str, Any]:
    """The times of a launch; one that takes no time is over when it is stored."""
    names = ("launch_time", "created_at", "last_active_at", "state_changed_at")
    times = dict.fromkeys(names, actor.now)
    if not actor.takes:
        return {**times, "state": "running"}
    return {
        **times,
        "state": "pending",
        "settled_state": "running",
        "settles_at": actor.now + actor.takes,
    }


async def _placed(
    actor: Actor, group: Mapping[str, Any], count: int, members: Sequence[Mapping[str, Any]],
    template: Template, label: str,
) -> list[tuple[Any, str | None]]:  # fmt: skip
    """A subnet and a private address for each new member."""
    subnet_ids = list(group["subnet_ids"] or template.subnet_ids)
    places = await places_of(
        actor.db, actor.account_id, group["region"], subnet_ids, group["availability_zones"]
    )
    if not places:
        if subnet_ids:
            raise LaunchFailure(f"The subnet ID '{subnet_ids[0]}' does not exist")
        return [(None, None)] * count
    places = _offering(places, template.instance_type, group["region"], actor.account_number)
    zones = Counter(one["availability_zone"] for one in members)
    subnets = Counter(one["subnet_id"] for one in members)
    chosen = []
    for _ in range(count):
        place = min(
            places, key=lambda one: (zones[one["availability_zone"]], subnets[one["subnet_id"]])
        )
        zones[place["availability_zone"]] += 1
        subnets[place["subnet_id"]] += 1
        chosen.append(place)
    free = await _addresses(actor, Counter(one["subnet_id"] for one in chosen), places, label)
    return [(place, free[place["subnet_id"]].pop()) for place in chosen]


def _offering(places: Sequence[Any], named: str, region: str, number: str) -> list[Any]:
    """The places in zones that have the type."""
    offered = {zone.name for zone in instance_types.zones_offering(named, region, number)}
    found = [one for one in places if one["availability_zone"] in offered]
    if not found:
        raise LaunchFailure(
            f"Your requested instance type ({named}) is not supported in your requested"
            f" Availability Zone ({places[0]['availability_zone']})."
        )
    return found


async def _addresses(
    actor: Actor, wanted: Counter[str], places: Sequence[Any], label: str
) -> dict[str, list[str]]:
    blocks = {one["subnet_id"]: one["cidr_block"] for one in places}
    found = {}
    for subnet_id in sorted(wanted):
        in_use = await launches.taken(actor.db, actor.account_id, subnet_id)
        free = launches.addresses(
            blocks[subnet_id], in_use, wanted[subnet_id],
            lambda room, at=subnet_id: actor.below(f"{label}/{at}", room),  # type: ignore[misc]
        )  # fmt: skip
        if len(free) < wanted[subnet_id]:
            raise LaunchFailure(
                f"There are not enough free addresses in subnet '{subnet_id}' to satisfy the"
                " requested number of instances."
            )
        found[subnet_id] = free
    return found


async def places_of(
    db: Database, account_id: UUID, region: str, subnet_ids: Sequence[str], zones: Sequence[str]
) -> list[Any]:
    """These subnets, or without any the default ones of these zones (none: of the region)."""
    return await db.fetch(_PLACES, account_id, region, list(subnet_ids), list(zones))
