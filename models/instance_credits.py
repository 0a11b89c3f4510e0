"""CPU credits of burstable machines: which of them may go beyond what they have earned."""

from collections.abc import Sequence
from typing import Any

from models.listing import Database

_BURSTABLE = "('t2', 't3', 't3a', 't4g')"
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html: T2 is
# standard unless told otherwise, its followers are unlimited.
CREDITS = (
    "coalesce(i.cpu_credits, case split_part(i.instance_type, '.', 1) when 't2' then 'standard'"
    " else 'unlimited' end)"
)
_LIST = f"""
select i.instance_id, {CREDITS} as credits from instances as i
 where i.account_id = (select driftcloud_account()) and i.region = $1
   and split_part(i.instance_type, '.', 1) in {_BURSTABLE} and i.state <> 'terminated'
   and ($2::text[] is null or i.instance_id = any($2::text[]))
   and ($2::text[] is not null or {CREDITS} = 'unlimited')
   and ($3::text is null or i.instance_id > $3)
 order by i.instance_id limit $4
"""
_SET = f"""
update instances as i set cpu_credits = $3
 where i.account_id = (select driftcloud_account()) and i.region = $1 and i.instance_id = $2
   and split_part(i.instance_type, '.', 1) in {_BURSTABLE}
   and i.state in ('running', 'stopped', 'pending', 'stopping')
returning i.instance_id
"""


async def listed(
    db: Database, region: str, ids: Sequence[str] | None, after: str | None, limit: int | None
) -> list[Any]:
    """Burstable machines of these ids, or without any all that are unlimited."""
    return await db.fetch(_LIST, region, None if ids is None else list(ids), after, limit)


async def put(db: Any, region: str, instance_id: str, credits: str) -> bool:
    """Tell a burstable machine what to do; False when it is none, or is not there."""
    return bool(await db.write(_SET, region, instance_id, credits))
