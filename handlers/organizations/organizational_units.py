"""Units of an organization, and what is in what."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.organizations import tree
from handlers.organizations.cloud_accounts import member
from models import org_policies, organizations, single_rows, tags

NOUN = "cloud_accounts"
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
DEEPEST = 5


async def create_organizational_unit(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new unit in a root or unit; every call stays allowed in it until a policy says else."""
    org = await tree.managed(ctx)
    parent = await tree.parent(ctx, org, params["ParentId"])
    every = {row["ou_id"]: row for row in await organizations.units(ctx.db)}
    depth, at = 1, parent
    while at in every:
        depth, at = depth + 1, every[at]["parent_id"]
    if depth > DEEPEST:
        raise AwsError(
            "ConstraintViolationException",
            "You have reached the maximum depth of nested organizational units.",
            Reason="OU_DEPTH_LIMIT_EXCEEDED",
        )
    suffix = organizations.derived(8, ctx.request_id)
    ou_id = f"ou-{org['root_id'].removeprefix('r-')}-{suffix}"
    arn = organizations.unit_arn(org["management_number"], org["organization_id"], ou_id)
    row = {"ou_id": ou_id, "arn": arn, "parent_id": parent, "name": params["Name"],
           "tags": {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()},
           "created_at": ctx.now}  # fmt: skip
    async with ctx.db.transaction():
        if not await single_rows.insert(ctx.db, "organizational_units", row):
            raise _duplicate()
        await org_policies.attach(ctx.db, ou_id, org_policies.FULL_ACCESS, ctx.now)
    return {"OrganizationalUnit": _shown(row)}


async def describe_organizational_unit(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One unit."""
    await tree.managed(ctx)
    return {"OrganizationalUnit": _shown(await _find(ctx, params["OrganizationalUnitId"]))}


async def update_organizational_unit(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Call a unit otherwise."""
    await tree.managed(ctx)
    row, name = await _find(ctx, params["OrganizationalUnitId"]), params.get("Name")
    if name and name != row["name"]:
        siblings = await organizations.units(ctx.db, row["parent_id"])
        if any(one["name"] == name for one in siblings):
            raise _duplicate()
        await organizations.rename_unit(ctx.db, row["ou_id"], name)
    return {"OrganizationalUnit": _shown(dict(row) | {"name": name or row["name"]})}


async def delete_organizational_unit(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a unit that has nothing in it."""
    await tree.managed(ctx)
    row = await _find(ctx, params["OrganizationalUnitId"])
    async with ctx.db.transaction():
        if not await organizations.delete_unit(ctx.db, row["ou_id"]):
            raise AwsError(
                "OrganizationalUnitNotEmptyException",
                "The specified OU is not empty. Move all accounts to another root or to other OUs,"
                " remove all child OUs, and try the operation again.",
            )
        await org_policies.detach_all(ctx.db, row["ou_id"])
    return {}


async def list_organizational_units_for_parent(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The units directly in a root or unit."""
    org = await tree.managed(ctx)
    parent = await tree.parent(ctx, org, params["ParentId"])
    rows = await organizations.units(ctx.db, parent)
    shown, token = tree.paged(ctx, params, rows, lambda row: str(row["ou_id"]))
    return {"OrganizationalUnits": [_shown(row) for row in shown], "NextToken": token}


async def list_children(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The accounts or units directly in a root or unit, by their ids."""
    org = await tree.managed(ctx)
    parent, kind = await tree.parent(ctx, org, params["ParentId"]), params["ChildType"]
    if kind == "ACCOUNT":
        rows = organizations.children_of(parent, await organizations.members(ctx.db))
        ids = [row["account_number"] for row in rows]
    else:
        ids = [row["ou_id"] for row in await organizations.units(ctx.db, parent)]
    shown, token = tree.paged(ctx, params, ids, str)
    return {"Children": [{"Id": one, "Type": kind} for one in shown], "NextToken": token}


async def list_parents(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Where an account or unit is."""
    org, child = await tree.managed(ctx), params["ChildId"]
    if child.startswith("ou-"):
        rows = [row for row in await organizations.units(ctx.db) if row["ou_id"] == child]
    else:
        rows = [row for row in await organizations.members(ctx.db)
                if row["account_number"] == child]  # fmt: skip
    if not rows:
        raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
    parent = rows[0]["parent_id"]
    kind = "ROOT" if parent == org["root_id"] else "ORGANIZATIONAL_UNIT"
    return {"Parents": [{"Id": parent, "Type": kind}]}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of an account, unit, root or policy."""
    await tree.managed(ctx)
    kind, own_id = await tagged(ctx, params["ResourceId"])
    marks = await tags.listed(ctx.db, kind, own_id)
    shown, token = tree.paged(ctx, params, list(marks.items()), lambda one: one[0])
    return {"Tags": [{"Key": key, "Value": value} for key, value in shown], "NextToken": token}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on an account, unit, root or policy."""
    await tree.managed(ctx)
    kind, own_id = await tagged(ctx, params["ResourceId"])
    marks = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
    if any(key.lower().startswith("aws:") for key in marks):
        raise tree.invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You can't use aws: as a prefix.")
    if not await tags.merge(ctx.db, kind, own_id, marks):
        raise AwsError(
            "ConstraintViolationException",
            "You have exceeded the number of tags allowed.",
            Reason="MAX_TAG_LIMIT_EXCEEDED",
        )
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off again."""
    await tree.managed(ctx)
    kind, own_id = await tagged(ctx, params["ResourceId"])
    await tags.remove(ctx.db, kind, own_id, params["TagKeys"])
    return {}


async def tagged(ctx: Context, resource_id: str) -> tuple[str, str]:
    """The type and id by which tags of a resource are kept; TargetNotFoundException."""
    if resource_id.startswith("p-"):
        row = await org_policies.find(ctx.db, resource_id)
        if row is not None:
            return "org_policy", row["arn"]
    elif resource_id.startswith("ou-"):
        return "organizational_unit", (await _find(ctx, resource_id, "TargetNotFoundException"))[
            "arn"
        ]
    elif resource_id.startswith("r-"):
        if resource_id == (await tree.find(ctx))["root_id"]:
            return "organization_root", resource_id
    elif resource_id.isdecimal():
        try:
            return "organization_account", (await member(ctx, resource_id))["account_number"]
        except AwsError:
            pass
    raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")


async def _find(ctx: Context, ou_id: str, code: str = "OrganizationalUnitNotFoundException") -> Any:
    for row in await organizations.units(ctx.db):
        if row["ou_id"] == ou_id:
            return row
    raise AwsError(code, "You specified an organizational unit that doesn't exist.")


def _shown(row: Any) -> dict[str, Any]:
    return {"Id": row["ou_id"], "Arn": row["arn"], "Name": row["name"]}


def _duplicate() -> AwsError:
    return AwsError(
        "DuplicateOrganizationalUnitException", "An OU with the same name already exists."
    )
