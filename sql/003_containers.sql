-- Container clusters, their nodes and the services that run on them.

CREATE TABLE container_clusters (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id            uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name                  text NOT NULL,
    env                   text NOT NULL DEFAULT 'dev',
    region                text NOT NULL DEFAULT 'us-east-1',
    node_instance_type    text NOT NULL DEFAULT 'm5.large',
    desired_nodes         integer NOT NULL DEFAULT 3,
    min_nodes             integer NOT NULL DEFAULT 1,
    max_nodes             integer NOT NULL DEFAULT 10,
    estimated_hourly_cost numeric(10,4) DEFAULT 0,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_container_clusters_account_id ON container_clusters (account_id);

COMMENT ON TABLE container_clusters IS
    'A container cluster (EKS or ECS).';

CREATE TABLE container_nodes (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    cluster_id      uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    instance_id     text NOT NULL,
    instance_type   text NOT NULL,
    region          text NOT NULL DEFAULT 'us-east-1',
    state           text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'stopped')),
    hourly_cost     numeric(10,4) NOT NULL DEFAULT 0,
    gpu_hourly_cost numeric(10,4) DEFAULT 0,
    gpu_count       integer DEFAULT 0,
    has_gpu         boolean DEFAULT false,
    avg_cpu_7d      numeric(5,2) DEFAULT 0,
    avg_memory_7d   numeric(5,2) DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_container_nodes_cluster_id ON container_nodes (cluster_id);

COMMENT ON TABLE container_nodes IS
    'A machine that a container cluster runs on.';
COMMENT ON COLUMN container_nodes.gpu_hourly_cost IS
    'The part of hourly_cost that pays for GPUs, USD.';

CREATE TABLE container_services (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    cluster_id          uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    name                text NOT NULL,
    env                 text NOT NULL DEFAULT 'dev',
    region              text NOT NULL DEFAULT 'us-east-1',
    requested_cpu       numeric(10,4) DEFAULT 0,
    requested_memory_mb integer DEFAULT 0,
    replica_count       integer NOT NULL DEFAULT 1,
    avg_cpu_7d          numeric(5,2) DEFAULT 0,
    avg_memory_7d       numeric(5,2) DEFAULT 0,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_container_services_cluster_id ON container_services (cluster_id);

COMMENT ON TABLE container_services IS
    'A workload of a container cluster: what it asks for and what it uses.';
COMMENT ON COLUMN container_services.requested_cpu IS
    'vCPU requested by one replica.';
