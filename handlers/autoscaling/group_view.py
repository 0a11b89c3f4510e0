"""How a group and its members are shown."""

from collections.abc import Mapping
from typing import Any

from emulator.rows import Computed, Constant, Each, View


def _option(name: str, default: Any = None) -> Computed:
    """A member that is kept as it was given."""
    return Computed(lambda options: (options or {}).get(name, default), "options")


def _template(
    policy: Any, template_id: str | None, name: str | None, version: str | None
) -> dict[str, Any] | None:
    if policy or not template_id:
        return None
    shown = {"LaunchTemplateId": template_id, "LaunchTemplateName": name, "Version": version}
    return {member: value for member, value in shown.items() if value is not None}


def _traffic(target_groups: list[str], load_balancers: list[str]) -> list[dict[str, str]]:
    return [
        *({"Identifier": one, "Type": "elbv2"} for one in target_groups or ()),
        *({"Identifier": one, "Type": "elb"} for one in load_balancers or ()),
    ]


def _metrics(names: list[str]) -> list[Mapping[str, str]]:
    return [{"Metric": name, "Granularity": "1Minute"} for name in names or ()]


def _mixed(policy: Any) -> Any:
    return policy or None


MEMBER_TEMPLATE = {
    "LaunchTemplateId": "template_id",
    "LaunchTemplateName": "template_name",
    "Version": "template_version",
}
MEMBER = {
    "InstanceId": "instance_id",
    "InstanceType": "instance_type",
    "AvailabilityZone": "availability_zone",
    "LifecycleState": "lifecycle",
    "HealthStatus": "health",
    "LaunchConfigurationName": "launch_configuration_name",
    "LaunchTemplate": MEMBER_TEMPLATE,
    "ProtectedFromScaleIn": "protected",
}
TAG = {
    "ResourceId": "group",
    "ResourceType": Constant("auto-scaling-group"),
    "Key": "key",
    "Value": "value",
    "PropagateAtLaunch": "propagate",
}
GROUP_VIEW = View(
    {
        "AutoScalingGroupName": "name",
        "AutoScalingGroupARN": "arn",
        "LaunchConfigurationName": "launch_configuration_name",
        "LaunchTemplate": Computed(
            _template, "mixed_instances_policy", "launch_template_id", "launch_template_name",
            "launch_template_version",
        ),
        "MixedInstancesPolicy": Computed(_mixed, "mixed_instances_policy"),
        "MinSize": "min_size",
        "MaxSize": "max_size",
        "DesiredCapacity": "desired_capacity",
        "DefaultCooldown": "default_cooldown",
        "AvailabilityZones": "availability_zones",
        "LoadBalancerNames": "load_balancer_names",
        "TargetGroupARNs": "target_group_arns",
        "HealthCheckType": "health_check_type",
        "HealthCheckGracePeriod": "health_check_grace_period",
        "Instances": Each("members", MEMBER),
        "CreatedTime": "created_at",
        "SuspendedProcesses": Each(
            "suspended", {"ProcessName": "process", "SuspensionReason": "reason"}
        ),
        "PlacementGroup": _option("PlacementGroup"),
        "VPCZoneIdentifier": "zone_identifier",
        "EnabledMetrics": Computed(_metrics, "enabled_metrics"),
        "Status": "status",
        "Tags": Each("shown_tags", TAG),
        "TerminationPolicies": "termination_policies",
        "NewInstancesProtectedFromScaleIn": "new_instances_protected",
        "ServiceLinkedRoleARN": "service_linked_role_arn",
        "MaxInstanceLifetime": _option("MaxInstanceLifetime"),
        "CapacityRebalance": "capacity_rebalance",
        "Context": _option("Context"),
        "DesiredCapacityType": _option("DesiredCapacityType"),
        "DefaultInstanceWarmup": _option("DefaultInstanceWarmup"),
        "TrafficSources": Computed(_traffic, "target_group_arns", "load_balancer_names"),
        "InstanceMaintenancePolicy": _option("InstanceMaintenancePolicy"),
        "WarmPoolConfiguration": _option("WarmPool"),
        "WarmPoolSize": Computed(lambda options: 0 if options.get("WarmPool") else None, "options"),
        "DeletionProtection": _option("DeletionProtection"),
        "AvailabilityZoneDistribution": _option(
            "AvailabilityZoneDistribution",
            {"CapacityDistributionStrategy": "balanced-best-effort"},
        ),
        "AvailabilityZoneImpairmentPolicy": _option("AvailabilityZoneImpairmentPolicy"),
        "CapacityReservationSpecification": _option(
            "CapacityReservationSpecification", {"CapacityReservationPreference": "default"}
        ),
        "InstanceLifecyclePolicy": _option("InstanceLifecyclePolicy"),
    }
)  # fmt: skip

MEMBER_VIEW = View({**MEMBER, "AutoScalingGroupName": "group"})
