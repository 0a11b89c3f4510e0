"""The load of an Auto Scaling group, which its members share however many there are."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement

# A group's own profile keeps the whole load in load and network_mb, and in params the number of
# members that it was last shared by. It is known once every member has had a day.
_LEARN = statement("""
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, network_mb, params)
SELECT :account, 'autoscaling_group', g.arn, min(p.profile), sum(p.load), sum(p.network_mb),
       jsonb_build_object('members', count(*))
  FROM autoscaling_groups g
  JOIN instances i ON i.autoscaling_group_id = g.id AND i.state = 'running'
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 'instance'
       AND p.resource_id = i.instance_id
  LEFT JOIN resource_profiles q ON q.account_id = :account AND q.resource_type = 'autoscaling_group'
       AND q.resource_id = g.arn
 WHERE g.account_id = :account AND q.load IS NULL
 GROUP BY g.arn HAVING count(*) = count(p.load)
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE
   SET load = excluded.load, network_mb = excluded.network_mb, params = old.params || excluded.params""")

_SHARE = statement("""
WITH changed AS (
    SELECT g.id, g.arn, q.load, q.network_mb, q.profile, count(*) AS members, avg(p.memory_gib) AS memory_gib
      FROM autoscaling_groups g
      JOIN resource_profiles q ON q.account_id = :account AND q.resource_type = 'autoscaling_group'
           AND q.resource_id = g.arn
      JOIN instances i ON i.autoscaling_group_id = g.id AND i.state = 'running'
      LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 'instance'
           AND p.resource_id = i.instance_id
     WHERE g.account_id = :account AND q.load IS NOT NULL
     GROUP BY g.id, g.arn, q.load, q.network_mb, q.profile, q.params
    HAVING count(*) <> (q.params ->> 'members')::int OR count(p.load) < count(*)
), counted AS (
    UPDATE resource_profiles q SET params = q.params || jsonb_build_object('members', c.members)
      FROM changed c
     WHERE q.account_id = :account AND q.resource_type = 'autoscaling_group' AND q.resource_id = c.arn
)
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, memory_gib, network_mb)
SELECT :account, 'instance', i.instance_id, c.profile, c.load / c.members, c.memory_gib, c.network_mb / c.members
  FROM changed c JOIN instances i ON i.autoscaling_group_id = c.id AND i.state = 'running'
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE
   SET load = excluded.load, network_mb = excluded.network_mb,
       memory_gib = coalesce(old.memory_gib, excluded.memory_gib)""")


async def write(day: Day) -> None:
    """Share the loads anew of groups that have more, fewer or other members than yesterday.

    By its name this comes before the day's rows of instances, which show it.
    """
    await day.apply("resource_profiles", _LEARN)
    await day.apply("resource_profiles", _SHARE)
