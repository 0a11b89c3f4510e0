-- Services billed by the node or the shard.

CREATE TABLE managed_services (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    service_type  text NOT NULL,
    name          text NOT NULL,
    env           text NOT NULL DEFAULT 'dev',
    region        text NOT NULL DEFAULT 'us-east-1',
    instance_type text NOT NULL,
    node_count    integer NOT NULL DEFAULT 1,
    hourly_cost   numeric(10,4) NOT NULL DEFAULT 0,
    avg_cpu_7d    numeric(5,2) DEFAULT 0,
    avg_memory_7d numeric(5,2) DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_managed_services_account_id ON managed_services (account_id);

COMMENT ON TABLE managed_services IS
    'A cluster of a managed service that bills by the node (search, warehouse, broker ...).';

CREATE TABLE streaming_clusters (
    id                          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name                        text NOT NULL,
    engine                      text NOT NULL DEFAULT 'kinesis'
                                CHECK (engine IN ('kinesis', 'kafka', 'msk')),
    env                         text NOT NULL DEFAULT 'dev',
    region                      text NOT NULL DEFAULT 'us-east-1',
    shard_count                 integer NOT NULL DEFAULT 1,
    retention_hours             integer NOT NULL DEFAULT 24,
    provisioned_throughput_mbps numeric(10,2) DEFAULT 0,
    avg_usage_mbps_7d           numeric(10,2) DEFAULT 0,
    hourly_cost                 numeric(10,4) NOT NULL DEFAULT 0,
    created_at                  timestamptz NOT NULL DEFAULT now(),
    updated_at                  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_streaming_clusters_account_id ON streaming_clusters (account_id);

COMMENT ON TABLE streaming_clusters IS
    'A data stream or a Kafka cluster.';
COMMENT ON COLUMN streaming_clusters.provisioned_throughput_mbps IS
    'MB per second that the shards or brokers can take.';
COMMENT ON COLUMN streaming_clusters.avg_usage_mbps_7d IS
    'MB per second, mean of the last seven days.';
