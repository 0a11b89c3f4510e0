"""Parameter groups, and the parameters in them.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheParameterGroup.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import identifiers, lists, tags
from models import cache_parameter_groups, cache_parameters
from models.cache_parameters import Parameter

SOURCES = ("user", "system", "engine-default")


async def describe_cache_parameter_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The default groups, and those of the account."""
    page = lists.page(ctx, params)
    asked = params.get("CacheParameterGroupName")
    if asked:
        return {"CacheParameterGroups": [_shown(ctx, await _find(ctx, asked))]}
    own = await cache_parameter_groups.LISTING.page(ctx.db, region=ctx.region)
    found = [*(_default(name) for name in cache_parameters.defaults()), *map(dict, own)]
    found.sort(key=lambda group: str(group["name"]))
    part, marker = page.cut_items(found, lambda group: str(group["name"]))
    return {"CacheParameterGroups": [_shown(ctx, group) for group in part], "Marker": marker}


async def create_cache_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group of the account's own, with the family's defaults."""
    name = identifiers.new("CacheParameterGroupName", params["CacheParameterGroupName"], 255)
    family = params["CacheParameterGroupFamily"]
    if family not in cache_parameters.families():
        raise AwsError(
            "InvalidParameterValue", f"CacheParameterGroupFamily {family} is not a valid family."
        )
    row = {
        "name": name,
        "region": ctx.region,
        "arn": arn(ctx, "elasticache", f"parametergroup:{name}"),
        "family": family,
        "description": params["Description"],
        "tags": tags.given(params),
        "created_at": ctx.now,
    }
    async with ctx.db.transaction():
        if not await cache_parameter_groups.insert(ctx.db, row):
            raise AwsError(
                "CacheParameterGroupAlreadyExists", f"Parameter group {name} already exists"
            )
    return {"CacheParameterGroup": _shown(ctx, row)}


async def modify_cache_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Other values of some parameters."""
    async with ctx.db.transaction():
        group = await _own(ctx, params["CacheParameterGroupName"])
        known = {one.name: one for one in cache_parameters.of(group["family"])}
        wanted = dict(group["parameters"])
        for one in params["ParameterNameValues"]:
            name, value = one.get("ParameterName", ""), one.get("ParameterValue", "")
            _check(known.get(name), name, value)
            wanted[name] = value
        await cache_parameter_groups.update(ctx.db, ctx.region, group["name"], wanted)
    return {"CacheParameterGroupName": group["name"]}


async def delete_cache_parameter_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that no cache uses."""
    async with ctx.db.transaction():
        group = await _own(ctx, params["CacheParameterGroupName"])
        if not await cache_parameter_groups.delete(ctx.db, ctx.region, group["name"]):
            raise AwsError(
                "InvalidCacheParameterGroupState",
                f"One or more cache clusters are still members of this parameter group"
                f" {group['name']}, so the group cannot be deleted.",
            )
    return {}


async def describe_cache_parameters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a group, or those from one source."""
    page = lists.page(ctx, params)
    group = await _find(ctx, params["CacheParameterGroupName"])
    source, own = params.get("Source"), group["parameters"]
    if source and source not in SOURCES:
        raise AwsError("InvalidParameterValue", f"Invalid source: {source}")
    known = [
        _parameter(group["family"], one, own, sharded=group["name"].endswith(".cluster.on"))
        for one in cache_parameters.of(group["family"])
    ]
    known = [one for one in known if source in (None, "", one["Source"])]
    part, marker = page.cut_items(known, lambda one: str(one["ParameterName"]))
    return {"Parameters": part, "Marker": marker}


async def describe_engine_default_parameters(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The parameters of a family, as they are where nobody changed them."""
    page = lists.page(ctx, params)
    family = params["CacheParameterGroupFamily"]
    if family not in cache_parameters.families():
        raise AwsError(
            "InvalidParameterValue", f"CacheParameterGroupFamily {family} is not a valid family."
        )
    known = [_parameter(family, one, {}) for one in cache_parameters.of(family)]
    part, marker = page.cut_items(known, lambda one: str(one["ParameterName"]))
    shown = {"CacheParameterGroupFamily": family, "Parameters": part, "Marker": marker}
    return {"EngineDefaults": {key: value for key, value in shown.items() if value is not None}}


async def _find(ctx: Context, name: str) -> dict[str, Any]:
    plain = name.lower()
    if plain in cache_parameters.defaults():
        return _default(plain)
    row = await cache_parameter_groups.find_one(ctx.db, ctx.region, plain)
    if row is None:
        raise identifiers.not_found("parameter group", name)
    return dict(row)


async def _own(ctx: Context, name: str) -> dict[str, Any]:
    group = await _find(ctx, name)
    if group["name"].startswith("default."):
        raise AwsError(
            "InvalidParameterValue", f"The default parameter group {name} cannot be changed."
        )
    return group


def _default(name: str) -> dict[str, Any]:
    family = cache_parameters.defaults()[name]
    sharded = " with cluster mode on" if name.endswith(".cluster.on") else ""
    description = f"Default parameter group for {family}{sharded}"
    return {"name": name, "family": family, "description": description, "parameters": {}}


def _shown(ctx: Context, group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "CacheParameterGroupName": group["name"],
        "CacheParameterGroupFamily": group["family"],
        "Description": group["description"],
        "IsGlobal": False,
        "ARN": arn(ctx, "elasticache", f"parametergroup:{group['name']}"),
    }


def _parameter(
    family: str, one: Parameter, own: Mapping[str, str], *, sharded: bool = False
) -> dict[str, Any]:
    version = family.lstrip("abcdefghijklmnopqrstuvwxyz").replace("x", "0")
    value = "yes" if sharded and one.name == "cluster-enabled" else own.get(one.name, one.value)
    return {
        "ParameterName": one.name,
        "ParameterValue": value,
        "Description": one.text,
        "Source": "user" if one.name in own else "system",
        "DataType": one.kind,
        "AllowedValues": one.allowed,
        "IsModifiable": one.modifiable,
        "MinimumEngineVersion": version if "." in version else f"{version}.0",
        "ChangeType": "requires-reboot" if one.needs_reboot else "immediate",
    }


def _check(parameter: Parameter | None, name: str, value: str) -> None:
    if parameter is None:
        raise AwsError("InvalidParameterValue", f"The parameter {name} is not a valid parameter.")
    if not parameter.modifiable:
        raise AwsError("InvalidParameterValue", f"The parameter {name} cannot be modified.")
    if not cache_parameters.is_allowed(parameter, value):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({value}) is invalid for parameter {name}. Allowed: {parameter.allowed}",
        )
