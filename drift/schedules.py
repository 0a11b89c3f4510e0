"""Schedules of rules: what fired on this day, for the targets of each rule.

A day is written at once, and so are its firings, each with its own time of the day: what fires
later than the world's present time of day is told early. Rates under an hour give one event in
each hour, not all (models/event_schedules.py). Source:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from models import event_schedules

# Rules whose targets are all served by nobody here need not fire.
_SCHEDULED = """
SELECT r.id, r.arn, r.region, r.schedule, r.created_at FROM event_rules r
 WHERE r.account_id = $1 AND r.schedule IS NOT NULL AND r.status <> 'DISABLED' AND r.created_at < $2
   AND EXISTS (SELECT FROM event_targets t WHERE t.rule_id = r.id
                  AND split_part(t.arn, ':', 3) IN ('sqs', 'logs', 'lambda', 'events'))
 ORDER BY r.arn"""
_PUT = """
WITH fired AS (
    SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) AS f (rule_id, arn, region, at)
), put AS (
    INSERT INTO event_outbox (account_id, region, event_id, source, detail_type, resources, detail, happened_at, rule_id)
    SELECT $1, f.region, md5($6 || f.arn || f.at::text)::uuid, 'aws.events', 'Scheduled Event', ARRAY[f.arn], '{}', f.at, f.rule_id
      FROM fired f ORDER BY f.at, f.arn
), noted AS (
    UPDATE event_rules r SET fired_at = l.at
      FROM (SELECT f.rule_id, max(f.at) AS at FROM fired f GROUP BY 1) l WHERE r.id = l.rule_id
)
SELECT pg_notify('event_outbox', '')"""


async def fire(day: Day) -> None:
    """Put into the outbox what the account's schedules gave on this day."""
    rules = await day.connection.fetch(_SCHEDULED, day.account_id, day.end)
    fired = [
        (rule["id"], rule["arn"], rule["region"], moment)
        for rule in rules
        for moment in event_schedules.firings(rule["schedule"], rule["created_at"], day.date)
    ]
    if fired:
        columns = (list(column) for column in zip(*fired, strict=True))
        await day.connection.fetch(_PUT, day.account_id, *columns, f"{day.seed}/")
