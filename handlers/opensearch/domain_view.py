"""Domains as OpenSearch shows them.

Sources: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DomainStatus.html
and API_DomainConfig.html.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

STATUSES = {
    "creating": "Creating",
    "deleting": "Deleting",
    "processing": "Modifying",
    "upgrading": "UpgradingEngineVersion",
}
_DEFAULT_ADVANCED = {
    "override_main_response_version": "false",
    "rest.action.multi.allow_explicit_index": "true",
}
_OFF = {"Enabled": False}
_SOFTWARE = "OpenSearch_2_19_R20260401-P2"


def status(row: Mapping[str, Any]) -> dict[str, Any]:
    """A DomainStatus."""
    settings, word = row["settings"], row["status"]
    answer = {
        "DomainId": f"{row['account_number']}/{row['name']}",
        "DomainName": row["name"],
        "ARN": row["arn"],
        "Created": True,
        "Deleted": word == "deleting",
        "Processing": word in STATUSES,
        "UpgradeProcessing": word == "upgrading",
        "EngineVersion": row["engine_version"],
        **options(row),
        "ServiceSoftwareOptions": software(row),
        "DomainProcessingStatus": STATUSES.get(word, "Active"),
        "AutoTuneOptions": auto_tune(row, word),
    }
    if word not in ("creating", "deleting"):
        if settings.get("VPCOptions"):
            answer["Endpoints"] = {"vpc": f"vpc-{row['host']}"}
        else:
            answer["Endpoint"] = f"search-{row['host']}"
    if row["state_change"]:
        answer["ChangeProgressDetails"] = progress(row)
        answer["ModifyingProperties"] = modifying(row)
    return answer


def options(row: Mapping[str, Any]) -> dict[str, Any]:
    """The options that a status and a configuration have in common."""
    kept = row["settings"]
    found = {
        "ClusterConfig": cluster(row),
        "EBSOptions": volume(row),
        "AccessPolicies": kept.get("AccessPolicies", ""),
        "IPAddressType": kept.get("IPAddressType", "ipv4"),
        "SnapshotOptions": kept.get("SnapshotOptions", {"AutomatedSnapshotStartHour": 0}),
        "CognitoOptions": kept.get("CognitoOptions", _OFF),
        "EncryptionAtRestOptions": kept.get("EncryptionAtRestOptions", _OFF),
        "NodeToNodeEncryptionOptions": kept.get("NodeToNodeEncryptionOptions", _OFF),
        "AdvancedOptions": {**_DEFAULT_ADVANCED, **(kept.get("AdvancedOptions") or {})},
        "DomainEndpointOptions": {
            "EnforceHTTPS": False,
            "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07",
            "CustomEndpointEnabled": False,
            **(kept.get("DomainEndpointOptions") or {}),
        },
        "AdvancedSecurityOptions": {
            "Enabled": False,
            "InternalUserDatabaseEnabled": False,
            "AnonymousAuthEnabled": False,
            **(kept.get("AdvancedSecurityOptions") or {}),
        },
        "OffPeakWindowOptions": kept.get("OffPeakWindowOptions", _window(row["created_at"])),
        "SoftwareUpdateOptions": {
            "AutoSoftwareUpdateEnabled": False,
            **(kept.get("SoftwareUpdateOptions") or {}),
        },
    }
    for name in ("VPCOptions", "LogPublishingOptions", "DeploymentStrategyOptions"):
        if kept.get(name):
            found[name] = kept[name]
    return found


def cluster(row: Mapping[str, Any]) -> dict[str, Any]:
    """A ClusterConfig; what is not enabled has no type and count."""
    found: dict[str, Any] = {
        "InstanceType": row["instance_type"],
        "InstanceCount": row["node_count"],
        "DedicatedMasterEnabled": bool(row["dedicated_master_count"]),
        "ZoneAwarenessEnabled": row["multi_az"],
        "WarmEnabled": bool(row["warm_count"]),
        "ColdStorageOptions": {"Enabled": row["cold_storage"]},
        "MultiAZWithStandbyEnabled": bool(row["settings"].get("MultiAZWithStandbyEnabled")),
    }
    if row["multi_az"]:
        found["ZoneAwarenessConfig"] = {"AvailabilityZoneCount": row["availability_zone_count"]}
    if row["dedicated_master_count"]:
        found["DedicatedMasterType"] = row["dedicated_master_type"]
        found["DedicatedMasterCount"] = row["dedicated_master_count"]
    if row["warm_count"]:
        found["WarmType"], found["WarmCount"] = row["warm_type"], row["warm_count"]
    return found


def volume(row: Mapping[str, Any]) -> dict[str, Any]:
    """EBSOptions."""
    if not row["storage_gib"]:
        return {"EBSEnabled": False}
    found = {
        "EBSEnabled": True,
        "VolumeType": row["storage_type"],
        "VolumeSize": row["storage_gib"],
        "Iops": row["iops"],
        "Throughput": row["throughput_mibps"],
    }
    if row["storage_type"] == "gp3":
        found["Iops"], found["Throughput"] = row["iops"] or 3000, row["throughput_mibps"] or 125
    return {name: value for name, value in found.items() if value is not None}


def auto_tune(row: Mapping[str, Any], word: str = "") -> dict[str, Any]:
    """AutoTuneOptionsOutput: burstable nodes have none."""
    asked = row["settings"].get("AutoTuneOptions") or {}
    usual = "DISABLED" if row["instance_type"].startswith(("t2.", "t3.")) else "ENABLED"
    state = asked.get("DesiredState", usual)
    if word == "creating" and state == "ENABLED":
        state = "ENABLE_IN_PROGRESS"
    return {"State": state, "UseOffPeakWindow": bool(asked.get("UseOffPeakWindow"))}


def software(row: Mapping[str, Any]) -> dict[str, Any]:
    """ServiceSoftwareOptions: nothing newer is ever offered."""
    version = row["engine_version"].replace(".", "_")
    return {
        "CurrentVersion": f"{version}_R20260401" if "_" in version else _SOFTWARE,
        "NewVersion": "",
        "UpdateAvailable": False,
        "Cancellable": False,
        "UpdateStatus": "COMPLETED",
        "Description": "There is no software update available for this domain.",
        "AutomatedUpdateDate": datetime(1970, 1, 1, tzinfo=row["created_at"].tzinfo),
        "OptionalDeployment": True,
    }


def progress(row: Mapping[str, Any]) -> dict[str, Any]:
    """ChangeProgressDetails of the last change."""
    change = row["state_change"]
    running = row["status"] in STATUSES
    started = datetime.fromisoformat(change["at"])
    return {
        "ChangeId": change["id"],
        "ConfigChangeStatus": "ApplyingChanges" if running else "Completed",
        "InitiatedBy": "CUSTOMER",
        "StartTime": started,
        "LastUpdatedTime": started if running else started + timedelta(seconds=change["seconds"]),
    }


def modifying(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """ModifyingProperties: what is being changed, while it is."""
    if row["status"] not in STATUSES:
        return []
    return [
        {
            "Name": one["name"],
            "ActiveValue": one["active"],
            "PendingValue": one["pending"],
            "ValueType": "STRINGIFIED_JSON" if one["pending"][:1] in ("{", "[") else "PLAIN_TEXT",
        }
        for one in row["state_change"]["properties"]
    ]


def config(row: Mapping[str, Any]) -> dict[str, Any]:
    """A DomainConfig: every option with its own status."""
    named = {"EngineVersion": row["engine_version"], **options(row)}
    named.setdefault("VPCOptions", {})
    named.setdefault("LogPublishingOptions", {})
    found: dict[str, Any] = {
        name: {"Options": value, "Status": option_status(row, name)}
        for name, value in named.items()
    }
    tuned = auto_tune(row)
    asked = row["settings"].get("AutoTuneOptions") or {}
    found["AutoTuneOptions"] = {
        "Options": {
            "DesiredState": tuned["State"],
            "RollbackOnDisable": asked.get("RollbackOnDisable", "NO_ROLLBACK"),
            "MaintenanceSchedules": [],
            "UseOffPeakWindow": tuned["UseOffPeakWindow"],
        },
        "Status": {**option_status(row, "AutoTuneOptions"), "State": tuned["State"]},
    }
    if row["state_change"]:
        found["ChangeProgressDetails"] = progress(row)
        found["ModifyingProperties"] = modifying(row)
    return found


def option_status(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """When an option was made and last changed, and whether that is still under way."""
    changed = row["state_options"].get(name)
    touched = {
        one["name"].partition(".")[0] for one in (row["state_change"] or {}).get("properties", ())
    }
    busy = row["status"] == "creating" or (row["status"] in STATUSES and name in touched)
    return {
        "CreationDate": row["created_at"],
        "UpdateDate": datetime.fromisoformat(changed["at"]) if changed else row["created_at"],
        "UpdateVersion": changed["version"] if changed else 1,
        "State": "Processing" if busy else "Active",
        "PendingDeletion": False,
    }


def _window(created_at: datetime) -> dict[str, Any]:
    """The window of domains made since February 2023; older ones have none enabled."""
    return {
        "Enabled": created_at.year >= 2023,
        "OffPeakWindow": {"WindowStartTime": {"Hours": 2, "Minutes": 0}},
    }
