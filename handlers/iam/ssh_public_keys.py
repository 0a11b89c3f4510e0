"""SSH public keys of users, by which CodeCommit knows them.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html and the
pages of the operations beside it.
"""

import base64
import hashlib
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam import user_credentials
from handlers.iam.identities import find, own_name
from models import unique_ids

NOUN = "user_credentials"
KIND = "ssh_public_key"
MOST_KEYS = 5


async def upload_ssh_public_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A further key of a user: RSA, in SSH's form or as PEM."""
    async with ctx.db.transaction():
        user = await find(ctx, "user", params["UserName"])
        line = _line(params["SSHPublicKeyBody"])
        row = {
            "kind": KIND,
            "credential_id": unique_ids.new("APKA"),
            "body": line,
            "fingerprint": _fingerprint(line),
        }
        known = AwsError("DuplicateSSHPublicKey", "The SSH public key is already associated.")
        made = await user_credentials.uploaded(
            ctx, user, row, most=MOST_KEYS, quota="SSHPublicKeysPerUser", known=known
        )
    return {"SSHPublicKey": _shown(made, "SSH")}


async def get_ssh_public_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A key in the form that is asked for."""
    row = await _find(ctx, params)
    return {"SSHPublicKey": _shown(row, params["Encoding"])}


async def list_ssh_public_keys(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user's keys, without their bodies."""
    return await user_credentials.listed(ctx, params, KIND, "SSHPublicKeys", _listed)


async def update_ssh_public_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a key be used, or not."""
    row = await _find(ctx, params)
    return await user_credentials.set_status(ctx, row, params["Status"])


async def delete_ssh_public_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a key from a user."""
    return await user_credentials.deleted(ctx, await _find(ctx, params))


async def _find(ctx: Context, params: dict[str, Any]) -> Any:
    user = await find(ctx, "user", await own_name(ctx, params))
    return await user_credentials.one(
        ctx, user, KIND, params["SSHPublicKeyId"], "The SSH Public Key with id {} cannot be found."
    )


def _line(body: str) -> str:
    """A key as SSH writes it; InvalidPublicKey for what is none that IAM takes."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    text = body.strip()
    try:
        if text.startswith("-----"):
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_ssh_public_key(text.encode())
    except (ValueError, TypeError):
        key = None
    except Exception as error:  # a kind of key that the library does not know
        raise _invalid() from error
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise _invalid()
    form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    return key.public_bytes(*form).decode()


def _invalid() -> AwsError:
    return AwsError(
        "InvalidPublicKey", "The SSH public key is malformed, or is no RSA key of 2048 bits."
    )


def _fingerprint(line: str) -> str:
    """MD5 of the key, byte by byte, as IAM shows it."""
    blob = base64.b64decode(line.split()[1])
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


def _pem(line: str) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_ssh_public_key(line.encode())
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(*form).decode()


def _listed(row: Any) -> dict[str, Any]:
    return {
        "UserName": row["user_name"],
        "SSHPublicKeyId": row["credential_id"],
        "Status": row["status"],
        "UploadDate": row["created_at"],
    }


def _shown(row: Any, encoding: str) -> dict[str, Any]:
    body = row["body"] if encoding == "SSH" else _pem(row["body"])
    return _listed(row) | {"Fingerprint": row["fingerprint"], "SSHPublicKeyBody": body}
