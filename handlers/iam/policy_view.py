"""Managed policies and their versions as answers show them."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from models.managed_policies import ManagedPolicy


def shown(row: Any) -> dict[str, Any]:
    """A Policy without description and tags."""
    return {
        "PolicyName": row["name"],
        "PolicyId": row["policy_id"],
        "Arn": row["arn"],
        "Path": row["path"],
        "DefaultVersionId": f"v{row['default_version']}",
        "AttachmentCount": row["attachments"],
        "PermissionsBoundaryUsageCount": row["boundaries"],
        "IsAttachable": True,
        "CreateDate": row["created_at"],
        "UpdateDate": row["changed_at"],
    }


def shown_version(row: Any, one: Any) -> dict[str, Any]:
    """A PolicyVersion without its document."""
    return {
        "VersionId": f"v{one['version']}",
        "IsDefaultVersion": one["version"] == row["default_version"],
        "CreateDate": one["created_at"],
    }


def of_aws(
    ctx: Context, one: ManagedPolicy, uses: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A policy of AWS's and its one version, as rows of the customer's own are."""
    row = {
        "name": one.name,
        "policy_id": one.policy_id,
        "arn": one.arn,
        "path": one.path,
        "default_version": one.version,
        "attachments": uses["attachments"] if uses else 0,
        "boundaries": uses["boundaries"] if uses else 0,
        "created_at": one.created_at - ctx.shift,
        "changed_at": one.changed_at - ctx.shift,
    }
    version = {
        "version": one.version,
        "created_at": one.changed_at - ctx.shift,
        "document": one.document,
    }
    return row, version
