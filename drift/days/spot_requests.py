"""Spot requests: those of instances that are gone are forgotten with them."""

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

AFTER = ("transitions",)
# Foreign keys and triggers have their part in what changes here.
CONFIGURES = True
OCCASION = there_is("spot_requests")

_FORGET = statement("""
DELETE FROM spot_requests r WHERE r.account_id = :account
   AND (r.instance_id IS NOT NULL OR r.state = 'cancelled' OR r.valid_until < :date)
   AND NOT EXISTS (SELECT FROM instances i WHERE i.instance_id = r.instance_id)
   AND coalesce(r.state_changed_at, r.created_at) < :date""")


async def write(day: Day) -> None:
    """Forget what nothing runs for any more; the instances themselves are billed."""
    await day.apply("spot_requests", _FORGET)
