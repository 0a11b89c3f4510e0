"""Signing certificates of users, by which the oldest of AWS's protocols knew them.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html and
the pages of the operations beside it.
"""

import base64
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam import certificates, user_credentials
from handlers.iam.identities import find, own_name
from models import draws

NOUN = "user_credentials"
KIND = "signing_certificate"
MOST_CERTIFICATES = 2


async def upload_signing_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A further certificate of a user."""
    async with ctx.db.transaction():
        user = await find(ctx, "user", await own_name(ctx, params))
        body = params["CertificateBody"]
        row = {
            "kind": KIND,
            "credential_id": base64.b32encode(draws.octets(20)).decode(),
            "body": body,
            "fingerprint": certificates.fingerprint(certificates.read(body)),
        }
        known = AwsError("DuplicateCertificate", "The certificate is already associated.", 409)
        made = await user_credentials.uploaded(
            ctx, user, row, most=MOST_CERTIFICATES, quota="SigningCertificatesPerUser", known=known
        )
    return {"Certificate": _shown(made)}


async def list_signing_certificates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user's certificates."""
    return await user_credentials.listed(ctx, params, KIND, "Certificates", _shown)


async def update_signing_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a certificate be used, or not."""
    row = await _find(ctx, params)
    return await user_credentials.set_status(ctx, row, params["Status"])


async def delete_signing_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a certificate from a user."""
    return await user_credentials.deleted(ctx, await _find(ctx, params))


async def _find(ctx: Context, params: dict[str, Any]) -> Any:
    user = await find(ctx, "user", await own_name(ctx, params))
    return await user_credentials.one(
        ctx, user, KIND, params["CertificateId"], "Certificate with id {} cannot be found."
    )


def _shown(row: Any) -> dict[str, Any]:
    return {
        "UserName": row["user_name"],
        "CertificateId": row["credential_id"],
        "CertificateBody": row["body"],
        "Status": row["status"],
        "UploadDate": row["created_at"],
    }
