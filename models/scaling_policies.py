"""Scaling policies: how groups answer to their load."""

from collections.abc import Mapping
from typing import Any

from models.listing import Database, Listing

_POSITION = "(g.name || '/' || p.name)"
# The alarms that call a policy `p`, by name, as AWS lists them.
CALLERS = (
    "coalesce((select jsonb_agg(jsonb_build_object('AlarmName', a.name, 'AlarmARN', a.arn)"
    " order by a.name) from alarms as a where a.account_id = p.account_id and a.region = p.region"
    " and p.arn = any (a.alarm_actions || a.ok_actions || a.insufficient_data_actions)),"
    " '[]'::jsonb) as alarms"
)
LISTING = Listing(
    f"{_POSITION} as position, p.id, p.name, p.arn, p.policy_type, p.enabled, p.data,"
    f" g.name as group, {CALLERS}",
    "scaling_policies as p join autoscaling_groups as g on g.id = p.autoscaling_group_id",
    key=_POSITION,
    columns={
        "region": "p.region",
        "name": "p.name",
        "arn": "p.arn",
        "group": "g.name",
        "policy_type": "p.policy_type",
    },
)
_PUT = """
insert into scaling_policies (account_id, id, autoscaling_group_id, name, arn, region, policy_type,
                              enabled, data, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (autoscaling_group_id, name) do update
   set policy_type = excluded.policy_type, enabled = excluded.enabled, data = excluded.data
returning id, arn
"""


async def put(db: Any, row: Mapping[str, Any]) -> Any:
    """Store a policy, in place of the group's one of that name; its id and ARN."""
    columns = ("id", "autoscaling_group_id", "name", "arn", "region", "policy_type", "enabled",
               "data", "created_at")  # fmt: skip
    [stored] = await db.write(_PUT, *(row[name] for name in columns))
    return stored


async def find(db: Database, region: str, name: str, group_id: Any = None) -> Any | None:
    """The policy of that ARN, or of that name in a group; None when there is none."""
    rows = await db.fetch(
        "select p.*, g.name as group from scaling_policies as p"
        " join autoscaling_groups as g on g.id = p.autoscaling_group_id"
        " where p.account_id = driftcloud_account() and p.region = $1"
        " and (p.arn = $2 or (p.name = $2 and p.autoscaling_group_id = $3))",
        region, name, group_id,
    )  # fmt: skip
    return rows[0] if rows else None


async def delete(db: Any, policy_id: Any) -> None:
    """Delete a policy."""
    await db.write("delete from scaling_policies where id = $1", policy_id)
