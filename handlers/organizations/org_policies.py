"""Policies of an organization: kept, attached, and what of them holds."""

from datetime import datetime
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.organizations import tree
from models import org_policies, organizations

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
MOST_BYTES = 5_120
MOST_ATTACHED = 5

_FULL_ACCESS: dict[str, Any] = {
    "policy_id": org_policies.FULL_ACCESS,
    "arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
    "type": tree.SERVICE_CONTROL,
    "name": "FullAWSAccess",
    "description": "Allows access to every operation",
    "aws_managed": True,
    "content": orjson.dumps(org_policies.FULL_ACCESS_DOCUMENT, option=orjson.OPT_INDENT_2).decode(),
}


async def create_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep a policy; it holds for nothing until it is attached."""
    org, kind = await tree.managed(ctx), params["Type"]
    if kind not in tree.AVAILABLE or org["feature_set"] != "ALL":
        raise AwsError(
            "PolicyTypeNotAvailableForOrganizationException",
            "You can't use the specified policy type with the feature set currently enabled for"
            " this organization.",
        )
    content = _document(kind, params["Content"])
    policy_id = f"p-{organizations.derived(8, ctx.request_id)}"
    row = {
        "policy_id": policy_id,
        "arn": f"arn:aws:organizations::{org['management_number']}:policy/"
        f"{org['organization_id']}/{kind.lower()}/{policy_id}",
        "type": kind,
        "name": params["Name"],
        "description": params.get("Description") or "",
        "content": content,
        "tags": {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()},
        "created_at": ctx.now,
    }
    if _is_full_access(row) or not await org_policies.create(ctx.db, row):
        raise _duplicate()
    return {"Policy": _shown({**row, "aws_managed": False})}


async def describe_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One policy and its document."""
    await tree.managed(ctx)
    return {"Policy": _shown(await _find(ctx, params["PolicyId"]))}


async def update_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a policy; what it is attached to follows at once."""
    await tree.managed(ctx)
    row = _own(await _find(ctx, params["PolicyId"]))
    name, content = params.get("Name"), params.get("Content")
    if content is not None:
        content = _document(row["type"], content)
    if name and name != row["name"]:
        same = await org_policies.named(ctx.db, row["type"], name)
        if same is not None or _is_full_access({**row, "name": name}):
            raise _duplicate()
    await org_policies.update(ctx.db, row["policy_id"], name, params.get("Description"), content)
    return {"Policy": _shown(await _find(ctx, row["policy_id"]))}


async def delete_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy that is attached to nothing."""
    await tree.managed(ctx)
    row = _own(await _find(ctx, params["PolicyId"]))
    if not await org_policies.delete(ctx.db, row["policy_id"]):
        raise AwsError(
            "PolicyInUseException",
            "The policy is attached to one or more entities. You must detach it from all roots,"
            " OUs, and accounts before performing this operation.",
        )
    return {}


async def list_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The policies of one type, AWS's own among them."""
    await tree.managed(ctx)
    return _listed(ctx, params, await _of_type(ctx, params["Filter"]))


async def list_policies_for_target(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The policies of one type that are attached to a root, unit or account itself."""
    org = await tree.managed(ctx)
    target = await tree.target(ctx, org, params["TargetId"])
    attached = await org_policies.attached(ctx.db, target_id=target["TargetId"])
    ids = {row["policy_id"] for row in attached}
    rows = [row for row in await _of_type(ctx, params["Filter"]) if row["policy_id"] in ids]
    return _listed(ctx, params, rows)


async def list_targets_for_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a policy is attached to."""
    org = await tree.managed(ctx)
    row = await _find(ctx, params["PolicyId"])
    attached = await org_policies.attached(ctx.db, policy_id=row["policy_id"])
    targets = [await tree.target(ctx, org, one["target_id"]) for one in attached]
    shown, token = tree.paged(ctx, params, targets, lambda one: one["TargetId"])
    return {"Targets": shown, "NextToken": token}


async def attach_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a policy hold for a root, unit or account, and all below it."""
    org = await tree.managed(ctx)
    row = await _find(ctx, params["PolicyId"])
    target = (await tree.target(ctx, org, params["TargetId"]))["TargetId"]
    if row["type"] not in org["policy_types"]:
        raise AwsError(
            "PolicyTypeNotEnabledException",
            "This operation can be performed only for enabled policy types.",
        )
    same = await _attached_of_type(ctx, target, row["type"])
    if row["policy_id"] in same:
        raise AwsError(
            "DuplicatePolicyAttachmentException",
            "A policy with the specified name and type already exists.",
        )
    if len(same) >= MOST_ATTACHED:
        raise AwsError(
            "ConstraintViolationException",
            "You have attached the maximum number of policies to the specified target.",
            Reason="MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )
    await org_policies.attach(ctx.db, target, row["policy_id"], ctx.now)
    return {}


async def detach_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a policy hold no longer; one service control policy must stay everywhere."""
    org = await tree.managed(ctx)
    row = await _find(ctx, params["PolicyId"])
    target = (await tree.target(ctx, org, params["TargetId"]))["TargetId"]
    same = await _attached_of_type(ctx, target, row["type"])
    if row["policy_id"] not in same:
        raise AwsError(
            "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the specified root.",
        )
    if row["type"] == tree.SERVICE_CONTROL and len(same) == 1:
        raise AwsError(
            "ConstraintViolationException",
            "You cannot remove the last policy attached to the specified target. You should have"
            " at least one attached at any time.",
            Reason="MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        )
    await org_policies.detach(ctx.db, target, row["policy_id"])
    return {}


async def describe_effective_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What the policies of a type come to for an account: the root's, its units' and its own.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html
    """
    org, kind = await tree.find(ctx), params["PolicyType"]
    number = params.get("TargetId") or ctx.principal.account_number
    if number != ctx.principal.account_number or org["is_management"]:
        await tree.managed(ctx)
    elif not org["is_management"]:
        # a member cannot see what lies above it; its management account can
        raise AwsError(
            "AccessDeniedException", "You don't have permissions to access this resource."
        )
    rows = {row["account_number"]: row for row in await organizations.members(ctx.db)}
    if number not in rows:
        raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")
    way = await _way(ctx, rows[number])
    attached = await org_policies.attached(ctx.db)
    by_id = {row["policy_id"]: row for row in await _of_type(ctx, kind)}
    effective: dict[str, Any] = {}
    latest: datetime | None = None
    for place in way:
        for one in attached:
            if one["target_id"] == place and one["policy_id"] in by_id:
                document = orjson.loads(by_id[one["policy_id"]]["content"])
                effective = _inherited(effective, document)
                latest = ctx.now
    if kind not in org["policy_types"] or latest is None:
        raise AwsError(
            "EffectivePolicyNotFoundException",
            "If you ran this action on the management account, this policy type is not enabled. If"
            " you ran the action on a member account, the account doesn't have an effective policy"
            " of this type.",
        )
    return {
        "EffectivePolicy": {
            "PolicyContent": orjson.dumps(effective).decode(),
            "LastUpdatedTimestamp": latest,
            "TargetId": number,
            "PolicyType": kind,
        }
    }


async def _way(ctx: Context, member: Any) -> list[str]:
    """From the root down to an account."""
    parents = {row["ou_id"]: row["parent_id"] for row in await organizations.units(ctx.db)}
    way, at = [member["account_number"]], member["parent_id"]
    while at is not None:
        way.append(at)
        at = parents.get(at)
    return way[::-1]


def _inherited(parent: Any, child: Any) -> Any:
    """A policy below another, by AWS's operators of inheritance."""
    if not isinstance(child, dict):
        return child
    if "@@assign" in child:
        return child["@@assign"]
    if "@@append" in child or "@@remove" in child:
        had = parent if isinstance(parent, list) else []
        kept = [one for one in had if one not in child.get("@@remove", [])]
        return kept + [one for one in child.get("@@append", []) if one not in kept]
    found = dict(parent) if isinstance(parent, dict) else {}
    for name, value in child.items():
        if not name.startswith("@@"):
            found[name] = _inherited(found.get(name), value)
    return found


async def _find(ctx: Context, policy_id: str) -> Any:
    if policy_id == org_policies.FULL_ACCESS:
        return _FULL_ACCESS
    row = await org_policies.find(ctx.db, policy_id)
    if row is None:
        raise AwsError("PolicyNotFoundException", "You specified a policy that doesn't exist.")
    return row


def _own(row: Any) -> Any:
    if row["aws_managed"]:
        raise AwsError(
            "PolicyChangesInProgressException"
            if row["policy_id"] != org_policies.FULL_ACCESS
            else "AccessDeniedException",
            "You can't change an AWS managed policy.",
        )
    return row


async def _of_type(ctx: Context, kind: str) -> list[Any]:
    rows = [row for row in await org_policies.LISTING.page(ctx.db) if row["type"] == kind]
    return [_FULL_ACCESS, *rows] if kind == tree.SERVICE_CONTROL else rows


async def _attached_of_type(ctx: Context, target: str, kind: str) -> set[str]:
    known = {row["policy_id"] for row in await _of_type(ctx, kind)}
    attached = await org_policies.attached(ctx.db, target_id=target)
    return {row["policy_id"] for row in attached} & known


def _document(kind: str, content: str) -> str:
    """The document to the letter, if it is one; MalformedPolicyDocumentException."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    good = isinstance(document, dict) and len(content.encode()) <= MOST_BYTES
    if good and kind == tree.SERVICE_CONTROL:
        statements = document.get("Statement")
        statements = [statements] if isinstance(statements, dict) else statements
        good = isinstance(statements, list) and all(map(_is_statement, statements))
    if not good:
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy"
            " type.",
        )
    return content


def _is_statement(statement: Any) -> bool:
    """Whether it can stand in a service control policy, which names no principal."""
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in ("Allow", "Deny")
        and ("Action" in statement) != ("NotAction" in statement)
        and ("Resource" in statement) != ("NotResource" in statement)
        and not {"Principal", "NotPrincipal"} & set(statement)
    )


def _is_full_access(row: Any) -> bool:
    return bool(row["type"] == tree.SERVICE_CONTROL and row["name"] == _FULL_ACCESS["name"])


def _listed(ctx: Context, params: dict[str, Any], rows: list[Any]) -> dict[str, Any]:
    shown, token = tree.paged(ctx, params, rows, lambda row: str(row["policy_id"]))
    return {"Policies": [_summary(row) for row in shown], "NextToken": token}


def _summary(row: Any) -> dict[str, Any]:
    return {
        "Id": row["policy_id"],
        "Arn": row["arn"],
        "Name": row["name"],
        "Description": row["description"],
        "Type": row["type"],
        "AwsManaged": row["aws_managed"],
    }


def _shown(row: Any) -> dict[str, Any]:
    return {"PolicySummary": _summary(row), "Content": row["content"]}


def _duplicate() -> AwsError:
    return AwsError("DuplicatePolicyException", "A policy with the same name already exists.")
