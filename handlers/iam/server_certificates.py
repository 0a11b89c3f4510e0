"""Server certificates: what load balancers show where no other service keeps it.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html and the
pages of the operations beside it.
"""

from typing import Any

from emulator.context import Context
from handlers.iam import certificates
from handlers.iam.identities import (
    TAGS,
    arn,
    checked_name,
    checked_path,
    exists,
    list_page,
    no_such,
    paged,
)
from handlers.iam.identity_changes import tag_page
from models import iam_rows, single_rows, tags, unique_ids

TABLE = "server_certificates"


async def upload_server_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep a certificate; of its private key it is only seen to that the two belong together."""
    name = checked_name("serverCertificate", params["ServerCertificateName"])
    path = checked_path(params.get("Path"))
    found = certificates.read(params["CertificateBody"])
    certificates.check_key(found, params["PrivateKey"])
    if params.get("CertificateChain"):
        certificates.check_chain(found, params["CertificateChain"])
    row = {
        "certificate_id": unique_ids.new("ASCA"),
        "name": name,
        "path": path,
        "arn": arn(ctx, "server-certificate", path, name),
        "body": params["CertificateBody"],
        "chain": params.get("CertificateChain"),
        "expires_at": found.not_valid_after_utc,
        "tags": TAGS.checked(params.get("Tags")),
        "created_at": ctx.now,
    }
    if not await single_rows.insert(ctx.db, TABLE, row):
        raise exists(f"The Server Certificate with name {name} already exists.")
    more = {"Tags": params["Tags"]} if row["tags"] else {}
    return {"ServerCertificateMetadata": _metadata(ctx, row), **more}


async def get_server_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A certificate and its chain."""
    row = await _find(ctx, params["ServerCertificateName"])
    shown = {
        "ServerCertificateMetadata": _metadata(ctx, row),
        "CertificateBody": row["body"],
        "CertificateChain": row["chain"],
        "Tags": TAGS.shown(row["tags"]),
    }
    return {"ServerCertificate": {k: v for k, v in shown.items() if v is not None}}


async def list_server_certificates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The certificates under a path, by name."""
    asked = list_page(ctx, params)
    rows = await iam_rows.listed(
        ctx.db, TABLE, "name", asked.after, asked.fetch, path=params.get("PathPrefix")
    )
    shown, token = asked.cut(rows, "name")
    return paged("ServerCertificateMetadataList", [_metadata(ctx, row) for row in shown], token)


async def update_server_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another name or path."""
    row = await _find(ctx, params["ServerCertificateName"])
    name = checked_name("serverCertificate", params.get("NewServerCertificateName") or row["name"])
    path = checked_path(params.get("NewPath") or row["path"])
    other = await iam_rows.find(ctx.db, TABLE, name=name)
    if other is not None and other["id"] != row["id"]:
        raise exists(f"The Server Certificate with name {name} already exists.")
    changes = {"name": name, "path": path, "arn": arn(ctx, "server-certificate", path, name)}
    await iam_rows.update(ctx.db, TABLE, row["id"], changes)
    return {}


async def delete_server_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a certificate."""
    row = await _find(ctx, params["ServerCertificateName"])
    await iam_rows.delete(ctx.db, TABLE, row["id"])
    return {}


async def list_server_certificate_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A certificate's tags."""
    return tag_page(ctx, params, (await _find(ctx, params["ServerCertificateName"]))["tags"])


async def tag_server_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a certificate."""
    row = await _find(ctx, params["ServerCertificateName"])
    await TAGS.put(ctx.db, "server_certificate", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_server_certificate(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a certificate."""
    row = await _find(ctx, params["ServerCertificateName"])
    await tags.remove(ctx.db, "server_certificate", row["arn"], params["TagKeys"])
    return {}


async def _find(ctx: Context, name: str) -> Any:
    row = await iam_rows.find(ctx.db, TABLE, name=name)
    if row is None:
        raise no_such(f"The Server Certificate with name {name} cannot be found.")
    return row


def _metadata(ctx: Context, row: Any) -> dict[str, Any]:
    return {
        "Path": row["path"],
        "ServerCertificateName": row["name"],
        "ServerCertificateId": row["certificate_id"],
        "Arn": row["arn"],
        "UploadDate": row["created_at"],
        # a certificate's own time is real time: the world's shift is put on by the writer
        "Expiration": row["expires_at"] - ctx.shift,
    }
