-- Tags have one truth in two places: a tags column, where a table has one, and resource_tags.
--
-- Whoever writes one side finds the other in step when the statement ends. The setting
-- driftcloud.tags_from is put for the length of a trigger, so that the echo of its own write does
-- not run back: 'column' while rows follow a column, 'rows' while a column follows rows.
-- Locks are taken resource first, tag second, on both ways.

CREATE FUNCTION driftcloud_check_tags(tags jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
BEGIN
    IF jsonb_typeof(tags) <> 'object' OR tags @? '$.* ? (@.type() != "string")' THEN
        RAISE EXCEPTION 'tags must be a JSON object whose values are strings, not %', tags
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN true;
END
$$;

-- Rows follow the column.
CREATE FUNCTION driftcloud_make_tags_column(t driftcloud_resource_types) RETURNS void
    LANGUAGE plpgsql SET client_min_messages = warning
    AS $$
BEGIN
    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM set_config('driftcloud.tags_from', 'column', true);
            IF TG_OP = 'UPDATE' THEN
                PERFORM driftcloud_check_tags(NEW.tags);
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
            PERFORM set_config('driftcloud.tags_from', '', true);
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

-- Tags go with their resource, and follow it when it is renamed.
CREATE FUNCTION driftcloud_make_tags_follow(t driftcloud_resource_types) RETURNS void
    LANGUAGE plpgsql SET client_min_messages = warning
    AS $$
BEGIN
    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM set_config('driftcloud.tags_from', 'column', true);
            IF TG_OP = 'DELETE' THEN
                DELETE FROM resource_tags g USING old_rows r
                 WHERE g.resource_type = %2$L AND g.resource_id = r.%3$I::text;
            ELSE
                UPDATE resource_tags g SET resource_id = NEW.%3$I::text
                 WHERE g.resource_type = %2$L AND g.resource_id = OLD.%3$I::text;
            END IF;
            PERFORM set_config('driftcloud.tags_from', '', true);
            RETURN NULL;
        END
        $body$ $make$,
        'driftcloud_tags_follow_' || t.table_name, t.resource_type, t.id_column);
    EXECUTE format('DROP TRIGGER IF EXISTS tags_delete ON %I', t.table_name);
    EXECUTE format('DROP TRIGGER IF EXISTS tags_rename ON %I', t.table_name);
    EXECUTE format($make$
        CREATE TRIGGER tags_delete AFTER DELETE ON %1$I REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %2$I();
        CREATE TRIGGER tags_rename AFTER UPDATE OF %3$I ON %1$I FOR EACH ROW
            WHEN (OLD.%3$I IS DISTINCT FROM NEW.%3$I) EXECUTE FUNCTION %2$I();
        $make$, t.table_name, 'driftcloud_tags_follow_' || t.table_name, t.id_column);
END
$$;

-- The column follows the rows. The functions are written out over all types, so that their
-- statements are static and keep their plans.
CREATE FUNCTION driftcloud_make_tag_branches(statement text, column_only boolean) RETURNS text
    LANGUAGE sql STABLE
    AS $$
        SELECT 'IF false THEN' || string_agg(format(
                   E'\n            ELSIF kind = %1$L THEN\n                ' || statement,
                   t.resource_type, t.table_name, t.id_column, c.data_type), '' ORDER BY t.resource_type)
          FROM driftcloud_resource_types t
          JOIN information_schema.columns c ON c.table_schema = 'public'
           AND c.table_name = t.table_name AND c.column_name = t.id_column
         WHERE t.tags_column OR NOT column_only
    $$;
COMMENT ON FUNCTION driftcloud_make_tag_branches(text, boolean) IS
    'A plpgsql IF over resource types; statement gets type, table, id column and its data type.';

CREATE FUNCTION driftcloud_make_tag_rows() RETURNS void
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

CREATE FUNCTION driftcloud_sync_tags() RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM driftcloud_make_tags_column(t) FROM driftcloud_resource_types t WHERE t.tags_column;
    PERFORM driftcloud_make_tags_follow(t) FROM driftcloud_resource_types t;
    PERFORM driftcloud_make_tag_rows();
END
$$;
COMMENT ON FUNCTION driftcloud_sync_tags() IS
    'Makes all tag triggers of resources anew; a migration that adds a resource type calls it again.';

SELECT driftcloud_sync_tags();

CREATE TRIGGER tags_lock BEFORE INSERT ON resource_tags FOR EACH ROW
    WHEN (coalesce(current_setting('driftcloud.tags_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_tag_lock();
CREATE TRIGGER tags_inserted AFTER INSERT ON resource_tags REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (coalesce(current_setting('driftcloud.tags_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_tag_rows_inserted();
CREATE TRIGGER tags_updated AFTER UPDATE ON resource_tags
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (coalesce(current_setting('driftcloud.tags_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_tag_rows_updated();
CREATE TRIGGER tags_deleted AFTER DELETE ON resource_tags REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    WHEN (coalesce(current_setting('driftcloud.tags_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_tag_rows_deleted();

REVOKE ALL ON FUNCTION driftcloud_make_tags_column(driftcloud_resource_types) FROM PUBLIC;
REVOKE ALL ON FUNCTION driftcloud_make_tags_follow(driftcloud_resource_types) FROM PUBLIC;
REVOKE ALL ON FUNCTION driftcloud_make_tag_rows() FROM PUBLIC;
REVOKE ALL ON FUNCTION driftcloud_sync_tags() FROM PUBLIC;
