"""What drift did, for whoever has a rule: an event for each resource that a tick changed."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day

# It tells what the audit tells, and not what the scenario thought.
_ANNOUNCE = """
WITH changed AS (
    SELECT e.resource_type, e.resource_id, max(e.changed_at) AS changed_at,
           jsonb_agg(jsonb_build_object('field', e.field_name, 'old-value', e.old_value, 'new-value', e.new_value)
                     ORDER BY e.field_name) AS changes
      FROM resource_change_events e
     WHERE e.account_id = $1 AND e.change_source = 'drift_engine'
       AND e.changed_at >= $2::date AND e.changed_at < $2::date + 1
       AND EXISTS (SELECT FROM event_rules r WHERE r.account_id = $1 AND r.bus_name = 'default'
                      AND r.pattern IS NOT NULL AND r.status <> 'DISABLED')
     GROUP BY 1, 2
), placed AS (
    SELECT c.*, coalesce(
               CASE WHEN starts_with(c.resource_id, 'arn:') THEN nullif(split_part(c.resource_id, ':', 4), '') END,
               (SELECT v.region FROM volumes v WHERE v.volume_id = c.resource_id),
               (SELECT i.region FROM instances i WHERE i.instance_id = c.resource_id),
               (SELECT s.region FROM snapshots s WHERE s.snapshot_id = c.resource_id),
               (SELECT p.region FROM elastic_ips p WHERE p.allocation_id = c.resource_id),
               (SELECT d.region FROM rds_instances d WHERE d.db_instance_id = c.resource_id),
               (SELECT k.region FROM cache_clusters k WHERE k.cluster_id = c.resource_id),
               (SELECT b.region FROM s3_buckets b WHERE b.name = c.resource_id), 'us-east-1') AS region
      FROM changed c
), put AS (
    INSERT INTO event_outbox (account_id, region, source, detail_type, resources, detail, happened_at)
    SELECT $1, p.region, 'driftcloud.drift', 'Resource Drift', ARRAY[p.resource_id],
           jsonb_build_object('resource-type', p.resource_type, 'resource-id', p.resource_id, 'changes', p.changes),
           p.changed_at
      FROM placed p WHERE driftcloud_has_rules($1, p.region) ORDER BY p.changed_at, p.resource_id
    RETURNING id
)
SELECT pg_notify('event_outbox', '') WHERE EXISTS (SELECT FROM put)
"""


async def announce(day: Day) -> None:
    """Put into the outbox what changed on this day, where a rule may want to know."""
    await day.connection.fetch(_ANNOUNCE, day.account_id, day.date)
