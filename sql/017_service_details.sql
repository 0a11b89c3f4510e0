-- What RDS, ElastiCache, load balancing, managed services and commitments show beyond the first schema.

ALTER TABLE rds_instances
    ADD COLUMN identifier              text NOT NULL,
    ADD COLUMN arn                     text UNIQUE,
    ADD COLUMN engine_version          text,
    ADD COLUMN availability_zone       text,
    ADD COLUMN multi_az                boolean NOT NULL DEFAULT false,
    ADD COLUMN storage_type            text NOT NULL DEFAULT 'gp3',
    ADD COLUMN iops                    integer,
    ADD COLUMN storage_throughput      integer,
    ADD COLUMN storage_encrypted       boolean NOT NULL DEFAULT false,
    ADD COLUMN max_allocated_storage_gib integer,
    ADD COLUMN backup_retention_days   integer NOT NULL DEFAULT 7,
    ADD COLUMN cluster_identifier      text,
    ADD COLUMN replica_of              text,
    ADD COLUMN deletion_protection     boolean NOT NULL DEFAULT false,
    ADD COLUMN publicly_accessible     boolean NOT NULL DEFAULT false,
    ADD COLUMN db_name                 text,
    ADD COLUMN master_username         text DEFAULT 'admin',
    ADD COLUMN port                    integer,
    ADD COLUMN subnet_group_name       text DEFAULT 'default',
    ADD COLUMN stopped_at              timestamptz,
    ADD COLUMN settles_at              timestamptz,
    ADD COLUMN settled_state           text CHECK (settled_state IN ('available', 'stopped', 'deleted')),
    ADD CONSTRAINT rds_instances_identifier_key UNIQUE (account_id, region, identifier);
COMMENT ON COLUMN rds_instances.identifier IS
    'What AWS calls the DB instance identifier: unique in its account and region.';
COMMENT ON COLUMN rds_instances.cluster_identifier IS 'The DB cluster it is a member of.';
COMMENT ON COLUMN rds_instances.replica_of IS 'identifier of the instance that it replicates.';
COMMENT ON COLUMN rds_instances.stopped_at IS 'AWS starts a stopped instance again after seven days.';
COMMENT ON COLUMN rds_instances.settled_state IS 'What state becomes at settles_at.';

ALTER TABLE cache_clusters
    ADD COLUMN identifier           text NOT NULL,
    ADD COLUMN arn                  text UNIQUE,
    ADD COLUMN engine_version       text,
    ADD COLUMN replication_group_id text,
    ADD COLUMN availability_zone    text,
    ADD COLUMN status               text NOT NULL DEFAULT 'available',
    ADD COLUMN port                 integer,
    ADD CONSTRAINT cache_clusters_identifier_key UNIQUE (account_id, region, identifier);
COMMENT ON COLUMN cache_clusters.identifier IS
    'What AWS calls the cache cluster id: unique in its account and region.';

ALTER TABLE load_balancers
    ADD COLUMN dns_name           text,
    ADD COLUMN vpc_id             text,
    ADD COLUMN scheme             text NOT NULL DEFAULT 'internet-facing' CHECK (scheme IN ('internet-facing', 'internal')),
    ADD COLUMN state              text NOT NULL DEFAULT 'active',
    ADD COLUMN availability_zones text[] NOT NULL DEFAULT '{}',
    ADD COLUMN subnet_ids         text[] NOT NULL DEFAULT '{}',
    ADD COLUMN security_group_ids text[] NOT NULL DEFAULT '{}',
    ADD COLUMN target_count       integer NOT NULL DEFAULT 0,
    ADD COLUMN healthy_count      integer NOT NULL DEFAULT 0;

ALTER TABLE managed_services
    ADD COLUMN arn            text UNIQUE,
    ADD COLUMN engine_version text,
    ADD COLUMN status         text NOT NULL DEFAULT 'available',
    ADD COLUMN multi_az       boolean NOT NULL DEFAULT false,
    ADD COLUMN storage_gib    integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN managed_services.storage_gib IS 'Of one node.';

ALTER TABLE streaming_clusters
    ADD COLUMN arn           text UNIQUE,
    ADD COLUMN status        text NOT NULL DEFAULT 'ACTIVE',
    ADD COLUMN stream_mode   text NOT NULL DEFAULT 'PROVISIONED' CHECK (stream_mode IN ('PROVISIONED', 'ON_DEMAND')),
    ADD COLUMN instance_type text,
    ADD COLUMN broker_count  integer,
    ADD COLUMN storage_gib   integer;
COMMENT ON COLUMN streaming_clusters.instance_type IS 'Of a broker; null for Kinesis.';
COMMENT ON COLUMN streaming_clusters.storage_gib IS 'Of one broker; null for Kinesis.';

ALTER TABLE commitments
    ADD COLUMN arn                 text UNIQUE,
    ADD COLUMN state               text NOT NULL DEFAULT 'active'
                                   CHECK (state IN ('payment-pending', 'active', 'payment-failed', 'queued', 'retired', 'returned')),
    ADD COLUMN service             text,
    ADD COLUMN offering_id         text,
    ADD COLUMN offering_class      text CHECK (offering_class IN ('standard', 'convertible')),
    ADD COLUMN plan_type           text CHECK (plan_type IN ('Compute', 'EC2Instance', 'SageMaker', 'Database')),
    ADD COLUMN payment_option      text CHECK (payment_option IN ('No Upfront', 'Partial Upfront', 'All Upfront')),
    ADD COLUMN instance_type       text,
    ADD COLUMN instance_family     text,
    ADD COLUMN instance_count      integer,
    ADD COLUMN tenancy             text,
    ADD COLUMN region              text,
    ADD COLUMN availability_zone   text,
    ADD COLUMN product_description text,
    ADD COLUMN fixed_price         numeric(14,4),
    ADD COLUMN usage_price         numeric(14,6),
    ADD COLUMN recurring_hourly    numeric(14,6),
    ADD COLUMN start_time          timestamptz,
    ADD COLUMN end_time            timestamptz,
    ADD COLUMN tags                jsonb DEFAULT '{}';
COMMENT ON COLUMN commitments.service IS 'ec2, rds, elasticache ...: what a reservation is for.';
COMMENT ON COLUMN commitments.plan_type IS 'Of a savings plan.';
COMMENT ON COLUMN commitments.fixed_price IS 'Paid once, USD, for each instance of a reservation.';
COMMENT ON COLUMN commitments.recurring_hourly IS 'Paid each hour, USD, for each instance of a reservation.';
