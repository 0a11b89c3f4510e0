-- The audit: one event for each configuration column that a statement changed, whoever sent it.
--
-- Settings: driftcloud.source says who acts ('agent', 'drift_engine'; unset: 'manual'), and
-- driftcloud.audit = 'off' keeps the audit silent while an estate is generated in bulk.

-- The one place that tells configuration from what is measured, derived from it, or kept in mind.
CREATE FUNCTION driftcloud_is_configuration(column_name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT column_name NOT LIKE ALL (ARRAY[
                   'avg\_%', 'current\_%', '%\_7d',     -- live metrics
                   '%\_cost', 'estimated\_%',           -- follow from the configuration
                   '%\_at', 'state\_%'])                -- when and why, beside what changed
           AND column_name <> ALL (ARRAY[
                   'id', 'account_id', 'arn', 'client_token', 'settled_state',
                   'launch_time', 'attach_time', 'association_time', 'last_modified',
                   'public_ip_address', 'available_ip_address_count', 'running_count', 'healthy_count',
                   'progress', 'stored_bytes', 'full_snapshot_size_bytes', 'max_memory_used_mb'])
    $$;
COMMENT ON FUNCTION driftcloud_is_configuration(text) IS
    'Whether a change of a column of this name is an event; the triggers are made from it.';

CREATE FUNCTION driftcloud_source() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(nullif(current_setting('driftcloud.source', true), ''), 'manual') $$;
COMMENT ON FUNCTION driftcloud_source() IS 'Who acts in this transaction, as resource_change_events words it.';

-- The join with cloud_accounts lets an account be deleted with all it has: what goes with its
-- account is no event, and has no account that the event could belong to.
CREATE FUNCTION driftcloud_audit(kind text) RETURNS void
    LANGUAGE plpgsql SET client_min_messages = warning
    AS $$
DECLARE
    t driftcloud_resource_types := (SELECT r FROM driftcloud_resource_types r WHERE resource_type = kind);
    account CONSTANT text := CASE WHEN t.parent_table IS NULL
        THEN 'cloud_accounts a WHERE a.id = %1$s.account_id'
        ELSE format('cloud_accounts a JOIN %I p ON p.account_id = a.id WHERE p.id = %%1$s.%I',
                    t.parent_table, t.parent_column) END;
    target CONSTANT text := 'INSERT INTO resource_change_events (account_id, resource_type, resource_id, '
        'change_source, field_name, old_value, new_value, changed_at) ';
    tests text;
    olds text;
    news text;
BEGIN
    SELECT string_agg(format($test$
                IF OLD.%1$I IS DISTINCT FROM NEW.%1$I THEN
                    changes := changes || ARRAY[[%1$L, OLD.%1$I::text, NEW.%1$I::text]];
                END IF;$test$, column_name), '' ORDER BY ordinal_position),
           string_agg(format('OLD.%I', column_name), ', ' ORDER BY ordinal_position),
           string_agg(format('NEW.%I', column_name), ', ' ORDER BY ordinal_position)
      INTO STRICT tests, olds, news
      FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = t.table_name
       AND driftcloud_is_configuration(column_name);

    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        DECLARE
            changes text[] := '{}';
            change text[];
        BEGIN
            IF TG_OP = 'UPDATE' THEN %5$s
                FOREACH change SLICE 1 IN ARRAY changes LOOP
                    %2$s SELECT a.id, %3$L, NEW.%4$I::text, driftcloud_source(), change[1], change[2], change[3],
                                driftcloud_now(a.id)
                           FROM %6$s;
                END LOOP;
            ELSIF TG_OP = 'INSERT' THEN
                %2$s SELECT a.id, %3$L, r.%4$I::text, driftcloud_source(), 'lifecycle', NULL, 'created', driftcloud_now(a.id)
                       FROM new_rows r, %7$s;
            ELSE
                %2$s SELECT a.id, %3$L, r.%4$I::text, driftcloud_source(), 'lifecycle', 'created', 'deleted', driftcloud_now(a.id)
                       FROM old_rows r, %7$s;
            END IF;
            RETURN NULL;
        END
        $body$ $make$,
        'driftcloud_audit_' || t.table_name, target, kind, t.id_column, tests,
        format(account, 'NEW'), format(account, 'r'));

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
COMMENT ON FUNCTION driftcloud_audit(text) IS
    'Makes the audit triggers of a resource type anew; a migration that adds columns calls it again.';
REVOKE ALL ON FUNCTION driftcloud_audit(text) FROM PUBLIC;

DO $$
BEGIN
    PERFORM driftcloud_audit(resource_type) FROM driftcloud_resource_types;
END
$$;
