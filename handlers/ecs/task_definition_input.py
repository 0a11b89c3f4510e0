"""What is registered as a task definition, held to ECS's and Fargate's rules.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html.
"""

import re
from collections.abc import Mapping
from typing import Any

from handlers.ecs.identifiers import client
from models import fargate_sizes

NOUN = "task_definitions"

KEPT = (
    "containerDefinitions", "taskRoleArn", "executionRoleArn", "volumes", "placementConstraints",
    "requiresCompatibilities", "runtimePlatform", "pidMode", "ipcMode", "proxyConfiguration",
    "ephemeralStorage", "enableFaultInjection",
)  # fmt: skip
REFUSED = ("inferenceAccelerators", "trustedExecutionConfiguration")
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(vcpu|gb)?\s*", re.IGNORECASE)


def checked(params: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a revision; ClientException for what ECS would not register."""
    for name in REFUSED:
        if params.get(name):
            raise client(f"{name} is not supported.")
    containers = params["containerDefinitions"]
    _check_containers(containers)
    cpu, memory = _amount(params.get("cpu"), "vcpu"), _amount(params.get("memory"), "gb")
    wanted = params.get("requiresCompatibilities") or []
    mode = params.get("networkMode")
    fargate = "FARGATE" in wanted
    if fargate:
        _check_fargate(cpu, memory, mode)
    elif memory is None:
        for one in containers:
            if not one.get("memory") and not one.get("memoryReservation"):
                raise client(
                    "Invalid setting for container"
                    f" '{one['name']}'. At least one of 'memory' or 'memoryReservation' must be"
                    " specified."
                )
    if cpu is not None and sum(one.get("cpu") or 0 for one in containers) > cpu:
        raise client(
            f"Total cpu of containers is greater than the task-level cpu value {cpu}."
        )  # fmt: skip
    fits = cpu is not None and memory is not None and fargate_sizes.is_valid(cpu, memory)
    suits = mode == "awsvpc" and fits
    return {
        "cpu": None if cpu is None else str(cpu),
        "memory": None if memory is None else str(memory),
        "network_mode": mode or "bridge",
        "compatibilities": ["EC2", "FARGATE"] if suits else ["EC2"],
        "definition": {name: params[name] for name in KEPT if params.get(name) is not None},
    }


def _check_containers(containers: list[dict[str, Any]]) -> None:
    if not containers:
        raise client("Container list cannot be empty.")
    names = [one.get("name") for one in containers]
    for at, one in enumerate(containers):
        if not one.get("name"):
            raise client("Container.name should not be null or empty.")
        if not one.get("image"):
            raise client("Container.image should not be null or empty.")
        if one["name"] in names[:at]:
            raise client("Container.name should be unique within a task definition.")
    if not any(one.get("essential", True) for one in containers):
        raise client("At least one container must be marked as essential.")


def _check_fargate(cpu: int | None, memory: int | None, mode: str | None) -> None:
    if mode != "awsvpc":
        raise client("Fargate only supports network mode ‘awsvpc’.")
    if cpu is None:
        raise client("Fargate requires that 'cpu' be defined at the task level.")
    if memory is None:
        raise client("Fargate requires that 'memory' be defined at the task level.")
    if not fargate_sizes.is_valid(cpu, memory):
        raise client(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See"
            " the Amazon ECS documentation for the valid values."
        )


def _amount(given: str | None, unit: str) -> int | None:
    """CPU units or MiB of `256`, `.25 vCPU`, `1GB`."""
    if given is None:
        return None
    match = _AMOUNT.fullmatch("0" + given if given.startswith(".") else given)
    if match is None or (match[2] and match[2].lower() != unit):
        name = "cpu" if unit == "vcpu" else "memory"
        raise client(f"Invalid '{name}' setting for task.")
    return round(float(match[1]) * (1024 if match[2] else 1))
