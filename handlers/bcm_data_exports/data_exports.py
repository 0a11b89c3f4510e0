"""Data exports: made, changed, listed, deleted.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_bcmDataExports_CreateExport.html
and the pages of the operations beside it. An export is delivered when it is made or changed and
after every virtual day.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.pages import page
from emulator.tags import TagRules
from handlers.bcm_data_exports.refusals import bad_token, invalid, not_found
from models import cost_exports, data_exports, draws, s3_buckets, tags
from models.cost_exports import cost_and_usage, files, recommendations
from models.recommendations import enrollments

TAGS = TagRules(code="ValidationException", most=200)
MOST = 100
COMPRESSIONS = {"TEXT_OR_CSV": ("GZIP", "ZIP"), "PARQUET": ("PARQUET",)}


async def create_export(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make an export and deliver it for the first time."""
    given = params["Export"]
    row = await _checked(ctx, given)
    name = given["Name"]
    number = ctx.principal.account_number
    row |= {
        "name": name,
        "arn": f"arn:aws:bcm-data-exports:us-east-1:{number}:export/{name}-{draws.uuid4()}",
        "tags": TAGS.checked(params.get("ResourceTags")),
        "created_at": ctx.now,
    }
    async with ctx.db.transaction():
        if not await data_exports.insert(ctx.db, row):
            raise invalid(f"An export with the name {name} already exists.", "Name")
        await _refresh(ctx, row["arn"])
    return {"ExportArn": row["arn"]}


async def update_export(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change what an export asks for and where it goes; its name stays."""
    arn, given = params["ExportArn"], params["Export"]
    before = await _find(ctx, arn)
    if given["Name"] != before["name"]:
        raise invalid("The name of an export cannot be changed.", "Name")
    row = await _checked(ctx, given)
    async with ctx.db.transaction():
        await data_exports.change(ctx.db, arn, row)
        await _refresh(ctx, arn)
    return {"ExportArn": arn}


async def get_export(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One export, and how it fares."""
    row = await _find(ctx, params["ExportArn"])
    return {"Export": data_exports.document(row), "ExportStatus": _status(row)}


async def list_exports(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's exports by name."""
    here = page(ctx, params, default=MOST, invalid=bad_token)
    rows = await data_exports.LISTING.page(ctx.db, after=here.after, limit=here.fetch)
    shown, token = here.cut(rows, "name")
    answer: dict[str, Any] = {
        "Exports": [
            {"ExportArn": row["arn"], "ExportName": row["name"], "ExportStatus": _status(row)}
            for row in shown
        ]
    }
    return answer | {"NextToken": token} if token else answer


async def delete_export(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an export; what it wrote stays in its bucket."""
    if not await data_exports.delete(ctx.db, params["ExportArn"]):
        raise not_found("Export", params["ExportArn"])
    return {"ExportArn": params["ExportArn"]}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of an export."""
    arn = (await _find(ctx, params["ResourceArn"]))["arn"]
    here = page(ctx, params, default=MOST, invalid=bad_token)
    shown = TAGS.shown(await tags.listed(ctx.db, "data_export", arn))
    some, token = here.cut_items(shown, lambda tag: tag["Key"])
    return {"ResourceTags": some} | ({"NextToken": token} if token else {})


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on an export."""
    arn = (await _find(ctx, params["ResourceArn"]))["arn"]
    given = TAGS.checked(params["ResourceTags"])
    await TAGS.put(ctx.db, "data_export", arn, given)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off an export."""
    arn = (await _find(ctx, params["ResourceArn"]))["arn"]
    await tags.remove(ctx.db, "data_export", arn, params["ResourceTagKeys"])
    return {}


async def _find(ctx: Context, arn: str) -> Any:
    row = await data_exports.find(ctx.db, arn)
    if row is None:
        raise not_found("Export", arn)
    return row


async def _refresh(ctx: Context, arn: str) -> None:
    row = await _find(ctx, arn)
    document = data_exports.document(row)
    await data_exports.refresh(ctx.db, row, ctx.shift.days, ctx.now, document)


async def _checked(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of an export that can be delivered."""
    destination = given["DestinationConfigurations"]["S3Destination"]
    _check_output(destination["S3OutputConfigurations"])
    query = _check_query(given["DataQuery"])
    if query.table.is_today:
        await _check_enrolled(ctx)
    await _check_bucket(ctx, destination)
    return {
        "description": given.get("Description"),
        "data_query": given["DataQuery"],
        "destination": destination,
        "changed_at": ctx.now,
    }


def _check_output(output: Mapping[str, str]) -> None:
    if output["OutputType"] != "CUSTOM":
        raise invalid(f"OutputType {output['OutputType']} is not supported.", "OutputType")
    if output["Compression"] not in COMPRESSIONS[output["Format"]]:
        raise invalid(
            f"Compression {output['Compression']} is not supported for format {output['Format']}.",
            "Compression",
        )
    if output["Format"] == "PARQUET" and not files.can_write_parquet():
        raise invalid("Parquet needs pyarrow: install driftcloud[export].", "Format")


def _check_query(data_query: Mapping[str, Any]) -> cost_exports.Query:
    try:
        query = cost_exports.read(data_query["QueryStatement"], cost_exports.TABLES)
    except cost_exports.QueryError as error:
        raise invalid(str(error), "QueryStatement") from None
    for name, chosen in (data_query.get("TableConfigurations") or {}).items():
        if name != query.table.name:
            raise invalid(f"Table {name} is not part of the query.", "TableConfigurations")
        check_properties(query.table, chosen)
    if query.table is cost_and_usage.TABLE:
        chosen = (data_query.get("TableConfigurations") or {}).get(query.table.name) or {}
        without = chosen.get("INCLUDE_RESOURCES", "FALSE") == "FALSE"
        if without and any(one.column.name == "line_item_resource_id" for one in query.columns):
            raise invalid(
                "Column line_item_resource_id needs the table configuration INCLUDE_RESOURCES.",
                "QueryStatement",
            )
    return query


async def _check_enrolled(ctx: Context) -> None:
    """Recommendations are for who takes part in Cost Optimization Hub."""
    enrolment = await enrollments.find(ctx.db, enrollments.HUB)
    if enrolment["status"] != "Active":
        raise invalid("The account is not enrolled in Cost Optimization Hub.", "QueryStatement")


def check_properties(table: cost_exports.Table, chosen: Mapping[str, str]) -> None:
    """Refuse what the table cannot be told."""
    for name, value in chosen.items():
        known = next((one for one in table.properties if one.name == name), None)
        if known is None:
            raise invalid(f"{table.name} has no configuration {name}.", "TableConfigurations")
        if name == recommendations.FILTER:
            _check_filter(value)
        elif value not in known.values:
            allowed = ", ".join(known.values)
            raise invalid(f"{name} must be one of {allowed}, not {value}.", "TableConfigurations")


def _check_filter(said: str) -> None:
    try:
        recommendations.read_filter(said)
    except recommendations.FilterError as error:
        raise invalid(str(error), "TableConfigurations") from None


async def _check_bucket(ctx: Context, destination: Mapping[str, Any]) -> None:
    """A bucket of the account itself, in the region that is said."""
    owner = destination.get("S3BucketOwner")
    found = await s3_buckets.find_one(ctx.db, destination["S3Bucket"])
    if found is None or owner not in (None, ctx.principal.account_number):
        raise invalid(
            f"The S3 bucket {destination['S3Bucket']} does not exist or cannot be written to.",
            "S3Bucket",
        )
    if found["region"] != destination["S3Region"]:
        raise invalid(
            f"The S3 bucket {destination['S3Bucket']} is in the region {found['region']}.",
            "S3Region",
        )
    if not destination["S3Prefix"].strip("/"):
        raise invalid("S3Prefix cannot be empty.", "S3Prefix")


def _status(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {
        "StatusCode": row["status"],
        "StatusReason": row["status_reason"],
        "CreatedAt": row["created_at"],
        "LastUpdatedAt": row["changed_at"],
        "LastRefreshedAt": row["last_refreshed_at"],
    }
    return {name: value for name, value in said.items() if value is not None}
