"""Loads that several machines share: a group's or a cluster's, however many members it has.

The owner's own profile keeps the whole load in `load` and in one more level, and in its params how
many members it was last shared by. It is known once every member has had a day.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.profiles import statement
from drift.statement import Statement

_LEARN = """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load, {level}, params)
SELECT :account, '{owner}', g.arn, min(p.profile), sum(p.load ORDER BY m.instance_id), sum(p.{level} ORDER BY m.instance_id),
       jsonb_build_object('{count}', count(*))
  FROM {members}
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = '{member}'
       AND p.resource_id = m.instance_id
  LEFT JOIN resource_profiles q ON q.account_id = :account AND q.resource_type = '{owner}'
       AND q.resource_id = g.arn
 WHERE g.account_id = :account AND q.load IS NULL
 GROUP BY g.arn HAVING count(*) = count(p.load)
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE
   SET load = excluded.load, {level} = excluded.{level}, params = old.params || excluded.params"""

# Those that have more, fewer or other members than they were last shared by.
_SHARE = """
WITH changed AS (
    SELECT g.id, g.arn, q.load, q.{level}, q.profile, count(*) AS members, avg(p.memory_gib ORDER BY m.instance_id) AS each_gib
      FROM {members}
      JOIN resource_profiles q ON q.account_id = :account AND q.resource_type = '{owner}'
           AND q.resource_id = g.arn
      LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = '{member}'
           AND p.resource_id = m.instance_id
     WHERE g.account_id = :account AND q.load IS NOT NULL
     GROUP BY g.id, g.arn, q.load, q.{level}, q.profile, q.params
    HAVING count(*) <> (q.params ->> '{count}')::int OR count(p.load) < count(*)
), counted AS (
    UPDATE resource_profiles q SET params = q.params || jsonb_build_object('{count}', c.members)
      FROM changed c
     WHERE q.account_id = :account AND q.resource_type = '{owner}' AND q.resource_id = c.arn
)
{shares}"""


def learn(owner: str, member: str, members: str, level: str, count: str) -> Statement:
    """The statement that adds up the loads of owners whose members have all had a day.

    `members` joins owners `g` (id, arn, account_id) and members `m` (instance_id), of the resource
    types `owner` and `member`; `level` is the column shared besides `load`, `count` the name in params.
    """
    return statement(_LEARN, owner=owner, member=member, members=members, level=level, count=count)


def share(owner: str, member: str, members: str, level: str, count: str, shares: str) -> Statement:
    """The statement that shares the loads of `changed` owners anew, by `shares`, an INSERT.

    `changed` has id, arn, profile, load, the level, members (how many) and each_gib.
    """
    return statement(
        _SHARE, owner=owner, member=member, members=members, level=level, count=count, shares=shares
    )
