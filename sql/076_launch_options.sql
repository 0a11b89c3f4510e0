-- What an instance is shown with beside what columns held so far. It stands in the instance's own
-- row, which is read far more often than any of it changes.
ALTER TABLE instances
    ADD COLUMN launch_options   jsonb,
    ADD COLUMN added_interfaces jsonb,
    ADD COLUMN has_elastic_ip   boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN instances.launch_options IS
    'Options that it was launched with or given since, by member of API_RunInstances; null: all as they are by default.';
COMMENT ON COLUMN instances.added_interfaces IS
    'The interfaces attached beside its first, as network_interfaces has them; null: none.';
COMMENT ON COLUMN instances.has_elastic_ip IS
    'Whether public_ip_address is an elastic IP that is associated with it, not one that EC2 lends.';

CREATE FUNCTION driftcloud_added_interfaces(of_instance text) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp
    AS $$
SELECT jsonb_agg(jsonb_build_object(
           'network_interface_id', n.network_interface_id, 'subnet_id', n.subnet_id, 'vpc_id', n.vpc_id,
           'private_ip_address', n.private_ip_address, 'description', n.description, 'kind', n.interface_type,
           'source_dest_check', n.source_dest_check, 'device_index', n.device_index,
           'attachment_id', n.attachment_id, 'attached_at', n.attached_at,
           'delete_on_termination', n.delete_on_termination,
           'groups', (SELECT jsonb_agg(jsonb_build_object('id', g.group_id, 'name', g.name) ORDER BY g.group_id)
                        FROM security_groups g WHERE g.group_id = ANY (n.security_group_ids)))
       ORDER BY n.device_index)
  FROM network_interfaces n WHERE n.attached_instance_id = of_instance
$$;
COMMENT ON FUNCTION driftcloud_added_interfaces(text) IS
    'What instances.added_interfaces is of an instance.';

CREATE FUNCTION driftcloud_show_interfaces() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
BEGIN
    UPDATE instances i SET added_interfaces = driftcloud_added_interfaces(i.instance_id)
     WHERE i.instance_id IN (OLD.attached_instance_id, NEW.attached_instance_id)
       AND i.added_interfaces IS DISTINCT FROM driftcloud_added_interfaces(i.instance_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER interface_made_shown AFTER INSERT ON network_interfaces FOR EACH ROW
    WHEN (NEW.attached_instance_id IS NOT NULL) EXECUTE FUNCTION driftcloud_show_interfaces();
CREATE TRIGGER interface_changed_shown AFTER UPDATE ON network_interfaces FOR EACH ROW
    WHEN (coalesce(OLD.attached_instance_id, NEW.attached_instance_id) IS NOT NULL)
    EXECUTE FUNCTION driftcloud_show_interfaces();
CREATE TRIGGER interface_gone_shown AFTER DELETE ON network_interfaces FOR EACH ROW
    WHEN (OLD.attached_instance_id IS NOT NULL) EXECUTE FUNCTION driftcloud_show_interfaces();

-- An address comes to an instance in either order: the address knows it first, or the instance.
CREATE FUNCTION driftcloud_address_changed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
BEGIN
    NEW.has_elastic_ip := EXISTS (
        SELECT FROM elastic_ips e
         WHERE e.public_ip = NEW.public_ip_address AND e.associated_instance_id = NEW.instance_id);
    RETURN NEW;
END
$$;
CREATE TRIGGER address_changed BEFORE INSERT OR UPDATE OF public_ip_address ON instances FOR EACH ROW
    WHEN (NEW.public_ip_address IS NOT NULL OR NEW.has_elastic_ip)
    EXECUTE FUNCTION driftcloud_address_changed();

CREATE FUNCTION driftcloud_address_associated() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
BEGIN
    UPDATE instances SET has_elastic_ip = true
     WHERE instance_id = NEW.associated_instance_id AND public_ip_address = NEW.public_ip
       AND NOT has_elastic_ip;
    RETURN NULL;
END
$$;
CREATE TRIGGER address_associated AFTER INSERT OR UPDATE OF associated_instance_id ON elastic_ips FOR EACH ROW
    WHEN (NEW.associated_instance_id IS NOT NULL) EXECUTE FUNCTION driftcloud_address_associated();

UPDATE instances SET added_interfaces = driftcloud_added_interfaces(instance_id)
 WHERE instance_id IN (SELECT attached_instance_id FROM network_interfaces);
UPDATE instances SET has_elastic_ip = true
  FROM elastic_ips e
 WHERE e.associated_instance_id = instances.instance_id AND e.public_ip = instances.public_ip_address;

-- What follows from other rows is no configuration: its changes are no events of the instance.
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
                   'public_ip_address', 'has_elastic_ip', 'added_interfaces',
                   'available_ip_address_count', 'running_count', 'healthy_count',
                   'target_count', 'progress', 'stored_bytes', 'full_snapshot_size_bytes', 'max_memory_used_mb'])
    $$;
SELECT driftcloud_audit('instance');
