"""Parameter groups of databases and of clusters.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBParameterGroup.html. Every
family has a default group, which is seen by all and changed by none.
"""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers, lists, tags
from handlers.rds.engine_versions import unknown_family
from handlers.rds.identifiers import CLUSTER_PARAMETER_GROUP, PARAMETER_GROUP, Noun
from models import rds_engines, rds_parameter_groups

NOUNS = {"instance": PARAMETER_GROUP, "cluster": CLUSTER_PARAMETER_GROUP}
HEADS = {"instance": "DBParameterGroup", "cluster": "DBClusterParameterGroup"}


async def describe_db_parameter_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's groups and the default ones."""
    return await _described(ctx, params, "instance")


async def describe_db_cluster_parameter_groups(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The account's groups for clusters and the default ones."""
    return await _described(ctx, params, "cluster")


async def create_db_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group with the defaults of its family, to be changed."""
    return await _created(ctx, params, "instance")


async def create_db_cluster_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group for clusters."""
    return await _created(ctx, params, "cluster")


async def delete_db_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that no database uses."""
    return await _deleted(ctx, params, "instance")


async def delete_db_cluster_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that no cluster uses."""
    return await _deleted(ctx, params, "cluster")


async def modify_db_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Set parameters of a group."""
    return await _modified(ctx, params, "instance")


async def modify_db_cluster_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Set parameters of a group for clusters."""
    return await _modified(ctx, params, "cluster")


async def copy_db_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another group that sets what a group of the account's own sets."""
    return await _copied(ctx, params, "instance")


async def copy_db_cluster_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another group for clusters that sets what one of the account's own sets."""
    return await _copied(ctx, params, "cluster")


async def describe_db_parameters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a group sets; an engine's own hundreds of defaults are not listed."""
    return await _parameters(ctx, params, "instance")


async def describe_db_cluster_parameters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a group for clusters sets."""
    return await _parameters(ctx, params, "cluster")


async def _described(ctx: Context, params: Mapping[str, Any], level: str) -> dict[str, Any]:
    page = lists.page(ctx, params)
    lists.wanted((), params.get("Filters"))
    noun, head = NOUNS[level], HEADS[level]
    asked = params.get(noun.parameter)
    if asked:
        found = [await _find(ctx, level, asked)]
    else:
        listing = rds_parameter_groups.LISTINGS[level]
        own = await listing.page(ctx.db, region=ctx.region)
        found = [*own, *(_default(ctx, level, family) for family, _ in rds_engines.families(level))]
        found.sort(key=lambda one: str(one["name"]))
    shown, marker = page.cut_items(found, lambda one: str(one["name"]))
    return {f"{head}s": [_shown(level, one) for one in shown], "Marker": marker}


async def _created(ctx: Context, params: Mapping[str, Any], level: str) -> dict[str, Any]:
    noun, head = NOUNS[level], HEADS[level]
    name = identifiers.new(noun, params[noun.parameter], 255)
    family = params["DBParameterGroupFamily"].lower()
    if family not in dict(rds_engines.families(level)):
        raise unknown_family(family)
    row = {
        "name": name,
        "region": ctx.region,
        "arn": arn(ctx, "rds", f"{noun.segment}:{name}"),
        "level": level,
        "family": family,
        "description": params["Description"],
        "tags": tags.given(params),
        "created_at": ctx.now,
    }
    if not await rds_parameter_groups.insert(ctx.db, row):
        raise AwsError("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    return {head: _shown(level, row)}


async def _copied(ctx: Context, params: Mapping[str, Any], level: str) -> dict[str, Any]:
    noun, head = NOUNS[level], HEADS[level]
    source = identifiers.plain(ctx, noun, params[f"Source{head}Identifier"])
    name = identifiers.new(noun, params[f"Target{head}Identifier"], 255)
    if source.startswith("default."):
        raise AwsError(
            "InvalidParameterValue",
            "Cannot copy a default parameter group: create a new parameter group instead.",
        )
    async with ctx.db.transaction():
        found = await _find(ctx, level, source)
        row = {
            "name": name,
            "region": ctx.region,
            "arn": arn(ctx, "rds", f"{noun.segment}:{name}"),
            "level": level,
            "family": found["family"],
            "description": params[f"Target{head}Description"],
            "parameters": found["parameters"],
            "tags": tags.given(params),
            "created_at": ctx.now,
        }
        if not await rds_parameter_groups.insert(ctx.db, row):
            raise AwsError(
                "DBParameterGroupAlreadyExists", f"Parameter group {name} already exists"
            )
    return {head: _shown(level, row)}


async def _deleted(ctx: Context, params: Mapping[str, Any], level: str) -> dict[str, Any]:
    noun = NOUNS[level]
    async with ctx.db.transaction():
        row = await _own(ctx, level, params[noun.parameter])
        if not await rds_parameter_groups.delete(ctx.db, level, ctx.region, row["name"]):
            raise AwsError(
                "InvalidDBParameterGroupState",
                "One or more database instances are still members of this parameter group"
                f" {row['name']}, so the group cannot be deleted",
            )
    return {}


async def _modified(ctx: Context, params: Mapping[str, Any], level: str) -> dict[str, Any]:
    noun = NOUNS[level]
    wanted = {
        one["ParameterName"]: {
            "value": one.get("ParameterValue") or "",
            "method": one.get("ApplyMethod") or "pending-reboot",
        }
        for one in params["Parameters"]
        if one.get("ParameterName")
    }
    async with ctx.db.transaction():
        row = await _own(ctx, level, params[noun.parameter])
        await rds_parameter_groups.set_parameters(ctx.db, level, ctx.region, row["name"], wanted)
    return {noun.parameter: row["name"]}


async def _parameters(ctx: Context, params: Mapping[str, Any], level: str) -> dict[str, Any]:
    page = lists.page(ctx, params)
    row = await _find(ctx, level, params[NOUNS[level].parameter])
    kept = rds_parameter_groups.settings(row)
    own = sorted(kept.items()) if params.get("Source") != "system" else []
    shown, marker = page.cut_items(own, lambda one: str(one[0]))
    return {
        "Parameters": [
            {
                "ParameterName": name,
                "ParameterValue": setting["value"],
                "Source": "user",
                "ApplyType": "dynamic",
                "DataType": "string",
                "IsModifiable": True,
                "ApplyMethod": setting["method"],
            }
            for name, setting in shown
        ],
        "Marker": marker,
    }


async def _own(ctx: Context, level: str, name: str) -> Any:
    plain = identifiers.plain(ctx, NOUNS[level], name)
    if plain.startswith("default."):
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {NOUNS[level].parameter} is not a valid identifier. Default groups"
            " cannot be changed or deleted.",
        )
    return await _find(ctx, level, plain)


async def _find(ctx: Context, level: str, name: str) -> Any:
    noun: Noun = NOUNS[level]
    plain = identifiers.plain(ctx, noun, name)
    family = plain.removeprefix("default.")
    if family != plain and family in dict(rds_engines.families(level)):
        return _default(ctx, level, family)
    row = await rds_parameter_groups.find_one(ctx.db, level, ctx.region, plain)
    if row is None:
        raise identifiers.not_found(noun, plain)
    return row


def _default(ctx: Context, level: str, family: str) -> dict[str, Any]:
    name = f"default.{family}"
    return {
        "name": name,
        "family": family,
        "description": f"Default {'cluster ' if level == 'cluster' else ''}parameter group for"
        f" {family}",
        "arn": arn(ctx, "rds", f"{NOUNS[level].segment}:{name}"),
        "parameters": {},
    }


def _shown(level: str, row: Mapping[str, Any]) -> dict[str, Any]:
    head = HEADS[level]
    return {
        f"{head}Name": row["name"],
        "DBParameterGroupFamily": row["family"],
        "Description": row["description"],
        f"{head}Arn": row["arn"],
    }
