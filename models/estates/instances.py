"""Instances of an estate: alone, in Auto Scaling groups, and as nodes of clusters."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache

from models import costs, instance_types, public_images
from models.estates import kinds, networks, volumes
from models.estates.chance import Chance
from models.estates.company import BRANCHES, Owner
from models.estates.estate import Estate, Row, Tags, dealt
from models.estates.machine_images import launch_template

gpu_hourly_cost = cache(costs.gpu_hourly)


@cache
def hourly_cost(instance_type: str, region: str, platform: str = "") -> Decimal:
    """What an hour of a machine costs, USD."""
    return costs.instance_hourly(instance_type, region, platform=platform)


_ALWAYS_PUBLIC = ("gateway", "bastion")


@dataclass(frozen=True, slots=True)
class Machine:
    """What one instance is to be; the row and its volumes follow from it."""

    key: str
    env: str
    region: str
    name: str
    instance_type: str
    kind: kinds.Kind
    owner: Owner
    launched: datetime
    tier: str = "app"
    image: str = ""
    group: Row | None = None
    template: tuple[str, str] | None = None
    tags: Tags | None = None
    bare: bool = False
    flagged: bool = True


def create(estate: Estate) -> None:
    """All instances that are no cluster nodes, with their volumes, groups and templates."""
    groups(estate)
    alone(estate)


def alone(estate: Estate) -> None:
    """Instances that belong to nothing: most of the estate's waste of compute is here."""
    plan = estate.plan
    for env, total in plan.instances.items():
        count = total - plan.grouped.get(env, 0) - plan.nodes.get(env, 0)
        deck = estate.chance("kinds", env).deck(count, kinds.ALONE[env])
        types = _types(estate, env, Counter(deck))
        regions = estate.regions(f"alone/{env}", count)
        bare = estate.untagged(f"alone/{env}", count)
        numbers: Counter[str] = Counter()
        for at, kind in enumerate(deck):
            chance = estate.chance("alone", env, at)
            owners = estate.company.of_service(*kind.services) if kind.services else []
            owner = chance.pick(owners) if owners else estate.company.owner(chance)
            numbers[owner.service] += 1
            branch = chance.pick(BRANCHES) if env == "preview" else ""
            wasted = kind.pattern is not None and kind.innocent is None
            label = branch or (owner.service if wasted else f"{owner.service}-{kind.name}")
            public = owner.service in _ALWAYS_PUBLIC
            machine(
                estate,
                Machine(
                    key=f"alone/{env}/{at}",
                    env=env,
                    region=regions[at],
                    name=f"{label}-{env}-{numbers[owner.service]:02d}",
                    instance_type=types[kind].pop(),
                    kind=kind,
                    owner=owner,
                    launched=estate.before(chance, 9, 420),
                    tier="bastion" if public else "app",
                    tags={"branch": branch} if branch else None,
                    bare=bare[at],
                ),
            )


def groups(estate: Estate) -> None:
    """Auto Scaling groups with their launch templates and exactly their desired members."""
    plan = estate.plan
    for env, count in plan.groups.items():
        sizes = dealt(plan.grouped.get(env, 0), count)
        regions = estate.regions(f"groups/{env}", count)
        bare = estate.untagged(f"groups/{env}", count)
        for at, size in enumerate(sizes):
            _group(estate, env, at, size, regions[at], bare[at])


def _group(estate: Estate, env: str, at: int, size: int, region: str, bare: bool) -> None:
    kind = kinds.GROUPS[env][at % len(kinds.GROUPS[env])]
    chance = estate.chance("group", env, at)
    owner = estate.company.owner(chance)
    network = networks.network(estate, env, region)
    branch = chance.pick(BRANCHES) if env == "preview" else ""
    name = f"{branch or owner.service}-{env}-{at + 1}"
    instance_type = chance.deck(1, kind.types)[0]
    innocent = estate.decoy(kind.pattern) if kind.pattern else None
    born = estate.before(chance, 10, 35 if env == "preview" else 500)
    tags = estate.tags(
        chance, owner, env, "", bare=bare, **({"branch": branch} if branch else {}),
        **(innocent[1] if innocent else {}),
    )  # fmt: skip
    group_id = chance.key()
    arn = estate.arn(
        "autoscaling", region, f"autoScalingGroup:{group_id}:autoScalingGroupName/{name}"
    )
    line = _image(instance_type, kinds.STEADY, name)
    image_id = estate.images.get((line, region)) or public_images.image_id(line, region)
    template = launch_template(
        estate, name, region, instance_type, network, owner, born, env, image_id
    )
    least = max(1, round(size * kind.floor))
    row: Row = {
        "id": group_id,
        "account_id": estate.account_id,
        "name": name,
        "min_size": least,
        "max_size": max(size + 2, size * 2),
        "desired_capacity": size,
        "instance_type": instance_type,
        "env": env,
        "region": region,
        "created_at": born,
        "updated_at": born,
        "optimization_policy": "ignore" if innocent and chance.happens(0.2) else "recommend_only",
        "arn": arn,
        "launch_template_id": template[0],
        "launch_template_name": name,
        "launch_template_version": template[1],
        "availability_zones": [place.zone for place in network.private],
        "subnet_ids": [place.subnet_id for place in network.private],
        "health_check_type": "ELB" if env == "prod" else "EC2",
        "health_check_grace_period": 300,
        "service_linked_role_arn": f"arn:aws:iam::{estate.number}:role/aws-service-role/"
        "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        "target_group_arns": [],
        "load_balancer_names": [],
        "tags": tags,
        "propagated_tag_keys": sorted(tags),
    }
    estate.add("autoscaling_groups", row)
    estate.tag("autoscaling_group", arn, tags, born)
    _members(estate, row, at, kind, owner, line, template, tags, bare)
    cost = size * float(hourly_cost(instance_type, region))
    estate.profile(
        "autoscaling_group", arn, kind.profile, pattern=kind.pattern,
        decoy=innocent[0] if innocent else None, saving=cost * 730 * kind.saved,
    )  # fmt: skip


def _members(
    estate: Estate, row: Row, at: int, kind: kinds.GroupKind, owner: Owner, line: str,
    template: tuple[str, str], tags: Tags, bare: bool,
) -> None:  # fmt: skip
    """The running instances of a group, exactly as many as it desires."""
    member = kinds.Kind(f"{kind.profile}-member", kind.profile, kind.types)
    for number in range(row["desired_capacity"]):
        key = f"member/{row['env']}/{at}/{number}"
        machine(
            estate,
            Machine(
                key=key,
                env=row["env"],
                region=row["region"],
                name=row["name"],
                instance_type=row["instance_type"],
                kind=member,
                owner=owner,
                launched=min(estate.before(estate.chance(key), 8.5, 200), estate.start)
                if row["env"] != "preview"
                else row["created_at"],
                image=line,
                tier="web" if owner.service in ("web", "gateway") else "app",
                group=row,
                template=template,
                tags={"aws:autoscaling:groupName": row["name"]} | tags,
                bare=bare,
                flagged=False,
            ),
        )


def machine(estate: Estate, wanted: Machine) -> Row:
    """One instance with its tags, volumes and profile; its row."""
    chance = estate.chance("machine", wanted.key)
    kind = wanted.kind
    instance_id = chance.resource_id("i")
    pattern = kind.pattern if wanted.flagged else None
    innocent = _innocent(estate, pattern, kind.innocent)
    tags = _tags(estate, chance, wanted, innocent[1] if innocent else {})
    line = public_images.line(wanted.image or _image(wanted.instance_type, kind, wanted.key))
    platform = "windows" if line.windows else None
    hourly = hourly_cost(wanted.instance_type, wanted.region, platform or "")
    gpu_hourly = gpu_hourly_cost(wanted.instance_type, wanted.region)
    stopped = _stopped_at(estate, chance) if kind.stopped else None
    row: Row = {
        "id": chance.key(),
        "account_id": estate.account_id,
        "instance_id": instance_id,
        "name": wanted.name,
        "instance_type": wanted.instance_type,
        "env": wanted.env,
        "region": wanted.region,
        "state": "stopped" if stopped else "running",
        "autoscaling_group_id": wanted.group["id"] if wanted.group else None,
        "launch_time": wanted.launched,
        "hourly_cost": hourly,
        "tags": tags,
        "created_at": wanted.launched,
        "updated_at": stopped or wanted.launched,
        "last_active_at": stopped or (None if kind.profile in ("idle", "gpu_idle") else estate.end),
        "optimization_policy": _policy(chance, wanted.env, innocent is not None),
        **_gpu(wanted.instance_type, gpu_hourly),
        **_standing(estate, chance, wanted),
        **_system(estate, chance, wanted, line),
        **_stop_reason(stopped),
        "client_token": None,
    }
    estate.add("instances", row)
    estate.tag("instance", instance_id, tags, wanted.launched)
    disks = volumes.of_instance(estate, row, line, kind)
    if kind.stopped:
        saving = sum(float(disk["monthly_cost"]) for disk in disks)
    else:
        saving = float(hourly) * 730 * kind.saved
    profile = "idle" if kind.stopped else kind.profile
    load: float | None = None
    if pattern == "ec2_oversized" and innocent:
        # little to do by its mean, and at the limit for an hour
        profile = "bursty"
        load = costs.vcpu_count(wanted.instance_type) * chance.between(0.08, 0.12)
    estate.profile(
        "instance", instance_id, profile, pattern=pattern,
        decoy=innocent[0] if innocent else None, saving=saving, load=load,
    )  # fmt: skip
    if stopped:
        _event(estate, instance_id, stopped)
    return row


def _innocent(estate: Estate, pattern: str | None, reason: str | None) -> tuple[str, Tags] | None:
    """Why a machine only looks like a pattern, and by which tags that is told."""
    if pattern is None:
        return None
    if reason is None:
        return estate.decoy(pattern)
    estate.innocent_with()
    return reason, {}


def _types(estate: Estate, env: str, kinds_: Counter[kinds.Kind]) -> dict[kinds.Kind, list[str]]:
    """Instance types for so many machines of each kind: the shares hold for every seed."""
    return {
        kind: estate.chance("types", env, kind.name, kind.pattern).deck(count, kind.types)
        for kind, count in kinds_.items()
    }


def _tags(estate: Estate, chance: Chance, wanted: Machine, innocence: Tags) -> Tags:
    if wanted.group is not None:
        return {"Name": wanted.name, **(wanted.tags or {})}
    return estate.tags(
        chance, wanted.owner, wanted.env, wanted.name, bare=wanted.bare,
        **(wanted.tags or {}), **innocence,
    )  # fmt: skip


_ARM = re.compile(r"^(a1|[a-z]+\d+g[a-z]*)\.")


def architecture(instance_type: str) -> str:
    """arm64 or x86_64."""
    found = instance_types.find(instance_type)
    if found is None:
        return "arm64" if _ARM.match(instance_type) else "x86_64"
    return "arm64" if "arm64" in found.architectures else "x86_64"


def _image(instance_type: str, kind: kinds.Kind, key: str) -> str:
    if kind.name == "windows":
        return "windows-2022"
    if kind.profile == "gpu_busy" or kind.name == "notebook-gpu":
        return "deep-learning"
    lines = ("al2023", "al2023", "ubuntu-22.04", "ubuntu-24.04", "al2", "debian-12")
    chosen = Chance("image", key).pick(lines)
    if architecture(instance_type) == "arm64":
        return {"al2023": "al2023-arm", "al2": "al2-arm", "debian-12": "debian-12-arm"}.get(
            chosen, "ubuntu-24.04-arm"
        )
    return chosen


def _gpu(instance_type: str, gpu_hourly: object) -> Row:
    found = instance_types.find(instance_type)
    count = found.gpus if found else 0
    return {"gpu_hourly_cost": gpu_hourly, "gpu_count": count, "has_gpu": count > 0}


def _standing(estate: Estate, chance: Chance, wanted: Machine) -> Row:
    """Where the instance stands: subnet, addresses, security groups."""
    network = networks.network(estate, wanted.env, wanted.region)
    public = wanted.tier in ("bastion", "lb")
    place = chance.pick(network.public if public else network.private)
    return {
        "availability_zone": place.zone,
        "vpc_id": place.vpc_id,
        "subnet_id": place.subnet_id,
        "network_interface_id": chance.resource_id("eni"),
        "private_ip_address": network.address(place),
        "public_ip_address": None,
        "has_elastic_ip": False,
        "security_group_ids": [network.groups[wanted.tier]],
    }


def _system(estate: Estate, chance: Chance, wanted: Machine, line: public_images.Line) -> Row:
    """What the instance runs: image, architecture, platform, template."""
    template = wanted.template or (None, None)
    return {
        "image_id": estate.images.get((line.key, wanted.region))
        or public_images.image_id(line.key, wanted.region, chance.whole(0, 2)),
        "architecture": line.architecture,
        "platform": "windows" if line.windows else None,
        "platform_details": line.details,
        "usage_operation": line.operation,
        "root_device_name": line.root,
        "key_name": networks.key_name(estate, wanted.env),
        "iam_instance_profile_arn": f"arn:aws:iam::{estate.number}:instance-profile/"
        f"{wanted.owner.service}-{wanted.env}",
        "metadata_options": {
            "HttpTokens": "required" if chance.happens(0.7) else "optional",
            "HttpPutResponseHopLimit": 2,
            "HttpEndpoint": "enabled",
        },
        "monitoring": "enabled" if wanted.env == "prod" else "disabled",
        "ebs_optimized": True,
        "disable_api_termination": wanted.env == "prod" and wanted.group is None,
        "reservation_id": chance.resource_id("r"),
        "launch_template_id": template[0],
        "launch_template_version": template[1],
    }


def _policy(chance: Chance, env: str, innocent: bool) -> str:
    if innocent and chance.happens(0.25):
        return "ignore"
    return "recommend_only" if env == "prod" and chance.happens(0.35) else "auto_safe"


def _stopped_at(estate: Estate, chance: Chance) -> datetime:
    """Long ago enough that the machine counts as forgotten: before history, 8 to 150 days."""
    return estate.before(chance, 5, 150)


def _stop_reason(stopped: datetime | None) -> Row:
    return {
        "state_reason_code": "Client.UserInitiatedShutdown" if stopped else None,
        "state_reason_message": "Client.UserInitiatedShutdown: User initiated shutdown"
        if stopped
        else None,
        "state_transition_reason": "User initiated" if stopped else "",
        "state_changed_at": stopped,
    }


def _event(estate: Estate, instance_id: str, at: datetime) -> None:
    """The change that an instance's stop once was."""
    estate.add(
        "resource_change_events",
        {
            "id": estate.chance("event", instance_id).key(),
            "account_id": estate.account_id,
            "resource_type": "instance",
            "resource_id": instance_id,
            "change_source": "manual",
            "field_name": "state",
            "old_value": "running",
            "new_value": "stopped",
            "changed_at": at,
        },
    )
