-- What of an account's traffic is one resource's, and what becomes of access keys.

-- Traffic that hangs on a resource ends when the resource does; '': the account's as a whole.
ALTER TABLE data_transfer_daily
    ADD COLUMN resource_type text NOT NULL DEFAULT '',
    ADD COLUMN resource_id   text NOT NULL DEFAULT '',
    DROP CONSTRAINT data_transfer_daily_day_key,
    ADD CONSTRAINT data_transfer_daily_day_key
        UNIQUE (account_id, date, source_region, dest_region, direction, resource_type, resource_id),
    ADD CHECK ((resource_type = '') = (resource_id = ''));
COMMENT ON COLUMN data_transfer_daily.resource_type IS 'Whose traffic it is; empty: the account''s as a whole.';
CREATE INDEX data_transfer_daily_resources ON data_transfer_daily (account_id, resource_type, date)
    WHERE resource_type <> '';

-- Keys have no tags and their rows hold secrets: of their changes, state and end alone are events.
CREATE FUNCTION driftcloud_audit_keys() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO resource_change_events (account_id, resource_type, resource_id, change_source, field_name,
                                        old_value, new_value, changed_at)
    SELECT a.id, 'access_key', OLD.access_key_id, driftcloud_source(),
           CASE TG_OP WHEN 'UPDATE' THEN 'status' ELSE 'lifecycle' END,
           CASE TG_OP WHEN 'UPDATE' THEN OLD.status ELSE 'created' END,
           CASE TG_OP WHEN 'UPDATE' THEN NEW.status ELSE 'deleted' END, driftcloud_now(a.id)
      FROM cloud_accounts a WHERE a.id = OLD.account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_update AFTER UPDATE OF status ON api_clients FOR EACH ROW
    WHEN (current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off' AND OLD.status <> NEW.status)
    EXECUTE FUNCTION driftcloud_audit_keys();
CREATE TRIGGER audit_delete AFTER DELETE ON api_clients FOR EACH ROW
    WHEN (current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off')
    EXECUTE FUNCTION driftcloud_audit_keys();
