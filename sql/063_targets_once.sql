-- A target, a listener and a default rule are there once, on every PostgreSQL from 14 on.
--
-- 036 said so by NULLS NOT DISTINCT, which PostgreSQL 14 does not know: there its constraints let
-- rows through in which one of the columns is null. These indexes say the same in older words.

DO $$
DECLARE
    old text;
BEGIN
    FOR old IN
        SELECT conname FROM pg_constraint
         WHERE conrelid = 'targets'::regclass AND contype = 'u' AND cardinality(conkey) = 4
    LOOP
        EXECUTE format('ALTER TABLE targets DROP CONSTRAINT %I', old);
    END LOOP;
END
$$;

-- A target belongs to a target group or to a classic load balancer, never to both.
CREATE UNIQUE INDEX targets_once ON targets
    (coalesce(target_group_id, load_balancer_id), target_id, coalesce(port, -1));
CREATE INDEX targets_group ON targets (target_group_id, target_id, port) WHERE target_group_id IS NOT NULL;

-- The constraints of 036 stay for those that have a port or a priority.
CREATE UNIQUE INDEX listeners_without_port ON listeners (load_balancer_id) WHERE port IS NULL;
CREATE UNIQUE INDEX listener_rules_default ON listener_rules (listener_id) WHERE priority IS NULL;
