"""Roles.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html and the pages of
the operations beside it.
"""

import uuid
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam import identity_changes
from handlers.iam.identities import (
    ROLES,
    TAGS,
    arn,
    checked_document,
    checked_name,
    checked_path,
    exists,
    find,
    managed,
    no_such,
    one_role,
)
from models import identities, single_rows, tags, unique_ids

LEAST_SECONDS, MOST_SECONDS = 3_600, 43_200
SERVICE_PATH = "/aws-service-role/"
# Names of service-linked roles, where they do not follow from the service's name.
_LINKED = {
    "autoscaling": "AutoScaling",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "spot": "EC2Spot",
    "ecs": "ECS",
    "eks": "AmazonEKS",
    "rds": "RDS",
    "elasticache": "ElastiCache",
    "es": "AmazonElasticsearchService",
    "opensearchservice": "AmazonOpenSearchService",
    "organizations": "Organizations",
    "compute-optimizer": "ComputeOptimizer",
    "cost-optimization-hub.bcm": "CostOptimizationHub",
    "backup": "Backup",
    "support": "Support",
    "trustedadvisor": "TrustedAdvisor",
    "kafka": "Kafka",
}
_SUFFIXED = {"autoscaling"}


async def create_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A role without any right, and whom it trusts."""
    name, path = checked_name("role", params["RoleName"]), checked_path(params.get("Path"))
    if path.startswith(SERVICE_PATH):
        raise AwsError("InvalidInput", f"Path {path} is reserved for service-linked roles.")
    bound = params.get("PermissionsBoundary")
    if bound:
        await managed(ctx, bound)
    row = _row(ctx, name, path, checked_document(params["AssumeRolePolicyDocument"], "trust"))
    row |= {
        "description": params.get("Description"),
        "max_session_duration_seconds": _seconds(params.get("MaxSessionDuration")) or 3_600,
        "permissions_boundary": bound,
        "tags": TAGS.checked(params.get("Tags")),
    }
    if not await single_rows.insert(ctx.db, "roles", row):
        raise exists(f"Role with name {name} already exists.")
    shown = one_role(ctx, row)
    return {"Role": {k: v for k, v in shown.items() if k not in ("RoleLastUsed",)}}


async def get_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A role with all that is known of it."""
    return {"Role": one_role(ctx, await find(ctx, "role", params["RoleName"]))}


async def list_roles(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The roles under a path, by name."""
    return await identity_changes.listed(ctx, params, "role", ROLES)


async def update_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another description or longest session."""
    row = await changeable_role(ctx, params["RoleName"])
    changes: dict[str, Any] = {}
    if params.get("Description") is not None:
        changes["description"] = params["Description"]
    if params.get("MaxSessionDuration") is not None:
        changes["max_session_duration_seconds"] = _seconds(params["MaxSessionDuration"])
    await identities.update(ctx.db, "role", row["id"], changes)
    return {}


async def update_role_description(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another description."""
    row = await changeable_role(ctx, params["RoleName"])
    await identities.update(ctx.db, "role", row["id"], {"description": params["Description"]})
    return {"Role": ROLES.show(dict(row) | {"description": params["Description"]})}


async def update_assume_role_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another trust policy."""
    row = await changeable_role(ctx, params["RoleName"])
    document = orjson.loads(checked_document(params["PolicyDocument"], "trust"))
    await identities.update(ctx.db, "role", row["id"], {"assume_role_policy": document})
    return {}


async def delete_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a role that has nothing left; its sessions may do nothing any more."""
    async with ctx.db.transaction():
        row = await changeable_role(ctx, params["RoleName"])
        return await identity_changes.deleted(ctx, "role", row)


async def create_service_linked_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The role that a service works with in this account."""
    service = params["AWSServiceName"]
    short = service.removesuffix(".amazonaws.com")
    suffix = params.get("CustomSuffix")
    if short not in _LINKED or short == service:
        raise AwsError("AccessDenied", f"Service-linked roles are not supported for {service}", 403)
    if suffix and short not in _SUFFIXED:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {service}")
    name = f"AWSServiceRoleFor{_LINKED[short]}" + (f"_{suffix}" if suffix else "")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        ],
    }
    row = _row(ctx, name, f"{SERVICE_PATH}{service}/", orjson.dumps(trust).decode())
    row |= {"description": params.get("Description"), "max_session_duration_seconds": 3_600,
            "permissions_boundary": None, "tags": {}}  # fmt: skip
    if not await single_rows.insert(ctx.db, "roles", row):
        raise AwsError(
            "InvalidInput",
            f"Service role name {name} has been taken in this account, please try a different"
            " suffix.",
        )
    return {"Role": ROLES.show(row)}


async def delete_service_linked_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete the role of a service."""
    row = await find(ctx, "role", params["RoleName"])
    if not row["path"].startswith(SERVICE_PATH):
        raise no_such(f"The role with name {params['RoleName']} cannot be found.")
    await identities.delete(ctx.db, "role", row["id"])
    return {"DeletionTaskId": _task(row["path"], row["name"], str(row["id"]))}


async def get_service_linked_role_deletion_status(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """How the deletion of a service's role goes: it is done as soon as it is asked for."""
    task = params["DeletionTaskId"]
    parts = task.split("/")
    name = parts[-2] if len(parts) > 3 else ""
    row = await identities.find(ctx.db, "role", name)
    if not task.startswith(f"task{SERVICE_PATH}") or row is not None:
        raise no_such(f"Deletion task {task} cannot be found.")
    return {"Status": "SUCCEEDED"}


async def put_role_permissions_boundary(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Bound what a role's sessions may do."""
    row = await changeable_role(ctx, params["RoleName"])
    return await identity_changes.bounded(ctx, "role", row, params["PermissionsBoundary"])


async def delete_role_permissions_boundary(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a role's bound away."""
    row = await changeable_role(ctx, params["RoleName"])
    return await identity_changes.unbounded(ctx, "role", row)


async def list_role_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A role's tags."""
    row = await find(ctx, "role", params["RoleName"])
    return identity_changes.tag_page(ctx, params, row["tags"])


async def tag_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a role."""
    row = await find(ctx, "role", params["RoleName"])
    await TAGS.put(ctx.db, "role", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a role."""
    row = await find(ctx, "role", params["RoleName"])
    await tags.remove(ctx.db, "role", row["arn"], params["TagKeys"])
    return {}


async def changeable_role(ctx: Context, name: str) -> Any:
    """A role that is the customer's to change."""
    row = await find(ctx, "role", name)
    if row["path"].startswith(SERVICE_PATH):
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{row['name']}' - this role is"
            " only modifiable by AWS",
            400,
        )
    return row


def _row(ctx: Context, name: str, path: str, document: str) -> dict[str, Any]:
    return {
        "role_id": unique_ids.new("AROA"),
        "name": name,
        "path": path,
        "arn": arn(ctx, "role", path, name),
        "assume_role_policy": orjson.loads(document),
        "created_at": ctx.now,
    }


def _seconds(given: int | None) -> int | None:
    if given is not None and not LEAST_SECONDS <= given <= MOST_SECONDS:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{given}' at 'maxSessionDuration' failed to"
            " satisfy constraint: Member must have value between 3600 and 43200",
        )
    return given


def _task(path: str, name: str, seed: str) -> str:
    return f"task{path}{name}/{uuid.uuid5(uuid.NAMESPACE_OID, seed)}"
