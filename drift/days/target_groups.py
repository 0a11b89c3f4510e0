"""Target groups: what a day brings to its end around load balancers, and who is registered now."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

# Counts follow targets by triggers.
CONFIGURES = True
# Members come and go before.
AFTER = ("autoscaling_groups", "transitions")

_ACTIVE = statement(
    """
UPDATE load_balancers SET state = 'active', settles_at = NULL
 WHERE account_id = :account AND settles_at < :end""",
    occasion=there_is("load_balancers", "settles_at IS NOT NULL"),
)

_DRAINED = statement("""
DELETE FROM targets WHERE account_id = :account AND draining AND settles_at < :end""")

_REGISTERED = statement("""
UPDATE targets SET settles_at = NULL
 WHERE account_id = :account AND NOT draining AND settles_at < :end""")

# Machines that an operator took away with triggers at rest, or that ended before they were known here.
_GONE = statement("""
DELETE FROM targets t
 WHERE t.account_id = :account AND t.target_id LIKE 'i-%'
   AND NOT EXISTS (SELECT FROM instances i WHERE i.account_id = :account AND i.instance_id = t.target_id
                      AND i.state <> 'terminated')""")

_COUNT = statement("""
SELECT driftcloud_count_targets(array_agg(b.id)) FROM load_balancers b
 WHERE b.account_id = :account
   AND (EXISTS (SELECT FROM targets t WHERE t.load_balancer_id = b.id)
        OR EXISTS (SELECT FROM target_groups g WHERE g.load_balancer_id = b.id))
HAVING count(*) > 0""")


async def write(day: Day) -> None:
    """Settle load balancers and targets, and count them anew."""
    await day.apply("load_balancers", _ACTIVE)
    await day.apply("targets", _DRAINED)
    await day.apply("targets", _REGISTERED)
    await day.apply("targets", _GONE)
    await day.fetch(_COUNT)
