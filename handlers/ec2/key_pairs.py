"""Key pairs.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html and the
pages of the operations beside it.
"""

import asyncio
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Computed, Each, Rows, View
from handlers.ec2 import key_material
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import tag_list
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


async def create_key_pair(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new key, whose private half is told once and never kept."""
    kind = params.get("KeyType") or "rsa"
    if params.get("KeyFormat") == "ppk":
        raise AwsError("UnsupportedOperation", "The key format ppk is not emulated: use pem.")
    await _check_new(ctx, params)
    # a large number takes its time, and others must not wait for it
    private, fingerprint, public = await asyncio.to_thread(key_material.made, kind)
    made = await _store(ctx, params, kind, fingerprint, public)
    return {**made, "KeyMaterial": private}


async def import_key_pair(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A key pair of which the client keeps the private half."""
    await _check_new(ctx, params)
    kind, fingerprint, public = key_material.imported(params["PublicKeyMaterial"])
    return await _store(ctx, params, kind, fingerprint, public)


async def delete_key_pair(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a key pair; one that is not there is not missed. Machines keep its name."""
    name, key_pair_id = params.get("KeyName"), params.get("KeyPairId")
    if not name and not key_pair_id:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter KeyName or KeyPairId"
        )
    gone = await key_pairs.delete(ctx.db, ctx.region, name, key_pair_id)
    return {"Return": True, **({"KeyPairId": gone} if gone else {})}


async def _check_new(ctx: Context, params: dict[str, Any]) -> None:
    check_types(params, ("key-pair",))
    name = params["KeyName"]
    if not name or len(name) > LONGEST_NAME or not name.isascii():
        raise AwsError("InvalidParameterValue", "Invalid value for parameter KeyName.")
    if await key_pairs.exists(ctx.db, ctx.region, name):
        raise _duplicate(name)


async def _store(
    ctx: Context, params: dict[str, Any], kind: str, fingerprint: str, public: str
) -> dict[str, Any]:
    tags = tags_for(params, "key-pair")
    row = {
        "key_pair_id": ids.new("key"),
        "name": params["KeyName"],
        "region": ctx.region,
        "fingerprint": fingerprint,
        "key_type": kind,
        "public_key": f"{public} {params['KeyName']}",
        "tags": tags,
        "created_at": ctx.now,
    }
    if not await key_pairs.insert(ctx.db, row):
        raise _duplicate(row["name"])
    return {
        "KeyPairId": row["key_pair_id"],
        "KeyName": row["name"],
        "KeyFingerprint": fingerprint,
        "Tags": tag_list(tags),
    }


def _duplicate(name: str) -> AwsError:
    return AwsError("InvalidKeyPair.Duplicate", f"The keypair '{name}' already exists.")


LONGEST_NAME = 255


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
