-- Counts that follow from other rows are no configuration: their changes are no events.

CREATE OR REPLACE FUNCTION driftcloud_is_configuration(column_name text) RETURNS boolean
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
                   'target_count', 'progress', 'stored_bytes', 'full_snapshot_size_bytes', 'max_memory_used_mb'])
    $$;

DO $$
BEGIN
    PERFORM driftcloud_audit(resource_type) FROM driftcloud_resource_types
      WHERE EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = table_name::regclass AND t.tgname = 'audit_update');
END
$$;
