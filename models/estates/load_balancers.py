"""Load balancers of an estate, each in front of a group or of nothing."""

from typing import Any

from models import costs
from models.estates import networks
from models.estates.balancer_listeners import surround
from models.estates.estate import Estate, Row

MOST_STANDING = 4
# So many of a dozen or more are one team's, one for each little service in one network.
_TINY = 3
_TINY_REQUESTS = (150.0, 2_500.0)
_TYPES = {"application": 0.68, "network": 0.2, "classic": 0.12}


def create(estate: Estate) -> None:
    """Every load balancer: an exact number idle, the others before running instances."""
    count = estate.plan.balancers
    idle = estate.flags("balancers", count, estate.shares.idle_balancers)
    chance = estate.chance("balancers")
    kinds = chance.deck(count, _TYPES)
    regions = estate.regions("balancers", count)
    environments = estate.share_out("balancers", count)
    bare = estate.untagged("balancers", count)
    groups = list(estate.rows.get("autoscaling_groups", []))
    tiny = _tiny(kinds, idle)
    others = [env for env in estate.plan.instances if env != "prod"] or ["prod"]
    for at in tiny:
        regions[at], environments[at] = regions[tiny[0]], others[-1 if len(others) < 2 else 1]
    running = _running(estate)
    for at in range(count):
        group = None
        if not idle[at] and groups and at not in tiny:
            group = groups.pop(0)
            regions[at], environments[at] = group["region"], group["env"]
        _balancer(estate, at, kinds[at], environments[at], regions[at], idle[at], group, bare[at],
                  running, tiny.index(at) if at in tiny else None)  # fmt: skip


def _tiny(kinds: list[str], idle: list[bool]) -> list[int]:
    """Which application load balancers are those of one network with few requests each."""
    found = [at for at, kind in enumerate(kinds) if kind == "application" and not idle[at]]
    return found[-_TINY:] if len(found) >= 2 * _TINY else []


def _balancer(
    estate: Estate, at: int, kind: str, env: str, region: str, idle: bool, group: Row | None,
    bare: bool, running: dict[object, list[Row]], tiny: int | None,
) -> None:  # fmt: skip
    chance = estate.chance("balancer", at)
    owner = estate.company.owner(chance)
    network = networks.network(estate, env, region)
    name = f"{owner.service}-{env}-{at + 1:02d}"[:32]
    number = chance.digits(16)
    letter = {"application": "app/", "network": "net/", "classic": ""}[kind]
    tail = f"/{number}" if letter else ""
    arn = estate.arn("elasticloadbalancing", region, f"loadbalancer/{letter}{name}{tail}")
    hourly = costs.load_balancer_hourly(kind, region)
    behind = group["id"] if group else None if idle else network.vpc_id
    members = running.get(behind, []) if group else running.get(behind, [])[:MOST_STANDING]
    # the first of them takes the others in
    pattern = "lb_idle" if idle else "lb_consolidate" if tiny else None
    innocent = estate.decoy(pattern) if pattern else None
    born = estate.before(chance, 20, 700)
    if tiny is not None:
        born = estate.before(chance, 600 - 200 * tiny, 700 - 200 * tiny)
    target_group = None
    if group is not None:
        born = max(born, group["created_at"])
        if letter:
            target = f"targetgroup/{name}/{chance.digits(16)}"
            target_group = estate.arn("elasticloadbalancing", region, target)
            group["target_group_arns"].append(target_group)
        else:
            group["load_balancer_names"].append(name)
    suffix = f"{region}.elb.amazonaws.com" if kind != "network" else f"elb.{region}.amazonaws.com"
    public = chance.happens(0.6)
    places = network.public if public else network.private
    row = estate.add(
        "load_balancers",
        {
            "id": chance.key(),
            "account_id": estate.account_id,
            "lb_arn": arn,
            "name": name,
            "type": kind,
            "env": env,
            "region": region,
            "hourly_cost": hourly,
            "created_at": born,
            "updated_at": born,
            "dns_name": f"{'' if public else 'internal-'}{name}-{number}.{suffix}",
            "vpc_id": network.vpc_id,
            "scheme": "internet-facing" if public else "internal",
            "availability_zones": [place.zone for place in places],
            "subnet_ids": [place.subnet_id for place in places],
            "security_group_ids": [] if kind == "network" else [network.groups["lb"]],
            "target_count": len(members),
            "healthy_count": len(members),
            "classic_listeners": [],
            "health_check": {} if letter else {"Target": "HTTP:8080/health"},
        },
    )
    tags = estate.tags(chance, owner, env, name, bare=bare, **(innocent[1] if innocent else {}))
    estate.tag("load_balancer", arn, tags, born)
    group_id = group["id"] if group else None
    surround(estate, row, tags, target_group, members, group_id, idle=idle)
    few: dict[str, Any] = {}
    if tiny is not None:
        few["requests"] = chance.between(*_TINY_REQUESTS)
    estate.profile(
        "load_balancer", arn, "idle" if idle else "steady", pattern=pattern,
        decoy=innocent[0] if innocent else None, saving=float(hourly) * 730, **few,
    )  # fmt: skip


def _running(estate: Estate) -> dict[object, list[Row]]:
    """The running machines of each network, and the members of each group."""
    found: dict[object, list[Row]] = {}
    for row in estate.rows.get("instances", []):
        if row["state"] == "running":
            found.setdefault(row["vpc_id"], []).append(row)
            if row["autoscaling_group_id"] is not None:
                found.setdefault(row["autoscaling_group_id"], []).append(row)
    return found
