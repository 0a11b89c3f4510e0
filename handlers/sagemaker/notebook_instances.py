"""Notebook instances: created, started, stopped, changed, deleted.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html
and the pages of the operations beside it: a notebook is changed and deleted only when stopped.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from emulator.ids import derived
from emulator.rows import Computed, Rows, View
from handlers.sagemaker import lists, tags
from handlers.sagemaker.faults import arn_of, invalid, takes
from models import costs, launches, managed_services, security_groups, subnets
from models.sagemaker_machines import NOTEBOOK, NOTEBOOKS

NOUN = "managed_services"
DEFAULT_GIB = 5
# Kept as they come.
_KEPT = (
    "AdditionalCodeRepositories", "DefaultCodeRepository", "DirectInternetAccess",
    "InstanceMetadataServiceConfiguration", "IpAddressType", "KmsKeyId", "LifecycleConfigName",
    "PlatformIdentifier", "RoleArn", "RootAccess", "SecurityGroupIds", "SubnetId",
)  # fmt: skip


async def list_notebook_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Notebooks of the region."""
    repository = params.get("AdditionalCodeRepositoryEquals")
    rows, token = await lists.page(
        ctx,
        params,
        NOTEBOOKS,
        order="Ascending",
        sort="Name",
        contains={
            "lifecycle_config": params.get("NotebookInstanceLifecycleConfigNameContains"),
            "code_repository": params.get("DefaultCodeRepositoryContains"),
            "code_repositories": orjson.dumps(repository).decode() if repository else None,
        },
    )
    return {"NotebookInstances": Rows(SUMMARY, rows), "NextToken": token}


async def describe_notebook_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One notebook."""
    row = await _find(ctx, params["NotebookInstanceName"])
    kept = row["settings"]
    answer = SUMMARY.show(row)
    answer |= {name: kept[name] for name in _KEPT if kept.get(name) is not None}
    answer.pop("LifecycleConfigName", None)
    answer.pop("SecurityGroupIds", None)
    if kept.get("SubnetId"):
        answer["SecurityGroups"] = kept.get("SecurityGroupIds") or []
        answer["NetworkInterfaceId"] = derived("eni", row["arn"])
    return {
        "DirectInternetAccess": "Enabled",
        "RootAccess": "Enabled",
        "PlatformIdentifier": "notebook-al2-v3",
        "RoleArn": f"arn:aws:iam::{ctx.principal.account_number}:role/sagemaker-execution",
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"},
        **answer,
        "VolumeSizeInGB": row["storage_gib"] or DEFAULT_GIB,
    }


async def create_notebook_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new notebook, running."""
    name, given = params["NotebookInstanceName"], tags.given(params)
    if params.get("AcceleratorTypes"):
        raise invalid("Elastic Inference accelerators are no longer offered.")
    await _check_network(ctx, params)
    arn, size = arn_of(ctx, "notebook-instance", name), params.get("VolumeSizeInGB", DEFAULT_GIB)
    row = {
        "service_type": NOTEBOOK,
        "name": name,
        "arn": arn,
        "region": ctx.region,
        "env": launches.environment(given),
        "instance_type": params["InstanceType"],
        "node_count": 1,
        "storage_gib": size,
        "hourly_cost": costs.notebook_hourly(params["InstanceType"], size, ctx.region),
        "settings": {key: params[key] for key in _KEPT if params.get(key) is not None},
        "created_at": ctx.now,
        **managed_services.transition("Pending", "InService", ctx.now, takes(ctx)),
    }
    async with ctx.db.transaction():
        if not await managed_services.insert(ctx.db, row, given):
            raise invalid(f"Cannot create a duplicate Notebook Instance ({arn})")
    return {"NotebookInstanceArn": arn}


async def stop_notebook_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a notebook: from now on only its volume costs."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["NotebookInstanceName"], lock=True)
        _check_state(row, "Stopping", "InService")
        await _move(ctx, row, "Stopping", "Stopped", stopped=True)
    return {}


async def start_notebook_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Start a stopped notebook."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["NotebookInstanceName"], lock=True)
        _check_state(row, "Pending", "Stopped", "Failed")
        await _move(ctx, row, "Pending", "InService")
    return {}


async def update_notebook_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a stopped notebook; it is stopped again afterwards."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["NotebookInstanceName"], lock=True)
        _check_state(row, "Updating", "Stopped", "Failed")
        if params.get("AcceleratorTypes"):
            raise invalid("Elastic Inference accelerators are no longer offered.")
        size = params.get("VolumeSizeInGB", row["storage_gib"])
        if size < row["storage_gib"]:
            raise invalid(
                f"Volume size ({size} GB) cannot be smaller than the current one"
                f" ({row['storage_gib']} GB)."
            )
        settings = dict(row["settings"])
        settings |= {key: params[key] for key in _KEPT if params.get(key) is not None}
        for flag, key in (
            ("DisassociateLifecycleConfig", "LifecycleConfigName"),
            ("DisassociateDefaultCodeRepository", "DefaultCodeRepository"),
            ("DisassociateAdditionalCodeRepositories", "AdditionalCodeRepositories"),
        ):
            if params.get(flag):
                settings.pop(key, None)
        changes = {
            "instance_type": params.get("InstanceType", row["instance_type"]),
            "storage_gib": size,
            "settings": settings,
        }
        await _move(ctx, row | changes, "Updating", "Stopped", stopped=True, **changes)
    return {}


async def delete_notebook_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a stopped notebook and its volume."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["NotebookInstanceName"], lock=True)
        _check_state(row, "Deleting", "Stopped", "Failed")
        await managed_services.delete(
            ctx.db, ctx.region, row["arn"], ctx.now, takes(ctx), shown="Deleting"
        )
    return {}


async def _find(ctx: Context, name: str, *, lock: bool = False) -> dict[str, Any]:
    row = await NOTEBOOKS.find_one(ctx.db, ctx.region, name=name)
    if row is not None and lock:
        await managed_services.lock(ctx.db, row["arn"])
        row = await NOTEBOOKS.find_one(ctx.db, ctx.region, name=name)
    if row is None:
        raise AwsError("ValidationException", "RecordNotFound")
    return dict(row)


async def _move(
    ctx: Context, row: Mapping[str, Any], shown: str, settled: str, *, stopped: bool = False,
    **changes: Any,
) -> None:  # fmt: skip
    """Set a notebook on its way to a state, with what it costs from now on."""
    cost = costs.notebook_hourly(
        row["instance_type"], row["storage_gib"], ctx.region, stopped=stopped
    )
    whole = {**changes, "hourly_cost": cost, "modified_at": ctx.now}
    whole |= managed_services.transition(shown, settled, ctx.now, takes(ctx))
    await managed_services.update(ctx.db, ctx.region, row["arn"], whole)


def _check_state(row: Mapping[str, Any], to: str, *allowed: str) -> None:
    if row["status"] not in allowed:
        raise invalid(
            f"Status ({row['status']}) not in ([{', '.join(allowed)}]). Unable to transition to"
            f" ({to}) for Notebook Instance ({row['arn']})"
        )


async def _check_network(ctx: Context, params: Mapping[str, Any]) -> None:
    subnet_id, groups = params.get("SubnetId"), params.get("SecurityGroupIds") or []
    if not subnet_id:
        if groups or params.get("DirectInternetAccess") == "Disabled":
            raise invalid("SubnetId is required with SecurityGroupIds or no internet access.")
        return
    subnet = await subnets.find_one(ctx.db, ctx.region, subnet_id)
    if subnet is None:
        raise invalid(f"The subnet ID '{subnet_id}' does not exist")
    if groups:
        known = await security_groups.LISTING.page(ctx.db, region=ctx.region, ids=groups)
        mine = {row["group_id"] for row in known if row["vpc_id"] == subnet["vpc_id"]}
        for group in groups:
            if group not in mine:
                raise invalid(f"The security group '{group}' does not exist")


def _url(name: str, region: str) -> str:
    return f"{name.lower()}.notebook.{region}.sagemaker.aws"


SUMMARY = View(
    {
        "NotebookInstanceName": "name",
        "NotebookInstanceArn": "arn",
        "NotebookInstanceStatus": "status",
        "Url": Computed(_url, "name", "region"),
        "InstanceType": "instance_type",
        "CreationTime": "created_at",
        "LastModifiedTime": "modified_at",
        "NotebookInstanceLifecycleConfigName": Computed(
            lambda name: name or None, "lifecycle_config"
        ),
        "DefaultCodeRepository": Computed(lambda name: name or None, "code_repository"),
        "AdditionalCodeRepositories": Computed(
            lambda text: orjson.loads(text) or None, "code_repositories"
        ),
    }
)
