-- What a writing call costs. PostgreSQL reads the condition of a trigger anew for every statement that
-- comes by it, and looks for a call's entry in the trail among all calls of an hour: half of what a
-- StopInstances took. What is recorded is the same.

-- --- who broke a guardrail -----------------------------------------------------------------------

-- The statement that enters a call says where: region, time and id of the entry.
CREATE OR REPLACE FUNCTION driftcloud_enter_trail(entry text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    e CONSTANT json := convert_from(decode(entry, 'base64'), 'UTF8')::json;
BEGIN
    INSERT INTO trail_events (account_id, region, event_time, event_id, event_source, event_name,
                              read_only, username, access_key_id, event)
    VALUES (driftcloud_account(), e ->> 'region', (e ->> 'event_time')::timestamptz, (e ->> 'event_id')::uuid,
            e ->> 'event_source', e ->> 'event_name', false, e ->> 'username', e ->> 'access_key_id', e -> 'event');
    PERFORM set_config('driftcloud.entry', concat_ws(' ', e ->> 'region', e ->> 'event_id', e ->> 'event_time'), true);
END
$$;

CREATE OR REPLACE FUNCTION truth.name_breach() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    entry CONSTANT text[] := regexp_match(current_setting('driftcloud.entry', true), '^(\S+) (\S+) (.+)$');
BEGIN
    UPDATE truth.breaches b
       SET principal = e.event -> 'userIdentity' ->> 'arn', event_id = e.event_id,
           operation = split_part(e.event_source, '.', 1) || ':' || e.event_name
      FROM trail_events e
     WHERE b.id = NEW.id AND e.account_id = NEW.account_id AND e.region = entry[1]
       AND e.event_id = entry[2]::uuid AND e.event_time = entry[3]::timestamptz
       AND e.transaction_id = NEW.transaction_id;
    RETURN NULL;
END
$$;

-- What was recorded in this transaction already is looked for by it.
CREATE INDEX truth_breaches_transaction ON truth.breaches (transaction_id, resource_id);

-- --- the audit -----------------------------------------------------------------------------------

CREATE FUNCTION driftcloud_moment(virtual_date date) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT now() - coalesce(((now() AT TIME ZONE 'UTC')::date - virtual_date) * interval '24 hours', interval '0') $$;
COMMENT ON FUNCTION driftcloud_moment(date) IS
    'The present moment of an account whose clock shows this day, as driftcloud_now tells it; null: it has no clock.';

-- Which columns have changed is asked in the function alone, which a session reads once.
CREATE OR REPLACE FUNCTION driftcloud_audit(kind text) RETURNS void
    LANGUAGE plpgsql SET client_min_messages = warning
    AS $$
DECLARE
    t CONSTANT driftcloud_resource_types := (SELECT r FROM driftcloud_resource_types r WHERE resource_type = kind);
    account CONSTANT text := CASE WHEN t.parent_table IS NULL
        THEN 'cloud_accounts a LEFT JOIN virtual_clocks c ON c.account_id = a.id WHERE a.id = %1$s.account_id'
        ELSE format('cloud_accounts a LEFT JOIN virtual_clocks c ON c.account_id = a.id '
                    'JOIN %I p ON p.account_id = a.id WHERE p.id = %%1$s.%I', t.parent_table, t.parent_column) END;
    target CONSTANT text := 'INSERT INTO resource_change_events (account_id, resource_type, resource_id, '
        'change_source, field_name, old_value, new_value, changed_at) ';
    old_terms CONSTANT record := driftcloud_guard_terms(t, 'OLD');
    new_terms CONSTANT record := driftcloud_guard_terms(t, 'NEW');
    row_terms CONSTANT record := driftcloud_guard_terms(t, 'r');
    guard_update text := '';
    guard_delete text := '';
    tests text;
    columns text;
BEGIN
    -- Eight columns are looked at together: mostly none of them has changed, and one test says so.
    SELECT string_agg(format(E'\n                IF (%s) IS DISTINCT FROM (%s) THEN%s\n                END IF;',
                             g.olds, g.news, g.tests), '' ORDER BY g.part),
           replace(string_agg(g.news, ', ' ORDER BY g.part), 'NEW.', '')
      INTO STRICT tests, columns
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
                       FROM (SELECT a.id AS owner, r.%2$I::text AS id, driftcloud_moment(c.virtual_date) AS at,
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
                IF changes = '{}' THEN
                    RETURN NULL;
                END IF;
                SELECT a.id, a.freeze_optimizations_until, driftcloud_moment(c.virtual_date) INTO owner, account_freeze, at
                  FROM %6$s;
                IF owner IS NULL THEN
                    RETURN NULL;
                END IF;
                FOREACH change SLICE 1 IN ARRAY changes LOOP
                    %2$s VALUES (owner, %3$L, NEW.%4$I::text, source, change[1], change[2], change[3], at);
                END LOOP;%8$s
            ELSIF TG_OP = 'INSERT' THEN
                %2$s SELECT a.id, %3$L, r.%4$I::text, source, 'lifecycle', NULL, 'created', driftcloud_moment(c.virtual_date)
                       FROM new_rows r, %7$s;
            ELSE
                %2$s SELECT a.id, %3$L, r.%4$I::text, source, 'lifecycle', 'created', 'deleted', driftcloud_moment(c.virtual_date)
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
            WHEN (current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off') EXECUTE FUNCTION %2$I();
        $make$, t.table_name, 'driftcloud_audit_' || t.table_name, columns);
END
$$;

DO $$
BEGIN
    PERFORM driftcloud_audit(resource_type) FROM driftcloud_resource_types
      WHERE EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = table_name::regclass AND t.tgname = 'audit_update');
END
$$;

-- --- what follows a machine's change of state ----------------------------------------------------

-- Most machines are nobody's targets: balancers are counted for the others alone.
CREATE OR REPLACE FUNCTION driftcloud_machine_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF NOT EXISTS (SELECT FROM targets t WHERE t.account_id = NEW.account_id
                      AND t.target_id IN (NEW.instance_id, NEW.private_ip_address)) THEN
        RETURN NULL;
    END IF;
    PERFORM driftcloud_count_targets(array_agg(DISTINCT coalesce(t.load_balancer_id, g.load_balancer_id)))
       FROM targets t LEFT JOIN target_groups g ON g.id = t.target_group_id
      WHERE t.account_id = NEW.account_id AND t.target_id IN (NEW.instance_id, NEW.private_ip_address)
     HAVING count(*) > 0;
    RETURN NULL;
END
$$;

-- --- tags ----------------------------------------------------------------------------------------

-- As it was, but that settings are set by expressions: PERFORM would make a query of each.
CREATE OR REPLACE FUNCTION driftcloud_make_tags_column(t driftcloud_resource_types) RETURNS void
    LANGUAGE plpgsql SET client_min_messages = warning
    AS $$
BEGIN
    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        DECLARE
            follows text := set_config('driftcloud.tags_from', 'column', true);
            sound boolean;
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                sound := driftcloud_check_tags(NEW.tags);
                IF (NEW.tags @> OLD.tags) IS NOT TRUE THEN
                    DELETE FROM resource_tags g
                     WHERE g.resource_type = %3$L AND g.resource_id = NEW.%4$I::text
                       AND (NEW.tags ? g.key) IS NOT TRUE;
                END IF;
                INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)
                SELECT NEW.account_id, %3$L, NEW.%4$I::text, e.key, e.value
                  FROM jsonb_each_text(NEW.tags) e
                 WHERE (OLD.tags ->> e.key) IS DISTINCT FROM e.value AND NEW.account_id IS NOT NULL
                    ON CONFLICT (resource_type, resource_id, key) DO UPDATE SET value = excluded.value
                 WHERE resource_tags.value <> excluded.value;
            ELSE
                INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)
                SELECT r.account_id, %3$L, r.%4$I::text, e.key, e.value
                  FROM new_rows r, jsonb_each_text(r.tags) e
                 WHERE driftcloud_check_tags(r.tags) AND r.account_id IS NOT NULL
                    ON CONFLICT (resource_type, resource_id, key) DO UPDATE SET value = excluded.value
                 WHERE resource_tags.value <> excluded.value;
                -- Tags that were there before their resource pass into its column.
                UPDATE %2$I r SET tags = s.tags
                  FROM (SELECT g.resource_id, jsonb_object_agg(g.key, g.value) AS tags
                          FROM new_rows n JOIN resource_tags g
                            ON g.resource_type = %3$L AND g.resource_id = n.%4$I::text
                         GROUP BY g.resource_id) s
                 WHERE r.%4$I::text = s.resource_id AND r.tags IS DISTINCT FROM s.tags;
            END IF;
            follows := set_config('driftcloud.tags_from', '', true);
            RETURN NULL;
        END
        $body$ $make$,
        'driftcloud_tags_' || t.table_name, t.table_name, t.resource_type, t.id_column);
    EXECUTE format('DROP TRIGGER IF EXISTS tags_insert ON %I', t.table_name);
    EXECUTE format('DROP TRIGGER IF EXISTS tags_update ON %I', t.table_name);
    EXECUTE format($make$
        CREATE TRIGGER tags_insert AFTER INSERT ON %1$I REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %2$I();
        CREATE TRIGGER tags_update AFTER UPDATE OF tags ON %1$I FOR EACH ROW
            WHEN (OLD.tags IS DISTINCT FROM NEW.tags
                  AND coalesce(current_setting('driftcloud.tags_from', true), '') = '')
            EXECUTE FUNCTION %2$I();
        $make$, t.table_name, 'driftcloud_tags_' || t.table_name);
END
$$;
SELECT driftcloud_make_tags_column(t) FROM driftcloud_resource_types t WHERE t.tags_column;
