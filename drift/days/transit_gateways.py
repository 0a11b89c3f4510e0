"""Transit gateways: what is attached to them is billed by the hour, used or not."""

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

AFTER = ("transitions",)
OCCASION = f"({there_is('transit_gateways')} OR {there_is('transit_gateway_attachments')})"

_WRITE = statement(
    """
{insert} jsonb_build_object('type', 'vpc', 'env', d.env, 'region', d.region),
       24 * d.hourly_cost
  FROM (SELECT a.attachment_id AS id, a.region, a.hourly_cost,
               coalesce(a.tags ->> 'env', a.tags ->> 'Environment', 'prod') AS env
          FROM transit_gateway_attachments a
         WHERE a.account_id = :account AND a.state = 'available' AND a.created_at < :end) d
{once}""",
    kind="transit_gateway_attachment",
)
_SETTLE = statement("""
UPDATE {table} SET settles_at = NULL WHERE account_id = :account AND settles_at < :end""",
                    table="transit_gateways")  # fmt: skip
_SETTLE_ATTACHMENTS = statement("""
UPDATE {table} SET settles_at = NULL WHERE account_id = :account AND settles_at < :end""",
                                table="transit_gateway_attachments")  # fmt: skip
_FORGET_ATTACHMENTS = statement("""
DELETE FROM transit_gateway_attachments WHERE account_id = :account AND state = 'deleted'
   AND deleted_at < :date - interval '1 hour'""")
_FORGET = statement("""
DELETE FROM transit_gateways WHERE account_id = :account AND state = 'deleted'
   AND deleted_at < :date - interval '1 hour'""")


async def write(day: Day) -> None:
    """A day of every attachment; what was under way has arrived, what was deleted is forgotten."""
    await day.apply("metrics_daily", _WRITE)
    await day.apply("transit_gateways", _SETTLE)
    await day.apply("transit_gateway_attachments", _SETTLE_ATTACHMENTS)
    await day.apply("transit_gateway_attachments", _FORGET_ATTACHMENTS)
    await day.apply("transit_gateways", _FORGET)
