"""What a request says of a node group, as rows: the group, its Auto Scaling group and template.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator import ids
from emulator.arns import arn
from emulator.context import Context
from handlers.eks import identifiers
from handlers.eks.identifiers import RULES, invalid, transition
from models import (
    autoscaling_groups,
    draws,
    eks_versions,
    instance_types,
    launch_templates,
    launches,
    public_images,
)

NOUN = "node_groups"

DEFAULT_TYPE, DEFAULT_DISK_GIB = "t3.medium", 20
MOST_TYPES = 20


@dataclass(slots=True)
class Made:
    """The rows that a new node group is made of."""

    row: dict[str, Any]
    group: dict[str, Any]
    template: dict[str, Any]


async def created(ctx: Context, params: Mapping[str, Any], cluster: Any, key: uuid.UUID) -> Made:
    """The rows of a new node group, all parts of the request checked."""
    given = RULES.checked(params.get("tags"))
    if params.get("warmPoolConfig"):
        raise invalid("Warm pools are not supported.")
    if params.get("capacityType", "ON_DEMAND") not in ("ON_DEMAND", "SPOT"):
        raise invalid(f"The capacity type {params['capacityType']} is not supported.")
    named: dict[str, Any] | None = None
    data: dict[str, Any] = {}
    if params.get("launchTemplate"):
        named, data = await template_of(ctx, params["launchTemplate"])
    types = _types(params, data)
    subnets = list(dict.fromkeys(params["subnets"]))
    found = await identifiers.subnets(ctx, subnets)
    if found and found[0]["vpc_id"] != cluster["vpc_id"]:
        raise invalid("Subnets are not in the VPC of the cluster")
    version = _version(params, cluster)
    name = f"eks-{params['nodegroupName']}-{key}"
    row = {
        "id": key,
        "cluster_id": cluster["id"],
        "autoscaling_group_id": draws.uuid4(),
        "autoscaling_group_name": name,
        "name": params["nodegroupName"],
        "arn": arn(ctx, "eks", f"nodegroup/{cluster['name']}/{params['nodegroupName']}/{key}"),
        "region": ctx.region,
        "env": launches.environment(given) if given else cluster["env"],
        "instance_types": types,
        "ami_type": params.get("amiType") or _ami_type(types[0]),
        "capacity_type": params.get("capacityType") or "ON_DEMAND",
        "disk_size_gib": None if named else params.get("diskSize") or DEFAULT_DISK_GIB,
        "node_role_arn": params["nodeRole"],
        "subnet_ids": subnets,
        "labels": params.get("labels") or {},
        "taints": params.get("taints") or [],
        "update_config": update_config(params.get("updateConfig") or {}),
        "node_repair": bool((params.get("nodeRepairConfig") or {}).get("enabled")),
        "remote_access": params.get("remoteAccess"),
        "launch_template": named,
        "version": version.name,
        "release_version": params.get("releaseVersion") or release_of(version),
        "modified_at": ctx.now,
        "tags": given,
        "created_at": ctx.now,
        **transition(ctx, "CREATING"),
    }
    template = _template(ctx, row, data)
    return Made(row, _group(ctx, row, template, cluster["name"], params, found), template)


def sizes(given: Mapping[str, Any], before: Any | None) -> dict[str, int]:
    """The sizes after a request, over those before."""
    old = before or {"min_size": 1, "max_size": 2, "desired_capacity": None}
    least = given.get("minSize", old["min_size"])
    most = given.get("maxSize", old["max_size"] if before else max(2, least))
    wanted = given.get("desiredSize", old["desired_capacity"])
    if wanted is None:
        wanted = max(least, 1) if "minSize" in given else min(2, most)
    if most < 1:
        raise invalid("maxSize must be at least 1")
    if least > most:
        raise invalid(f"Minimum capacity {least} can't be greater than max size {most}")
    if least > wanted:
        raise invalid(f"Minimum capacity {least} can't be greater than desired size {wanted}")
    if wanted > most:
        raise invalid(f"desired capacity {wanted} can't be greater than max size {most}")
    return {"min_size": least, "max_size": most, "desired_capacity": wanted}


def update_config(given: Mapping[str, Any]) -> dict[str, Any]:
    """How many nodes an update may take away at once."""
    if given.get("maxUnavailable") and given.get("maxUnavailablePercentage"):
        raise invalid(
            "Only one of maxUnavailable or maxUnavailablePercentage can be specified in"
            " updateConfig"
        )
    return dict(given) or {"maxUnavailable": 1}


def release_of(version: eks_versions.Version) -> str:
    """The release of the node image of a version."""
    return f"{version.patch}-{version.released:%Y%m%d}"


async def template_of(
    ctx: Context, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The launch template that a caller names, and the data of its version."""
    found = await launch_templates.find(ctx.db, ctx.region, given.get("id"), given.get("name"))
    if found is None:
        raise invalid("The specified launch template does not exist")
    number = str(given.get("version") or found["default_version"])
    number = {"$Default": str(found["default_version"]),
              "$Latest": str(found["latest_version"])}.get(number, number)  # fmt: skip
    version = None
    if number.isdigit() and len(number) < 10:
        version = await launch_templates.find_version(
            ctx.db, found["launch_template_id"], int(number)
        )
    if version is None:
        raise invalid(f"The specified launch template version {number} does not exist")
    shown = {"id": found["launch_template_id"], "name": found["name"], "version": number}
    return shown, dict(version["data"])


async def renew(ctx: Context, row: Any, data: Mapping[str, Any]) -> None:
    """Let nodes be launched from other data from now on."""
    group = await autoscaling_groups.find(ctx.db, ctx.region, row["autoscaling_group_name"])
    if group is None:
        raise invalid("The Auto Scaling group of the node group is gone.")
    template = _template(ctx, row, data)
    number = await launch_templates.add_version(
        ctx.db, ctx.region, group["launch_template_id"], template
    )
    await autoscaling_groups.update(ctx.db, group["id"], {"launch_template_version": str(number)})


def _types(params: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    given, own = list(params.get("instanceTypes") or ()), data.get("InstanceType")
    if given and own:
        raise invalid(
            "Instance types cannot be specified in both the launch template and the request"
        )
    types = given or [own or DEFAULT_TYPE]
    for one in types[:MOST_TYPES]:
        if instance_types.find(one) is None:
            raise invalid(f"The following supplied instance types do not exist: [{one}]")
    return types


def _version(params: Mapping[str, Any], cluster: Any) -> eks_versions.Version:
    wanted = params.get("version") or cluster["version"]
    found, control = eks_versions.find(wanted or ""), eks_versions.find(cluster["version"] or "")
    if found is None or (control and found.minor > control.minor):
        raise invalid(f"Requested Nodegroup release version {wanted} is invalid.")
    return found


def _ami_type(instance_type: str) -> str:
    machine = instance_types.find(instance_type)
    if machine is None:
        return "AL2023_x86_64_STANDARD"
    if machine.gpus:
        return "AL2023_x86_64_NVIDIA"
    arm = "x86_64" not in machine.architectures
    return "AL2023_ARM_64_STANDARD" if arm else "AL2023_x86_64_STANDARD"


def _template(ctx: Context, row: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The launch template that EKS makes for itself, from the caller's if there is one."""
    machine = instance_types.find(row["instance_types"][0])
    arm = machine is not None and "x86_64" not in machine.architectures
    image = public_images.image_id("eks-arm" if arm else "eks", ctx.region)
    own = {"ImageId": image, **data, "InstanceType": row["instance_types"][0]}
    if row["disk_size_gib"]:
        disk = {"VolumeSize": row["disk_size_gib"], "VolumeType": "gp3",
                "DeleteOnTermination": True}  # fmt: skip
        own["BlockDeviceMappings"] = [{"DeviceName": "/dev/xvda", "Ebs": disk}]
    if row["capacity_type"] == "SPOT":
        own["InstanceMarketOptions"] = {"MarketType": "spot"}
    if row["remote_access"] and row["remote_access"].get("ec2SshKey"):
        own["KeyName"] = row["remote_access"]["ec2SshKey"]
    return {
        "launch_template_id": ids.new("lt"),
        "name": row["autoscaling_group_name"],
        "region": ctx.region,
        "created_by": ctx.principal.arn,
        "client_token": None,
        "tags": {"eks:nodegroup-name": row["name"]},
        "created_at": ctx.now,
        "description": None,
        "data": own,
    }


def _group(
    ctx: Context, row: Mapping[str, Any], template: Mapping[str, Any], cluster: str,
    params: Mapping[str, Any], places: list[Any],
) -> dict[str, Any]:  # fmt: skip
    """The Auto Scaling group of a node group."""
    name, key = row["autoscaling_group_name"], row["autoscaling_group_id"]
    passed = {"eks:cluster-name": cluster, "eks:nodegroup-name": row["name"],
              f"kubernetes.io/cluster/{cluster}": "owned"}  # fmt: skip
    own = {"k8s.io/cluster-autoscaler/enabled": "true",
           f"k8s.io/cluster-autoscaler/{cluster}": "owned"}  # fmt: skip
    return {
        "id": key,
        "name": name,
        "arn": arn(ctx, "autoscaling", f"autoScalingGroup:{key}:autoScalingGroupName/{name}"),
        "region": ctx.region,
        "env": row["env"],
        **sizes(params.get("scalingConfig") or {}, None),
        "instance_type": row["instance_types"][0],
        "launch_template_id": template["launch_template_id"],
        "launch_template_name": template["name"],
        "launch_template_version": "1",
        "availability_zones": sorted({one["availability_zone"] for one in places}),
        "subnet_ids": row["subnet_ids"],
        "health_check_type": "EC2",
        "health_check_grace_period": 15,
        "termination_policies": ["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
        "capacity_rebalance": True,
        "service_linked_role_arn": f"arn:aws:iam::{ctx.principal.account_number}:role/"
        "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        "tags": passed | own,
        "propagated_tag_keys": sorted(passed),
        "created_at": ctx.now,
    }
