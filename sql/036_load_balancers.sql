-- What the services of load balancers show beyond the first schema: listeners, rules, target groups,
-- and who is registered with them.

ALTER TABLE load_balancers
    ADD COLUMN settles_at        timestamptz,
    ADD COLUMN ip_address_type   text NOT NULL DEFAULT 'ipv4',
    ADD COLUMN attributes        jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN subnet_mappings   jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN classic_listeners jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN policies          jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN health_check      jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN load_balancers.settles_at IS 'Until then it is provisioning.';
COMMENT ON COLUMN load_balancers.attributes IS 'Attributes that differ from the defaults, as its service words them.';
COMMENT ON COLUMN load_balancers.subnet_mappings IS
    'By subnet: AllocationId and PrivateIPv4Address, where a network load balancer was given them.';
COMMENT ON COLUMN load_balancers.classic_listeners IS 'ListenerDescriptions of a classic load balancer; the others have rows in listeners.';
COMMENT ON COLUMN load_balancers.policies IS 'Policies of a classic load balancer: name, type and attributes.';
COMMENT ON COLUMN load_balancers.health_check IS 'What a classic load balancer''s HealthCheck has beside the defaults.';
COMMENT ON COLUMN load_balancers.target_count IS 'Different targets registered with it or with its target groups.';
CREATE INDEX load_balancers_settles ON load_balancers (settles_at) WHERE settles_at IS NOT NULL;

CREATE TABLE target_groups (
    id                            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region                        text NOT NULL DEFAULT 'us-east-1',
    name                          text NOT NULL,
    arn                           text NOT NULL UNIQUE,
    load_balancer_id              uuid REFERENCES load_balancers (id) ON DELETE SET NULL,
    target_type                   text NOT NULL DEFAULT 'instance' CHECK (target_type IN ('instance', 'ip', 'lambda', 'alb')),
    protocol                      text,
    protocol_version              text,
    port                          integer,
    vpc_id                        text,
    ip_address_type               text NOT NULL DEFAULT 'ipv4',
    health_check_enabled          boolean NOT NULL DEFAULT true,
    health_check_protocol         text,
    health_check_port             text,
    health_check_path             text,
    health_check_interval_seconds integer NOT NULL DEFAULT 30,
    health_check_timeout_seconds  integer NOT NULL DEFAULT 5,
    healthy_threshold             integer NOT NULL DEFAULT 5,
    unhealthy_threshold           integer NOT NULL DEFAULT 2,
    matcher                       text,
    attributes                    jsonb NOT NULL DEFAULT '{}',
    tags                          jsonb NOT NULL DEFAULT '{}',
    created_at                    timestamptz NOT NULL DEFAULT now(),
    updated_at                    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE target_groups IS 'Targets that a listener or a rule sends requests to.';
COMMENT ON COLUMN target_groups.load_balancer_id IS
    'The load balancer whose rules name the group; kept by a trigger of listener_rules.';
COMMENT ON COLUMN target_groups.matcher IS 'Codes of a good answer: HTTP''s, or gRPC''s where protocol_version is GRPC.';
COMMENT ON COLUMN target_groups.attributes IS 'Attributes that differ from the defaults.';
CREATE INDEX target_groups_balancer ON target_groups (load_balancer_id);

CREATE TABLE listeners (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id            uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    load_balancer_id      uuid NOT NULL REFERENCES load_balancers (id) ON DELETE CASCADE,
    region                text NOT NULL DEFAULT 'us-east-1',
    arn                   text NOT NULL UNIQUE,
    protocol              text,
    port                  integer,
    ssl_policy            text,
    certificates          jsonb NOT NULL DEFAULT '[]',
    alpn_policy           text[],
    mutual_authentication jsonb,
    attributes            jsonb NOT NULL DEFAULT '{}',
    tags                  jsonb NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (load_balancer_id, port)
);
CREATE INDEX listeners_account ON listeners (account_id, region, arn);
COMMENT ON TABLE listeners IS 'A port of a load balancer; its default actions are those of its default rule.';
COMMENT ON COLUMN listeners.certificates IS 'Certificates by ARN, the default one first.';

CREATE TABLE listener_rules (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    listener_id       uuid NOT NULL REFERENCES listeners (id) ON DELETE CASCADE,
    region            text NOT NULL DEFAULT 'us-east-1',
    arn               text NOT NULL UNIQUE,
    priority          integer,
    conditions        jsonb NOT NULL DEFAULT '[]',
    actions           jsonb NOT NULL DEFAULT '[]',
    transforms        jsonb NOT NULL DEFAULT '[]',
    target_group_arns text[] NOT NULL DEFAULT '{}',
    tags              jsonb NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (listener_id, priority)
);
CREATE INDEX listener_rules_account ON listener_rules (account_id, region, arn);
COMMENT ON TABLE listener_rules IS 'What a listener does with which requests.';
COMMENT ON COLUMN listener_rules.priority IS 'Null: the default rule, which every listener has and which comes last.';
COMMENT ON COLUMN listener_rules.target_group_arns IS 'The target groups that the actions forward to.';

CREATE TABLE targets (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    target_group_id      uuid REFERENCES target_groups (id) ON DELETE CASCADE,
    load_balancer_id     uuid REFERENCES load_balancers (id) ON DELETE CASCADE,
    target_id            text NOT NULL,
    port                 integer,
    availability_zone    text,
    autoscaling_group_id uuid,
    draining             boolean NOT NULL DEFAULT false,
    settles_at           timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    CHECK (target_group_id IS NULL OR load_balancer_id IS NULL),
    UNIQUE NULLS NOT DISTINCT (target_group_id, load_balancer_id, target_id, port)
);
CREATE INDEX targets_balancer ON targets (load_balancer_id) WHERE load_balancer_id IS NOT NULL;
CREATE INDEX targets_target ON targets (account_id, target_id);
CREATE INDEX targets_autoscaling ON targets (autoscaling_group_id) WHERE autoscaling_group_id IS NOT NULL;
CREATE INDEX targets_settles ON targets (settles_at) WHERE settles_at IS NOT NULL;
COMMENT ON TABLE targets IS
    'A target of a target group, or an instance of a classic load balancer; its health is what driftcloud_target_states() says.';
COMMENT ON COLUMN targets.load_balancer_id IS 'Of a classic load balancer; others reach their targets through target groups.';
COMMENT ON COLUMN targets.autoscaling_group_id IS 'The group that brought its member here, and takes it away.';
COMMENT ON COLUMN targets.settles_at IS 'Until then it is being registered or, if draining, deregistered.';

DO $$
DECLARE
    own CONSTANT text := 'account_id = (SELECT driftcloud_account())';
    every CONSTANT text := 'SELECT, INSERT, UPDATE, DELETE';
    kind text;
BEGIN
    PERFORM driftcloud_protect('targets', own, every);
    FOREACH kind IN ARRAY ARRAY['target_group', 'listener', 'listener_rule'] LOOP
        PERFORM driftcloud_protect((kind || 's')::regclass, own, every);
        INSERT INTO driftcloud_resource_types VALUES (kind, kind || 's', 'arn', NULL, NULL, true);
        PERFORM driftcloud_audit(kind);
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()',
                       kind || 's');
    END LOOP;
END
$$;
SELECT driftcloud_audit('load_balancer');
SELECT driftcloud_sync_tags();

-- The one place that knows whether a target is well: what is listed and what is counted follow it.
-- A function without arguments is set into the statement that calls it, as a view would be.
CREATE FUNCTION driftcloud_target_states() RETURNS TABLE (id uuid, account_id uuid, target_group_id uuid,
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
  CROSS JOIN LATERAL (SELECT driftcloud_now(t.account_id) AS now) c
  CROSS JOIN LATERAL (
       SELECT c.now, b.id AS balancer,
              CASE WHEN i.settles_at <= c.now THEN i.settled_state ELSE i.state END AS machine,
              CASE WHEN i.settles_at <= c.now THEN i.settled_state ELSE i.state END
                  IN ('stopping', 'stopped', 'terminated') AS stopped,
              cardinality(b.availability_zones) > 0 AND t.availability_zone <> 'all'
                  AND t.availability_zone <> ALL (b.availability_zones) AS elsewhere) x
 WHERE NOT (t.draining AND t.settles_at <= x.now)
$$;
COMMENT ON FUNCTION driftcloud_target_states() IS
    'Every target with its health: it follows the state of the machine behind it, and whether anything sends it requests.';

CREATE FUNCTION driftcloud_count_targets(balancers uuid[]) RETURNS void
    LANGUAGE sql AS $$
    UPDATE load_balancers b SET target_count = c.registered, healthy_count = c.healthy
      FROM (SELECT x.id, count(DISTINCT s.target_id) FILTER (WHERE s.state <> 'draining') AS registered,
                   count(DISTINCT s.target_id) FILTER (WHERE s.state = 'healthy') AS healthy
              FROM (SELECT DISTINCT id FROM unnest(balancers) u (id) WHERE id IS NOT NULL) x
              LEFT JOIN LATERAL (
                   SELECT s.target_id, s.state FROM driftcloud_target_states() s
                     JOIN target_groups g ON g.id = s.target_group_id WHERE g.load_balancer_id = x.id
                   UNION ALL
                   SELECT s.target_id, s.state FROM driftcloud_target_states() s
                     JOIN targets t ON t.id = s.id WHERE t.load_balancer_id = x.id) s ON true
             GROUP BY x.id) c
     WHERE b.id = c.id AND (b.target_count, b.healthy_count) IS DISTINCT FROM (c.registered, c.healthy)
$$;
COMMENT ON FUNCTION driftcloud_count_targets(uuid[]) IS
    'Makes target_count and healthy_count of load balancers what driftcloud_target_states() says.';

CREATE FUNCTION driftcloud_targets_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed_rows) THEN
        PERFORM driftcloud_count_targets(array_agg(DISTINCT coalesce(c.load_balancer_id, g.load_balancer_id)))
           FROM changed_rows c LEFT JOIN target_groups g ON g.id = c.target_group_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER counted_insert AFTER INSERT ON targets REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_targets_changed();
CREATE TRIGGER counted_update AFTER UPDATE ON targets REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_targets_changed();
CREATE TRIGGER counted_delete AFTER DELETE ON targets REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_targets_changed();

CREATE FUNCTION driftcloud_target_group_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_count_targets(ARRAY[OLD.load_balancer_id, NEW.load_balancer_id]);
    RETURN NULL;
END
$$;
CREATE TRIGGER moved AFTER UPDATE OF load_balancer_id ON target_groups FOR EACH ROW
    WHEN (OLD.load_balancer_id IS DISTINCT FROM NEW.load_balancer_id)
    EXECUTE FUNCTION driftcloud_target_group_moved();

CREATE FUNCTION driftcloud_balancer_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_count_targets(ARRAY[NEW.id]);
    RETURN NULL;
END
$$;
CREATE TRIGGER placed AFTER UPDATE OF availability_zones ON load_balancers FOR EACH ROW
    WHEN (OLD.availability_zones IS DISTINCT FROM NEW.availability_zones)
    EXECUTE FUNCTION driftcloud_balancer_placed();

-- A target group belongs to the load balancer whose rules forward to it: to one at a time.
CREATE FUNCTION driftcloud_rule_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    balancer CONSTANT uuid := (SELECT l.load_balancer_id FROM listeners l
                                WHERE l.id = CASE TG_OP WHEN 'DELETE' THEN OLD.listener_id ELSE NEW.listener_id END);
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE target_groups g SET load_balancer_id = NULL
         WHERE g.arn = ANY (OLD.target_group_arns) AND g.account_id = OLD.account_id
           AND g.load_balancer_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM listeners l JOIN listener_rules r ON r.listener_id = l.id
                            WHERE l.load_balancer_id = balancer AND g.arn = ANY (r.target_group_arns));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE target_groups g SET load_balancer_id = balancer
         WHERE g.arn = ANY (NEW.target_group_arns) AND g.account_id = NEW.account_id
           AND g.load_balancer_id IS DISTINCT FROM balancer;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER forwarded AFTER INSERT OR DELETE OR UPDATE OF target_group_arns ON listener_rules
    FOR EACH ROW EXECUTE FUNCTION driftcloud_rule_changed();

-- Members of an Auto Scaling group are registered wherever their group gets traffic from.
CREATE FUNCTION driftcloud_register_members(groups uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO targets (account_id, target_group_id, load_balancer_id, target_id, port,
                         availability_zone, autoscaling_group_id, settles_at, created_at)
    SELECT a.account_id, s.target_group_id, s.load_balancer_id, i.instance_id, s.port,
           i.availability_zone, a.id, i.settles_at, driftcloud_now(a.account_id)
      FROM autoscaling_groups a
      JOIN instances i ON i.autoscaling_group_id = a.id AND NOT i.standby
       AND i.state NOT IN ('shutting-down', 'terminated')
     CROSS JOIN LATERAL (
           SELECT g.id AS target_group_id, NULL::uuid AS load_balancer_id, g.port, g.vpc_id FROM target_groups g
            WHERE g.account_id = a.account_id AND g.arn = ANY (a.target_group_arns) AND g.target_type = 'instance'
           UNION ALL
           SELECT NULL, b.id, NULL, b.vpc_id FROM load_balancers b
            WHERE b.account_id = a.account_id AND b.region = a.region AND b.type = 'classic'
              AND b.name = ANY (a.load_balancer_names)) s
     WHERE a.id = ANY (groups) AND (s.vpc_id IS NULL OR s.vpc_id IS NOT DISTINCT FROM i.vpc_id)
       AND 'AddToLoadBalancer' <> ALL (a.suspended_processes)
        ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION driftcloud_register_members(uuid[]) IS
    'Registers the members of Auto Scaling groups with the target groups and load balancers of their groups.';

CREATE FUNCTION driftcloud_group_attached() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM targets t
     WHERE t.autoscaling_group_id = NEW.id
       AND NOT EXISTS (SELECT FROM target_groups g WHERE g.id = t.target_group_id AND g.arn = ANY (NEW.target_group_arns))
       AND NOT EXISTS (SELECT FROM load_balancers b WHERE b.id = t.load_balancer_id AND b.name = ANY (NEW.load_balancer_names));
    IF NEW.target_group_arns <> '{}' OR NEW.load_balancer_names <> '{}' THEN
        PERFORM driftcloud_register_members(ARRAY[NEW.id]);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER attached AFTER UPDATE OF target_group_arns, load_balancer_names ON autoscaling_groups FOR EACH ROW
    WHEN (OLD.target_group_arns IS DISTINCT FROM NEW.target_group_arns
          OR OLD.load_balancer_names IS DISTINCT FROM NEW.load_balancer_names)
    EXECUTE FUNCTION driftcloud_group_attached();

CREATE FUNCTION driftcloud_machines_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n WHERE n.autoscaling_group_id IS NOT NULL) THEN
        PERFORM driftcloud_register_members(array_agg(DISTINCT a.id))
           FROM new_rows n JOIN autoscaling_groups a ON a.id = n.autoscaling_group_id
          WHERE a.target_group_arns <> '{}' OR a.load_balancer_names <> '{}';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER targets_insert AFTER INSERT ON instances REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_machines_came();

CREATE FUNCTION driftcloud_machines_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM targets t USING old_rows o WHERE t.account_id = o.account_id AND t.target_id = o.instance_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER targets_delete AFTER DELETE ON instances REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_machines_went();

CREATE FUNCTION driftcloud_machine_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'terminated' THEN
        DELETE FROM targets t WHERE t.account_id = NEW.account_id AND t.target_id = NEW.instance_id;
        RETURN NULL;
    END IF;
    IF OLD.autoscaling_group_id IS NOT NULL
       AND (NEW.standby OR NEW.autoscaling_group_id IS DISTINCT FROM OLD.autoscaling_group_id) THEN
        DELETE FROM targets t WHERE t.autoscaling_group_id = OLD.autoscaling_group_id
           AND t.target_id = NEW.instance_id;
    END IF;
    IF NEW.autoscaling_group_id IS NOT NULL AND NOT NEW.standby
       AND (OLD.standby OR NEW.autoscaling_group_id IS DISTINCT FROM OLD.autoscaling_group_id) THEN
        PERFORM driftcloud_register_members(array_agg(a.id)) FROM autoscaling_groups a
          WHERE a.id = NEW.autoscaling_group_id
            AND (a.target_group_arns <> '{}' OR a.load_balancer_names <> '{}');
    END IF;
    PERFORM driftcloud_count_targets(array_agg(DISTINCT coalesce(t.load_balancer_id, g.load_balancer_id)))
       FROM targets t LEFT JOIN target_groups g ON g.id = t.target_group_id
      WHERE t.account_id = NEW.account_id AND t.target_id IN (NEW.instance_id, NEW.private_ip_address)
     HAVING count(*) > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER targets_update AFTER UPDATE OF state, standby, autoscaling_group_id ON instances FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.standby IS DISTINCT FROM NEW.standby
          OR OLD.autoscaling_group_id IS DISTINCT FROM NEW.autoscaling_group_id)
    EXECUTE FUNCTION driftcloud_machine_changed();
