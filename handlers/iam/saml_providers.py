"""SAML providers: who vouches for federated users by SAML 2.0.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html and the
pages of the operations beside it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.protocols import xml_input
from handlers.iam.identities import TAGS, arn, exists, no_such
from handlers.iam.identity_changes import tag_page
from models import iam_rows, single_rows, tags

NOUN = "identity_providers"
# What IAM says of a document that does not say itself until when it is good.
_VALID = timedelta(days=36_525)


async def create_saml_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A provider by its metadata document."""
    _refuse_encryption(params)
    row: dict[str, Any] = {
        "kind": "saml",
        "arn": arn(ctx, "saml-provider", "/", params["Name"]),
        "metadata": params["SAMLMetadataDocument"],
        "valid_until": _valid_until(ctx, params["SAMLMetadataDocument"]),
        "tags": TAGS.checked(params.get("Tags")),
        "created_at": ctx.now,
    }
    if not await single_rows.insert(ctx.db, NOUN, row):
        raise exists(f"SAMLProvider {row['arn']} already exists.")
    return {"SAMLProviderArn": row["arn"], "Tags": TAGS.shown(row["tags"])}


async def get_saml_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A provider with its document."""
    row = await _find(ctx, params)
    return {
        "SAMLMetadataDocument": row["metadata"],
        "CreateDate": row["created_at"],
        "ValidUntil": row["valid_until"],
        "Tags": TAGS.shown(row["tags"]),
    }


async def list_saml_providers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All providers."""
    rows = await iam_rows.listed(ctx.db, NOUN, "arn", kind="saml")
    names = {"Arn": "arn", "ValidUntil": "valid_until", "CreateDate": "created_at"}
    shown = [{name: row[column] for name, column in names.items()} for row in rows]
    return {"SAMLProviderList": shown}


async def update_saml_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another metadata document."""
    _refuse_encryption(params)
    row = await _find(ctx, params)
    text = params.get("SAMLMetadataDocument")
    if text:
        changes = {"metadata": text, "valid_until": _valid_until(ctx, text)}
        await iam_rows.update(ctx.db, NOUN, row["id"], changes)
    return {"SAMLProviderArn": row["arn"]}


async def delete_saml_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Trust a provider no longer."""
    await iam_rows.delete(ctx.db, NOUN, (await _find(ctx, params))["id"])
    return {}


async def list_saml_provider_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A provider's tags."""
    return tag_page(ctx, params, (await _find(ctx, params))["tags"])


async def tag_saml_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a provider."""
    row = await _find(ctx, params)
    await TAGS.put(ctx.db, "identity_provider", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_saml_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a provider."""
    row = await _find(ctx, params)
    await tags.remove(ctx.db, "identity_provider", row["arn"], params["TagKeys"])
    return {}


async def _find(ctx: Context, params: dict[str, Any]) -> Any:
    given = params["SAMLProviderArn"]
    row = await iam_rows.find(ctx.db, NOUN, arn=given, kind="saml")
    if row is None:
        raise no_such(f"Manifest not found for arn {given}")
    return row


def _refuse_encryption(params: dict[str, Any]) -> None:
    for name in ("AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey"):
        if params.get(name):
            raise AwsError("InvalidInput", f"Encrypted assertions are not served: {name}.")


def _valid_until(ctx: Context, text: str) -> datetime:
    """Until when a document is good, in the world's time; InvalidInput for what is none."""
    try:
        root = xml_input.load(text.encode())
        given = root.attributes.get("validUntil")
        until = datetime.fromisoformat(given.replace("Z", "+00:00")) if given else None
    except (ValueError, AwsError):
        raise AwsError("InvalidInput", "Could not parse metadata") from None
    if root.tag != "EntityDescriptor" or "IDPSSODescriptor" not in root.children:
        raise AwsError("InvalidInput", "Could not parse metadata")
    if until is None:
        return ctx.now + _VALID
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - ctx.shift
