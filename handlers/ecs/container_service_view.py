"""Services as ECS shows them, with their deployments and events.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html.
"""

import hashlib
import uuid
from datetime import datetime
from typing import Any

from emulator.rows import Computed, Constant, View
from handlers.ecs.container_service_input import DEPLOYMENT
from handlers.ecs.identifiers import TAG_LIST
from handlers.ecs.placement import LATEST

NOUN = "container_services"

_DEPLOYED = (
    "id", "task_definition_arn", "created_at", "settles_at", "desired_count",
)  # fmt: skip


def number(deployment: uuid.UUID) -> str:
    """The number that ECS knows a deployment by; models/container_tasks.py derives it too."""
    digest = hashlib.md5(str(deployment).encode(), usedforsecurity=False).hexdigest()
    return str(int(digest[:15], 16) + 10**18)


def _deployment(
    status: str, row: tuple[Any, ...], desired: int, running: int, pending: int,
    launch: tuple[Any, ...],
) -> dict[str, Any]:  # fmt: skip
    key, definition, created, settles = row[:4]
    launch_type, strategy, network, options = launch
    rolling = pending > 0
    shown: dict[str, Any] = {
        "id": f"ecs-svc/{number(key)}",
        "status": status,
        "taskDefinition": definition,
        "desiredCount": desired,
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": 0,
        "createdAt": created,
        "updatedAt": settles if settles and not rolling else created,
        "networkConfiguration": network,
        "rolloutState": "IN_PROGRESS" if rolling else "COMPLETED",
        "rolloutStateReason": f"ECS deployment ecs-svc/{number(key)}"
        f" {'in progress' if rolling else 'completed'}.",
    }
    if strategy:
        shown["capacityProviderStrategy"] = strategy
    else:
        shown["launchType"] = launch_type
    if launch_type == "FARGATE":
        shown["platformVersion"] = _platform(options)
        shown["platformFamily"] = "Linux"
    return {name: value for name, value in shown.items() if value is not None}


def _platform(options: dict[str, Any]) -> str:
    version = options.get("platformVersion") or "LATEST"
    return LATEST if version == "LATEST" else str(version)


def _deployments(
    status: str, count: int, placed: int, rolling: bool, launch_type: str, strategy: Any,
    network: Any, options: dict[str, Any], *both: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """The deployments that run: the newest, and the one that it takes over from."""
    if status != "ACTIVE":
        return []
    new, old = both[:5], both[5:]
    launch = (launch_type, strategy, network, options)
    running, pending = (0, placed) if rolling else (placed, 0)
    found = [_deployment("PRIMARY", new, count, running, pending, launch)]
    if old[0] is not None:
        found.append(_deployment("ACTIVE", old, 0, old[4], 0, launch))
    return found


def _running(placed: int, rolling: bool, old: Any, old_count: int | None) -> int:
    if rolling:
        return (old_count or 0) if old is not None else 0
    return placed


def _events(
    name: str, key: Any, status: str, created: datetime, settles: Any, count: int, placed: int,
    rolling: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    if status != "ACTIVE" or key is None or rolling:
        return []
    told = f"(service {name}) has reached a steady state."
    if placed < count:
        told = (
            f"(service {name}) was unable to place a task because no container instance met all"
            " of its requirements. Reason: No Container Instances were found in your cluster."
        )
    at = uuid.uuid5(key, f"{placed}/{count}")
    return [{"id": str(at), "createdAt": settles or created, "message": told}]


def _option(name: str, empty: Any = None) -> Computed:
    return Computed(lambda options: options.get(name, empty), "options")


_MEMBERS = {
    "serviceArn": "arn",
    "serviceName": "name",
    "clusterArn": "cluster_arn",
    "loadBalancers": "load_balancers",
    "serviceRegistries": _option("serviceRegistries", []),
    "status": "status",
    "desiredCount": "replica_count",
    "runningCount": Computed(_running, "placed", "rolling", "old_id", "old_desired_count"),
    "pendingCount": Computed(lambda placed, rolling: placed if rolling else 0, "placed", "rolling"),
    "launchType": Computed(
        lambda kind, strategy: None if strategy else kind, "launch_type", "capacity_strategy"
    ),
    "capacityProviderStrategy": "capacity_strategy",
    "platformVersion": Computed(
        lambda kind, options: (options.get("platformVersion") or "LATEST")
        if kind == "FARGATE"
        else None,
        "launch_type",
        "options",
    ),
    "platformFamily": Computed(lambda kind: "Linux" if kind == "FARGATE" else None, "launch_type"),
    "taskDefinition": "task_definition_arn",
    "deploymentConfiguration": Computed(
        lambda options: DEPLOYMENT | (options.get("deploymentConfiguration") or {}), "options"
    ),
    "deployments": Computed(
        _deployments, "status", "replica_count", "placed", "rolling", "launch_type",
        "capacity_strategy", "network", "options", *(f"new_{name}" for name in _DEPLOYED),
        *(f"old_{name}" for name in _DEPLOYED),
    ),
    "roleArn": Computed(
        lambda given, arn: given.get("role")
        or f"arn:aws:iam::{arn.split(':')[4]}:role/aws-service-role/ecs.amazonaws.com"
        "/AWSServiceRoleForECS",
        "options",
        "arn",
    ),
    "events": Computed(
        _events, "name", "new_id", "status", "new_created_at", "new_settles_at", "replica_count",
        "placed", "rolling",
    ),
    "createdAt": "created_at",
    "placementConstraints": _option("placementConstraints", []),
    "placementStrategy": _option("placementStrategy", []),
    "networkConfiguration": "network",
    "healthCheckGracePeriodSeconds": _option("healthCheckGracePeriodSeconds"),
    "schedulingStrategy": _option("schedulingStrategy", "REPLICA"),
    "deploymentController": Constant({"type": "ECS"}),
    "createdBy": _option("createdBy"),
    "enableECSManagedTags": _option("enableECSManagedTags", False),
    "propagateTags": _option("propagateTags", "NONE"),
    "enableExecuteCommand": _option("enableExecuteCommand", False),
    "availabilityZoneRebalancing": _option("availabilityZoneRebalancing", "DISABLED"),
    "resourceManagementType": Constant("CUSTOMER"),
}  # fmt: skip
PLAIN = View(_MEMBERS)
TAGGED = View({**_MEMBERS, "tags": TAG_LIST})
