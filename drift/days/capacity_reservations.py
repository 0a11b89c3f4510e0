"""Capacity reservations: machines that were kept and not used, billed as if they had run."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is
from models.capacity_reservations import SHOWN_DAYS, USED

AFTER = ("instances", "transitions")
OCCASION = there_is("capacity_reservations")

_WRITE = statement(
    """
{insert} jsonb_build_object('reserved', d.instance_count, 'used', d.used_count,
       'unused', d.instance_count - d.used_count, 'type', d.instance_type, 'env', d.env, 'region', d.region),
       least(24 * d.hourly_cost * (d.instance_count - d.used_count), 99999999)
  FROM (SELECT c.capacity_reservation_id AS id, c.region, c.instance_type, c.instance_count,
               c.used_count, c.hourly_cost,
               coalesce(c.tags ->> 'env', c.tags ->> 'Environment', 'prod') AS env
          FROM {used} c WHERE c.is_active AND c.created_at < :end OFFSET 0) d
{once}""",
    kind="capacity_reservation",
    used=USED.format(now=":end", account=":account"),
)

_EXPIRE = statement("""
UPDATE capacity_reservations SET state = 'expired', ended_at = end_at
 WHERE account_id = :account AND state = 'active' AND end_at <= :end""")

_FORGET = statement(f"""
DELETE FROM capacity_reservations WHERE account_id = :account AND state <> 'active'
   AND ended_at < :date - interval '{SHOWN_DAYS} day'""")


async def write(day: Day) -> None:
    """A day of every reservation; those whose time has come expire, the old ones are forgotten."""
    await day.apply("metrics_daily", _WRITE)
    await day.apply("capacity_reservations", _EXPIRE)
    await day.apply("capacity_reservations", _FORGET)
