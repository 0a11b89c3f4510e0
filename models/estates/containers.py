"""Container clusters of an estate, their nodes (real instances) and the services on them."""

from models import costs, eks_versions, public_images
from models.estates import kinds, networks
from models.estates.company import Owner
from models.estates.estate import Estate, Row, dealt
from models.estates.instances import Machine, gpu_hourly_cost, hourly_cost, machine
from models.estates.machine_images import launch_template

_NODE_TYPES = {
    "prod": {"m5.2xlarge": 3, "m6i.2xlarge": 2, "r6i.xlarge": 1},
    "staging": {"m5.xlarge": 2, "m6i.xlarge": 1},
    "dev": {"m5.xlarge": 1, "t3.xlarge": 1},
    "preview": {"t3.xlarge": 1},
}
# behaviour of a cluster's nodes, the waste it is, what the remedy saves of their cost
_CLUSTERS = {
    "prod": (("steady", None, 0.0), ("oversized", "nodes_underutilised", 0.35)),
    "staging": (
        ("idle", "cluster_abandoned", 1.0), ("oversized", "nodes_underutilised", 0.35),
        ("light", None, 0.0), ("oversized", "nodes_underutilised", 0.35), ("steady", None, 0.0),
    ),
    "dev": (("oversized", "nodes_underutilised", 0.25), ("light", None, 0.0)),
    "preview": (("light", None, 0.0),),
}  # fmt: skip
_GPU_NODE = kinds.Kind("gpu-node", "gpu_idle", {"g4dn.xlarge": 1}, "gpu_node_unused", 1.0)
_ORPHAN = kinds.Kind("orphan-node", "idle", {}, "node_orphan", stopped=True)
# Services of ECS: what becomes of them on nodes that are paid anyway, or on Fargate.
_ECS = {
    "nodes": 11, "fargate": 4, "svc_cpu_overrequest": 2, "svc_mem_overrequest": 2,
    "svc_replicas": 1,
}  # fmt: skip
# on Fargate: vCPU and MiB of a task, tasks, behaviour, and what the remedy saves of its cost
_REQUESTS = {
    "svc_cpu_overrequest": (2, 4096, 2, "oversized", 0.6),
    "svc_mem_overrequest": (1, 8192, 2, "light", 0.25),
    "svc_replicas": (0.5, 1024, 5, "light", 0.5),
}
_SERVICE_CPUS = {0.25: 3, 0.5: 4, 1: 3, 2: 2}


def create(estate: Estate) -> None:
    """Every cluster with its nodes, then the services dealt over all clusters."""
    made: list[tuple[Row, Owner, int]] = []
    for env, count in estate.plan.clusters.items():
        sizes = dealt(estate.plan.nodes.get(env, 0), count)
        regions = estate.regions(f"clusters/{env}", count)
        for at, size in enumerate(sizes):
            made.append(_cluster(estate, env, at, size, regions[at]))
    alive = [one for one in made if not _is_abandoned(one[0]["env"], one[2])]
    if made:
        _services(estate, [one[:2] for one in alive or made])


def _is_abandoned(env: str, at: int) -> bool:
    return _CLUSTERS[env][at % len(_CLUSTERS[env])][1] == "cluster_abandoned"


def _cluster(estate: Estate, env: str, at: int, size: int, region: str) -> tuple[Row, Owner, int]:
    chance = estate.chance("cluster", env, at)
    orchestrator = "ecs" if at % 3 == 2 or (env == "dev" and at == 0) else "eks"
    owner = estate.company.of_service("gateway")[0] if at == 0 else estate.company.owner(chance)
    name = f"{env}-{orchestrator}-{at + 1}" if at else f"{env}-{orchestrator}"
    choices = _CLUSTERS[env]
    profile, pattern, saved = choices[at % len(choices)]
    nodes = {"m5.large": 1} if _is_abandoned(env, at) else _NODE_TYPES[env]
    instance_type = chance.deck(1, nodes)[0]
    born = estate.before(chance, 60, 700)
    arn = estate.arn(orchestrator, region, f"cluster/{name}")
    row = estate.add(
        "container_clusters",
        {
            "id": chance.key(),
            "account_id": estate.account_id,
            "name": name,
            "env": env,
            "region": region,
            "node_instance_type": instance_type,
            "desired_nodes": size,
            "min_nodes": max(1, size // 2),
            "max_nodes": size * 3,
            "estimated_hourly_cost": costs.container_cluster_hourly(
                instance_type, size, region, control_plane=orchestrator
            ),
            "created_at": born,
            "updated_at": born,
            "arn": arn,
            "orchestrator": orchestrator,
            "version": chance.pick(_versions(estate)) if orchestrator == "eks" else None,
            "control_plane_hourly_cost": costs.container_cluster_hourly(
                instance_type, 0, region, control_plane=orchestrator
            ),
        },
    )
    # the first that is forgotten is so in earnest
    innocent = estate.decoy(pattern) if pattern and at else None
    tags = estate.tags(
        chance, owner, env, name, bare=False, **(innocent[1] if innocent else {})
    )  # fmt: skip
    estate.tag("container_cluster", arn, tags, born)
    saving = saved * 730 * size * float(hourly_cost(instance_type, region))
    if pattern == "cluster_abandoned":
        saving += 730 * float(row["control_plane_hourly_cost"])
    estate.profile(
        "container_cluster", arn, profile, pattern=pattern, saving=saving,
        decoy=innocent[0] if innocent else None,
    )  # fmt: skip
    made = _node_group(estate, row, owner, tags) if orchestrator == "eks" else None
    kind = kinds.Kind("node", profile, {instance_type: 1})
    others = [_GPU_NODE, _ORPHAN] if env == "dev" and orchestrator == "ecs" and size > 4 else []
    for number in range(size):
        other = others[size - 1 - number] if number >= size - len(others) else kind
        _node(estate, row, owner, other, number, made[0] if made else None)
    if made:
        # behind the instances: they are nodes already, and need not be made so by a trigger
        estate.add("node_groups", made[1])
        estate.tag("node_group", made[1]["arn"], tags, born)
    return row, owner, at


def _versions(estate: Estate) -> tuple[str, ...]:
    """The three newest versions that cost no extended support yet at the estate's end."""
    today = estate.end.date()
    found = [one for one in eks_versions.offered(today) if one.support(today) == "STANDARD_SUPPORT"]
    return tuple(one.name for one in found[:3]) or (eks_versions.default(today).name,)


def _node_group(
    estate: Estate, cluster: Row, owner: Owner, tags: dict[str, str]
) -> tuple[Row, Row]:
    """The rows of the Auto Scaling group of a cluster's nodes, and of their node group."""
    env, region, name = cluster["env"], cluster["region"], cluster["name"]
    chance = estate.chance("node group", env, name)
    network = networks.network(estate, env, region)
    group_name = f"{name}-default"
    key = chance.key()
    group: Row = {
        "id": chance.key(),
        "account_id": estate.account_id,
        "name": f"eks-{group_name}-{key}",
        "min_size": cluster["min_nodes"],
        "max_size": cluster["max_nodes"],
        "desired_capacity": cluster["desired_nodes"],
        "instance_type": cluster["node_instance_type"],
        "env": env,
        "region": region,
        "created_at": cluster["created_at"],
        "updated_at": cluster["created_at"],
        "availability_zones": [place.zone for place in network.private],
        "subnet_ids": [place.subnet_id for place in network.private],
        "optimization_policy": "recommend_only",
        "health_check_type": "EC2",
        "health_check_grace_period": 15,
        "service_linked_role_arn": f"arn:aws:iam::{estate.number}:role/aws-service-role/"
        "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        "target_group_arns": [],
        "load_balancer_names": [],
    }
    passed = {
        f"kubernetes.io/cluster/{name}": "owned",
        "eks:cluster-name": name,
        "eks:nodegroup-name": group_name,
    }
    group["arn"] = estate.arn(
        "autoscaling", region,
        f"autoScalingGroup:{group['id']}:autoScalingGroupName/{group['name']}",
    )  # fmt: skip
    group |= {"tags": passed, "propagated_tag_keys": sorted(passed)}
    image = _image("eks", cluster["node_instance_type"])
    template = launch_template(
        estate, group["name"], region, cluster["node_instance_type"], network, owner,
        cluster["created_at"], env, public_images.image_id(image, region),
    )  # fmt: skip
    group |= {
        "launch_template_id": template[0],
        "launch_template_name": group["name"],
        "launch_template_version": template[1],
    }
    estate.add("autoscaling_groups", group)
    estate.tag("autoscaling_group", group["arn"], passed, cluster["created_at"])
    return group, _node_group_row(estate, cluster, group, key, tags)


def _node_group_row(
    estate: Estate, cluster: Row, group: Row, key: object, tags: dict[str, str]
) -> Row:
    env, region, name = cluster["env"], cluster["region"], cluster["name"]
    group_name = f"{name}-default"
    version = eks_versions.find(cluster["version"])
    return {
        "id": key,
        "account_id": estate.account_id,
        "cluster_id": cluster["id"],
        "autoscaling_group_id": group["id"],
        "autoscaling_group_name": group["name"],
        "name": group_name,
        "arn": estate.arn("eks", region, f"nodegroup/{name}/{group_name}/{key}"),
        "region": region,
        "env": env,
        "instance_types": [cluster["node_instance_type"]],
        "ami_type": "AL2023_ARM_64_STANDARD"
        if _image("eks", cluster["node_instance_type"]) == "eks-arm"
        else "AL2023_x86_64_STANDARD",
        "node_role_arn": f"arn:aws:iam::{estate.number}:role/{name}-node",
        "subnet_ids": group["subnet_ids"],
        "version": cluster["version"],
        "release_version": f"{version.patch}-{version.released:%Y%m%d}" if version else "",
        "modified_at": cluster["created_at"],
        "tags": tags,
        "created_at": cluster["created_at"],
        "updated_at": cluster["created_at"],
    }


def _node(
    estate: Estate, cluster: Row, owner: Owner, kind: kinds.Kind, number: int, group: Row | None
) -> None:
    env, region, name = cluster["env"], cluster["region"], cluster["name"]
    instance_type = next(iter(kind.types), cluster["node_instance_type"])
    key = f"node/{env}/{name}/{number}"
    chance = estate.chance(key)
    if cluster["orchestrator"] == "eks":
        tags = {
            f"kubernetes.io/cluster/{name}": "owned",
            "eks:cluster-name": name,
            "eks:nodegroup-name": f"{name}-default",
        }
        if group is not None:
            tags["aws:autoscaling:groupName"] = group["name"]
    else:
        tags = {"ecs:cluster": name}
    instance = machine(
        estate,
        Machine(
            key=key,
            env=env,
            region=region,
            name=f"{name}-node",
            instance_type=instance_type,
            kind=kind,
            owner=owner,
            launched=max(estate.before(chance, 2, 60), cluster["created_at"]),
            tier="nodes",
            image=_image(cluster["orchestrator"], instance_type),
            tags=tags,
            flagged=kind.pattern is not None,
        ),
    )
    if group is not None:
        instance["autoscaling_group_id"] = group["id"]
        instance["launch_template_id"] = group["launch_template_id"]
        instance["launch_template_version"] = group["launch_template_version"]
        instance["disable_api_termination"] = False
    estate.add(
        "container_nodes",
        {
            "id": chance.key(),
            "cluster_id": cluster["id"],
            "instance_id": instance["instance_id"],
            "instance_type": instance_type,
            "region": region,
            "state": "stopped" if kind.stopped else "running",
            "hourly_cost": hourly_cost(instance_type, region),
            "gpu_hourly_cost": gpu_hourly_cost(instance_type, region),
            "gpu_count": instance["gpu_count"],
            "has_gpu": instance["has_gpu"],
            "node_group": f"{name}-default" if group else None,
            "created_at": instance["launch_time"],
            "updated_at": instance["launch_time"],
        },
    )
    estate.profile("container_node", instance["instance_id"], kind.profile)


def _image(orchestrator: str, instance_type: str) -> str:
    from models.estates.instances import architecture

    return orchestrator + ("-arm" if architecture(instance_type) == "arm64" else "")


def _services(estate: Estate, clusters: list[tuple[Row, Owner]]) -> None:
    count = estate.plan.services
    chance = estate.chance("services")
    cpus = chance.deck(count, _SERVICE_CPUS)
    profiles = chance.deck(count, {"steady": 0.5, "oversized": 0.3, "light": 0.2})
    order = chance.shuffled([clusters[at % len(clusters)][0] for at in range(count)])
    ecs = sum(cluster["orchestrator"] == "ecs" for cluster in order)
    billing = chance.deck(ecs, _ECS)
    owners = estate.company.owners
    names: dict[object, int] = {}
    for at in range(count):
        cluster, owner = order[at], owners[at % len(owners)]
        turn = names[cluster["id"], owner.service] = (
            names.get((cluster["id"], owner.service), 0) + 1
        )
        name = owner.service if turn == 1 else f"{owner.service}-{turn}"
        kind = billing.pop() if cluster["orchestrator"] == "ecs" else "nodes"
        _service(estate, at, cluster, owner, name, kind, cpus[at], profiles[at])


def _service(
    estate: Estate, at: int, cluster: Row, owner: Owner, name: str, kind: str, cpus: float,
    profile: str,
) -> None:  # fmt: skip
    chance = estate.chance("service", at)
    env, region, orchestrator = cluster["env"], cluster["region"], cluster["orchestrator"]
    replicas = chance.pick((2, 3, 3, 4, 6)) if env == "prod" else chance.pick((1, 1, 2))
    memory, saved, pattern = int(cpus * 2048), 0.0, None
    if kind in _REQUESTS:
        pattern = kind
        cpus, memory, replicas, profile, saved = _REQUESTS[kind]
    elif kind == "fargate":
        profile = "steady"
    born = max(estate.before(chance, 10, 500), cluster["created_at"])
    arn = estate.arn(orchestrator, region, f"service/{cluster['name']}/{name}")
    estate.add(
        "container_services",
        {
            "id": chance.key(),
            "cluster_id": cluster["id"],
            "name": name,
            "env": env,
            "region": region,
            "requested_cpu": cpus * replicas,
            "requested_memory_mb": memory * replicas,
            "replica_count": replicas,
            "created_at": born,
            "updated_at": born,
            "arn": arn,
            "launch_type": "EC2" if kind == "nodes" else "FARGATE",
            "running_count": replicas,
        },
    )
    innocent = estate.decoy(pattern) if pattern else None
    tags = estate.tags(chance, owner, env, name, bare=False, **(innocent[1] if innocent else {}))
    estate.tag("container_service", arn, tags, born)
    # on nodes that are paid anyway a smaller request saves nothing of its own
    hourly = float(costs.fargate_hourly(cpus * replicas, memory / 1024 * replicas, region))
    estate.profile(
        "container_service", arn, profile, pattern=pattern, saving=hourly * 730 * saved,
        decoy=innocent[0] if innocent else None,
    )  # fmt: skip
