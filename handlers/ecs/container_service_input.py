"""What a request says of a service: options that are kept, and those that are refused.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ecs.identifiers import invalid
from models import container_services

NOUN = "container_services"

# Kept as they were given, and shown so.
KEPT = (
    "availabilityZoneRebalancing", "deploymentConfiguration", "placementConstraints",
    "placementStrategy", "platformVersion", "healthCheckGracePeriodSeconds", "schedulingStrategy",
    "propagateTags", "enableExecuteCommand", "enableECSManagedTags", "role", "serviceRegistries",
)  # fmt: skip
REFUSED = ("volumeConfigurations", "vpcLatticeConfigurations", "gatewayConnectors", "monitoring")
DEPLOYMENT = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
}
ROLLING = "ROLLING"
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
MOST_CONSTRAINTS, MOST_STRATEGIES = 10, 5


def options(params: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a request, over what was kept before."""
    for name in REFUSED:
        if params.get(name):
            raise _unsupported(name)
    if (params.get("serviceConnectConfiguration") or {}).get("enabled"):
        raise _unsupported("serviceConnectConfiguration")
    if (params.get("deploymentController") or {}).get("type", "ECS") != "ECS":
        raise _unsupported("deploymentController")
    if params.get("schedulingStrategy", "REPLICA") != "REPLICA":
        raise _unsupported("schedulingStrategy DAEMON")
    _check_placement(params)
    found = dict(before)
    found |= {name: params[name] for name in KEPT if params.get(name) is not None}
    if params.get("deploymentConfiguration"):
        known = before.get("deploymentConfiguration") or {}
        found["deploymentConfiguration"] = known | params["deploymentConfiguration"]
        _check_deployment(found["deploymentConfiguration"])
    return found


def _check_placement(params: Mapping[str, Any]) -> None:
    """Where tasks may and should be placed; Fargate places its own."""
    constraints = params.get("placementConstraints") or ()
    strategies = params.get("placementStrategy") or ()
    if params.get("launchType") == "FARGATE" and (constraints or strategies):
        what = "constraints" if constraints else "strategies"
        raise invalid(f"Placement {what} are not supported with FARGATE launch type.")
    if len(constraints) > MOST_CONSTRAINTS:
        raise invalid(f"The maximum number of placement constraints is {MOST_CONSTRAINTS}.")
    if len(strategies) > MOST_STRATEGIES:
        raise invalid(f"The maximum number of placement strategies is {MOST_STRATEGIES}.")
    for one in constraints:
        expression = one.get("expression")
        if one.get("type") == "memberOf" and not expression:
            raise invalid("An expression is required for the memberOf placement constraint.")
        if one.get("type") == "distinctInstance" and expression:
            raise invalid("The distinctInstance placement constraint takes no expression.")
    for one in strategies:
        if one.get("type") == "random" and one.get("field"):
            raise invalid("The random placement strategy takes no field.")
        if one.get("type") == "binpack" and str(one.get("field")).lower() not in ("cpu", "memory"):
            raise invalid("The field of the binpack placement strategy is CPU or MEMORY.")


def _check_deployment(given: Mapping[str, Any]) -> None:
    if given.get("strategy", ROLLING) != ROLLING:
        raise _unsupported(f"The deployment strategy {given['strategy']}")
    least, most = given.get("minimumHealthyPercent", 100), given.get("maximumPercent", 200)
    if most < 100 or least < 0 or least > 100 or (least == 100 and most == 100):
        raise invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block"
            " deployments."
            if least == most == 100
            else "Invalid deploymentConfiguration: maximumPercent must be 100 or more and"
            " minimumHealthyPercent 0 to 100."
        )


async def load_balancers(
    ctx: Context, given: list[dict[str, Any]], definition: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Load balancers of a request, whose target groups and containers must be there."""
    arns = [one["targetGroupArn"] for one in given if one.get("targetGroupArn")]
    there = await container_services.target_groups(ctx.db, arns) if arns else set()
    containers = {one["name"]: one for one in definition["definition"]["containerDefinitions"]}
    for one in given:
        arn, name = one.get("targetGroupArn"), one.get("containerName")
        if one.get("advancedConfiguration"):
            raise _unsupported("advancedConfiguration")
        if arn and arn not in there:
            raise invalid(f"The specified target group does not exist. (target group: {arn})")
        if not name or one.get("containerPort") is None:
            raise invalid("containerName and containerPort cannot be empty.")
        if name not in containers:
            raise invalid(f"The container {name} does not exist in the task definition.")
        ports = [port.get("containerPort") for port in containers[name].get("portMappings") or ()]
        if one["containerPort"] not in ports:
            raise invalid(
                f"The container {name} did not have a container port {one['containerPort']}"
                " defined."
            )
    return given


def _unsupported(what: str) -> AwsError:
    return AwsError("UnsupportedFeatureException", f"{what} is not supported.")
