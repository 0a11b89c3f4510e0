"""Resource policies of functions: who may call them.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any
from uuid import UUID

import orjson

from emulator.context import Context
from handlers.lambda_.function_names import LATEST, Named, check_qualifier, locked, named
from handlers.lambda_.refusals import absent, conflict, invalid, stale
from models import lambda_functions, lambda_permissions

NOUN = "lambda_functions"
VERSION, POLICY_ID = "2012-10-17", "default"
_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:aws:(iam|sts)::\d{12}:.+|[a-z0-9.-]+\.amazonaws\.com(\.cn)?"
)


async def add_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a service or an account call a function."""
    one = named(ctx, params)
    _check_not_latest(one)
    statement = statement_of(params, one.qualified)
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await check_qualifier(ctx, one)
        before = await lambda_permissions.listed(ctx.db, row["id"], one.qualifier or "")
        _check_revision(params, before)
        if not await lambda_permissions.insert(
            ctx.db, row["id"], ctx.region, one.qualifier or "", statement
        ):
            raise conflict(
                f"The statement id ({statement['Sid']}) provided already exists. Please provide a"
                " new statement id, or remove the existing statement."
            )
    return {"Statement": orjson.dumps(statement).decode()}


async def get_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The policy of a function, a version or an alias; it must have one."""
    one = named(ctx, params)
    key = await lambda_functions.key_of(ctx.db, ctx.region, one.name)
    rows = await lambda_permissions.listed(ctx.db, key, _place(one)) if key else []
    if not rows:
        raise absent()
    return {
        "Policy": policy([row["statement"] for row in rows]),
        "RevisionId": revision([row["mark"] for row in rows]),
    }


async def remove_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a statement out of a policy."""
    one = named(ctx, params)
    async with ctx.db.transaction():
        row = await lambda_functions.lock(ctx.db, ctx.region, one.name)
        if row is None:
            raise absent(f"No policy found for: {one.arn}")
        if one.qualifier and one.qualifier != LATEST:
            await check_qualifier(ctx, one)
        before = await lambda_permissions.listed(ctx.db, row["id"], _place(one))
        if not before:
            raise absent("No policy is associated with the given resource.")
        _check_revision(params, before)
        sid = params["StatementId"]
        if not await lambda_permissions.delete(ctx.db, row["id"], _place(one), sid):
            raise absent(f"Statement {sid} is not found in resource policy.")
    return {}


# Parts that policies of layers share.


def policy(statements: Sequence[Mapping[str, Any]]) -> str:
    """A policy as JSON."""
    whole = {"Version": VERSION, "Id": POLICY_ID, "Statement": list(statements)}
    return orjson.dumps(whole).decode()


def revision(marks: Sequence[str]) -> str:
    """The revision id of a policy: it follows from its statements."""
    digest = md5("/".join(marks).encode(), usedforsecurity=False).hexdigest()
    return str(UUID(digest))


def principal_of(given: str) -> Any:
    """The Principal element of a statement."""
    if _PRINCIPAL.fullmatch(given) is None:
        raise invalid(
            "The provided principal was invalid. Please check the principal and try again."
        )
    if given == "*":
        return "*"
    if given.isdigit():
        return {"AWS": f"arn:aws:iam::{given}:root"}
    return {"AWS": given} if given.startswith("arn:") else {"Service": given}


def statement_of(params: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """The statement that a request asks for."""
    conditions: dict[str, dict[str, str]] = {}
    equal = {
        "AWS:SourceAccount": params.get("SourceAccount"),
        "lambda:EventSourceToken": params.get("EventSourceToken"),
        "lambda:FunctionUrlAuthType": params.get("FunctionUrlAuthType"),
        "aws:PrincipalOrgID": params.get("PrincipalOrgID"),
    }
    given = {name: value for name, value in equal.items() if value}
    if given:
        conditions["StringEquals"] = given
    if params.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": params["SourceArn"]}
    if params.get("InvokedViaFunctionUrl") is not None:
        conditions["Bool"] = {
            "lambda:InvokedViaFunctionUrl": str(params["InvokedViaFunctionUrl"]).lower()
        }
    statement = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal_of(params["Principal"]),
        "Action": params["Action"],
        "Resource": resource,
    }
    return {**statement, "Condition": conditions} if conditions else statement


def _check_not_latest(one: Named) -> None:
    if one.qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")


def _check_revision(params: Mapping[str, Any], rows: Sequence[Any]) -> None:
    wanted = params.get("RevisionId")
    if wanted and wanted != revision([row["mark"] for row in rows]):
        raise stale(
            "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy"
            " API to retrieve the latest Revision Id"
        )


def _place(one: Named) -> str:
    return "" if one.qualifier in (None, LATEST) else one.qualifier or ""
