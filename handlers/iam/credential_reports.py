"""The credential report: every user's keys and passwords as CSV.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html. Keys
live in real time, users in the world's; the report tells all in the client's.
"""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.policies.actions import PREFIXES
from models import identity_accounts

OLD = timedelta(hours=4)
_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
HEAD = [
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used",
    "password_last_changed", "password_next_rotation", "mfa_active",
    *(f"access_key_1_{name}" for name in _KEY),
    *(f"access_key_2_{name}" for name in _KEY),
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
]  # fmt: skip
_NO_KEY = ["false", "N/A", "N/A", "N/A", "N/A"]
_NO_CERTIFICATE = ["false", "N/A"]


async def generate_credential_report(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Have a report made, unless the last one is younger than four hours."""
    before = await identity_accounts.report(ctx.db)
    if before is not None and ctx.wall - before["generated_at"] < OLD:
        return {"State": "COMPLETE"}
    content = await _content(ctx)
    await identity_accounts.put_report(ctx.db, content, ctx.wall)
    return {
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }


async def get_credential_report(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The newest report."""
    row = await identity_accounts.report(ctx.db)
    if row is None:
        raise AwsError(
            "ReportNotPresent",
            "No report is present. Please generate credential report.",
            410,
        )
    if ctx.wall - row["generated_at"] >= OLD:
        raise AwsError(
            "ReportExpired", "The credential report has expired. Generate a new one.", 410
        )
    return {
        "Content": row["content"].encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": row["generated_at"] - ctx.shift,
    }


async def _content(ctx: Context) -> str:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(HEAD)
    number = ctx.principal.account_number
    since = datetime(2021, 3, 1, 9, tzinfo=UTC)
    lines.writerow(
        ["<root_account>", f"arn:aws:iam::{number}:root", _text(since + ctx.shift), "not_supported",
         "no_information", "not_supported", "not_supported", "false", *_NO_KEY, *_NO_KEY,
         *_NO_CERTIFICATE, *_NO_CERTIFICATE]
    )  # fmt: skip
    for row in await identity_accounts.credentials(ctx.db):
        lines.writerow(_line(ctx, row))
    return text.getvalue().rstrip("\n")


def _line(ctx: Context, row: Any) -> list[str]:
    password = ["false", "N/A", "N/A", "N/A"]
    if row["password_created_at"] is not None:
        used = row["password_last_used_at"]
        changed = _text(row["password_created_at"] + ctx.shift)
        password = ["true", _text(used + ctx.shift) if used else "no_information", changed, "N/A"]
    keys = [_key(one) for one in row["keys"][:2]] + [_NO_KEY, _NO_KEY]
    signs = [_certificate(ctx, one) for one in row["certificates"][:2]]
    signs += [_NO_CERTIFICATE, _NO_CERTIFICATE]
    mfa = "true" if row["mfa"] else "false"
    created = _text(row["created_at"] + ctx.shift)
    return [
        row["name"], row["arn"], created, *password, mfa, *keys[0], *keys[1], *signs[0], *signs[1]
    ]  # fmt: skip


def _key(one: dict[str, Any]) -> list[str]:
    service = one["service"]
    return [
        "true" if one["active"] else "false",
        _text(datetime.fromisoformat(one["created"])),
        _text(datetime.fromisoformat(one["used"])) if one["used"] else "N/A",
        one["region"] or "N/A",
        PREFIXES.get(service, service) or "N/A",
    ]


def _certificate(ctx: Context, one: dict[str, Any]) -> list[str]:
    since = datetime.fromisoformat(one["created"]) + ctx.shift
    return ["true" if one["active"] else "false", _text(since)]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
