"""Options of a domain: read from a request, held to the service's rules, kept in columns.

Sources: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html and
https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_ClusterConfig.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from models import search_engines, security_groups, subnets

DEFAULT_TYPE = "m4.large.search"
VOLUME_TYPES = ("gp3", "gp2", "io1", "standard")
# Kept as they come. What is not here changes a column, or is refused.
KEPT = (
    "AccessPolicies", "AdvancedOptions", "AdvancedSecurityOptions", "AutoTuneOptions",
    "CognitoOptions", "DeploymentStrategyOptions",
    "DomainEndpointOptions", "EncryptionAtRestOptions", "IPAddressType", "LogPublishingOptions",
    "NodeToNodeEncryptionOptions", "OffPeakWindowOptions", "SnapshotOptions",
    "SoftwareUpdateOptions",
)  # fmt: skip
# Neither kept nor without effect: these are features of their own.
REFUSED = (
    "AIMLOptions", "AutomatedSnapshotPauseOptions", "EngineMode", "IdentityCenterOptions",
    "UseCase",
)  # fmt: skip
_SAML = ("Enabled", "Idp", "RolesKey", "SessionTimeoutMinutes", "SubjectKey")


def invalid(message: str) -> AwsError:
    """The service's ValidationException."""
    return AwsError("ValidationException", message)


def refuse_unserved(params: Mapping[str, Any]) -> None:
    """Refuse options that are not emulated instead of forgetting them."""
    for name in REFUSED:
        if params.get(name) is not None:
            raise AwsError("DisabledOperationException", f"{name} is not supported here.")
    if (params.get("ClusterConfig") or {}).get("NodeOptions"):
        raise AwsError("DisabledOperationException", "NodeOptions is not supported here.")
    if (params.get("AutoTuneOptions") or {}).get("MaintenanceSchedules"):
        raise AwsError(
            "DisabledOperationException",
            "MaintenanceSchedules is not supported here: use the off-peak window.",
        )


def cluster(asked: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a ClusterConfig, over what the domain `old` has."""
    row = {
        "instance_type": asked.get("InstanceType", old.get("instance_type", DEFAULT_TYPE)),
        "node_count": asked.get("InstanceCount", old.get("node_count", 1)),
        "multi_az": asked.get("ZoneAwarenessEnabled", old.get("multi_az", False)),
        "cold_storage": (asked.get("ColdStorageOptions") or {}).get(
            "Enabled", old.get("cold_storage", False)
        ),
    }
    zones = (asked.get("ZoneAwarenessConfig") or {}).get("AvailabilityZoneCount")
    before = old.get("availability_zone_count")
    row["availability_zone_count"] = (zones or before or 2) if row["multi_az"] else None
    row |= _nodes(asked, old, "DedicatedMaster", "dedicated_master", row["instance_type"])
    row |= _nodes(asked, old, "Warm", "warm", "")
    return row


def _nodes(
    asked: Mapping[str, Any], old: Mapping[str, Any], word: str, column: str, usual: str
) -> dict[str, Any]:
    """Type and count of master or warm nodes; none unless they are enabled."""
    had = old.get(f"{column}_count") or 0
    if not asked.get(f"{word}Enabled", had > 0):
        return {f"{column}_type": None, f"{column}_count": 0}
    kind = asked.get(f"{word}Type") or old.get(f"{column}_type") or usual
    count = asked.get(f"{word}Count") or had or (3 if word == "DedicatedMaster" else 0)
    if not kind or not count:
        raise invalid(f"{word}Type and {word}Count must be specified when {word}Enabled is true.")
    return {f"{column}_type": kind, f"{column}_count": count}


def volume(asked: Mapping[str, Any] | None, old: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of EBSOptions, over what the domain `old` has."""
    asked = asked or {}
    size = old.get("storage_gib") or 0
    if not asked.get("EBSEnabled", bool(asked) or size > 0):
        if any(asked.get(name) for name in ("VolumeSize", "VolumeType", "Iops", "Throughput")):
            raise invalid("EBS must be enabled to specify volume options.")
        return {"storage_gib": 0, "storage_type": None, "iops": None, "throughput_mibps": None}
    kind = asked.get("VolumeType") or old.get("storage_type") or "gp3"
    same = kind == old.get("storage_type")
    iops = asked.get("Iops", old.get("iops") if same else None)
    speed = asked.get("Throughput", old.get("throughput_mibps") if same else None)
    if iops and kind not in ("gp3", "io1"):
        raise invalid(f"Iops is not valid for the volume type {kind}.")
    if speed and kind != "gp3":
        raise invalid(f"Throughput is not valid for the volume type {kind}.")
    if kind == "gp3":
        iops, speed = iops or 3000, speed or 125
        if not 3000 <= iops <= 80000 or not 125 <= speed <= 4000:
            raise invalid("gp3 volumes take 3000 to 80000 IOPS and 125 to 4000 MiB/s.")
    elif kind == "io1" and not 1000 <= (iops or 0) <= 16000:
        raise invalid("Iops must be between 1000 and 16000 for the volume type io1.")
    return {
        "storage_gib": asked.get("VolumeSize", size or 10),
        "storage_type": kind,
        "iops": iops,
        "throughput_mibps": speed,
    }


def check(row: Mapping[str, Any]) -> None:
    """Hold a whole domain against the service's rules."""
    kind, version = row["instance_type"], row["engine_version"]
    if search_engines.is_warm(kind):
        raise invalid(f"Instance type {kind} can only be used for warm nodes.")
    if not search_engines.runs(version, kind):
        raise AwsError(
            "InvalidTypeException", f"Instance type {kind} is not supported by {version}."
        )
    _check_count(row)
    _check_roles(row)
    if not search_engines.takes_volume(kind):
        if row["storage_gib"]:
            raise invalid(f"EBS storage is not supported for {kind}.")
        return
    if not row["storage_gib"]:
        raise invalid(f"EBS storage must be selected for {kind}.")
    least, most = search_engines.volume_limits(kind)
    if not least <= row["storage_gib"] <= most:
        engine = version.partition("_")
        raise AwsError(
            "LimitExceededException",
            f"Volume size must be between {least} and {most} for {kind} instance type and"
            f" {engine[0].lower()} version {engine[2]}",
        )


def _check_count(row: Mapping[str, Any]) -> None:
    count, most = row["node_count"], search_engines.most_nodes(row["instance_type"])
    if not 1 <= count <= most:
        raise AwsError(
            "LimitExceededException", f"Instance count must be between 1 and {most}, not {count}."
        )
    zones = row.get("availability_zone_count")
    if not zones:
        return
    word = {2: "two", 3: "three"}.get(zones)
    if word is None:
        raise invalid("AvailabilityZoneCount must be 2 or 3.")
    if count < zones:
        raise invalid(
            f"You must choose a minimum of {word} data nodes for a {word} Availability Zone"
            " deployment"
        )
    if zones == 2 and count % 2:
        raise invalid(
            "You must choose an even number of data nodes for a two Availability Zone deployment"
        )


def _check_roles(row: Mapping[str, Any]) -> None:
    masters, warm = row["dedicated_master_count"], row["warm_count"]
    if masters and masters not in (3, 5):
        raise invalid("The number of dedicated master nodes must be 3 or 5.")
    if not warm:
        if row["cold_storage"]:
            raise invalid("Cold storage requires UltraWarm nodes to be enabled.")
        return
    if not masters:
        raise invalid("UltraWarm requires dedicated master nodes.")
    if search_engines.is_burstable(row["instance_type"]):
        raise invalid(f"UltraWarm is not supported with {row['instance_type']} data nodes.")
    if not search_engines.is_warm(row["warm_type"]) or not 2 <= warm <= 150:
        raise invalid("UltraWarm takes 2 to 150 nodes of an ultrawarm1 type.")


def kept(params: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a request leaves behind; secrets are not kept."""
    found = dict(old)
    for name in KEPT:
        value = params.get(name)
        if value is None:
            continue
        if isinstance(value, dict):
            value = {**(found.get(name) or {}), **value}
        if name == "AdvancedSecurityOptions":
            value.pop("MasterUserOptions", None)
            if value.get("SAMLOptions"):
                saml = value["SAMLOptions"]
                value["SAMLOptions"] = {key: saml[key] for key in _SAML if key in saml}
        found[name] = value
    if found.get("AccessPolicies") == "":
        found.pop("AccessPolicies")
    return found


async def network(ctx: Context, asked: Mapping[str, Any]) -> dict[str, Any]:
    """VPCOptions as they are kept, with the network and zones that follow from the subnets."""
    ids = list(dict.fromkeys(asked.get("SubnetIds") or []))
    if not ids:
        raise invalid("You must specify at least one subnet.")
    found = await subnets.LISTING.page(ctx.db, region=ctx.region, ids=ids)
    missing = sorted(set(ids) - {row["subnet_id"] for row in found})
    if missing:
        raise invalid(f"The subnet ID '{missing[0]}' does not exist")
    networks = {row["vpc_id"] for row in found}
    if len(networks) > 1:
        raise invalid("All subnets must be in the same VPC.")
    [vpc_id] = networks
    groups = list(dict.fromkeys(asked.get("SecurityGroupIds") or []))
    if groups:
        known = await security_groups.LISTING.page(ctx.db, region=ctx.region, ids=groups)
        mine = {row["group_id"] for row in known if row["vpc_id"] == vpc_id}
        if set(groups) - mine:
            raise invalid(f"The security group '{sorted(set(groups) - mine)[0]}' does not exist")
    else:
        usual = await security_groups.find_default(ctx.db, vpc_id)
        groups = [usual] if usual else []
    return {
        "VPCId": vpc_id,
        "SubnetIds": ids,
        "AvailabilityZones": sorted({row["availability_zone"] for row in found}),
        "SecurityGroupIds": groups,
    }
