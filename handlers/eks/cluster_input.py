"""What requests say of a cluster, as columns; what cannot be had here is refused.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.eks import identifiers
from handlers.eks.identifiers import invalid
from models import launches

NOUN = "container_clusters"

REFUSED = ("outpostConfig", "remoteNetworkConfig", "kubeApiServerConfig", "kubeSchedulerConfig",
           "kubeControllerManagerConfig")  # fmt: skip
ROLE = re.compile(r"arn:aws:iam::\d{12}:role/.+")
# Columns of the network, by the type of an update's parameter.
NETWORK = {
    "endpoint_public": "EndpointPublicAccess",
    "endpoint_private": "EndpointPrivateAccess",
    "public_access_cidrs": "PublicAccessCidrs",
    "subnet_ids": "Subnets",
    "security_group_ids": "SecurityGroups",
}
LEAST_ZONES = 2


def created(params: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new cluster that follow from the request alone."""
    _check_served(params)
    if not ROLE.fullmatch(params["roleArn"]):
        raise invalid("The role ARN is not valid.")
    network = params.get("kubernetesNetworkConfig") or {}
    if network.get("ipFamily", "ipv4") != "ipv4":
        raise invalid("Clusters of the IP family ipv6 are not supported.")
    access = params.get("accessConfig") or {}
    row = {
        "role_arn": params["roleArn"],
        "authentication_mode": access.get("authenticationMode") or "CONFIG_MAP",
        "support_type": (params.get("upgradePolicy") or {}).get("supportType") or "EXTENDED",
        "zonal_shift": bool((params.get("zonalShiftConfig") or {}).get("enabled")),
        "deletion_protection": bool(params.get("deletionProtection")),
        "log_types": _log_types(params.get("logging") or {}, []),
    }
    if network.get("serviceIpv4Cidr"):
        row["service_cidr"] = _cidr(network["serviceIpv4Cidr"])
    return row


def options(
    params: Mapping[str, Any], before: Any
) -> tuple[str, dict[str, Any], dict[str, str]]:  # fmt: skip
    """The type of an update that is no network's, its columns and its params; "" for none."""
    _check_served(params)
    found: list[tuple[str, dict[str, Any], dict[str, str]]] = []
    if params.get("logging"):
        types = _log_types(params["logging"], before["log_types"])
        if types == before["log_types"]:
            raise invalid("No changes needed for the logging config provided")
        found.append(("LoggingUpdate", {"log_types": types}, {"ClusterLogging": ",".join(types)}))
    if (params.get("accessConfig") or {}).get("authenticationMode"):
        mode = params["accessConfig"]["authenticationMode"]
        order = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
        if order.index(mode) <= order.index(before["authentication_mode"]):
            raise invalid(
                "Unsupported authentication mode update from"
                f" {before['authentication_mode']} to {mode}"
            )
        column = {"authentication_mode": mode}
        found.append(("AccessConfigUpdate", column, {"AuthenticationMode": mode}))
    if (params.get("upgradePolicy") or {}).get("supportType"):
        kind = params["upgradePolicy"]["supportType"]
        column = {"support_type": kind}
        found.append(("UpgradePolicyUpdate", column, {"UpgradePolicy": kind}))
    if params.get("zonalShiftConfig"):
        on = bool(params["zonalShiftConfig"].get("enabled"))
        values = {"ZonalShiftConfig": str(on).lower()}
        found.append(("ZonalShiftConfigUpdate", {"zonal_shift": on}, values))
    if params.get("deletionProtection") is not None:
        on = params["deletionProtection"]
        values = {"DeletionProtection": str(on).lower()}
        found.append(("DeletionProtectionUpdate", {"deletion_protection": on}, values))
    if len(found) > 1:
        raise invalid("Only one type of update can be allowed.")
    return found[0] if found else ("", {}, {})


async def network_changes(
    ctx: Context, given: Mapping[str, Any], *, new: bool = False, vpc_id: str | None = None
) -> dict[str, Any]:
    """The columns that a VPC configuration gives; `vpc_id` is where the cluster already is."""
    changes: dict[str, Any] = {}
    if new or given.get("subnetIds"):
        wanted = list(dict.fromkeys(given.get("subnetIds") or ()))
        found = await identifiers.subnets(ctx, wanted)
        if len({row["availability_zone"] for row in found}) < LEAST_ZONES:
            raise invalid("Subnets specified must be in at least two different AZs")
        if vpc_id and found[0]["vpc_id"] != vpc_id:
            raise invalid("Provided subnets belong to a different VPC than the cluster's.")
        vpc_id = found[0]["vpc_id"]
        changes = {"subnet_ids": wanted, "vpc_id": vpc_id}
    if given.get("securityGroupIds"):
        groups = list(dict.fromkeys(given["securityGroupIds"]))
        known = await launches.groups(ctx.db, ctx.region, groups, [], "")
        there = {row["group_id"] for row in known if row["vpc_id"] == vpc_id}
        for one in groups:
            if one not in there:
                raise invalid(f"The security group ID '{one}' does not exist in the VPC {vpc_id}")
        changes["security_group_ids"] = groups
    for member, column in (("endpointPublicAccess", "endpoint_public"),
                           ("endpointPrivateAccess", "endpoint_private")):  # fmt: skip
        if given.get(member) is not None:
            changes[column] = given[member]
    if given.get("publicAccessCidrs"):
        changes["public_access_cidrs"] = [_cidr(one) for one in given["publicAccessCidrs"]]
    if changes.get("endpoint_public") is False and not changes.get("endpoint_private", not new):
        raise invalid("Private and public endpoint access cannot be false")
    return changes


def _check_served(params: Mapping[str, Any]) -> None:
    for name in REFUSED:
        if params.get(name):
            raise invalid(f"{name} is not supported.")
    if (params.get("controlPlaneScalingConfig") or {}).get("tier", "standard") != "standard":
        raise invalid("Only the standard tier of control planes is supported.")
    for name, on in (
        ("computeConfig", (params.get("computeConfig") or {}).get("enabled")),
        ("storageConfig", ((params.get("storageConfig") or {}).get("blockStorage") or {})
         .get("enabled")),
        ("kubernetesNetworkConfig", ((params.get("kubernetesNetworkConfig") or {})
         .get("elasticLoadBalancing") or {}).get("enabled")),
    ):  # fmt: skip
        if on:
            raise invalid(f"EKS Auto Mode ({name}) is not supported.")


def _log_types(given: Mapping[str, Any], before: list[str]) -> list[str]:
    types = set(before)
    for one in given.get("clusterLogging") or ():
        named = set(one.get("types") or ())
        types = types | named if one.get("enabled") else types - named
    return sorted(types)


def _cidr(given: str) -> str:
    try:
        return str(ipaddress.ip_network(given))
    except ValueError:
        raise invalid(f"The following CIDRs are not valid: {given}") from None
