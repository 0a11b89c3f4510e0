"""Key pairs.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Computed, Each, Rows, View
from models import key_pairs
from models.listing import Condition


async def describe_key_pairs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Key pairs of the region, by name, id and filter."""
    names, key_ids = params.get("KeyNames") or (), params.get("KeyPairIds") or ()
    where = conditions(ctx, key_pairs.LISTING, FILTERS, params.get("Filters"))
    asked = [Condition("name", tuple(names))] if names else []
    rows = await key_pairs.LISTING.page(
        ctx.db, [*asked, *where], region=ctx.region, ids=key_ids or None
    )
    if not where:
        _check_found("key pair", "InvalidKeyPair", names, {row["name"] for row in rows})
        _check_found("key pair ID", "InvalidKeyPair", key_ids, {row["key_pair_id"] for row in rows})
    return {"KeyPairs": Rows(WITH_KEY if params.get("IncludePublicKey") else VIEW, rows)}


def _check_found(what: str, code: str, asked: Any, found: set[str]) -> None:
    missing = [value for value in asked if value not in found]
    if missing:
        raise AwsError(f"{code}.NotFound", f"The {what} '{missing[0]}' does not exist")


_MEMBERS: dict[str, Any] = {
    "KeyPairId": "key_pair_id",
    "KeyType": "key_type",
    "Tags": Each("tags", {"Key": "key", "Value": "value"}),
    "CreateTime": "created_at",
    "KeyName": "name",
    "KeyFingerprint": "fingerprint",
}
VIEW = View(_MEMBERS)
# A key that AWS made itself has no public half to show.
WITH_KEY = View(_MEMBERS | {"PublicKey": Computed(lambda key: key or None, "public_key")})

FILTERS = TAGS | {
    "fingerprint": "fingerprint",
    "key-name": "name",
    "key-pair-id": "key_pair_id",
}
