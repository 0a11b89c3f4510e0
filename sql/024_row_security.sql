-- Row security: the API's role sees and writes the rows of its connection's account, and no others.
--
-- It is forced on owners too; the migrating user, which also runs ticks and the operator's verbs,
-- has a policy of its own that lets it through.

CREATE FUNCTION driftcloud_protect(target regclass, visible text DEFAULT NULL, privileges text DEFAULT NULL)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY owner_all ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, driftcloud_api', target);
    IF visible IS NOT NULL THEN
        EXECUTE format('CREATE POLICY api_own ON %s TO driftcloud_api USING (%s) WITH CHECK (%2$s)',
                       target, visible);
        EXECUTE format('GRANT %s ON %s TO driftcloud_api', privileges, target);
    END IF;
END
$$;
COMMENT ON FUNCTION driftcloud_protect(regclass, text, text) IS
    'Forces row security on a table, lets its owner through, and the API''s role to the rows of which visible is true; null: to none.';

-- The account is put into a sub-select, so that it is read once for a statement and not once a row.
DO $$
DECLARE
    own CONSTANT text := 'account_id = (SELECT driftcloud_account())';
    every CONSTANT text := 'SELECT, INSERT, UPDATE, DELETE';
    added CONSTANT text := 'SELECT, INSERT';
    name text;
BEGIN
    FOR name IN
        SELECT c.table_name FROM information_schema.columns c
          JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE c.table_schema = 'public' AND c.column_name = 'account_id' AND t.table_type = 'BASE TABLE'
         ORDER BY 1
    LOOP
        PERFORM driftcloud_protect(name::regclass, own, CASE
            WHEN name IN ('metrics_daily', 'data_transfer_daily', 'resource_change_events') THEN added
            WHEN name = 'virtual_clocks' THEN 'SELECT'
            ELSE every END);
    END LOOP;

    PERFORM driftcloud_protect('cloud_accounts', 'id = (SELECT driftcloud_account())', 'SELECT');
    GRANT UPDATE (name, alias, email) ON cloud_accounts TO driftcloud_api;

    -- Join tables belong to the account of their parent.
    PERFORM driftcloud_protect('container_nodes',
        'EXISTS (SELECT FROM container_clusters p WHERE p.id = cluster_id AND p.' || own || ')', every);
    PERFORM driftcloud_protect('container_services',
        'EXISTS (SELECT FROM container_clusters p WHERE p.id = cluster_id AND p.' || own || ')', every);
    PERFORM driftcloud_protect('s3_bucket_usage_daily',
        'EXISTS (SELECT FROM s3_buckets p WHERE p.id = bucket_id AND p.' || own || ')', added);
    PERFORM driftcloud_protect('log_group_usage_daily',
        'EXISTS (SELECT FROM log_groups p WHERE p.id = log_group_id AND p.' || own || ')', added);
    PERFORM driftcloud_protect('commitment_utilization_daily',
        'EXISTS (SELECT FROM commitments p WHERE p.id = commitment_id AND p.' || own || ')', added);

    -- Public reference data: the same for everybody, written by migrations alone.
    PERFORM driftcloud_protect('driftcloud_resource_types', 'true', 'SELECT');
END
$$;

-- Images of Amazon and the vendors are seen by all and written by none.
CREATE POLICY api_public ON images FOR SELECT TO driftcloud_api USING (account_id IS NULL);
