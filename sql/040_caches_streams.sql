-- What ElastiCache, Kinesis and MSK show beside their clusters: members, shards, snapshots, operations.

ALTER TABLE cache_clusters
    ADD COLUMN members                      jsonb,
    ADD COLUMN cluster_mode                 boolean NOT NULL DEFAULT false,
    ADD COLUMN description                  text,
    ADD COLUMN subnet_group_name            text NOT NULL DEFAULT 'default',
    ADD COLUMN security_group_ids           text[],
    ADD COLUMN parameter_group_name         text,
    ADD COLUMN settles_at                   timestamptz,
    ADD COLUMN pending                      jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN snapshot_retention_days      integer NOT NULL DEFAULT 0,
    ADD COLUMN snapshotting_cluster_id      text,
    ADD COLUMN preferred_snapshot_window    text,
    ADD COLUMN preferred_maintenance_window text,
    ADD COLUMN auto_minor_version_upgrade   boolean NOT NULL DEFAULT true,
    ADD COLUMN automatic_failover           boolean NOT NULL DEFAULT false,
    ADD COLUMN multi_az                     boolean NOT NULL DEFAULT false,
    ADD COLUMN transit_encryption           boolean NOT NULL DEFAULT false,
    ADD COLUMN transit_encryption_mode      text,
    ADD COLUMN at_rest_encryption           boolean NOT NULL DEFAULT false,
    ADD COLUMN auth_token                   boolean NOT NULL DEFAULT false,
    ADD COLUMN kms_key_id                   text,
    ADD COLUMN notification_topic_arn       text,
    ADD COLUMN update_actions               jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN serverless                   jsonb;
COMMENT ON COLUMN cache_clusters.members IS
    'Of a replication group, which is one row: [{"id": …, "group": "0001", "zone": …, "primary": true}], as many as num_nodes. Null: a cluster by itself.';
COMMENT ON COLUMN cache_clusters.status IS
    'Until settles_at; then it reads available, and what was deleting is gone.';
COMMENT ON COLUMN cache_clusters.pending IS
    'Columns and the values that they take in the next maintenance window, hourly_cost included.';
COMMENT ON COLUMN cache_clusters.security_group_ids IS
    'Null: the default security group of its network.';
COMMENT ON COLUMN cache_clusters.parameter_group_name IS
    'Null: the default one of the engine''s family.';
COMMENT ON COLUMN cache_clusters.update_actions IS
    'Service updates that were applied or stopped: name to {"status", "at"}.';
COMMENT ON COLUMN cache_clusters.serverless IS
    'Limits and places of a serverless cache, whose node_type is serverless; null: nodes.';
CREATE INDEX cache_clusters_page ON cache_clusters (account_id, region, identifier);
CREATE INDEX cache_clusters_settles ON cache_clusters (settles_at) WHERE settles_at IS NOT NULL;
CREATE UNIQUE INDEX cache_clusters_group ON cache_clusters (account_id, region, replication_group_id)
    WHERE replication_group_id IS NOT NULL;

-- Several nodes of Redis or Valkey are a replication group on AWS. Whoever writes a row that has
-- them and does not say who they are (an estate, a scenario, SQL by hand) gets a primary and
-- replicas; whoever changes their number alone gets the last ones taken away, or replicas added.
CREATE FUNCTION driftcloud_make_cache_members() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept integer := 0;
BEGIN
    IF NEW.serverless IS NOT NULL OR NEW.engine = 'memcached'
       OR (NEW.num_nodes < 2 AND NEW.replication_group_id IS NULL) THEN
        RETURN NEW;
    END IF;
    NEW.replication_group_id := coalesce(NEW.replication_group_id, NEW.identifier);
    NEW.arn := replace(NEW.arn, ':cluster:', ':replicationgroup:');
    IF NEW.members IS NOT NULL THEN
        IF jsonb_array_length(NEW.members) = NEW.num_nodes THEN
            RETURN NEW;
        END IF;
        kept := least(jsonb_array_length(NEW.members), NEW.num_nodes);
    END IF;
    IF NEW.members IS NULL AND NOT NEW.cluster_mode THEN
        NEW.automatic_failover := NEW.num_nodes > 1;
    END IF;
    NEW.members := coalesce((SELECT jsonb_agg(m.one ORDER BY m.at)
          FROM jsonb_array_elements(NEW.members) WITH ORDINALITY AS m (one, at) WHERE m.at <= kept), '[]')
        || coalesce((SELECT jsonb_agg(jsonb_build_object(
               'id', NEW.replication_group_id || '-' || to_char(n, 'FM000'), 'group', '0001',
               'zone', CASE WHEN n = 1 THEN coalesce(NEW.availability_zone, NEW.region || 'a')
                       ELSE NEW.region || chr(97 + (ascii(right(coalesce(NEW.availability_zone, 'a'), 1)) - 97 + n - 1) % 3) END,
               'primary', n = 1) ORDER BY n)
          FROM generate_series(kept + 1, NEW.num_nodes) AS n), '[]');
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION driftcloud_make_cache_members() IS
    'Says who the nodes of a replication group are where whoever wrote the row did not.';
-- After name_new, which triggers of one kind follow by name.
CREATE TRIGGER replicate_new BEFORE INSERT OR UPDATE OF num_nodes ON cache_clusters
    FOR EACH ROW EXECUTE FUNCTION driftcloud_make_cache_members();

CREATE TABLE cache_snapshots (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    identifier           text NOT NULL,
    arn                  text NOT NULL UNIQUE,
    region               text NOT NULL DEFAULT 'us-east-1',
    env                  text NOT NULL DEFAULT 'dev',
    snapshot_source      text NOT NULL DEFAULT 'manual',
    cache_cluster_id     text,
    replication_group_id text,
    engine               text NOT NULL DEFAULT 'redis',
    engine_version       text,
    node_type            text NOT NULL,
    num_nodes            integer NOT NULL DEFAULT 1,
    num_node_groups      integer NOT NULL DEFAULT 1,
    size_mib             integer NOT NULL DEFAULT 0,
    details              jsonb NOT NULL DEFAULT '{}',
    node_snapshots       jsonb NOT NULL DEFAULT '[]',
    kms_key_id           text,
    monthly_cost         numeric(10,4) NOT NULL DEFAULT 0,
    completed_at         timestamptz,
    tags                 jsonb NOT NULL DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, identifier)
);
COMMENT ON TABLE cache_snapshots IS 'A manual snapshot of a cache cluster or replication group.';
COMMENT ON COLUMN cache_snapshots.details IS 'What its source was set to: port, windows, groups, network.';
COMMENT ON COLUMN cache_snapshots.node_snapshots IS 'One for each node group: cluster, group, size_mib, created_at.';
COMMENT ON COLUMN cache_snapshots.monthly_cost IS 'Of its size, USD.';

CREATE TABLE cache_subnet_groups (
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
COMMENT ON TABLE cache_subnet_groups IS 'Subnets that caches may stand in.';

CREATE TABLE cache_parameter_groups (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    name        text NOT NULL,
    arn         text NOT NULL UNIQUE,
    family      text NOT NULL,
    description text NOT NULL DEFAULT '',
    parameters  jsonb NOT NULL DEFAULT '{}',
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE cache_parameter_groups IS
    'Settings of a cache engine that an account made its own; the default groups are not stored.';
COMMENT ON COLUMN cache_parameter_groups.parameters IS 'What differs from the engine''s defaults: name to value.';

-- Streams and Kafka clusters.

ALTER TABLE streaming_clusters
    ADD COLUMN settles_at          timestamptz,
    ADD COLUMN encryption_type     text NOT NULL DEFAULT 'NONE' CHECK (encryption_type IN ('NONE', 'KMS')),
    ADD COLUMN kms_key_id          text,
    ADD COLUMN shard_level_metrics text[] NOT NULL DEFAULT '{}',
    ADD COLUMN resource_policy     text,
    ADD COLUMN max_record_kib      integer NOT NULL DEFAULT 1024,
    ADD COLUMN cluster_type        text NOT NULL DEFAULT 'PROVISIONED' CHECK (cluster_type IN ('PROVISIONED', 'SERVERLESS')),
    ADD COLUMN kafka_version       text,
    ADD COLUMN storage_throughput  integer,
    ADD COLUMN enhanced_monitoring text NOT NULL DEFAULT 'DEFAULT',
    ADD COLUMN settings            jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN revision            integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN streaming_clusters.status IS
    'Until settles_at; then it reads ACTIVE, and what was DELETING is gone.';
COMMENT ON COLUMN streaming_clusters.storage_throughput IS 'Provisioned MiB per second of each broker''s volume; null: the volume''s own.';
COMMENT ON COLUMN streaming_clusters.settings IS
    'Of a Kafka cluster, as its creator put them, in the API''s members: subnets, encryption, authentication, logging.';
COMMENT ON COLUMN streaming_clusters.revision IS 'Of a Kafka cluster: rises with every update, and makes its CurrentVersion.';
CREATE INDEX streaming_clusters_settles ON streaming_clusters (settles_at) WHERE settles_at IS NOT NULL;
CREATE UNIQUE INDEX streaming_clusters_stream ON streaming_clusters (account_id, region, name) WHERE engine = 'kinesis';
CREATE UNIQUE INDEX streaming_clusters_kafka ON streaming_clusters (account_id, region, name) WHERE engine <> 'kinesis';

CREATE TABLE streaming_shards (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    stream_id       uuid NOT NULL REFERENCES streaming_clusters (id) ON DELETE CASCADE,
    number          integer NOT NULL,
    starting_hash   numeric(39) NOT NULL,
    ending_hash     numeric(39) NOT NULL,
    parent          integer,
    adjacent_parent integer,
    opened_at       timestamptz NOT NULL,
    closed_at       timestamptz,
    UNIQUE (stream_id, number)
);
CREATE INDEX streaming_shards_account ON streaming_shards (account_id);
COMMENT ON TABLE streaming_shards IS 'A shard of a Kinesis stream; those that a reshard closed stay for the retention period.';
COMMENT ON COLUMN streaming_shards.parent IS 'number of the shard that it came from; of two that were merged, the first.';

CREATE TABLE streaming_consumers (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    stream_id  uuid NOT NULL REFERENCES streaming_clusters (id) ON DELETE CASCADE,
    region     text NOT NULL DEFAULT 'us-east-1',
    name       text NOT NULL,
    arn        text NOT NULL UNIQUE,
    settles_at timestamptz,
    tags       jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stream_id, name)
);
CREATE INDEX streaming_consumers_account ON streaming_consumers (account_id);
COMMENT ON TABLE streaming_consumers IS 'A consumer with enhanced fan-out of a Kinesis stream.';
COMMENT ON COLUMN streaming_consumers.settles_at IS 'It is CREATING until then.';

CREATE TABLE streaming_operations (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id uuid NOT NULL REFERENCES streaming_clusters (id) ON DELETE CASCADE,
    region     text NOT NULL DEFAULT 'us-east-1',
    arn        text NOT NULL UNIQUE,
    kind       text NOT NULL,
    source     jsonb NOT NULL DEFAULT '{}',
    target     jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL
);
CREATE INDEX streaming_operations_cluster ON streaming_operations (cluster_id);
CREATE INDEX streaming_operations_account ON streaming_operations (account_id);
COMMENT ON TABLE streaming_operations IS 'A change of an MSK cluster: what it was, what it became.';
COMMENT ON COLUMN streaming_operations.kind IS 'As MSK words it: UPDATE_BROKER_COUNT, UPDATE_BROKER_TYPE …';

CREATE TABLE streaming_configurations (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id     uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region         text NOT NULL DEFAULT 'us-east-1',
    name           text NOT NULL,
    arn            text NOT NULL UNIQUE,
    description    text NOT NULL DEFAULT '',
    kafka_versions text[] NOT NULL DEFAULT '{}',
    revisions      jsonb NOT NULL DEFAULT '[]',
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE streaming_configurations IS 'A configuration of Kafka brokers that an account made.';
COMMENT ON COLUMN streaming_configurations.revisions IS
    'From the first to the newest: {"description", "properties", "created_at"}.';

-- A stream's open shards are as many as its shard_count says, whoever set it. What closes and what
-- opens divide the hash keys evenly; the keys of rows follow from the stream's own, so that a world
-- made again is the same.
CREATE FUNCTION driftcloud_make_shards(stream uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
DECLARE
    s streaming_clusters := (SELECT k FROM streaming_clusters k WHERE k.id = stream);
    every CONSTANT numeric := 340282366920938463463374607431768211456;
    first integer;
    at timestamptz;
BEGIN
    IF s.engine <> 'kinesis' OR s.shard_count < 1 OR s.shard_count = (
            SELECT count(*) FROM streaming_shards h WHERE h.stream_id = stream AND h.closed_at IS NULL) THEN
        RETURN;
    END IF;
    first := coalesce((SELECT max(h.number) + 1 FROM streaming_shards h WHERE h.stream_id = stream), 0);
    at := CASE WHEN first = 0 THEN s.created_at ELSE driftcloud_now(s.account_id) END;
    INSERT INTO streaming_shards (id, account_id, stream_id, number, starting_hash, ending_hash, parent,
           adjacent_parent, opened_at)
    SELECT md5('shard' || stream || (first + n.i))::uuid, s.account_id, stream, first + n.i, n.low, n.high,
           p.number, nullif(q.number, p.number), at
      FROM (SELECT i, div(every * i, s.shard_count) AS low, div(every * (i + 1), s.shard_count) - 1 AS high
              FROM generate_series(0, s.shard_count - 1) AS i) n
      LEFT JOIN LATERAL (SELECT h.number FROM streaming_shards h WHERE h.stream_id = stream
             AND h.closed_at IS NULL AND n.low BETWEEN h.starting_hash AND h.ending_hash) p ON true
      LEFT JOIN LATERAL (SELECT h.number FROM streaming_shards h WHERE h.stream_id = stream
             AND h.closed_at IS NULL AND n.high BETWEEN h.starting_hash AND h.ending_hash) q ON true;
    UPDATE streaming_shards h SET closed_at = at
     WHERE h.stream_id = stream AND h.closed_at IS NULL AND h.number < first;
END
$$;
COMMENT ON FUNCTION driftcloud_make_shards(uuid) IS
    'Opens and closes shards until a Kinesis stream has as many open ones as its row says.';

CREATE FUNCTION driftcloud_shards_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_make_shards(r.id) FROM new_rows r WHERE r.engine = 'kinesis';
    RETURN NULL;
END
$$;
CREATE TRIGGER shards_new AFTER INSERT ON streaming_clusters REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_shards_follow();

CREATE FUNCTION driftcloud_shards_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_make_shards(NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER shards_changed AFTER UPDATE OF shard_count ON streaming_clusters
    FOR EACH ROW WHEN (NEW.engine = 'kinesis' AND OLD.shard_count <> NEW.shard_count)
    EXECUTE FUNCTION driftcloud_shards_change();

-- A cache names a subnet group. Whoever inserts one without having made it gets it made.
CREATE FUNCTION driftcloud_make_cache_subnet_group(account uuid, place text, group_name text) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    INSERT INTO cache_subnet_groups (id, account_id, region, name, arn, description, vpc_id, subnet_ids, created_at)
    SELECT md5('cachesubgrp' || account || place || group_name)::uuid, account, place, group_name,
           format('arn:aws:elasticache:%s:%s:subnetgroup:%s', place, driftcloud_account_number(account), group_name),
           CASE group_name WHEN 'default' THEN 'Default CacheSubnetGroup' ELSE 'Subnets of ' || group_name END,
           n.vpc_id,
           coalesce((SELECT array_agg(s.subnet_id ORDER BY s.availability_zone, s.subnet_id)
                       FROM subnets s WHERE s.vpc_id = n.vpc_id
                        AND s.map_public_ip_on_launch = n.public), '{}'),
           n.created_at
      FROM (SELECT s.vpc_id, s.map_public_ip_on_launch AS public, v.created_at
              FROM subnets s JOIN vpcs v ON v.vpc_id = s.vpc_id
             WHERE s.account_id = account AND s.region = place
             ORDER BY v.is_default DESC, s.map_public_ip_on_launch, s.vpc_id
             LIMIT 1) n
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION driftcloud_make_cache_subnet_group(uuid, text, text) IS
    'Makes a subnet group that a cache names and nobody made; nothing where there is no subnet.';

CREATE FUNCTION driftcloud_name_cache_subnet_groups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_make_cache_subnet_group(n.account_id, n.region, n.subnet_group_name)
       FROM (SELECT DISTINCT r.account_id, r.region, r.subnet_group_name FROM new_rows r
              WHERE NOT EXISTS (SELECT FROM cache_subnet_groups g WHERE g.account_id = r.account_id
                       AND g.region = r.region AND g.name = r.subnet_group_name)) n;
    RETURN NULL;
END
$$;
CREATE TRIGGER subnet_groups_new AFTER INSERT ON cache_clusters REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_name_cache_subnet_groups();

DO $$
DECLARE
    own CONSTANT text := 'account_id = (SELECT driftcloud_account())';
    every CONSTANT text := 'SELECT, INSERT, UPDATE, DELETE';
    kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['cache_snapshot', 'cache_subnet_group', 'cache_parameter_group',
                                'streaming_consumer'] LOOP
        PERFORM driftcloud_protect((kind || 's')::regclass, own, every);
        INSERT INTO driftcloud_resource_types VALUES (kind, kind || 's', 'arn', NULL, NULL, true);
        PERFORM driftcloud_audit(kind);
    END LOOP;
    PERFORM driftcloud_protect('streaming_shards', own, every);
    PERFORM driftcloud_protect('streaming_operations', own, every);
    PERFORM driftcloud_protect('streaming_configurations', own, every);
END
$$;
SELECT driftcloud_audit('cache_cluster');
SELECT driftcloud_audit('streaming_cluster');
SELECT driftcloud_sync_tags();

SELECT set_config('driftcloud.audit', 'off', true);
UPDATE cache_clusters SET num_nodes = num_nodes;
SELECT driftcloud_make_cache_subnet_group(account_id, region, subnet_group_name)
  FROM (SELECT DISTINCT account_id, region, subnet_group_name FROM cache_clusters) n;
SELECT driftcloud_make_shards(id) FROM streaming_clusters WHERE engine = 'kinesis';
SELECT set_config('driftcloud.audit', '', true);
