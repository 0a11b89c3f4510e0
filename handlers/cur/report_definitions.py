"""Reports: defined, changed, described, deleted.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_cur_PutReportDefinition.html
and the pages of the operations beside it. A report is delivered when it is put or modified and
after every virtual day. A bill once closed never changes here: RefreshClosedReports adds nothing.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from emulator.tags import TagRules
from models import report_definitions, s3_buckets, tags
from models.cost_exports import files

TAGS = TagRules(code="ValidationException", most=200)
MOST_REPORTS = 10
MOST = 5
# format → compressions that go with it, artifacts that go with it
FORMATS = {"textORcsv": ("GZIP", "ZIP"), "Parquet": ("Parquet",)}
ARTIFACTS = {"ATHENA": "Parquet", "REDSHIFT": "textORcsv", "QUICKSIGHT": "textORcsv"}


async def put_report_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Define a report and deliver it for the first time."""
    definition = await _checked(ctx, params["ReportDefinition"])
    name = definition["ReportName"]
    async with ctx.db.transaction():
        if len(await report_definitions.LISTING.page(ctx.db)) >= MOST_REPORTS:
            raise AwsError(
                "ReportLimitReachedException",
                f"You cannot have more than {MOST_REPORTS} report definitions.",
            )
        row = {
            "name": name,
            "arn": f"arn:aws:cur:us-east-1:{ctx.principal.account_number}:definition/{name}",
            "definition": definition,
            "tags": TAGS.checked(params.get("Tags")),
            "created_at": ctx.now,
        }
        if not await report_definitions.insert(ctx.db, row):
            raise AwsError(
                "DuplicateReportNameException", f"A report with the name {name} already exists."
            )
        await _refresh(ctx, name)
    return {}


async def modify_report_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put another definition in the place of one; its name stays."""
    name = params["ReportName"]
    definition = await _checked(ctx, params["ReportDefinition"])
    if definition["ReportName"] != name:
        raise _invalid("The name of a report cannot be changed.")
    async with ctx.db.transaction():
        if not await report_definitions.change(ctx.db, name, definition):
            raise _invalid(f"Report {name} does not exist.")
        await _refresh(ctx, name)
    return {}


async def describe_report_definitions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's reports by name, five at a time."""
    here = page(ctx, params, default=MOST, invalid=_bad_token)
    rows = await report_definitions.LISTING.page(ctx.db, after=here.after, limit=here.fetch)
    shown, token = here.cut(rows, "name")
    answer: dict[str, Any] = {"ReportDefinitions": [_shown(ctx, row) for row in shown]}
    return answer | {"NextToken": token} if token else answer


async def delete_report_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a report; what it wrote stays in its bucket."""
    if not await report_definitions.delete(ctx.db, params["ReportName"]):
        raise _invalid(f"Report {params['ReportName']} does not exist.")
    return {"ResponseMessage": f"Report {params['ReportName']} was deleted."}


async def list_tags_for_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a report."""
    row = await _find(ctx, params["ReportName"])
    return {"Tags": TAGS.shown(await tags.listed(ctx.db, "report_definition", row["arn"]))}


async def tag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a report."""
    row = await _find(ctx, params["ReportName"])
    given = TAGS.checked(params["Tags"])
    await TAGS.put(ctx.db, "report_definition", row["arn"], given)
    return {}


async def untag_resource(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a report."""
    row = await _find(ctx, params["ReportName"])
    await tags.remove(ctx.db, "report_definition", row["arn"], params["TagKeys"])
    return {}


async def _find(ctx: Context, name: str) -> Any:
    row = await report_definitions.find(ctx.db, name)
    if row is None:
        raise AwsError("ResourceNotFoundException", f"Report {name} does not exist.")
    return row


async def _refresh(ctx: Context, name: str) -> None:
    row = await _find(ctx, name)
    await report_definitions.refresh(ctx.db, row, ctx.shift.days, ctx.now)


async def _checked(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """A definition that can be delivered, with AWS's defaults."""
    if given["TimeUnit"] == "MONTHLY":
        raise _invalid("TimeUnit MONTHLY is not supported in this account.")
    if given["Compression"] not in FORMATS[given["Format"]]:
        raise _invalid(
            f"Compression {given['Compression']} is not valid for format {given['Format']}."
        )
    if given["Format"] == "Parquet" and not files.can_write_parquet():
        raise _invalid("Parquet needs pyarrow: install driftcloud[export].")
    _check_elements(given)
    found = await s3_buckets.find_one(ctx.db, given["S3Bucket"])
    if found is None:
        raise _invalid(f"Failed to verify customer bucket permission. {given['S3Bucket']}")
    if found["region"] != given["S3Region"]:
        raise _invalid(f"Bucket {given['S3Bucket']} is in the region {found['region']}.")
    defaults = {"RefreshClosedReports": False, "ReportVersioning": "CREATE_NEW_REPORT",
                "AdditionalArtifacts": []}  # fmt: skip
    return defaults | {name: value for name, value in given.items() if name != "ReportStatus"}


def _check_elements(given: Mapping[str, Any]) -> None:
    for element in given["AdditionalSchemaElements"]:
        if element != "RESOURCES":
            raise _invalid(f"AdditionalSchemaElements: {element} is not supported in this account.")
    for artifact in given.get("AdditionalArtifacts") or []:
        if ARTIFACTS.get(artifact) != given["Format"]:
            raise _invalid(f"Artifact {artifact} is not valid for format {given['Format']}.")
        if artifact == "ATHENA" and given.get("ReportVersioning") != "OVERWRITE_REPORT":
            raise _invalid("Artifact ATHENA needs report versioning OVERWRITE_REPORT.")
        if artifact != "ATHENA":
            raise _invalid(f"Artifact {artifact} is not supported in this account.")
    if given.get("BillingViewArn"):
        raise _invalid("BillingViewArn is not supported in this account.")


def _shown(ctx: Context, row: Any) -> dict[str, Any]:
    if row["last_status"] is None:
        return dict(row["definition"])
    status = {"lastStatus": row["last_status"]}
    if row["last_delivery"] is not None:
        status["lastDelivery"] = f"{row['last_delivery'] + ctx.shift:%Y%m%dT%H%M%SZ}"
    return {**row["definition"], "ReportStatus": status}


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _bad_token() -> AwsError:
    return _invalid("The next token is invalid.")
