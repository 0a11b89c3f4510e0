"""Multi-factor authentication: whether somebody who calls has a device, by its code."""

from typing import Any, Final

from emulator import one_time_codes
from emulator.context import Context, Principal
from emulator.errors import AwsError
from models import iam_rows

PURPOSE: Final = "mfa-seed"
TABLE: Final = "mfa_devices"


def seed(ctx: Context, row: Any) -> str:
    """The seed of a device's codes, in base 32."""
    return str(ctx.vault.open_token(PURPOSE, row["seed_sealed"]))


async def proven(ctx: Context, caller: Principal, serial: str | None, code: str | None) -> bool:
    """Whether the user who calls proves to have a device; False: none is named.

    AccessDenied for a device that is not the user's, and for a code that is not of now or that
    was taken before.
    """
    if not serial and not code:
        return False
    row = await iam_rows.find(ctx.db, TABLE, arn=serial or "")
    holder = row["holder"] if row is not None else None
    if row is not None and holder is not None and holder["arn"] == caller.arn:
        step = one_time_codes.step_of(seed(ctx, row), code or "", ctx.wall, row["code_taken_at"])
        if step is not None:
            taken = one_time_codes.moment(step)
            if await iam_rows.take_code(ctx.db, row["id"], taken):
                return True
    raise AwsError(
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        403,
    )
