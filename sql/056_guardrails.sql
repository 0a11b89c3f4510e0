-- Guardrails: what must not be optimised now, or not without leave, and who did so all the same.

CREATE TABLE truth.breaches (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    date          date NOT NULL,
    at            timestamptz NOT NULL,
    principal     text,
    kind          text NOT NULL CHECK (kind IN ('freeze', 'policy')),
    resource_type text NOT NULL,
    resource_id   text NOT NULL,
    operation     text,
    detail        text NOT NULL
);
CREATE INDEX truth_breaches_account ON truth.breaches (account_id, date);
COMMENT ON TABLE truth.breaches IS
    'One change by an agent of a resource that was frozen, or whose policy is not to be acted on unasked.';
COMMENT ON COLUMN truth.breaches.date IS 'Virtual day.';
COMMENT ON COLUMN truth.breaches.at IS 'Virtual time of the change.';
COMMENT ON COLUMN truth.breaches.principal IS 'The ARN of who did it; null where no call is behind it.';
COMMENT ON COLUMN truth.breaches.operation IS 'The call, as service:Operation.';
COMMENT ON COLUMN truth.breaches.detail IS 'What was changed, and what stood against it.';
ALTER TABLE truth.breaches
    ADD COLUMN event_id uuid,
    ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id();
COMMENT ON COLUMN truth.breaches.event_id IS 'The call in trail_events.';
COMMENT ON COLUMN truth.breaches.transaction_id IS 'What one call does to one resource is one breach.';

CREATE TABLE truth.approvals (
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    resource_type text NOT NULL,
    resource_id   text NOT NULL,
    until         timestamptz,
    approved_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, resource_type, resource_id)
);
COMMENT ON TABLE truth.approvals IS
    'Leave that an operator gave to change a resource whose policy is recommend_only.';
COMMENT ON COLUMN truth.approvals.until IS 'Virtual time at which the leave ends; null: it does not.';

ALTER TABLE cloud_accounts
    ADD COLUMN guardrails text NOT NULL DEFAULT 'observe' CHECK (guardrails IN ('observe', 'enforce'));
COMMENT ON COLUMN cloud_accounts.guardrails IS
    'What comes of an agent''s change against a guardrail: observe records a breach, enforce refuses the call.';

-- --- what is guarded -----------------------------------------------------------------------------

ALTER TABLE driftcloud_resource_types
    ADD COLUMN guarded        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN default_policy text NOT NULL DEFAULT 'auto_safe';
COMMENT ON COLUMN driftcloud_resource_types.guarded IS
    'Columns that optimisation touches: their change, and the end of the row, meet the guardrails. Empty: nothing does.';
COMMENT ON COLUMN driftcloud_resource_types.default_policy IS
    'optimization_policy of a resource that says nothing else.';

UPDATE driftcloud_resource_types t
   SET guarded = string_to_array(g.columns, ' '), default_policy = coalesce(g.policy, 'auto_safe')
  FROM (VALUES
    ('instance', 'state instance_type monitoring tenancy', NULL),
    ('autoscaling_group', 'min_size max_size desired_capacity instance_type launch_template_id '
        'launch_template_version launch_configuration_name mixed_instances_policy suspended_processes',
        'recommend_only'),
    ('volume', 'size_gib volume_type iops throughput state', NULL),
    ('snapshot', 'state storage_tier', NULL),
    ('elastic_ip', 'lifecycle', NULL),
    ('nat_gateway', 'state connectivity_type', NULL),
    ('vpc_endpoint', 'state subnet_ids', NULL),
    ('image', 'state', NULL),
    ('capacity_reservation', 'state instance_count', NULL),
    ('transit_gateway_attachment', 'state', NULL),
    ('rds_instance', 'state instance_class allocated_storage_gib multi_az storage_type iops storage_throughput '
        'max_allocated_storage_gib backup_retention_days monitoring_interval_seconds performance_insights '
        'performance_insights_retention_days log_exports pending', 'recommend_only'),
    ('rds_cluster', 'storage_type backup_retention_days serverless_min_capacity serverless_max_capacity '
        'log_exports', 'recommend_only'),
    ('rds_snapshot', 'storage_type', NULL),
    ('cache_cluster', 'node_type num_nodes status pending snapshot_retention_days automatic_failover multi_az '
        'serverless', 'recommend_only'),
    ('cache_snapshot', 'node_type', NULL),
    ('load_balancer', 'state type availability_zones subnet_ids', NULL),
    ('lambda_function', 'memory_mb timeout_seconds provisioned_concurrency reserved_concurrency architecture '
        'ephemeral_storage_mb snap_start logging', NULL),
    ('s3_bucket', 'lifecycle_policy versioning intelligent_tiering replication accelerate inventory analytics '
        'metrics', NULL),
    ('log_group', 'retention_days class', NULL),
    ('container_cluster', 'node_instance_type desired_nodes min_nodes max_nodes status container_insights '
        'capacity_providers capacity_strategy support_type', 'recommend_only'),
    ('container_service', 'requested_cpu requested_memory_mb replica_count launch_type status task_cpu '
        'task_memory_mb task_definition_arn architecture capacity_strategy', NULL),
    ('node_group', 'instance_types capacity_type disk_size_gib', NULL),
    ('managed_service', 'instance_type node_count status multi_az storage_gib dedicated_master_type '
        'dedicated_master_count warm_type warm_count cold_storage availability_zone_count storage_type iops '
        'throughput_mibps variants', 'recommend_only'),
    ('sagemaker_resource', 'status settings', 'recommend_only'),
    ('streaming_cluster', 'shard_count retention_hours provisioned_throughput_mbps status stream_mode '
        'instance_type broker_count storage_gib storage_throughput enhanced_monitoring shard_level_metrics',
        'recommend_only')
    ) AS g (resource_type, columns, policy)
 WHERE t.resource_type = g.resource_type;

-- A policy in a tag: words that are none say nothing.
CREATE FUNCTION driftcloud_policy(word text, otherwise text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN word IN ('auto_safe', 'recommend_only', 'ignore') THEN word ELSE otherwise END $$;

-- A time in a tag, or null for what is none.
CREATE FUNCTION driftcloud_time_of(word text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET timezone = 'UTC'
    AS $$
BEGIN
    RETURN CASE WHEN word ~ '^\d{4}-\d\d-\d\d' THEN word::timestamptz END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

CREATE FUNCTION driftcloud_time_tag(at timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

-- --- the judgement -------------------------------------------------------------------------------

-- Called only where something stands against a change; what that is, and what comes of it. The
-- API's role knows neither who has leave nor who broke a rule: the owner's rights look that up.
--
-- How many nodes a cluster has follows from its nodes and node groups. Leave is asked of the instance
-- or the group that is changed, by its own policy, and not of the cluster besides; its freeze, and a
-- policy that says to leave it alone, stand against that too.
CREATE FUNCTION driftcloud_guard(account uuid, kind text, resource text, changes text[], at timestamptz,
                                 account_freeze timestamptz, own_freeze timestamptz, freeze_after timestamptz,
                                 policy text, policy_after text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    columns CONSTANT text[] := (SELECT t.guarded || 'lifecycle'::text FROM driftcloud_resource_types t
                                 WHERE t.resource_type = kind);
    words CONSTANT text[] := '{auto_safe,recommend_only,ignore}';
    ends CONSTANT timestamptz := greatest(account_freeze, own_freeze);
    change text[];
    counted boolean := true;
    done text := '';
    broken text;
    why text;
BEGIN
    FOREACH change SLICE 1 IN ARRAY CASE WHEN changes = '{}' THEN ARRAY[['', '', '']] ELSE changes END LOOP
        -- A volume is attached and detached in daily work; its deletion is another matter.
        IF change[1] = ANY (columns) AND NOT (kind = 'volume' AND change[1] = 'state' AND change[3] NOT LIKE 'delet%') THEN
            done := done || format('%s%s from %s to %s', CASE WHEN done <> '' THEN ', ' ELSE '' END, change[1],
                                   left(coalesce(change[2], 'nothing'), 80), left(coalesce(change[3], 'nothing'), 80));
            counted := counted AND kind = 'container_cluster' AND change[1] IN ('desired_nodes', 'min_nodes', 'max_nodes');
        END IF;
    END LOOP;
    IF done <> '' THEN
        IF ends > at THEN
            broken := 'freeze';
        ELSIF policy = 'ignore' OR policy = 'recommend_only' AND NOT counted AND NOT EXISTS (
                  SELECT FROM truth.approvals a
                   WHERE a.account_id = account AND a.resource_type = kind AND a.resource_id = resource
                     AND coalesce(a.until > driftcloud_guard.at, true)) THEN
            broken := 'policy';
        END IF;
    ELSIF own_freeze > at AND coalesce(freeze_after < own_freeze, true) THEN
        broken := 'freeze';
        done := 'the freeze was lifted';
    ELSIF array_position(words, policy_after) < array_position(words, policy) THEN
        broken := 'policy';
        done := format('the policy was loosened from %s to %s', policy, policy_after);
    END IF;
    IF broken IS NULL THEN
        RETURN;
    END IF;
    IF (SELECT a.guardrails FROM cloud_accounts a WHERE a.id = account) = 'enforce' THEN
        RAISE EXCEPTION 'a guardrail stands against the change of % %', kind, resource
            USING ERRCODE = 'DC001',
                  DETAIL = json_build_object('kind', broken, 'type', kind, 'id', resource, 'policy', policy,
                                             'until', driftcloud_time_tag(ends),
                                             'account', coalesce(account_freeze >= ends, false))::text;
    END IF;
    why := CASE broken WHEN 'policy' THEN 'the policy is ' || policy
                       ELSE 'frozen until ' || driftcloud_time_tag(ends) END;
    INSERT INTO truth.breaches (account_id, date, at, kind, resource_type, resource_id, detail)
    SELECT account, coalesce((SELECT c.virtual_date FROM virtual_clocks c WHERE c.account_id = account),
                             (at AT TIME ZONE 'UTC')::date), at, broken, kind, resource, done || '; ' || why
     WHERE NOT EXISTS (SELECT FROM truth.breaches b
                        WHERE b.account_id = account AND b.at = driftcloud_guard.at AND b.resource_type = driftcloud_guard.kind
                          AND b.resource_id = resource AND b.transaction_id = pg_current_xact_id());
END
$$;
COMMENT ON FUNCTION driftcloud_guard IS
    'Records a breach of a guardrail, or refuses it (SQLSTATE DC001), as the account''s mode has it.';

-- Who it was is in the trail's entry, which comes with the change or with its COMMIT: looked up
-- when the transaction ends, by the transaction that wrote both.
CREATE FUNCTION truth.name_breach() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    UPDATE truth.breaches b
       SET principal = e.event -> 'userIdentity' ->> 'arn', event_id = e.event_id,
           operation = split_part(e.event_source, '.', 1) || ':' || e.event_name
      FROM trail_events e
     WHERE b.id = NEW.id AND e.account_id = NEW.account_id
       AND e.event_time > least(NEW.at, now()) - interval '1 hour'
       AND e.transaction_id = NEW.transaction_id;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER name_breach AFTER INSERT ON truth.breaches
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION truth.name_breach();

-- --- where every change passes: the audit --------------------------------------------------------

-- What stands against a change of a row, in SQL; `r` is OLD, NEW or the row's alias.
CREATE FUNCTION driftcloud_guard_terms(t driftcloud_resource_types, r text, OUT policy text, OUT frozen text)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    has CONSTANT text[] := (SELECT array_agg(c.column_name::text) FROM information_schema.columns c
                             WHERE c.table_schema = 'public' AND c.table_name = t.table_name);
    tag CONSTANT text := CASE WHEN t.tags_column THEN r || '.tags ->> %1$L' ELSE format(
        '(SELECT g.value FROM resource_tags g WHERE g.resource_type = %L AND g.resource_id = %s.%I::text '
        'AND g.key = %%1$L)', t.resource_type, r, t.id_column) END;
BEGIN
    policy := CASE WHEN 'optimization_policy' = ANY (has)
        THEN format('coalesce(%s.optimization_policy, %L)', r, t.default_policy)
        ELSE format('driftcloud_policy(%s, %L)', format(tag, 'optimization_policy'), t.default_policy) END;
    frozen := CASE WHEN 'optimization_freeze_until' = ANY (has) THEN r || '.optimization_freeze_until'
        ELSE format('driftcloud_time_of(%s)', format(tag, 'optimization_freeze_until')) END;
END
$$;

CREATE OR REPLACE FUNCTION driftcloud_audit(kind text) RETURNS void
    LANGUAGE plpgsql SET client_min_messages = warning
    AS $$
DECLARE
    t CONSTANT driftcloud_resource_types := (SELECT r FROM driftcloud_resource_types r WHERE resource_type = kind);
    account CONSTANT text := CASE WHEN t.parent_table IS NULL
        THEN 'cloud_accounts a WHERE a.id = %1$s.account_id'
        ELSE format('cloud_accounts a JOIN %I p ON p.account_id = a.id WHERE p.id = %%1$s.%I',
                    t.parent_table, t.parent_column) END;
    target CONSTANT text := 'INSERT INTO resource_change_events (account_id, resource_type, resource_id, '
        'change_source, field_name, old_value, new_value, changed_at) ';
    old_terms CONSTANT record := driftcloud_guard_terms(t, 'OLD');
    new_terms CONSTANT record := driftcloud_guard_terms(t, 'NEW');
    row_terms CONSTANT record := driftcloud_guard_terms(t, 'r');
    guard_update text := '';
    guard_delete text := '';
    tests text;
    olds text;
    news text;
BEGIN
    -- Eight columns are looked at together: mostly none of them has changed, and one test says so.
    SELECT string_agg(format(E'\n                IF (%s) IS DISTINCT FROM (%s) THEN%s\n                END IF;',
                             g.olds, g.news, g.tests), '' ORDER BY g.part),
           string_agg(g.olds, ', ' ORDER BY g.part), string_agg(g.news, ', ' ORDER BY g.part)
      INTO STRICT tests, olds, news
      FROM (SELECT part, string_agg(format($test$
                    IF OLD.%1$I IS DISTINCT FROM NEW.%1$I THEN
                        changes := changes || ARRAY[[%1$L, OLD.%1$I::text, NEW.%1$I::text]];
                    END IF;$test$, c.column_name), '' ORDER BY c.place) AS tests,
                   string_agg(format('OLD.%I', c.column_name), ', ' ORDER BY c.place) AS olds,
                   string_agg(format('NEW.%I', c.column_name), ', ' ORDER BY c.place) AS news
              FROM (SELECT column_name, row_number() OVER (ORDER BY ordinal_position) AS place,
                           (row_number() OVER (ORDER BY ordinal_position) - 1) / 8 AS part
                      FROM information_schema.columns
                     WHERE table_schema = 'public' AND table_name = t.table_name
                       AND driftcloud_is_configuration(column_name)) c
             GROUP BY part) g;

    -- Agents alone meet the guardrails. The policy is that from before the statement: whoever
    -- loosens it and acts in one stroke has acted against it.
    IF t.guarded <> '{}' THEN
        guard_update := format($guard$
                IF source = 'agent' THEN
                    policy := %1$s;
                    frozen := %2$s;
                    IF policy <> 'auto_safe' OR account_freeze > at OR frozen > at THEN
                        PERFORM driftcloud_guard(owner, %3$L, NEW.%4$I::text, changes, at, account_freeze,
                                                 frozen, %5$s, policy, %6$s);
                    END IF;
                END IF;$guard$,
            old_terms.policy, old_terms.frozen, kind, t.id_column, new_terms.frozen, new_terms.policy);
        guard_delete := format($guard$
                IF driftcloud_source() = 'agent' THEN
                    PERFORM driftcloud_guard(o.owner, %1$L, o.id, ARRAY[['lifecycle', 'created', 'deleted']], o.at,
                                             o.account_freeze, o.frozen, o.frozen, o.policy, o.policy)
                       FROM (SELECT a.id AS owner, r.%2$I::text AS id, driftcloud_now(a.id) AS at,
                                    a.freeze_optimizations_until AS account_freeze, %3$s AS frozen, %4$s AS policy
                               FROM old_rows r, %5$s) o
                      WHERE o.policy <> 'auto_safe' OR o.account_freeze > o.at OR o.frozen > o.at;
                END IF;$guard$,
            kind, t.id_column, row_terms.frozen, row_terms.policy, format(account, 'r'));
    END IF;

    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        DECLARE
            source CONSTANT text := driftcloud_source();
            changes text[] := '{}';
            change text[];
            owner uuid;
            at timestamptz;
            account_freeze timestamptz;
            frozen timestamptz;
            policy text;
        BEGIN
            IF TG_OP = 'UPDATE' THEN %5$s
                SELECT a.id, a.freeze_optimizations_until, driftcloud_now(a.id) INTO owner, account_freeze, at
                  FROM %6$s;
                IF owner IS NULL THEN
                    RETURN NULL;
                END IF;
                FOREACH change SLICE 1 IN ARRAY changes LOOP
                    %2$s VALUES (owner, %3$L, NEW.%4$I::text, source, change[1], change[2], change[3], at);
                END LOOP;%8$s
            ELSIF TG_OP = 'INSERT' THEN
                %2$s SELECT a.id, %3$L, r.%4$I::text, source, 'lifecycle', NULL, 'created', driftcloud_now(a.id)
                       FROM new_rows r, %7$s;
            ELSE
                %2$s SELECT a.id, %3$L, r.%4$I::text, source, 'lifecycle', 'created', 'deleted', driftcloud_now(a.id)
                       FROM old_rows r, %7$s;%9$s
            END IF;
            RETURN NULL;
        END
        $body$ $make$,
        'driftcloud_audit_' || t.table_name, target, kind, t.id_column, tests,
        format(account, 'NEW'), format(account, 'r'), guard_update, guard_delete);

    EXECUTE format('DROP TRIGGER IF EXISTS audit_insert ON %I', t.table_name);
    EXECUTE format('DROP TRIGGER IF EXISTS audit_delete ON %I', t.table_name);
    EXECUTE format('DROP TRIGGER IF EXISTS audit_update ON %I', t.table_name);
    EXECUTE format($make$
        CREATE TRIGGER audit_insert AFTER INSERT ON %1$I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
            WHEN (current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off') EXECUTE FUNCTION %2$I();
        CREATE TRIGGER audit_delete AFTER DELETE ON %1$I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
            WHEN (current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off') EXECUTE FUNCTION %2$I();
        CREATE TRIGGER audit_update AFTER UPDATE OF %3$s ON %1$I FOR EACH ROW
            WHEN (current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off'
                  AND (%4$s) IS DISTINCT FROM (%5$s)) EXECUTE FUNCTION %2$I();
        $make$,
        t.table_name, 'driftcloud_audit_' || t.table_name, replace(news, 'NEW.', ''), olds, news);
END
$$;

DO $$
BEGIN
    PERFORM driftcloud_audit(resource_type) FROM driftcloud_resource_types
      WHERE EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = table_name::regclass AND t.tgname = 'audit_update');
END
$$;

-- --- guardrails as tags --------------------------------------------------------------------------

-- A column that says something other than its table's default is a tag too, and such a tag sets
-- the column. Column and tag changed at once: the column holds.
CREATE FUNCTION driftcloud_guard_tags() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    usual CONSTANT text := TG_ARGV[0];
    has_freeze CONSTANT boolean := TG_ARGV[1]::boolean;
    old jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE jsonb_build_object('optimization_policy', usual) END;
    now jsonb := to_jsonb(NEW);
    found text;
BEGIN
    NEW.tags := coalesce(NEW.tags, '{}');
    IF now -> 'optimization_policy' IS DISTINCT FROM old -> 'optimization_policy' THEN
        NEW.tags := NEW.tags - 'optimization_policy' || CASE
            WHEN coalesce(NEW.optimization_policy, usual) = usual THEN '{}'
            ELSE jsonb_build_object('optimization_policy', NEW.optimization_policy) END;
    ELSIF NEW.tags -> 'optimization_policy' IS DISTINCT FROM old -> 'tags' -> 'optimization_policy' THEN
        found := NEW.tags ->> 'optimization_policy';
        NEW.optimization_policy := CASE WHEN found IS NULL THEN usual
            ELSE driftcloud_policy(found, NEW.optimization_policy) END;
    END IF;
    IF NOT has_freeze THEN
        RETURN NEW;
    END IF;
    IF now -> 'optimization_freeze_until' IS DISTINCT FROM coalesce(old -> 'optimization_freeze_until', 'null') THEN
        NEW.tags := NEW.tags - 'optimization_freeze_until' || CASE
            WHEN NEW.optimization_freeze_until IS NULL THEN '{}'
            ELSE jsonb_build_object('optimization_freeze_until', driftcloud_time_tag(NEW.optimization_freeze_until)) END;
    ELSIF NEW.tags -> 'optimization_freeze_until' IS DISTINCT FROM old -> 'tags' -> 'optimization_freeze_until' THEN
        found := NEW.tags ->> 'optimization_freeze_until';
        NEW.optimization_freeze_until := CASE WHEN found IS NULL THEN NULL
            ELSE coalesce(driftcloud_time_of(found), NEW.optimization_freeze_until) END;
    END IF;
    RETURN NEW;
END
$$;

-- A statement that sets the column alone does not name the tags: they follow in a second one.
CREATE FUNCTION driftcloud_guard_tags_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    usual CONSTANT text := TG_ARGV[0];
    has_freeze CONSTANT boolean := TG_ARGV[1]::boolean;
    tags jsonb := coalesce(NEW.tags, '{}') - 'optimization_policy';
BEGIN
    IF coalesce(NEW.optimization_policy, usual) <> usual THEN
        tags := tags || jsonb_build_object('optimization_policy', NEW.optimization_policy);
    ELSIF NEW.tags ->> 'optimization_policy' = usual THEN
        tags := tags || jsonb_build_object('optimization_policy', usual);
    END IF;
    IF has_freeze THEN
        tags := tags - 'optimization_freeze_until';
        IF NEW.optimization_freeze_until IS NOT NULL THEN
            tags := tags || jsonb_build_object('optimization_freeze_until', CASE
                WHEN driftcloud_time_of(NEW.tags ->> 'optimization_freeze_until') = NEW.optimization_freeze_until
                THEN NEW.tags ->> 'optimization_freeze_until'
                ELSE driftcloud_time_tag(NEW.optimization_freeze_until) END);
        END IF;
    END IF;
    IF tags IS DISTINCT FROM NEW.tags THEN
        EXECUTE format('UPDATE %I SET tags = $1 WHERE id = $2', TG_TABLE_NAME) USING tags, NEW.id;
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    t driftcloud_resource_types;
    freezes boolean;
    keys CONSTANT text := 'ARRAY[''optimization_policy'', ''optimization_freeze_until'']';
    given text;
    columns text;
BEGIN
    FOR t IN SELECT r.* FROM driftcloud_resource_types r JOIN information_schema.columns c
                 ON c.table_schema = 'public' AND c.table_name = r.table_name AND c.column_name = 'optimization_policy'
              WHERE r.tags_column LOOP
        freezes := EXISTS (SELECT FROM information_schema.columns c WHERE c.table_schema = 'public'
                              AND c.table_name = t.table_name AND c.column_name = 'optimization_freeze_until');
        given := CASE WHEN freezes THEN ' OR NEW.optimization_freeze_until IS NOT NULL' ELSE '' END;
        columns := 'optimization_policy' || CASE WHEN freezes THEN ', optimization_freeze_until' ELSE '' END;
        EXECUTE format($make$
            CREATE TRIGGER guard_insert BEFORE INSERT ON %1$I FOR EACH ROW
                WHEN (NEW.optimization_policy <> %2$L%3$s OR NEW.tags ?| %4$s)
                EXECUTE FUNCTION driftcloud_guard_tags(%2$L, %5$L);
            CREATE TRIGGER guard_tags BEFORE UPDATE OF tags ON %1$I FOR EACH ROW
                WHEN (OLD.tags IS DISTINCT FROM NEW.tags AND (OLD.tags ?| %4$s OR NEW.tags ?| %4$s))
                EXECUTE FUNCTION driftcloud_guard_tags(%2$L, %5$L);
            CREATE TRIGGER guard_update AFTER UPDATE OF %6$s ON %1$I FOR EACH ROW
                WHEN ((%7$s) IS DISTINCT FROM (%8$s))
                EXECUTE FUNCTION driftcloud_guard_tags_follow(%2$L, %5$L);
            $make$, t.table_name, t.default_policy, given, keys, freezes, columns,
            regexp_replace(columns, '(^|, )', '\1OLD.', 'g'), regexp_replace(columns, '(^|, )', '\1NEW.', 'g'));
    END LOOP;
END
$$;

-- Databases have the column, and their tags in resource_tags alone.
CREATE FUNCTION driftcloud_guard_database() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('driftcloud.tags_from', 'column', true);
    IF coalesce(NEW.optimization_policy, 'recommend_only') = 'recommend_only' THEN
        DELETE FROM resource_tags g WHERE g.resource_type = 'rds_instance'
           AND g.resource_id = NEW.db_instance_id AND g.key = 'optimization_policy';
    ELSE
        INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)
        VALUES (NEW.account_id, 'rds_instance', NEW.db_instance_id, 'optimization_policy', NEW.optimization_policy)
            ON CONFLICT (resource_type, resource_id, key) DO UPDATE SET value = excluded.value;
    END IF;
    PERFORM set_config('driftcloud.tags_from', '', true);
    RETURN NULL;
END
$$;
CREATE TRIGGER guard_insert AFTER INSERT ON rds_instances FOR EACH ROW
    WHEN (NEW.optimization_policy <> 'recommend_only') EXECUTE FUNCTION driftcloud_guard_database();
CREATE TRIGGER guard_update AFTER UPDATE OF optimization_policy ON rds_instances FOR EACH ROW
    WHEN (OLD.optimization_policy IS DISTINCT FROM NEW.optimization_policy
          AND coalesce(current_setting('driftcloud.tags_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_guard_database();

-- Tags of resources without a tags column: they are the guardrail, or set its column, and whoever
-- loosens it is seen.
CREATE FUNCTION driftcloud_guard_tag(account uuid, kind text, resource text, tag text, was text, becomes text)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    usual CONSTANT text := (SELECT t.default_policy FROM driftcloud_resource_types t
                             WHERE t.resource_type = kind AND NOT t.tags_column AND t.guarded <> '{}');
    old_policy text;
    new_policy text;
    old_freeze timestamptz;
    new_freeze timestamptz;
BEGIN
    IF usual IS NULL THEN
        RETURN;
    END IF;
    IF kind = 'rds_instance' AND tag = 'optimization_policy' THEN
        PERFORM set_config('driftcloud.tags_from', 'rows', true);
        UPDATE rds_instances SET optimization_policy = CASE WHEN becomes IS NULL THEN usual
                   ELSE driftcloud_policy(becomes, optimization_policy) END
         WHERE db_instance_id = resource;
        PERFORM set_config('driftcloud.tags_from', '', true);
        RETURN;
    END IF;
    IF tag = 'optimization_policy' THEN
        old_policy := driftcloud_policy(was, usual);
        new_policy := driftcloud_policy(becomes, usual);
    ELSE
        old_freeze := driftcloud_time_of(was);
        new_freeze := driftcloud_time_of(becomes);
    END IF;
    IF driftcloud_source() = 'agent' THEN
        PERFORM driftcloud_guard(a.id, kind, resource, '{}', driftcloud_now(a.id), NULL, old_freeze, new_freeze,
                                 old_policy, new_policy)
           FROM cloud_accounts a WHERE a.id = account;
    END IF;
END
$$;

-- As it was, and guardrails are told of their tags.
CREATE OR REPLACE FUNCTION driftcloud_make_tag_rows() RETURNS void
    LANGUAGE plpgsql SET client_min_messages = warning
    AS $$
DECLARE
    merge CONSTANT text := driftcloud_make_tag_branches($m$
                UPDATE %2$I r SET tags = coalesce(r.tags, '{}') || s.tags
                  FROM (SELECT n.resource_id::%4$s AS id, jsonb_object_agg(n.key, n.value) AS tags
                          FROM new_rows n WHERE n.resource_type = %1$L GROUP BY 1) s
                 WHERE r.%3$I = s.id AND (r.tags @> s.tags) IS NOT TRUE;$m$, true);
    removal CONSTANT text := driftcloud_make_tag_branches($m$
                UPDATE %2$I r SET tags = r.tags - s.keys
                  FROM (SELECT o.resource_id::%4$s AS id, array_agg(o.key) AS keys
                          FROM old_rows o WHERE o.resource_type = %1$L AND %%s GROUP BY 1) s
                 WHERE r.%3$I = s.id AND r.tags ?| s.keys;$m$, true);
    wrap CONSTANT text := $w$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        DECLARE
            kind text;
        BEGIN
            PERFORM set_config('driftcloud.tags_from', 'rows', true);
            %2$s
            PERFORM set_config('driftcloud.tags_from', '', true);
            PERFORM driftcloud_guard_tag(e.account_id, e.resource_type, e.resource_id, e.key, e.old, e.new)
               FROM (%3$s) e
              WHERE e.key IN ('optimization_policy', 'optimization_freeze_until') AND e.old IS DISTINCT FROM e.new;
            IF current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off' THEN
                INSERT INTO resource_change_events (account_id, resource_type, resource_id,
                       change_source, field_name, old_value, new_value, changed_at)
                SELECT a.id, t.resource_type, e.resource_id, driftcloud_source(), 'tags.' || e.key,
                       e.old, e.new, driftcloud_now(a.id)
                  FROM (%3$s) e
                  JOIN driftcloud_resource_types t ON t.resource_type = e.resource_type AND NOT t.tags_column
                  JOIN cloud_accounts a ON a.id = e.account_id
                 WHERE e.old IS DISTINCT FROM e.new;
            END IF;
            RETURN NULL;
        END
        $body$ $w$;
    loop_new CONSTANT text := 'FOR kind IN SELECT DISTINCT resource_type FROM new_rows LOOP %s END IF; END LOOP;';
    loop_old CONSTANT text := 'FOR kind IN SELECT DISTINCT resource_type FROM old_rows LOOP %s END IF; END LOOP;';
    same CONSTANT text := 'n.resource_type = o.resource_type AND n.resource_id = o.resource_id AND n.key = o.key';
BEGIN
    EXECUTE format(wrap, 'driftcloud_tag_rows_inserted', format(loop_new, merge),
        'SELECT account_id, resource_type, resource_id, key, NULL AS old, value AS new FROM new_rows');
    EXECUTE format(wrap, 'driftcloud_tag_rows_deleted', format(loop_old, replace(removal, '%s', 'true')),
        'SELECT account_id, resource_type, resource_id, key, value AS old, NULL AS new FROM old_rows');
    EXECUTE format(wrap, 'driftcloud_tag_rows_updated',
        format(loop_old, replace(removal, '%s', 'NOT EXISTS (SELECT FROM new_rows n WHERE ' || same || ')'))
            || format(loop_new, merge),
        'SELECT coalesce(n.account_id, o.account_id) AS account_id, '
        'coalesce(n.resource_type, o.resource_type) AS resource_type, '
        'coalesce(n.resource_id, o.resource_id) AS resource_id, coalesce(n.key, o.key) AS key, '
        'o.value AS old, n.value AS new FROM old_rows o FULL JOIN new_rows n ON ' || same);

    -- A tag is written under the lock of its resource; and a connection that is held to an account
    -- cannot put a tag on what that account does not see.
    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION driftcloud_tag_lock() RETURNS trigger LANGUAGE plpgsql AS $body$
        DECLARE
            kind CONSTANT text := NEW.resource_type;
        BEGIN
            %s
            ELSE
                RETURN NEW;
            END IF;
            IF NOT FOUND AND driftcloud_account() IS NOT NULL THEN
                RAISE EXCEPTION 'there is no %% %%', NEW.resource_type, NEW.resource_id
                    USING ERRCODE = 'foreign_key_violation', TABLE = 'resource_tags';
            END IF;
            RETURN NEW;
        END
        $body$ $make$,
        driftcloud_make_tag_branches(
            'PERFORM FROM %2$I r WHERE r.%3$I = NEW.resource_id::%4$s FOR NO KEY UPDATE;', false));
END
$$;
SELECT driftcloud_make_tag_rows();
REVOKE ALL ON FUNCTION driftcloud_make_tag_rows() FROM PUBLIC;

-- A freeze of the whole account is a parameter that every agent may read; it bears the tag too.
CREATE FUNCTION driftcloud_guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    path CONSTANT text := '/guardrails/freeze_optimizations_until';
    until CONSTANT text := driftcloud_time_tag(NEW.freeze_optimizations_until);
BEGIN
    DELETE FROM parameters p WHERE p.account_id = NEW.id AND p.region = 'us-east-1' AND p.name = path;
    IF until IS NOT NULL THEN
        INSERT INTO parameters (account_id, name, arn, region, kind, value, description, modified_at, tags)
        VALUES (NEW.id, path, format('arn:aws:ssm:us-east-1:%s:parameter%s', NEW.account_number, path), 'us-east-1',
                'String', until, 'No optimisation may touch this account before.', driftcloud_now(NEW.id),
                jsonb_build_object('optimization_freeze_until', until));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER guard_update AFTER UPDATE OF freeze_optimizations_until ON cloud_accounts FOR EACH ROW
    WHEN (OLD.freeze_optimizations_until IS DISTINCT FROM NEW.freeze_optimizations_until)
    EXECUTE FUNCTION driftcloud_guard_account();

REVOKE ALL ON FUNCTION driftcloud_guard_terms(driftcloud_resource_types, text) FROM PUBLIC;
REVOKE ALL ON truth.breaches, truth.approvals FROM PUBLIC, driftcloud_api;
