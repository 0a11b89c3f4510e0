"""Engine versions and instance types: what can be had, and what becomes of what.

Source: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/version-migration.html
and …/limits.html.
"""

from collections.abc import Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from handlers.opensearch.domain_nodes import bad_token
from handlers.opensearch.domain_options import invalid
from handlers.opensearch.managed_services import find
from models import regions, search_engines

NOUN = "managed_services"
USUAL = 100


async def list_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All versions, newest first."""
    page = pages.page(ctx, params, default=USUAL, invalid=bad_token)
    place = {name: f"{at:03d}" for at, name in enumerate(search_engines.VERSIONS)}
    shown, token = page.cut_items(search_engines.VERSIONS, place.__getitem__)
    return {"Versions": shown, "NextToken": token}


async def get_compatible_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a domain, or each version, can be upgraded to."""
    sources: Sequence[str] = search_engines.VERSIONS
    if params.get("DomainName"):
        sources = [(await find(ctx, params["DomainName"]))["engine_version"]]
    found = compatible(sources)
    return {"CompatibleVersions": found}


async def get_upgrade_history(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The upgrades of a domain, newest first."""
    row = await find(ctx, params["DomainName"])
    page = pages.page(ctx, params, default=USUAL, invalid=bad_token)
    found = list(enumerate(row["state_upgrades"]))
    shown, token = page.cut_items(found, lambda one: f"{one[0]:06d}")
    running = row["status"] == "upgrading"
    return {
        "UpgradeHistories": [
            {
                "UpgradeName": one["name"],
                "StartTimestamp": one["at"],
                "UpgradeStatus": "IN_PROGRESS" if running and at == 0 else "SUCCEEDED",
                "StepsList": [
                    {
                        "UpgradeStep": step,
                        "UpgradeStepStatus": "SUCCEEDED",
                        "Issues": [],
                        "ProgressPercent": 100.0,
                    }
                    for step in ("PRE_UPGRADE_CHECK", "SNAPSHOT", "UPGRADE")
                ],
            }
            for at, one in shown
        ],
        "NextToken": token,
    }


async def get_upgrade_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The last upgrade of a domain; without one, nothing."""
    row = await find(ctx, params["DomainName"])
    if not row["state_upgrades"]:
        return {}
    return {
        "UpgradeStep": "UPGRADE",
        "StepStatus": "IN_PROGRESS" if row["status"] == "upgrading" else "SUCCEEDED",
        "UpgradeName": row["state_upgrades"][0]["name"],
    }


async def list_instance_type_details(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The instance types of a version, and what each can do."""
    version = _known(params["EngineVersion"])
    if params.get("DomainName"):
        await find(ctx, params["DomainName"])
    page = pages.page(ctx, params, default=USUAL, invalid=bad_token)
    asked = params.get("InstanceType")
    kinds = [
        one
        for one in search_engines.instance_types()
        if search_engines.runs(version, one) and asked in (None, one)
    ]
    shown, token = page.cut_items(kinds, str)
    zones = [one.name for one in regions.zones(ctx.region, ctx.principal.account_number)]
    found = [_details(one) for one in shown]
    if params.get("RetrieveAZs"):
        found = [{**one, "AvailabilityZones": zones} for one in found]
    return {"InstanceTypeDetails": found, "NextToken": token}


async def describe_instance_type_limits(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How many nodes of a type a domain can have, and how large their volumes can be."""
    version, kind = _known(params["EngineVersion"]), params["InstanceType"]
    if params.get("DomainName"):
        await find(ctx, params["DomainName"])
    if search_engines.is_warm(kind):
        return {"LimitsByRole": {"ultra_warm": _counts(2, 150)}}
    if not search_engines.runs(version, kind):
        raise invalid(f"Instance type {kind} is not supported by {version}.")
    data = _counts(1, search_engines.most_nodes(kind))
    if search_engines.takes_volume(kind):
        data["StorageTypes"] = [_volumes(kind, name) for name in ("gp2", "gp3", "io1", "standard")]
    else:
        data["StorageTypes"] = [{"StorageTypeName": "instance"}]
    data["AdditionalLimits"] = [
        {"LimitName": "MaximumNumberOfDataNodesSupported", "LimitValues": ["-1"]}
    ]
    return {"LimitsByRole": {"data": data, "master": _counts(3, 5)}}


def compatible(sources: Sequence[str]) -> list[dict[str, Any]]:
    """CompatibleVersions: the sources that lead anywhere."""
    return [
        {"SourceVersion": one, "TargetVersions": list(search_engines.targets(one))}
        for one in sources
        if search_engines.targets(one)
    ]


def _known(version: str) -> str:
    if version not in search_engines.VERSIONS:
        raise invalid(f"Unsupported engine version: {version}")
    return version


def _details(instance_type: str) -> dict[str, Any]:
    small = search_engines.is_burstable(instance_type)
    oldest = instance_type.startswith("t2.")
    return {
        "InstanceType": instance_type,
        "EncryptionEnabled": not oldest,
        "CognitoEnabled": True,
        "AppLogsEnabled": True,
        "AdvancedSecurityEnabled": not oldest,
        "WarmEnabled": not small,
        "InstanceRole": ["Data"] if instance_type.startswith("or1.") else ["Data", "Master"],
    }


def _counts(least: int, most: int) -> dict[str, Any]:
    return {
        "InstanceLimits": {
            "InstanceCountLimits": {"MinimumInstanceCount": least, "MaximumInstanceCount": most}
        }
    }


def _volumes(instance_type: str, volume_type: str) -> dict[str, Any]:
    least, most = search_engines.volume_limits(instance_type)
    limits = {"MinimumVolumeSize": least, "MaximumVolumeSize": most}
    if volume_type == "io1":
        limits |= {"MinimumIops": 1000, "MaximumIops": 16000}
    if volume_type == "gp3":
        limits |= {"MinimumIops": 3000, "MinimumThroughput": 125}
    return {
        "StorageTypeName": "ebs",
        "StorageSubTypeName": volume_type,
        "StorageTypeLimits": [
            {"LimitName": name, "LimitValues": [str(value)]} for name, value in limits.items()
        ],
    }
