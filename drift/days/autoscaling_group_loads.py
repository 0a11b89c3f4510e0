"""The load of an Auto Scaling group, which its members share however many there are."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import shared_loads
from drift.day import Day
from drift.statement import there_is

OCCASION = there_is("autoscaling_groups")

_MEMBERS = """autoscaling_groups g
  JOIN instances m ON m.autoscaling_group_id = g.id AND m.state = 'running'"""
_WHOSE = ("autoscaling_group", "instance", _MEMBERS, "network_mb", "members")
_LEARN = shared_loads.learn(*_WHOSE)

_SHARE = shared_loads.share(
    *_WHOSE,
    """INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, memory_gib, network_mb)
SELECT :account, 'instance', m.instance_id, c.profile, c.load / c.members, c.each_gib, c.network_mb / c.members
  FROM changed c JOIN instances m ON m.autoscaling_group_id = c.id AND m.state = 'running'
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE
   SET load = excluded.load, network_mb = excluded.network_mb,
       memory_gib = coalesce(old.memory_gib, excluded.memory_gib)""",
)


async def write(day: Day) -> None:
    """Share the loads anew of groups that have more, fewer or other members than yesterday.

    By its name this comes before the day's rows of instances, which show it.
    """
    await day.apply("resource_profiles", _LEARN)
    await day.apply("resource_profiles", _SHARE)
