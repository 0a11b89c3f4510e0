"""OpenID Connect providers: who vouches for federated users, such as the pods of a cluster.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html and
the pages of the operations beside it. No provider is asked for its certificates: the thumbprints
are those that were given.
"""

import re
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam.identities import TAGS, arn, exists, limit_exceeded, no_such
from handlers.iam.identity_changes import tag_page
from models import iam_rows, single_rows, tags

NOUN = "identity_providers"
MOST_CLIENTS, MOST_THUMBPRINTS = 100, 5
_URL = re.compile(r"https://([\w.-]+(?::\d+)?(?:/[\w./~%-]*)?)", re.ASCII)


async def create_open_id_connect_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A provider by the address that its tokens name."""
    match = _URL.fullmatch(params["Url"])
    if match is None:
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    url = match[1].rstrip("/")
    row: dict[str, Any] = {
        "kind": "oidc",
        "arn": arn(ctx, "oidc-provider", "/", url),
        "url": url,
        "client_ids": _clients(params.get("ClientIDList") or ()),
        "thumbprints": _thumbprints(params.get("ThumbprintList") or ()),
        "tags": TAGS.checked(params.get("Tags")),
        "created_at": ctx.now,
    }
    if not await single_rows.insert(ctx.db, NOUN, row):
        raise exists(f"Provider with url {params['Url']} already exists.")
    return {"OpenIDConnectProviderArn": row["arn"], "Tags": TAGS.shown(row["tags"])}


async def get_open_id_connect_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A provider, its clients and thumbprints."""
    row = await _find(ctx, params)
    return {
        "Url": row["url"],
        "ClientIDList": row["client_ids"],
        "ThumbprintList": row["thumbprints"],
        "CreateDate": row["created_at"],
        "Tags": TAGS.shown(row["tags"]),
    }


async def list_open_id_connect_providers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The ARNs of all providers."""
    rows = await iam_rows.listed(ctx.db, NOUN, "arn", kind="oidc")
    return {"OpenIDConnectProviderList": [{"Arn": row["arn"]} for row in rows]}


async def add_client_id_to_open_id_connect_provider(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Know one more client of a provider."""
    row = await _find(ctx, params)
    clients = _clients([*row["client_ids"], params["ClientID"]])
    await iam_rows.update(ctx.db, NOUN, row["id"], {"client_ids": clients})
    return {}


async def remove_client_id_from_open_id_connect_provider(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Know a client of a provider no longer; one that is not known is no error."""
    row = await _find(ctx, params)
    clients = [one for one in row["client_ids"] if one != params["ClientID"]]
    await iam_rows.update(ctx.db, NOUN, row["id"], {"client_ids": clients})
    return {}


async def update_open_id_connect_provider_thumbprint(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Other thumbprints in place of those that there are."""
    row = await _find(ctx, params)
    changes = {"thumbprints": _thumbprints(params["ThumbprintList"])}
    await iam_rows.update(ctx.db, NOUN, row["id"], changes)
    return {}


async def delete_open_id_connect_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Trust a provider no longer."""
    await iam_rows.delete(ctx.db, NOUN, (await _find(ctx, params))["id"])
    return {}


async def list_open_id_connect_provider_tags(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """A provider's tags."""
    return tag_page(ctx, params, (await _find(ctx, params))["tags"])


async def tag_open_id_connect_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a provider."""
    row = await _find(ctx, params)
    await TAGS.put(ctx.db, "identity_provider", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_open_id_connect_provider(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a provider."""
    row = await _find(ctx, params)
    await tags.remove(ctx.db, "identity_provider", row["arn"], params["TagKeys"])
    return {}


async def _find(ctx: Context, params: dict[str, Any]) -> Any:
    given = params["OpenIDConnectProviderArn"]
    row = await iam_rows.find(ctx.db, NOUN, arn=given, kind="oidc")
    if row is None:
        raise no_such(f"OpenIDConnect Provider not found for arn {given}")
    return row


def _clients(given: Any) -> list[str]:
    found = list(dict.fromkeys(given))
    if len(found) > MOST_CLIENTS:
        raise limit_exceeded("ClientIdsPerOpenIdConnectProvider", MOST_CLIENTS)
    return found


def _thumbprints(given: Any) -> list[str]:
    if len(given) > MOST_THUMBPRINTS:
        raise AwsError("InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
    return [one.lower() for one in given]
