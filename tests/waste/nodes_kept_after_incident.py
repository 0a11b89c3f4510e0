"""A cluster of more nodes than its work fills."""

from math import ceil

from tests.waste.calling import Client, datapoints

DAYS_AFTER = 8  # means of a week decide


def reveal(client: Client, resource_id: str) -> bool:
    """Container Insights: neither CPU nor memory of the nodes is used."""
    return _used(client, resource_id, "cpu") < 30 and _used(client, resource_id, "memory") < 50


def remedy(client: Client, resource_id: str) -> None:
    """As many nodes as are filled to 65 %; those with GPUs are another matter."""
    name = resource_id.rpartition("/")[2]
    scarcer = max(_used(client, resource_id, one) for one in ("cpu", "memory"))
    if ":eks:" in resource_id:
        eks = client("eks")
        (group,) = eks.list_nodegroups(clusterName=name)["nodegroups"]
        found = eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
        size = found["scalingConfig"]
        needed = max(2, size["minSize"], ceil(size["desiredSize"] * scarcer / 65))
        eks.update_nodegroup_config(
            clusterName=name, nodegroupName=group, scalingConfig={**size, "desiredSize": needed}
        )
        return
    ecs = client("ecs")
    arns = ecs.list_container_instances(cluster=name)["containerInstanceArns"]
    nodes = ecs.describe_container_instances(cluster=name, containerInstances=arns)
    plain = [one for one in nodes["containerInstances"]
             if one["agentConnected"] and not _has_gpu(one)]  # fmt: skip
    needed = max(2, ceil(len(plain) * scarcer / 65))
    for node in plain[needed:]:
        arn = node["containerInstanceArn"]
        ecs.deregister_container_instance(cluster=name, containerInstance=arn, force=True)
        client("ec2").terminate_instances(InstanceIds=[node["ec2InstanceId"]])


def _used(client: Client, resource_id: str, what: str) -> float:
    name = resource_id.rpartition("/")[2]
    values = datapoints(client, "ContainerInsights", f"node_{what}_utilization", ClusterName=name)
    return sum(values) / len(values)


def _has_gpu(node: dict[str, object]) -> bool:
    kinds = [one for one in node["attributes"] if one["name"] == "ecs.instance-type"]  # type: ignore[attr-defined]
    return any(str(one["value"]).startswith(("g", "p")) for one in kinds)
