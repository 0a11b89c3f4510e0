"""Managed policies and their versions: the customer's own, and AWS's to look at.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html and the pages of
the operations beside it.
"""

import re
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam.identities import (
    TAGS,
    arn,
    checked_document,
    checked_name,
    checked_path,
    exists,
    list_page,
    no_such,
    paged,
    quoted,
    shown_tags,
)
from handlers.iam.identity_changes import tag_page
from handlers.iam.policy_view import of_aws, shown_version
from handlers.iam.policy_view import shown as shown_policy
from models import managed_policies, policies, tags
from models.managed_policies import ManagedPolicy

MOST_VERSIONS = 5
_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy/[\x21-\x7e]+")


async def create_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A policy of the customer's own, which nobody has yet."""
    name, path = checked_name("policy", params["PolicyName"]), checked_path(params.get("Path"))
    text = checked_document(params["PolicyDocument"])
    own = arn(ctx, "policy", path, name)
    tagged = TAGS.checked(params.get("Tags"))
    made = await policies.create(
        ctx.db, name, path, own, params.get("Description"), tagged, ctx.now, text
    )
    if not made:
        raise exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    return {"Policy": _one(await policies.find(ctx.db, own), described=False)}


async def get_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A policy with all that is known of it but its document."""
    found = managed_policies.every().get(params["PolicyArn"])
    if found is not None:
        uses = (await policies.uses_of_aws(ctx.db)).get(found.arn)
        return {"Policy": _aws(ctx, found, uses, described=True)}
    return {"Policy": _one(await _find(ctx, params["PolicyArn"]), described=True)}


async def list_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Policies by ARN: all, AWS's or the customer's own."""
    scope = params.get("Scope") or "All"
    shown: list[dict[str, Any]] = []
    if scope in ("All", "Local"):
        shown += [_one(row, described=False) for row in await policies.listed(ctx.db)]
    if scope in ("All", "AWS"):
        uses = await policies.uses_of_aws(ctx.db)
        shown += [
            _aws(ctx, one, uses.get(one.arn), described=False)
            for one in managed_policies.every().values()
        ]
    kept = [one for one in shown if _asked_for(one, params)]
    asked = list_page(ctx, params)
    kept.sort(key=lambda one: str(one["Arn"]))
    listed, token = asked.cut_items(kept, lambda one: str(one["Arn"]))
    return paged("Policies", listed, token)


async def delete_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy that nobody has, with its one version."""
    async with ctx.db.transaction():
        row = await _own(ctx, params["PolicyArn"])
        if row["attachments"] or row["boundaries"]:
            raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
        if len(await policies.versions(ctx.db, row["id"])) > 1:
            raise AwsError(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must"
                " delete the policy's versions. The default version is deleted with the policy.",
                409,
            )
        await policies.delete(ctx.db, row["id"])
    return {}


async def create_policy_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A further version, perhaps the one that holds from now on."""
    text = checked_document(params["PolicyDocument"])
    default = bool(params.get("SetAsDefault"))
    async with ctx.db.transaction():
        row = await _own(ctx, params["PolicyArn"])
        if len(await policies.versions(ctx.db, row["id"])) >= MOST_VERSIONS:
            raise AwsError(
                "LimitExceeded",
                f"A managed policy can have up to {MOST_VERSIONS} versions. Before you create a"
                " new version, you must delete an existing version.",
                409,
            )
        number = await policies.add_version(ctx.db, row["id"], text, ctx.now, default)
    return {
        "PolicyVersion": {
            "VersionId": f"v{number}",
            "IsDefaultVersion": default,
            "CreateDate": ctx.now,
        }
    }


async def get_policy_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A version with its document."""
    found = managed_policies.every().get(params["PolicyArn"])
    if found is not None:
        if params["VersionId"] != f"v{found.version}":
            raise _no_version(params["PolicyArn"], params["VersionId"])
        return {
            "PolicyVersion": shown_version(*of_aws(ctx, found))
            | {"Document": quoted(found.document)}
        }
    row = await _find(ctx, params["PolicyArn"])
    version = await _version(ctx, row, params["VersionId"])
    return {
        "PolicyVersion": shown_version(row, version) | {"Document": quoted(version["document"])}
    }


async def list_policy_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The versions of a policy, the newest first."""
    found = managed_policies.every().get(params["PolicyArn"])
    asked = list_page(ctx, params)
    if found is not None:
        return paged("Versions", [shown_version(*of_aws(ctx, found))], None)
    row = await _find(ctx, params["PolicyArn"])
    versions = await policies.versions(ctx.db, row["id"])
    shown, token = asked.cut_items(versions, lambda one: f"{10**6 - one['version']:07}")
    return paged("Versions", [shown_version(row, one) for one in shown], token)


async def set_default_policy_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Choose the version that holds."""
    async with ctx.db.transaction():
        row = await _own(ctx, params["PolicyArn"])
        version = await _version(ctx, row, params["VersionId"])
        await policies.choose_version(ctx.db, row["id"], version["version"], ctx.now)
    return {}


async def delete_policy_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a version that does not hold."""
    async with ctx.db.transaction():
        row = await _own(ctx, params["PolicyArn"])
        version = await _version(ctx, row, params["VersionId"])
        if version["version"] == row["default_version"]:
            raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.", 409)
        await policies.delete_version(ctx.db, row["id"], version["version"])
    return {}


async def list_policy_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A policy's tags; AWS's own have none."""
    tagged: dict[str, str] = {}
    if params["PolicyArn"] not in managed_policies.every():
        tagged = (await _find(ctx, params["PolicyArn"]))["tags"]
    return tag_page(ctx, params, tagged)


async def tag_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a policy."""
    row = await _own(ctx, params["PolicyArn"])
    await TAGS.put(ctx.db, "policy", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a policy."""
    row = await _own(ctx, params["PolicyArn"])
    await tags.remove(ctx.db, "policy", row["arn"], params["TagKeys"])
    return {}


async def _find(ctx: Context, policy_arn: str) -> Any:
    if not _ARN.fullmatch(policy_arn):
        raise AwsError("ValidationError", f"ARN {policy_arn} is not valid.")
    row = await policies.find(ctx.db, policy_arn)
    if row is None:
        raise no_such(f"Policy {policy_arn} was not found.")
    return row


async def _own(ctx: Context, policy_arn: str) -> Any:
    """A policy that is the customer's to change."""
    if policy_arn in managed_policies.every():
        raise AwsError(
            "AccessDenied",
            f"User: {ctx.principal.arn} is not authorized to perform:"
            f" iam:{ctx.operation.name if ctx.operation else ''} on resource: policy {policy_arn}",
            403,
        )
    return await _find(ctx, policy_arn)


async def _version(ctx: Context, row: Any, version_id: str) -> Any:
    for one in await policies.versions(ctx.db, row["id"]):
        if f"v{one['version']}" == version_id:
            return one
    raise _no_version(row["arn"], version_id)


def _no_version(policy_arn: str, version_id: str) -> AwsError:
    return no_such(f"Policy {policy_arn} version {version_id} does not exist or is not attachable.")


def _asked_for(shown: dict[str, Any], params: dict[str, Any]) -> bool:
    usage = params.get("PolicyUsageFilter")
    attached = bool(shown["AttachmentCount"])
    bounding = bool(shown["PermissionsBoundaryUsageCount"])
    used = bounding if usage == "PermissionsBoundary" else attached
    return (
        (not params.get("OnlyAttached") or attached or bounding)
        and (not usage or used)
        and str(shown["Path"]).startswith(params.get("PathPrefix") or "/")
    )


def _one(row: Any, *, described: bool) -> dict[str, Any]:
    more = {"Description": row["description"] or "", "Tags": TAGS.shown(row["tags"])}
    return shown_policy(row) | (more if described else _tags_only(row))


def _tags_only(row: Any) -> dict[str, Any]:
    tagged = shown_tags(row["tags"])
    return {"Tags": tagged} if tagged else {}


def _aws(ctx: Context, one: ManagedPolicy, uses: Any, *, described: bool) -> dict[str, Any]:
    shown = shown_policy(of_aws(ctx, one, uses)[0])
    return shown | ({"Description": one.description, "Tags": []} if described else {})
