"""What STS tells of keys and of refusals.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html and
API_GetAccessKeyInfo.html.
"""

from typing import Any

import orjson

from emulator.context import Context
from emulator.denials import ENCODED
from emulator.errors import AwsError
from emulator.keys import well_formed
from emulator.seal import SealError
from models import api_clients

NOUN = "api_clients"


async def decode_authorization_message(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What an encoded refusal says; only to the account that it was told to."""
    try:
        number, story = ctx.vault.open_token(ENCODED, params["EncodedMessage"])
    except SealError:
        number, story = "", None
    if number != ctx.principal.account_number:
        raise AwsError(
            "InvalidAuthorizationMessageException",
            "The specified authorization message is invalid or has expired.",
        )
    return {"DecodedMessage": orjson.dumps(story).decode()}


async def get_access_key_info(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account of an access key, whosever it is."""
    key_id = params["AccessKeyId"]
    number = await api_clients.account_of(ctx.db, key_id) if well_formed(key_id) else None
    if number is None:
        raise AwsError("ValidationError", f"Invalid AccessKeyId: {key_id}")
    return {"Account": number}
