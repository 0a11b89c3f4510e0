"""Parameters: the account's own, and those of AWS that name images.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html and
the pages of the operations beside it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulator import arns, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from models import parameters, tags
from models.listing import Condition

TAGS = TagRules(code="ValidationException", too_many="TooManyTagsError")
NAME = re.compile(r"[A-Za-z0-9_./-]+")
MOST_LEVELS = 15
STANDARD_SIZE, ADVANCED_SIZE = 4096, 8192
DEFAULT_SIZE, MOST_NAMES = 10, 10
FILTERS = {"Type": "kind", "Tier": "tier", "DataType": "data_type", "Name": "name"}


async def put_parameter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new parameter, or with Overwrite the next version of one."""
    name = _checked_name(params["Name"])
    if params.get("Policies") not in (None, "", "[]"):
        raise AwsError("InvalidPolicyTypeException", "Parameter policies are not supported here.")
    tier = _tier(params)
    _check_pattern(params)
    [*before] = await parameters.OWN.page(ctx.db, region=ctx.region, ids=[name])
    kind = params.get("Type") or (before[0]["kind"] if before else None)
    if kind is None:
        raise AwsError(
            "ValidationException",
            "A parameter type is required when you create a parameter.",
        )
    value = _sealed(ctx, name, params["Value"]) if kind == "SecureString" else params["Value"]
    data_type = params.get("DataType") or "text"
    if before:
        if not params.get("Overwrite"):
            raise _taken()
        version = await parameters.change(
            ctx.db, ctx.region, name, value, kind, params.get("Description"), tier, data_type,
            ctx.principal.arn, ctx.now,
        )  # fmt: skip
        return {"Version": version, "Tier": tier}
    row = {
        "name": name,
        "arn": _arn(ctx, name),
        "region": ctx.region,
        "kind": kind,
        "value": value,
        "description": params.get("Description"),
        "tier": tier,
        "data_type": data_type,
        "key_id": (params.get("KeyId") or "alias/aws/ssm") if kind == "SecureString" else None,
        "modified_by": ctx.principal.arn,
        "modified_at": ctx.now,
        "created_at": ctx.now,
        "tags": TAGS.checked(params.get("Tags")),
    }
    if not await parameters.insert(ctx.db, row):
        raise _taken()
    return {"Version": 1, "Tier": tier}


async def get_parameter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One parameter by name or ARN, perhaps by version."""
    asked = params["Name"]
    name, version = _selected(ctx, asked)
    rows = await parameters.found(ctx.db, ctx.region, [name])
    if not rows:
        raise AwsError("ParameterNotFound", "")
    if version is not None and version != str(rows[0]["version"]):
        raise AwsError(
            "ParameterVersionNotFound",
            f"Systems Manager could not find version {version} of {name}.",
        )
    shown = _shown(ctx, rows[0], params)
    if version is not None:
        shown["Selector"] = f":{version}"
    return {"Parameter": shown}


async def get_parameters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Up to ten parameters; names of none are told."""
    if len(params["Names"]) > MOST_NAMES:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{params['Names']}' at 'names' failed to satisfy"
            " constraint: Member must have length less than or equal to 10",
        )
    asked = {one: _selected(ctx, one) for one in params["Names"]}
    rows = await parameters.found(ctx.db, ctx.region, [name for name, _ in asked.values()])
    by_name = {row["name"]: row for row in rows}
    shown, missing = [], []
    for one, (name, version) in asked.items():
        row = by_name.get(name)
        if row is None or version not in (None, str(row["version"])):
            missing.append(one)
        else:
            shown.append(_shown(ctx, row, params))
    return {"Parameters": shown, "InvalidParameters": missing}


async def get_parameters_by_path(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Parameters below a path: the next level of it, or all."""
    path = params["Path"]
    if not path.startswith("/"):
        raise AwsError(
            "ValidationException", "The parameter doesn't meet the parameter name requirements."
        )
    page = pages.page(ctx, params, default=DEFAULT_SIZE, invalid=_bad_token)
    prefix = path if path.endswith("/") else f"{path}/"
    escaped = re.sub(r"([%_\\])", r"\\\1", prefix)
    where = [Condition("name", patterns=(f"{escaped}%",))]
    where += _conditions(params.get("ParameterFilters") or ())
    # AWS's own are found by asking for them, not on the way through the account's.
    listing = parameters.LISTING if prefix.startswith("/aws/") else parameters.OWN
    rows = await listing.page(ctx.db, where, region=ctx.region, after=page.after)
    if not params.get("Recursive"):
        rows = [row for row in rows if "/" not in row["name"].removeprefix(prefix)]
    cut = rows if page.limit is None else rows[: page.limit]
    token = page.token(cut[-1]["name"]) if len(cut) < len(rows) else None
    return {"Parameters": [_shown(ctx, row, params) for row in cut], "NextToken": token}


async def describe_parameters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's own parameters, without their values."""
    if params.get("Filters") or params.get("Shared"):
        raise AwsError("InvalidFilterKey", "Use ParameterFilters; nothing is shared here.")
    page = pages.page(ctx, params, default=50, invalid=_bad_token)
    rows = await parameters.OWN.page(
        ctx.db, _conditions(params.get("ParameterFilters") or ()), region=ctx.region,
        after=page.after, limit=page.fetch,
    )  # fmt: skip
    shown, token = page.cut(rows, "name")
    return {
        "Parameters": [
            {
                "Name": row["name"],
                "ARN": row["arn"],
                "Type": row["kind"],
                "LastModifiedDate": row["modified_at"],
                "LastModifiedUser": row["modified_by"],
                "Description": row["description"],
                "Version": row["version"],
                "Tier": row["tier"],
                "DataType": row["data_type"],
            }
            for row in shown
        ],
        "NextToken": token,
    }


async def delete_parameter(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete one parameter."""
    if not await parameters.delete(ctx.db, ctx.region, [params["Name"]]):
        raise AwsError("ParameterNotFound", "")
    return {}


async def delete_parameters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete parameters; names of none are told."""
    gone = await parameters.delete(ctx.db, ctx.region, params["Names"])
    return {
        "DeletedParameters": sorted(gone),
        "InvalidParameters": [name for name in params["Names"] if name not in gone],
    }


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a parameter."""
    arn = await _tagged(ctx, params)
    return {"TagList": TAGS.shown(await tags.listed(ctx.db, "parameter", arn))}


async def add_tags_to_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a parameter."""
    arn = await _tagged(ctx, params)
    await TAGS.put(ctx.db, "parameter", arn, TAGS.checked(params["Tags"]))
    return {}


async def remove_tags_from_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a parameter."""
    await tags.remove(ctx.db, "parameter", await _tagged(ctx, params), params["TagKeys"])
    return {}


async def _tagged(ctx: Context, params: Mapping[str, Any]) -> str:
    if params["ResourceType"] != "Parameter":
        raise AwsError("InvalidResourceType", "")
    rows = await parameters.OWN.page(ctx.db, region=ctx.region, ids=[params["ResourceId"]])
    if not rows:
        raise AwsError("InvalidResourceId", "")
    return str(rows[0]["arn"])


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name) or name.lstrip("/").lower().startswith(("aws", "ssm")):
        raise AwsError(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). It can'
            " consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix"
            " of letters, numbers and the following 3 symbols .-_",
        )
    if "/" in name and not name.startswith("/"):
        raise AwsError("ValidationException", "Parameter name must be a fully qualified name.")
    if name.count("/") > MOST_LEVELS:
        raise AwsError(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have at most {MOST_LEVELS} levels.",
        )
    return name


def _tier(params: Mapping[str, Any]) -> str:
    size, wanted = len(params["Value"].encode()), params.get("Tier") or "Standard"
    if size > ADVANCED_SIZE or (size > STANDARD_SIZE and wanted == "Standard"):
        limit = ADVANCED_SIZE if wanted != "Standard" else STANDARD_SIZE
        raise AwsError(
            "ValidationException",
            f"{wanted} tier parameters support a maximum parameter value of {limit} characters.",
        )
    if wanted == "Intelligent-Tiering":
        return "Advanced" if size > STANDARD_SIZE else "Standard"
    return str(wanted)


def _check_pattern(params: Mapping[str, Any]) -> None:
    """Refuse a pattern for values: a client's expression could be made slow."""
    if params.get("AllowedPattern"):
        raise AwsError("InvalidAllowedPatternException", "Allowed patterns are not supported here.")


def _selected(ctx: Context, asked: str) -> tuple[str, str | None]:
    """The name and version of `name`, `name:version` or an ARN."""
    name = asked
    if asked.startswith("arn:"):
        parts = asked.split(":", 5)
        name = parts[5].removeprefix("parameter") if len(parts) == 6 else asked
        if not name.startswith("/aws/") and name.count("/") == 1:
            name = name[1:]
    name, _, version = name.partition(":")
    return name, version or None


def _shown(ctx: Context, row: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    value = row["value"]
    if row["kind"] == "SecureString" and params.get("WithDecryption"):
        value = ctx.vault.open_token(_purpose(ctx, row["name"]), value)
    return {
        "Name": row["name"],
        "Type": row["kind"],
        "Value": value,
        "Version": row["version"],
        "LastModifiedDate": row["modified_at"],
        "ARN": row["arn"],
        "DataType": row["data_type"],
    }


def _sealed(ctx: Context, name: str, value: str) -> str:
    """A secret value as it is stored, and shown to who does not ask for its decryption."""
    return ctx.vault.seal_token(_purpose(ctx, name), value)


def _purpose(ctx: Context, name: str) -> str:
    return f"parameter|{ctx.principal.account_number}|{ctx.region}|{name}"


def _conditions(filters: Sequence[Mapping[str, Any]]) -> list[Condition]:
    found = []
    for one in filters:
        column, option = FILTERS.get(one["Key"]), one.get("Option") or "Equals"
        values = one.get("Values") or []
        if column is None:
            raise AwsError("InvalidFilterKey", f"The filter key {one['Key']} is not supported.")
        if option == "BeginsWith":
            escaped = [re.sub(r"([%_\\])", r"\\\1", value) for value in values]
            found.append(Condition(column, patterns=tuple(f"{value}%" for value in escaped)))
        elif option == "Equals":
            found.append(Condition(column, tuple(values)))
        else:
            raise AwsError("InvalidFilterOption", f"The option {option} is not supported.")
    return found


def _arn(ctx: Context, name: str) -> str:
    return arns.arn(ctx, "ssm", f"parameter{'' if name.startswith('/') else '/'}{name}")


def _taken() -> AwsError:
    return AwsError(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the"
        " request to true.",
    )


def _bad_token() -> AwsError:
    return AwsError("InvalidNextToken", "The specified token is not valid.")
