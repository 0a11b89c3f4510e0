-- What the health of targets costs. A subquery that only names a value is set into every place where
-- the value is named, and what time it is was asked five times for each target. Behind OFFSET 0 it is
-- asked once. The states are the same.

-- The one place that knows whether a target is well: what is listed and what is counted follow it.
-- A function without arguments is set into the statement that calls it, as a view would be.
CREATE OR REPLACE FUNCTION driftcloud_target_states() RETURNS TABLE (id uuid, account_id uuid, target_group_id uuid,
    target_id text, port integer, availability_zone text, draining boolean, created_at timestamptz,
    load_balancer_id uuid, machine text, state text, reason text, description text)
    LANGUAGE sql STABLE AS $$
SELECT t.id, t.account_id, t.target_group_id, t.target_id, t.port, t.availability_zone, t.draining, t.created_at,
       x.balancer AS load_balancer_id, x.machine,
       CASE WHEN t.draining OR x.machine = 'shutting-down' THEN 'draining'
            WHEN x.stopped AND g.target_type IS DISTINCT FROM 'ip' THEN 'unused'
            WHEN b.id IS NULL OR x.elsewhere THEN 'unused'
            WHEN NOT g.health_check_enabled THEN 'unavailable'
            WHEN t.settles_at > x.now OR x.machine = 'pending' THEN 'initial'
            WHEN x.stopped THEN 'unhealthy'
            ELSE 'healthy' END AS state,
       CASE WHEN t.draining OR x.machine = 'shutting-down' THEN 'Target.DeregistrationInProgress'
            WHEN x.stopped AND g.target_type IS DISTINCT FROM 'ip' THEN 'Target.InvalidState'
            WHEN b.id IS NULL OR x.elsewhere THEN 'Target.NotInUse'
            WHEN NOT g.health_check_enabled THEN 'Target.HealthCheckDisabled'
            WHEN t.settles_at > x.now OR x.machine = 'pending' THEN 'Elb.RegistrationInProgress'
            WHEN x.stopped THEN 'Target.Timeout' END AS reason,
       CASE WHEN t.draining OR x.machine = 'shutting-down' THEN 'Target deregistration is in progress'
            WHEN x.stopped AND g.target_type IS DISTINCT FROM 'ip' THEN 'Target is in the stopped state'
            WHEN b.id IS NULL THEN 'Target group is not configured to receive traffic from the load balancer'
            WHEN x.elsewhere
            THEN 'Target is in an Availability Zone that is not enabled for the load balancer'
            WHEN NOT g.health_check_enabled THEN 'Health checks are disabled for this target group'
            WHEN t.settles_at > x.now OR x.machine = 'pending' THEN 'Target registration is in progress'
            WHEN x.stopped THEN 'Request timed out' END AS description
  FROM targets t
  LEFT JOIN target_groups g ON g.id = t.target_group_id
  LEFT JOIN load_balancers b ON b.id = coalesce(t.load_balancer_id, g.load_balancer_id)
  LEFT JOIN instances m ON m.instance_id = t.target_id AND m.account_id = t.account_id
  LEFT JOIN LATERAL (
       SELECT i.state, i.settled_state, i.settles_at FROM instances i
        WHERE g.target_type = 'ip' AND i.account_id = t.account_id AND i.vpc_id = g.vpc_id
          AND i.private_ip_address = t.target_id AND i.state <> 'terminated'
        LIMIT 1) a ON true
  CROSS JOIN LATERAL (
       SELECT coalesce(m.state, a.state) AS state, coalesce(m.settled_state, a.settled_state) AS settled_state,
              coalesce(m.settles_at, a.settles_at) AS settles_at) i
  CROSS JOIN LATERAL (SELECT driftcloud_now(t.account_id) AS now OFFSET 0) c
  CROSS JOIN LATERAL (
       SELECT c.now, b.id AS balancer,
              CASE WHEN i.settles_at <= c.now THEN i.settled_state ELSE i.state END AS machine,
              CASE WHEN i.settles_at <= c.now THEN i.settled_state ELSE i.state END
                  IN ('stopping', 'stopped', 'terminated') AS stopped,
              cardinality(b.availability_zones) > 0 AND t.availability_zone <> 'all'
                  AND t.availability_zone <> ALL (b.availability_zones) AS elsewhere) x
 WHERE NOT (t.draining AND t.settles_at <= x.now)
$$;
