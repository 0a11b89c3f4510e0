"""Encryption of everything new in EBS, and the key that is used for it.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableEbsEncryptionByDefault.html
and the pages of the operations beside it. Keys are not looked up: KMS is no service here.
"""

import re
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from models import ebs_settings

OWN_KEY = "alias/aws/ebs"
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"
_KEY = re.compile(rf"{_ID}|alias/[A-Za-z0-9/_-]+")
_ARN = re.compile(
    rf"arn:aws:kms:([a-z0-9-]+):([0-9]{{12}}):(?:key/(?:{_ID})|alias/[A-Za-z0-9/_-]+)"
)


async def enable_ebs_encryption_by_default(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Encrypt every new volume and every copy of a snapshot."""
    await ebs_settings.encrypt(ctx.db, ctx.region, True)
    return {"EbsEncryptionByDefault": True}


async def disable_ebs_encryption_by_default(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Encrypt what is asked to be encrypted, and no more."""
    await ebs_settings.encrypt(ctx.db, ctx.region, False)
    return {"EbsEncryptionByDefault": False}


async def get_ebs_encryption_by_default(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether every new volume is encrypted."""
    is_on, _ = await ebs_settings.find(ctx.db, ctx.region)
    return {"EbsEncryptionByDefault": is_on, **({"SseType": "sse-kms"} if is_on else {})}


async def get_ebs_default_kms_key_id(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The key that is used where none is named."""
    _, key = await ebs_settings.find(ctx.db, ctx.region)
    return {"KmsKeyId": key or OWN_KEY}


async def modify_ebs_default_kms_key_id(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Use another key where none is named."""
    given = params["KmsKeyId"]
    named = _ARN.fullmatch(given)
    if named is not None:
        if named.groups() != (ctx.region, ctx.principal.account_number):
            raise _invalid(given)
        key = given
    elif _KEY.fullmatch(given):
        key = arn(ctx, "kms", given if given.startswith("alias/") else f"key/{given}")
    else:
        raise _invalid(given)
    await ebs_settings.set_key(ctx.db, ctx.region, key)
    return {"KmsKeyId": key}


async def reset_ebs_default_kms_key_id(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Use the key that AWS keeps for EBS again."""
    await ebs_settings.set_key(ctx.db, ctx.region, None)
    return {"KmsKeyId": OWN_KEY}


def _invalid(given: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"Value ({given}) for parameter KmsKeyId is invalid.")
