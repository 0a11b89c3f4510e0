"""Changes of a domain's configuration, and how far they have come.

Source: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-configuration-changes.html:
most changes make new nodes beside the old ones (blue/green), during which the domain processes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.opensearch import domain_options, domain_view
from handlers.opensearch.managed_services import find, takes
from models import costs, draws, managed_services

NOUN = "managed_services"

# Changes of these make new nodes; all others are made in place.
_BLUE_GREEN = frozenset(
    ("instance_type", "dedicated_master_type", "dedicated_master_count", "multi_az",
     "availability_zone_count", "warm_type", "warm_count", "EncryptionAtRestOptions",
     "NodeToNodeEncryptionOptions", "AdvancedSecurityOptions", "LogPublishingOptions",
     "VPCOptions", "CognitoOptions", "AdvancedOptions")
)  # fmt: skip
STAGES = (
    "Creating a new environment",
    "Provisioning new nodes",
    "Traffic routing to the new nodes",
    "Copying shards to the new nodes",
    "Terminating nodes",
    "Deleting older resources",
)
# A change within the smaller steps of a cluster's configuration, by the member that changed.
_MEMBERS = {
    "instance_type": "ClusterConfig.InstanceType",
    "node_count": "ClusterConfig.InstanceCount",
    "multi_az": "ClusterConfig.ZoneAwarenessEnabled",
    "availability_zone_count": "ClusterConfig.ZoneAwarenessConfig.AvailabilityZoneCount",
    "dedicated_master_type": "ClusterConfig.DedicatedMasterType",
    "dedicated_master_count": "ClusterConfig.DedicatedMasterCount",
    "warm_type": "ClusterConfig.WarmType",
    "warm_count": "ClusterConfig.WarmCount",
    "cold_storage": "ClusterConfig.ColdStorageOptions.Enabled",
    "storage_gib": "EBSOptions.VolumeSize",
    "storage_type": "EBSOptions.VolumeType",
    "iops": "EBSOptions.Iops",
    "throughput_mibps": "EBSOptions.Throughput",
}


async def update_domain_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a domain; its cost changes with it, its nodes while it processes."""
    row, results = await change(ctx, params)
    answer: dict[str, Any] = {"DomainConfig": domain_view.config(row)}
    if results:
        answer["DryRunResults"] = results
        if params.get("DryRunMode") == "Verbose":
            answer["DryRunProgressStatus"] = {
                "DryRunId": str(draws.uuid4()),
                "DryRunStatus": "succeeded",
                "CreationDate": ctx.now.isoformat(),
                "UpdateDate": ctx.now.isoformat(),
                "ValidationFailures": [],
            }
    return answer


async def describe_domain_change_progress(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How far the last change has come; nothing for a domain that never changed."""
    row = await find(ctx, params["DomainName"])
    change_ = row["state_change"]
    asked = params.get("ChangeId")
    if asked and (not change_ or change_["id"] != asked):
        raise AwsError("ResourceNotFoundException", f"Change ID not found: {asked}")
    return {"ChangeProgressStatus": _progress(row)} if change_ else {}


async def change(ctx: Context, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Change a domain as asked; its row afterwards, and what a dry run would do."""
    domain_options.refuse_unserved(asked)
    async with ctx.db.transaction():
        row = dict(await find(ctx, asked["DomainName"], lock=True))
        new = await _wanted(ctx, asked, row)
        properties = _properties(row, new)
        kind = _deployment(row, new) if properties else "None"
        if asked.get("DryRun"):
            return row, {"DeploymentType": kind, "Message": _message(kind)}
        if row["status"] in domain_view.STATUSES:
            raise domain_options.invalid(
                "A change/update is in progress. Please wait for it to complete before"
                " requesting another change."
            )
        if not properties:
            return row, {}
        changes = new | _recorded(ctx, row, new, properties)
        changes["hourly_cost"] = costs.search_domain_hourly(row | new, ctx.region)
        changes |= managed_services.transition("processing", "available", ctx.now, takes(ctx))
        await managed_services.update(ctx.db, ctx.region, row["arn"], changes)
        made = dict(await find(ctx, asked["DomainName"]))
    return {**made, "status": "processing"}, {}


async def _wanted(
    ctx: Context, params: Mapping[str, Any], row: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns that would differ afterwards, held against the rules."""
    asked = params.get("ClusterConfig") or {}
    found = domain_options.cluster(asked, row)
    if params.get("EBSOptions"):
        found |= domain_options.volume(params["EBSOptions"], row)
    settings = domain_options.kept(params, row["settings"])
    if "MultiAZWithStandbyEnabled" in asked:
        settings["MultiAZWithStandbyEnabled"] = asked["MultiAZWithStandbyEnabled"]
    if params.get("VPCOptions"):
        if not row["settings"].get("VPCOptions"):
            raise domain_options.invalid(
                "You can't change between VPC and public access after the domain is created."
            )
        settings["VPCOptions"] = await domain_options.network(ctx, params["VPCOptions"])
    _check_security(row["settings"], settings)
    found["settings"] = settings
    changed = {name: value for name, value in found.items() if value != row[name]}
    if set(changed) - {"settings"}:
        domain_options.check({**row, **changed})
    return changed


def _check_security(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """What is once on stays on."""
    for name, words in (
        ("EncryptionAtRestOptions", "encryption of data at rest"),
        ("NodeToNodeEncryptionOptions", "node-to-node encryption"),
        ("AdvancedSecurityOptions", "fine-grained access control"),
    ):
        was, is_ = (old.get(name) or {}).get("Enabled"), (new.get(name) or {}).get("Enabled")
        if was and not is_:
            raise domain_options.invalid(
                f"You can't disable {words} after it has been enabled on the domain."
            )


def _deployment(row: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """How a change would be rolled out, in a dry run's word."""
    settings = new.get("settings", row["settings"])
    touched = set(new) | {
        name for name in settings if settings.get(name) != row["settings"].get(name)
    }
    return "Blue/Green" if touched & _BLUE_GREEN else "DynamicUpdate"


def _message(kind: str) -> str:
    return {
        "Blue/Green": "This change will require a blue/green deployment.",
        "DynamicUpdate": "This change can be made without a blue/green deployment.",
        "None": "This change will not change the configuration of the domain.",
    }[kind]


def _properties(row: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, str]]:
    """What changes: name, value now and value wanted, as text."""
    found = [
        {"name": _MEMBERS[name], "active": _text(row[name]), "pending": _text(value)}
        for name, value in new.items()
        if name in _MEMBERS
    ]
    old, settings = row["settings"], new.get("settings", row["settings"])
    for name in sorted(settings.keys() | old.keys()):
        if settings.get(name) != old.get(name):
            found.append(
                {"name": name, "active": _text(old.get(name)), "pending": _text(settings.get(name))}
            )
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _recorded(
    ctx: Context, row: Mapping[str, Any], new: Mapping[str, Any], properties: list[dict[str, str]]
) -> dict[str, Any]:
    """The columns that remember a change."""
    options = dict(row["state_options"])
    for name in {one["name"].partition(".")[0] for one in properties}:
        version = options.get(name, {"version": 1})["version"] + 1
        options[name] = {"at": ctx.now.isoformat(), "version": version}
    return {
        "modified_at": ctx.now,
        "state_options": options,
        "state_change": {
            "id": str(draws.uuid4()),
            "at": ctx.now.isoformat(),
            "seconds": takes(ctx).total_seconds(),
            "kind": _deployment(row, new),
            "properties": properties,
        },
    }


def _progress(row: Mapping[str, Any]) -> dict[str, Any]:
    """ChangeProgressStatusDetails of the last change."""
    details, change_ = domain_view.progress(row), row["state_change"]
    running = row["status"] in domain_view.STATUSES
    names = [one["name"] for one in change_["properties"]]
    stages = STAGES if change_["kind"] == "Blue/Green" else ()
    at: datetime = details["LastUpdatedTime"]
    return {
        **{name: value for name, value in details.items() if name != "Message"},
        "Status": "PROCESSING" if running else "COMPLETED",
        "PendingProperties": names if running else [],
        "CompletedProperties": [] if running else names,
        "TotalNumberOfStages": len(stages),
        "ChangeProgressStages": [
            {
                "Name": name,
                "Status": "COMPLETED" if not running or number == 0 else "PENDING",
                "Description": name,
                "LastUpdated": at,
            }
            for number, name in enumerate(stages)
        ],
    }
