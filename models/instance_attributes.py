"""Attributes of instances: what is read and changed one by one, and never listed."""

import hashlib
from collections.abc import Sequence
from typing import Any

from models.listing import Database

_USER_DATA = "select user_data from instances where region = $1 and instance_id = $2"
# Changes of one instance take turns: what is checked still holds when it is written.
_LOCK = """
select instance_id from instances where region = $1 and instance_id = $2 for no key update
"""
_DELETE_ON_TERMINATION = """
update volumes as v set delete_on_termination = given.goes
  from unnest($2::text[], $3::boolean[]) as given(device, goes)
 where v.attached_instance_id = $1 and v.attach_device = given.device
returning v.attach_device
"""


async def user_data(db: Database, region: str, instance_id: str) -> str | None:
    """The user data of an instance in Base64, or None."""
    rows = await db.fetch(_USER_DATA, region, instance_id)
    return rows[0][0] if rows else None


async def lock(db: Any, region: str, instance_id: str) -> None:
    """Hold the instance until the transaction ends."""
    await db.write(_LOCK, region, instance_id)


async def set_delete_on_termination(
    db: Any, instance_id: str, devices: Sequence[str], goes: Sequence[bool]
) -> set[str]:
    """Say of an instance's devices whether their volumes go with it; the devices found."""
    rows = await db.write(_DELETE_ON_TERMINATION, instance_id, list(devices), list(goes))
    return {row["attach_device"] for row in rows}


def association_id(instance_id: str, profile_arn: str) -> str:
    """The id of the association of a machine with an instance profile."""
    told = f"{instance_id}/{profile_arn}".encode()
    return f"iip-assoc-0{hashlib.md5(told, usedforsecurity=False).hexdigest()[:16]}"


async def with_profiles(db: Database, region: str) -> list[Any]:
    """The machines of a region that have an instance profile, with its ARN."""
    return await db.fetch(
        "select i.instance_id, i.iam_instance_profile_arn from instances as i"
        " where i.account_id = (select driftcloud_account()) and i.region = $1"
        " and i.iam_instance_profile_arn is not null and i.state <> 'terminated'",
        region,
    )
