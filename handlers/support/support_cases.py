"""Cases: opened, written to, resolved. Nobody answers here.

Source: https://docs.aws.amazon.com/awssupport/latest/APIReference/API_CreateCase.html and the pages
beside it. Attachments are not kept: no set of them is ever found.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from handlers.support.support_services import CATEGORIES, ISSUES, LANGUAGES, SEVERITIES
from models import draws, support_cases

DEFAULT_CASES, DEFAULT_COMMUNICATIONS, SHOWN_COMMUNICATIONS = 10, 10, 5
OPENED, REOPENED, RESOLVED = "opened", "reopened", "resolved"


async def create_case(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Open a case; without a service it is about the account in general."""
    service = params.get("serviceCode", "general-info")
    category = params.get("categoryCode", "other")
    severity, language = params.get("severityCode", "low"), params.get("language", "en")
    issue = params.get("issueType", "technical")
    for name, value, known in (
        ("serviceCode", service, CATEGORIES), ("severityCode", severity, SEVERITIES),
        ("issueType", issue, ISSUES), ("language", language, LANGUAGES),
        ("categoryCode", category, CATEGORIES.get(service, {})),
    ):  # fmt: skip
        if value not in known:
            raise _wrong(f"Invalid parameter: {name} {value}")
    _check_attachments(params)
    _check_dry_run(params)
    async with ctx.db.transaction():
        number = await support_cases.count(ctx.db) + 1
        account, digits = ctx.principal.account_number, draws.uuid4().hex[:16]
        case_id = f"case-{account}-muen-{ctx.now + ctx.shift:%Y}-{digits}"
        await support_cases.insert(ctx.db, "support_cases", {
            "case_id": case_id,
            "display_id": f"{int(account) % 10**6:06d}{number:05d}",
            "subject": params["subject"],
            "service_code": service,
            "category_code": category,
            "severity_code": severity,
            "issue_type": issue,
            "language": language,
            "submitted_by": ctx.principal.arn,
            "email_addresses": list(params.get("ccEmailAddresses") or ()),
            "created_at": ctx.now,
        })  # fmt: skip
        await _write(ctx, case_id, params["communicationBody"])
    return {"caseId": case_id}


async def describe_cases(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Cases by id, resolved ones if they are asked for, each with what was written last."""
    _check_dry_run(params)
    page = _page(ctx, params, DEFAULT_CASES)
    wanted = params.get("caseIdList")
    rows = await support_cases.find(
        ctx.db, ids=wanted or None, display=params.get("displayId"),
        after=_moment(ctx, params.get("afterTime")), before=_moment(ctx, params.get("beforeTime")),
        resolved=bool(params.get("includeResolvedCases")), following=page.after, limit=page.fetch,
    )  # fmt: skip
    if wanted:
        known = {row["case_id"] for row in await support_cases.find(
            ctx.db, ids=wanted, resolved=True)}  # fmt: skip
        for case_id in wanted:
            if case_id not in known:
                raise _no_case(case_id)
    cut, token = page.cut(rows, "position")
    texts: dict[str, list[Any]] = {}
    if params.get("includeCommunications", True):
        for row in await support_cases.written(ctx.db, [row["case_id"] for row in cut]):
            texts.setdefault(row["case_id"], []).append(_text(ctx, row))
    shown = [_case(ctx, row, texts.get(row["case_id"])) for row in cut]
    return {"cases": shown, "nextToken": token}


async def describe_communications(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What was written to a case, the newest first."""
    _check_dry_run(params)
    await _find(ctx, params["caseId"])
    page = _page(ctx, params, DEFAULT_COMMUNICATIONS)
    rows = await support_cases.written(
        ctx.db, [params["caseId"]], _moment(ctx, params.get("afterTime")),
        _moment(ctx, params.get("beforeTime")),
    )  # fmt: skip
    numbered = [(f"{number:09d}", row) for number, row in enumerate(rows)]
    cut, token = page.cut_items(numbered, lambda one: one[0])
    return {"communications": [_text(ctx, row) for _, row in cut], "nextToken": token}


async def add_communication_to_case(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Write to a case; one that was resolved is open again."""
    if not params.get("caseId"):
        raise _wrong("Invalid parameter: caseId is required")
    _check_attachments(params)
    row = await _find(ctx, params["caseId"])
    _check_dry_run(params)
    async with ctx.db.transaction():
        await _write(ctx, row["case_id"], params["communicationBody"])
        if row["status"] == RESOLVED:
            await support_cases.set_status(ctx.db, row["case_id"], REOPENED)
    return {"result": True}


async def resolve_case(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Close a case."""
    if not params.get("caseId"):
        raise _wrong("Invalid parameter: caseId is required")
    row = await _find(ctx, params["caseId"])
    _check_dry_run(params)
    await support_cases.set_status(ctx.db, row["case_id"], RESOLVED)
    return {"initialCaseStatus": row["status"], "finalCaseStatus": RESOLVED}


async def _find(ctx: Context, case_id: str) -> Any:
    rows = await support_cases.find(ctx.db, ids=[case_id], resolved=True)
    if not rows:
        raise _no_case(case_id)
    return rows[0]


async def _write(ctx: Context, case_id: str, body: str) -> None:
    await support_cases.insert(ctx.db, "support_communications", {
        "case_id": case_id,
        "body": body,
        "submitted_by": ctx.principal.arn,
        "created_at": ctx.now,
    })  # fmt: skip


def _case(ctx: Context, row: Mapping[str, Any], texts: list[Any] | None) -> dict[str, Any]:
    told = {
        "caseId": row["case_id"],
        "displayId": row["display_id"],
        "subject": row["subject"],
        "status": row["status"],
        "serviceCode": row["service_code"],
        "categoryCode": row["category_code"],
        "severityCode": row["severity_code"],
        "submittedBy": row["submitted_by"],
        "timeCreated": _stamp(ctx, row["created_at"]),
        "ccEmailAddresses": list(row["email_addresses"]),
        "language": row["language"],
    }
    if texts is not None:
        told["recentCommunications"] = {"communications": texts[:SHOWN_COMMUNICATIONS]}
    return told


def _text(ctx: Context, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "caseId": row["case_id"],
        "body": row["body"],
        "submittedBy": row["submitted_by"],
        "timeCreated": _stamp(ctx, row["created_at"]),
        "attachmentSet": [],
    }


def _stamp(ctx: Context, moment: datetime) -> str:
    return f"{(moment + ctx.shift).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def _moment(ctx: Context, text: str | None) -> datetime | None:
    """A moment of the account's time from one of the caller's, as text."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC) - ctx.shift
    except (ValueError, OverflowError):
        raise _wrong(f"Invalid parameter: time {text}") from None


def _page(ctx: Context, params: Mapping[str, Any], default: int) -> pages.Page:
    return pages.page(
        ctx,
        params,
        token="nextToken",  # noqa: S106 - the name of a member
        size="maxResults",
        default=default,
        invalid=lambda: _wrong("Invalid parameter: nextToken"),
    )


def _check_attachments(params: Mapping[str, Any]) -> None:
    if params.get("attachmentSetId"):
        raise AwsError("AttachmentSetIdNotFound", "The attachment set was not found.")
    if params.get("uploadIds"):
        raise _wrong("Invalid parameter: uploadIds")


def _check_dry_run(params: Mapping[str, Any]) -> None:
    if params.get("dryRun"):
        raise AwsError(
            "DryRunOperationException", "The request would have succeeded, but dryRun is set."
        )


def _no_case(case_id: str) -> AwsError:
    return AwsError("CaseIdNotFound", f"The requested CaseId {case_id} could not be located.")


def _wrong(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, 400)
