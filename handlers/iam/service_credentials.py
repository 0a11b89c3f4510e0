"""Credentials of users for one service: a name and password for it, or its own kind of key.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
and the pages of the operations beside it. Passwords are told once and not kept, for no service
here asks for one.
"""

import base64
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam import user_credentials
from handlers.iam.identities import find, list_page, no_such, own_name, paged
from models import draws, iam_rows, single_rows, unique_ids

NOUN = "user_credentials"
KIND = "service_specific"
# Services, and whether theirs is a key that may expire.
SERVICES = {
    "codecommit.amazonaws.com": False,
    "cassandra.amazonaws.com": False,
    "bedrock.amazonaws.com": True,
}
MOST_PER_SERVICE = 2


async def create_service_specific_credential(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """A further credential of a user, and the only time that its secret is told."""
    service, days = params["ServiceName"], params.get("CredentialAgeDays")
    if service not in SERVICES:
        raise AwsError(
            "NotSupportedService",
            f"No such service {service} is supported for Service Specific Credentials",
            404,
        )
    if days and not SERVICES[service]:
        raise AwsError(
            "ValidationError", f"CredentialAgeDays is not supported for service {service}"
        )
    async with ctx.db.transaction():
        user = await find(ctx, "user", params["UserName"])
        has = [one for one in await user_credentials.of(ctx, user, KIND)
               if one["service"] == service]  # fmt: skip
        quota = "ServiceSpecificCredentialsPerUserPerService"
        user_credentials.check_room(has, MOST_PER_SERVICE, quota)
        row = {
            "user_id": user["id"],
            "kind": KIND,
            "credential_id": unique_ids.new("ACCA"),
            "status": "Active",
            "service": service,
            "service_user": _service_user(ctx, user, service, has),
            "expires_at": ctx.now + timedelta(days=days) if days else None,
            "created_at": ctx.now,
        }
        await single_rows.insert(ctx.db, NOUN, row)
    shown = _shown(ctx, row | {"user_name": user["name"]})
    return {"ServiceSpecificCredential": shown | _secret(service)}


async def list_service_specific_credentials(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user's credentials, or all users', perhaps for one service."""
    where: dict[str, Any] = {"kind": KIND}
    if params.get("AllUsers"):
        if params.get("UserName"):
            raise AwsError("ValidationError", "Cannot specify both AllUsers and UserName.")
    else:
        user = await find(ctx, "user", await own_name(ctx, params))
        where["user_id"] = user["id"]
    if params.get("ServiceName"):
        where["service"] = params["ServiceName"]
    asked = list_page(ctx, params)
    rows = await iam_rows.listed(ctx.db, NOUN, "credential_id", asked.after, asked.fetch, **where)
    shown, token = asked.cut(rows, "credential_id")
    return paged("ServiceSpecificCredentials", [_shown(ctx, row) for row in shown], token)


async def reset_service_specific_credential(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another secret for the same credential."""
    row = await _find(ctx, params)
    return {"ServiceSpecificCredential": _shown(ctx, row) | _secret(row["service"])}


async def update_service_specific_credential(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let a credential be used, or not."""
    row = await _find(ctx, params)
    return await user_credentials.set_status(ctx, row, params["Status"])


async def delete_service_specific_credential(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Take a credential from a user."""
    return await user_credentials.deleted(ctx, await _find(ctx, params))


async def _find(ctx: Context, params: dict[str, Any]) -> Any:
    user = await find(ctx, "user", await own_name(ctx, params))
    credential_id = params["ServiceSpecificCredentialId"]
    row = await iam_rows.find(
        ctx.db, NOUN, credential_id=credential_id, user_id=user["id"], kind=KIND
    )
    if row is None:
        raise no_such(f"Service Specific Credential {credential_id} does not exist.")
    return row


def _service_user(ctx: Context, user: Any, service: str, has: list[Any]) -> str:
    """The name that the service knows the user by: told apart by a number from the second on."""
    names = {one["service_user"] for one in has}
    number = ctx.principal.account_number
    head = f"BedrockAPIKey-{user['name']}" if SERVICES[service] else user["name"]
    tries = (f"{head}{f'+{n}' if n else ''}-at-{number}" for n in range(MOST_PER_SERVICE + 1))
    return next(one for one in tries if one not in names)


def _secret(service: str) -> dict[str, str]:
    text = base64.b64encode(draws.octets(33)).decode()
    if SERVICES[service]:
        return {"ServiceCredentialSecret": f"ABSK{text}"}
    return {"ServicePassword": text}


def _shown(ctx: Context, row: Any) -> dict[str, Any]:
    name = "ServiceCredentialAlias" if SERVICES[row["service"]] else "ServiceUserName"
    expires = row["expires_at"]
    shown = {
        "UserName": row["user_name"],
        "Status": "Expired" if expires and expires <= ctx.now else row["status"],
        name: row["service_user"],
        "CreateDate": row["created_at"],
        "ServiceSpecificCredentialId": row["credential_id"],
        "ServiceName": row["service"],
    }
    return shown | ({"ExpirationDate": expires} if expires else {})
