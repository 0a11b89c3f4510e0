-- Relational databases and in-memory caches.

CREATE TABLE rds_instances (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id            uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    db_instance_id        text NOT NULL UNIQUE,
    engine                text NOT NULL DEFAULT 'postgres',
    instance_class        text NOT NULL DEFAULT 'db.t3.micro',
    allocated_storage_gib integer NOT NULL DEFAULT 20,
    env                   text NOT NULL DEFAULT 'dev',
    region                text NOT NULL DEFAULT 'us-east-1',
    state                 text NOT NULL DEFAULT 'available'
                          CHECK (state IN ('available', 'stopped', 'starting', 'stopping', 'deleting')),
    hourly_cost           numeric(10,4) NOT NULL DEFAULT 0,
    storage_monthly_cost  numeric(10,4) DEFAULT 0,
    avg_cpu_7d            numeric(5,2) DEFAULT 0,
    avg_connections_7d    numeric(10,2) DEFAULT 0,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    optimization_policy   text DEFAULT 'recommend_only'
                          CHECK (optimization_policy IN ('auto_safe', 'recommend_only', 'ignore'))
);
CREATE INDEX idx_rds_instances_account_id ON rds_instances (account_id);
CREATE INDEX idx_rds_instances_state ON rds_instances (state);

COMMENT ON TABLE rds_instances IS
    'A relational database instance (RDS).';
COMMENT ON COLUMN rds_instances.db_instance_id IS
    'Unique over all accounts; the identifier that AWS shows is the column identifier.';

CREATE TABLE cache_clusters (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id    text NOT NULL UNIQUE,
    engine        text NOT NULL DEFAULT 'redis',
    node_type     text NOT NULL DEFAULT 'cache.t3.micro',
    num_nodes     integer NOT NULL DEFAULT 1,
    env           text NOT NULL DEFAULT 'dev',
    region        text NOT NULL DEFAULT 'us-east-1',
    hourly_cost   numeric(10,4) NOT NULL DEFAULT 0,
    avg_cpu_7d    numeric(5,2) DEFAULT 0,
    avg_memory_7d numeric(5,2) DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_cache_clusters_account_id ON cache_clusters (account_id);

COMMENT ON TABLE cache_clusters IS
    'An in-memory cache cluster (ElastiCache).';
COMMENT ON COLUMN cache_clusters.cluster_id IS
    'Unique over all accounts; the identifier that AWS shows is the column identifier.';
