"""Parameter groups: the settings of an engine, an account's own ones; default ones are implied."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing


def _listing(level: str) -> Listing:
    return Listing(
        "g.name, g.arn, g.region, g.family, g.description, g.parameters, g.tags",
        "rds_parameter_groups as g",
        key="g.name",
        columns={"region": "g.region", "name": "g.name", "family": "g.family"},
        tagged="rds_parameter_group",
        tagged_by="g.arn",
        always=f"g.level = '{level}'",
    )


LISTINGS = {"instance": _listing("instance"), "cluster": _listing("cluster")}
_IN_USE = {
    "instance": "select 1 from rds_instances as r where r.account_id = g.account_id"
    " and r.region = g.region and r.parameter_group_name = g.name",
    "cluster": "select 1 from rds_clusters as r where r.account_id = g.account_id"
    " and r.region = g.region and r.parameter_group_name = g.name",
}
_DELETE = """
delete from rds_parameter_groups as g
 where g.account_id = driftcloud_account() and g.region = $1 and g.name = $2 and g.level = '{0}'
   and not exists ({1})
returning id
"""
_SET = """
update rds_parameter_groups set parameters = parameters || $4::jsonb
 where account_id = driftcloud_account() and region = $1 and level = $2 and name = $3
returning id
"""


async def find_one(db: Database, level: str, region: str, name: str) -> Any | None:
    """The group of that name, or None; `level` is instance or cluster."""
    return await LISTINGS[level].one(db, region, name)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new group; False when the name is taken."""
    return await single_rows.insert(db, "rds_parameter_groups", row)


async def set_parameters(
    db: Any, level: str, region: str, name: str, parameters: Mapping[str, Mapping[str, str]]
) -> bool:
    """Change settings of a group, as `settings` gives them; False when it is not there."""
    return bool(await db.write(_SET, region, level, name, dict(parameters)))


def settings(row: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What a group sets: by name the `value` and the `method` by which it takes effect."""
    return {
        name: one if isinstance(one, dict) else {"value": one, "method": "pending-reboot"}
        for name, one in row["parameters"].items()
    }


async def delete(db: Any, level: str, region: str, name: str) -> bool:
    """Delete a group that nothing uses; False when it is not there or in use."""
    return bool(await db.write(_DELETE.format(level, _IN_USE[level]), region, name))
