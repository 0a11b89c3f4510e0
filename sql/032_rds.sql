-- What RDS shows beside its instances: clusters, snapshots, subnet and parameter groups.

ALTER TABLE rds_instances
    ADD COLUMN state_transition             text,
    ADD COLUMN pending                      jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN security_group_ids           text[],
    ADD COLUMN parameter_group_name         text,
    ADD COLUMN license_model                text,
    ADD COLUMN kms_key_id                   text,
    ADD COLUMN preferred_backup_window      text,
    ADD COLUMN preferred_maintenance_window text,
    ADD COLUMN auto_minor_version_upgrade   boolean NOT NULL DEFAULT true,
    ADD COLUMN copy_tags_to_snapshot        boolean NOT NULL DEFAULT false,
    ADD COLUMN iam_authentication           boolean NOT NULL DEFAULT false,
    ADD COLUMN monitoring_interval_seconds  integer NOT NULL DEFAULT 0,
    ADD COLUMN monitoring_role_arn          text,
    ADD COLUMN performance_insights         boolean NOT NULL DEFAULT false,
    ADD COLUMN performance_insights_retention_days integer,
    ADD COLUMN log_exports                  text[],
    ADD COLUMN ca_certificate               text,
    ADD COLUMN promotion_tier               integer,
    ADD COLUMN latest_reboot_at             timestamptz;
COMMENT ON COLUMN rds_instances.state_transition IS
    'What the status reads until settles_at, where state has no word for it: creating, modifying, rebooting, backing-up.';
COMMENT ON COLUMN rds_instances.pending IS
    'Columns and the values that they take in the next maintenance window, hourly_cost and storage_monthly_cost included.';
COMMENT ON COLUMN rds_instances.security_group_ids IS
    'Null: the default security group of its network.';
COMMENT ON COLUMN rds_instances.parameter_group_name IS
    'Null: the default one of the engine''s family.';
CREATE INDEX rds_instances_settles ON rds_instances (settles_at) WHERE settles_at IS NOT NULL;

CREATE TABLE rds_clusters (
    id                           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    identifier                   text NOT NULL,
    arn                          text NOT NULL UNIQUE,
    region                       text NOT NULL DEFAULT 'us-east-1',
    env                          text NOT NULL DEFAULT 'dev',
    engine                       text NOT NULL DEFAULT 'aurora-postgresql',
    engine_version               text,
    engine_mode                  text NOT NULL DEFAULT 'provisioned',
    db_name                      text,
    master_username              text,
    port                         integer,
    subnet_group_name            text NOT NULL DEFAULT 'default',
    security_group_ids           text[],
    parameter_group_name         text,
    storage_type                 text NOT NULL DEFAULT 'aurora',
    storage_encrypted            boolean NOT NULL DEFAULT false,
    kms_key_id                   text,
    backup_retention_days        integer NOT NULL DEFAULT 1,
    preferred_backup_window      text,
    preferred_maintenance_window text,
    deletion_protection          boolean NOT NULL DEFAULT false,
    copy_tags_to_snapshot        boolean NOT NULL DEFAULT false,
    iam_authentication           boolean NOT NULL DEFAULT false,
    http_endpoint                boolean NOT NULL DEFAULT false,
    log_exports                  text[],
    serverless_min_capacity      numeric(6,1),
    serverless_max_capacity      numeric(6,1),
    state_transition             text,
    settles_at                   timestamptz,
    tags                         jsonb NOT NULL DEFAULT '{}',
    created_at                   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, identifier)
);
COMMENT ON TABLE rds_clusters IS 'A DB cluster; its members are the rds_instances of its identifier.';
COMMENT ON COLUMN rds_clusters.state_transition IS
    'What the status reads until settles_at; a cluster that is deleting is gone then.';
COMMENT ON COLUMN rds_clusters.serverless_min_capacity IS 'Aurora capacity units of a db.serverless member.';
CREATE INDEX rds_clusters_settles ON rds_clusters (settles_at) WHERE settles_at IS NOT NULL;

CREATE TABLE rds_snapshots (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id            uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    identifier            text NOT NULL,
    arn                   text NOT NULL UNIQUE,
    region                text NOT NULL DEFAULT 'us-east-1',
    env                   text NOT NULL DEFAULT 'dev',
    source_type           text NOT NULL DEFAULT 'instance' CHECK (source_type IN ('instance', 'cluster')),
    source_identifier     text NOT NULL,
    source_resource_id    text,
    source_created_at     timestamptz,
    copied_from_arn       text,
    original_created_at   timestamptz,
    engine                text NOT NULL DEFAULT 'postgres',
    engine_version        text,
    instance_class        text,
    allocated_storage_gib integer NOT NULL DEFAULT 0,
    storage_type          text NOT NULL DEFAULT 'gp3',
    iops                  integer,
    storage_throughput    integer,
    storage_encrypted     boolean NOT NULL DEFAULT false,
    kms_key_id            text,
    license_model         text,
    db_name               text,
    master_username       text,
    port                  integer,
    availability_zone     text,
    vpc_id                text,
    subnet_group_name     text,
    iam_authentication    boolean NOT NULL DEFAULT false,
    shared_with           text[] NOT NULL DEFAULT '{}',
    monthly_cost          numeric(10,4) NOT NULL DEFAULT 0,
    completed_at          timestamptz,
    tags                  jsonb NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, source_type, identifier)
);
COMMENT ON TABLE rds_snapshots IS
    'A manual snapshot of a database or cluster. Automated ones follow from backup_retention_days and are not stored.';
COMMENT ON COLUMN rds_snapshots.source_resource_id IS 'DbiResourceId or DbClusterResourceId, which outlives a rename.';
COMMENT ON COLUMN rds_snapshots.monthly_cost IS 'Of its full size, USD.';

CREATE TABLE rds_subnet_groups (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    name        text NOT NULL,
    arn         text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    vpc_id      text,
    subnet_ids  text[] NOT NULL DEFAULT '{}',
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE rds_subnet_groups IS 'Subnets that databases may stand in.';

CREATE TABLE rds_parameter_groups (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    name        text NOT NULL,
    arn         text NOT NULL UNIQUE,
    level       text NOT NULL DEFAULT 'instance' CHECK (level IN ('instance', 'cluster')),
    family      text NOT NULL,
    description text NOT NULL DEFAULT '',
    parameters  jsonb NOT NULL DEFAULT '{}',
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, level, name)
);
COMMENT ON TABLE rds_parameter_groups IS
    'Settings of an engine that an account made its own; the default groups are not stored.';
COMMENT ON COLUMN rds_parameter_groups.parameters IS 'What differs from the engine''s defaults: name to value.';

ALTER TABLE commitments
    ADD COLUMN IF NOT EXISTS reservation_id text,
    ADD COLUMN IF NOT EXISTS multi_az       boolean;
COMMENT ON COLUMN commitments.reservation_id IS
    'What the buyer called a reservation of a managed service; null: its id.';
COMMENT ON COLUMN commitments.multi_az IS 'Of a database reservation: for two-zone databases.';

DO $$
DECLARE
    own CONSTANT text := 'account_id = (SELECT driftcloud_account())';
    kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['rds_cluster', 'rds_snapshot', 'rds_subnet_group', 'rds_parameter_group'] LOOP
        PERFORM driftcloud_protect((kind || 's')::regclass, own, 'SELECT, INSERT, UPDATE, DELETE');
        INSERT INTO driftcloud_resource_types VALUES (kind, kind || 's', 'arn', NULL, NULL, true);
        PERFORM driftcloud_audit(kind);
    END LOOP;
END
$$;
SELECT driftcloud_audit('rds_instance');
SELECT driftcloud_audit('commitment');
SELECT driftcloud_sync_tags();

-- A database names a subnet group and, if it is Aurora's, a cluster. Whoever inserts one without
-- having made these (an estate, a scenario, SQL by hand) gets them made: the group of the subnets
-- whose names begin with its own, else of the account's first network; the cluster after the
-- database's name. Their keys follow from their names, so that a world made again is the same.
CREATE FUNCTION driftcloud_make_subnet_group(account uuid, place text, group_name text) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    INSERT INTO rds_subnet_groups (id, account_id, region, name, arn, description, vpc_id, subnet_ids, created_at)
    SELECT md5('subgrp' || account || place || group_name)::uuid, account, place, group_name,
           format('arn:aws:rds:%s:%s:subgrp:%s', place, driftcloud_account_number(account), group_name),
           CASE group_name WHEN 'default' THEN 'default' ELSE 'Subnets of ' || group_name END,
           n.vpc_id,
           coalesce((SELECT array_agg(s.subnet_id ORDER BY s.availability_zone, s.subnet_id)
                       FROM subnets s WHERE s.vpc_id = n.vpc_id
                        AND s.map_public_ip_on_launch = n.public), '{}'),
           n.created_at
      FROM (SELECT s.vpc_id, s.map_public_ip_on_launch AS public, v.created_at
              FROM subnets s JOIN vpcs v ON v.vpc_id = s.vpc_id
             WHERE s.account_id = account AND s.region = place
             ORDER BY starts_with(coalesce(s.tags ->> 'Name', ''), group_name || '-') DESC,
                      v.is_default DESC, s.map_public_ip_on_launch, s.vpc_id
             LIMIT 1) n
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION driftcloud_make_subnet_group(uuid, text, text) IS
    'Makes a subnet group that a database names and nobody made; nothing where there is no subnet.';

CREATE FUNCTION driftcloud_make_cluster(r rds_instances) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
DECLARE
    name CONSTANT text := coalesce(r.identifier, r.db_instance_id) || '-cluster';
BEGIN
    INSERT INTO rds_clusters (id, account_id, identifier, arn, region, env, engine, engine_version, db_name,
           master_username, port, subnet_group_name, storage_encrypted, backup_retention_days,
           deletion_protection, created_at)
    VALUES (md5('cluster' || r.account_id || r.region || name)::uuid, r.account_id, name,
            format('arn:aws:rds:%s:%s:cluster:%s', r.region, driftcloud_account_number(r.account_id), name),
            r.region, r.env, r.engine, r.engine_version, r.db_name, r.master_username, r.port,
            coalesce(r.subnet_group_name, 'default'), r.storage_encrypted,
            greatest(r.backup_retention_days, 1), r.deletion_protection, r.created_at)
    ON CONFLICT DO NOTHING;
    RETURN name;
END
$$;
COMMENT ON FUNCTION driftcloud_make_cluster(rds_instances) IS
    'Makes the cluster of an Aurora database that came without one; its identifier.';

CREATE FUNCTION driftcloud_join_cluster() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.cluster_identifier := driftcloud_make_cluster(NEW);
    RETURN NEW;
END
$$;
CREATE TRIGGER cluster_new BEFORE INSERT ON rds_instances
    FOR EACH ROW WHEN (NEW.engine LIKE 'aurora%' AND NEW.cluster_identifier IS NULL)
    EXECUTE FUNCTION driftcloud_join_cluster();

CREATE FUNCTION driftcloud_name_subnet_groups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_make_subnet_group(n.account_id, n.region, n.subnet_group_name)
       FROM (SELECT DISTINCT r.account_id, r.region, r.subnet_group_name FROM new_rows r
              WHERE r.subnet_group_name IS NOT NULL AND NOT EXISTS (
                    SELECT FROM rds_subnet_groups g WHERE g.account_id = r.account_id
                       AND g.region = r.region AND g.name = r.subnet_group_name)) n;
    RETURN NULL;
END
$$;
CREATE TRIGGER subnet_groups_new AFTER INSERT ON rds_instances REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_name_subnet_groups();

SELECT set_config('driftcloud.audit', 'off', true);
UPDATE rds_instances r SET cluster_identifier = driftcloud_make_cluster(r)
 WHERE engine LIKE 'aurora%' AND cluster_identifier IS NULL;
SELECT driftcloud_make_subnet_group(account_id, region, subnet_group_name)
  FROM (SELECT DISTINCT account_id, region, subnet_group_name FROM rds_instances
         WHERE subnet_group_name IS NOT NULL) n;
SELECT set_config('driftcloud.audit', '', true);
