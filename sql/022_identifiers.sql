-- Names that the database makes when a row comes without them: ARNs and globally unique ids.

CREATE FUNCTION driftcloud_account_number(account uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT a.account_number FROM cloud_accounts a WHERE a.id = account $$;
COMMENT ON FUNCTION driftcloud_account_number(uuid) IS 'The twelve digits of an account.';

-- Two accounts, or two regions of one, may each have a database called "main", as on AWS; but
-- rds_instances.db_instance_id and cache_clusters.cluster_id are unique over all accounts, because
-- tags, metrics and changes refer to a resource by type and id alone. The first to take a name
-- keeps it plain there; whoever comes later is qualified by account and region. The identifier
-- column holds the name that AWS shows, for everybody.
--
-- SECURITY DEFINER: the row that holds the plain name is mostly one that the caller may not see.
-- The lock makes two inserts of one name take turns.
CREATE FUNCTION driftcloud_global_id(kind text, identifier text, account uuid, region text) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
DECLARE
    taken boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('driftcloud_global_id.' || kind), hashtext(identifier));
    IF kind = 'rds_instance' THEN
        SELECT EXISTS (SELECT FROM rds_instances r WHERE r.db_instance_id = $2
                          AND (r.account_id, r.region) IS DISTINCT FROM ($3, $4)) INTO taken;
    ELSIF kind = 'cache_cluster' THEN
        SELECT EXISTS (SELECT FROM cache_clusters c WHERE c.cluster_id = $2
                          AND (c.account_id, c.region) IS DISTINCT FROM ($3, $4)) INTO taken;
    ELSE
        RAISE EXCEPTION 'driftcloud_global_id knows rds_instance and cache_cluster, not %', kind;
    END IF;
    IF taken THEN
        RETURN identifier || '.' || driftcloud_account_number(account) || '.' || region;
    END IF;
    RETURN identifier;
END
$$;
COMMENT ON FUNCTION driftcloud_global_id(text, text, uuid, text) IS
    'identifier, or identifier.account.region where another account or region holds the plain one.';

CREATE FUNCTION driftcloud_name_rds_instance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.identifier IS NULL THEN
        NEW.identifier := NEW.db_instance_id;
    ELSIF NEW.db_instance_id IS NULL THEN
        NEW.db_instance_id := driftcloud_global_id('rds_instance', NEW.identifier, NEW.account_id, NEW.region);
    END IF;
    NEW.arn := coalesce(NEW.arn, format('arn:aws:rds:%s:%s:db:%s',
        NEW.region, driftcloud_account_number(NEW.account_id), NEW.identifier));
    RETURN NEW;
END
$$;

CREATE FUNCTION driftcloud_name_cache_cluster() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.identifier IS NULL THEN
        NEW.identifier := NEW.cluster_id;
    ELSIF NEW.cluster_id IS NULL THEN
        NEW.cluster_id := driftcloud_global_id('cache_cluster', NEW.identifier, NEW.account_id, NEW.region);
    END IF;
    NEW.arn := coalesce(NEW.arn, format('arn:aws:elasticache:%s:%s:cluster:%s',
        NEW.region, driftcloud_account_number(NEW.account_id), NEW.identifier));
    RETURN NEW;
END
$$;

CREATE TRIGGER name_new BEFORE INSERT ON rds_instances
    FOR EACH ROW WHEN (NEW.identifier IS NULL OR NEW.db_instance_id IS NULL OR NEW.arn IS NULL)
    EXECUTE FUNCTION driftcloud_name_rds_instance();
CREATE TRIGGER name_new BEFORE INSERT ON cache_clusters
    FOR EACH ROW WHEN (NEW.identifier IS NULL OR NEW.cluster_id IS NULL OR NEW.arn IS NULL)
    EXECUTE FUNCTION driftcloud_name_cache_cluster();

-- Every other ARN, in the form its service gives it. A discount programme (edp) has none.
CREATE FUNCTION driftcloud_name_arn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number text;
    parent record;
BEGIN
    IF TG_TABLE_NAME = 'container_services' THEN
        SELECT c.account_id, c.name, c.orchestrator INTO parent
          FROM container_clusters c WHERE c.id = NEW.cluster_id;
        NEW.arn := format('arn:aws:%s:%s:%s:service/%s/%s', parent.orchestrator, NEW.region,
                          driftcloud_account_number(parent.account_id), parent.name, NEW.name);
        RETURN NEW;
    END IF;
    number := driftcloud_account_number(NEW.account_id);
    NEW.arn := CASE TG_TABLE_NAME
        WHEN 'autoscaling_groups' THEN
            format('arn:aws:autoscaling:%s:%s:autoScalingGroup:%s:autoScalingGroupName/%s',
                   NEW.region, number, NEW.id, NEW.name)
        WHEN 'lambda_functions' THEN
            format('arn:aws:lambda:%s:%s:function:%s', NEW.region, number, NEW.name)
        WHEN 'log_groups' THEN
            format('arn:aws:logs:%s:%s:log-group:%s', NEW.region, number, NEW.name)
    END;
    RETURN NEW;
END
$$;

CREATE FUNCTION driftcloud_name_cluster_arn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number text := driftcloud_account_number(NEW.account_id);
BEGIN
    IF TG_TABLE_NAME = 'container_clusters' THEN
        NEW.arn := format('arn:aws:%s:%s:%s:cluster/%s', NEW.orchestrator, NEW.region, number, NEW.name);
    ELSIF TG_TABLE_NAME = 'managed_services' THEN
        NEW.arn := CASE
            WHEN NEW.service_type IN ('opensearch', 'elasticsearch', 'es') THEN
                format('arn:aws:es:%s:%s:domain/%s', NEW.region, number, NEW.name)
            WHEN NEW.service_type = 'redshift' THEN
                format('arn:aws:redshift:%s:%s:cluster:%s', NEW.region, number, NEW.name)
            ELSE format('arn:aws:%s:%s:%s:cluster/%s', NEW.service_type, NEW.region, number, NEW.name)
        END;
    ELSIF NEW.engine = 'kinesis' THEN
        NEW.arn := format('arn:aws:kinesis:%s:%s:stream/%s', NEW.region, number, NEW.name);
    ELSE
        NEW.arn := format('arn:aws:kafka:%s:%s:cluster/%s/%s-1', NEW.region, number, NEW.name, NEW.id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION driftcloud_name_commitment_arn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number text := driftcloud_account_number(NEW.account_id);
BEGIN
    IF NEW.commitment_type = 'reserved_instance' THEN
        NEW.arn := format('arn:aws:ec2:%s:%s:reserved-instances/%s',
                          coalesce(NEW.region, 'us-east-1'), number, NEW.id);
    ELSIF NEW.commitment_type = 'savings_plan' THEN
        NEW.arn := format('arn:aws:savingsplans::%s:savingsplan/%s', number, NEW.id);
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER name_new BEFORE INSERT ON autoscaling_groups
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_arn();
CREATE TRIGGER name_new BEFORE INSERT ON lambda_functions
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_arn();
CREATE TRIGGER name_new BEFORE INSERT ON log_groups
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_arn();
CREATE TRIGGER name_new BEFORE INSERT ON container_services
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_arn();
CREATE TRIGGER name_new BEFORE INSERT ON container_clusters
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_cluster_arn();
CREATE TRIGGER name_new BEFORE INSERT ON managed_services
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_cluster_arn();
CREATE TRIGGER name_new BEFORE INSERT ON streaming_clusters
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_cluster_arn();
CREATE TRIGGER name_new BEFORE INSERT ON commitments
    FOR EACH ROW WHEN (NEW.arn IS NULL) EXECUTE FUNCTION driftcloud_name_commitment_arn();
