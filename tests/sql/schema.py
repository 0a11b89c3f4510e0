"""The first schema as it was promised: its 26 tables to the letter."""

# column  type [not null] [default d] [in (values)] [-> table.column on delete action] [key]
TABLES = """
cloud_accounts
    id uuid not null default gen_random_uuid() primary key
    name text not null
    provider text not null default 'aws-fake'
    created_at timestamptz not null default now()
    freeze_optimizations_until timestamptz
    index idx_accounts_freeze btree (freeze_optimizations_until) where not null
autoscaling_groups (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    name text not null
    min_size integer not null default 0
    max_size integer not null default 10
    desired_capacity integer not null default 1
    instance_type text not null
    env text not null default 'dev'
    region text not null default 'us-east-1'
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    current_utilization numeric(5,2) default 0
    optimization_policy text default 'recommend_only' in (auto_safe, recommend_only, ignore)
    optimization_freeze_until timestamptz
    index idx_autoscaling_groups_account_id btree (account_id)
    index idx_asg_optimization_policy btree (optimization_policy)
    index idx_asg_freeze btree (optimization_freeze_until) where not null
instances (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    instance_id text not null unique
    name text
    instance_type text not null
    env text not null default 'dev'
    region text not null default 'us-east-1'
    state text not null default 'running' in (pending, running, stopping, stopped, terminated)
    autoscaling_group_id uuid -> autoscaling_groups.id on delete set null
    launch_time timestamptz not null default now()
    hourly_cost numeric(10,4) not null default 0
    gpu_hourly_cost numeric(10,4) default 0
    gpu_count integer default 0
    has_gpu boolean default false
    avg_cpu_7d numeric(5,2) default 0
    avg_network_7d numeric(12,2) default 0
    last_active_at timestamptz
    tags jsonb default '{}'
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    current_cpu numeric(5,2) default 0
    current_memory numeric(5,2) default 0
    optimization_policy text default 'auto_safe' in (auto_safe, recommend_only, ignore)
    optimization_freeze_until timestamptz
    index idx_instances_account_id btree (account_id)
    index idx_instances_asg_id btree (autoscaling_group_id) where not null
    index idx_instances_state btree (state)
    index idx_instances_tags gin (tags)
    index idx_instances_current_metrics btree (account_id, state) where state = 'running'
    index idx_instances_optimization_policy btree (optimization_policy)
container_clusters (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    name text not null
    env text not null default 'dev'
    region text not null default 'us-east-1'
    node_instance_type text not null default 'm5.large'
    desired_nodes integer not null default 3
    min_nodes integer not null default 1
    max_nodes integer not null default 10
    estimated_hourly_cost numeric(10,4) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_container_clusters_account_id btree (account_id)
container_nodes (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    cluster_id uuid not null -> container_clusters.id on delete cascade
    instance_id text not null
    instance_type text not null
    region text not null default 'us-east-1'
    state text not null default 'running' in (running, stopped)
    hourly_cost numeric(10,4) not null default 0
    gpu_hourly_cost numeric(10,4) default 0
    gpu_count integer default 0
    has_gpu boolean default false
    avg_cpu_7d numeric(5,2) default 0
    avg_memory_7d numeric(5,2) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_container_nodes_cluster_id btree (cluster_id)
lambda_functions (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    name text not null
    env text not null default 'dev'
    region text not null default 'us-east-1'
    memory_mb integer not null default 128
    timeout_seconds integer not null default 30
    provisioned_concurrency integer default 0
    invocations_7d bigint default 0
    avg_duration_ms_7d numeric(10,2) default 0
    estimated_monthly_cost numeric(12,4) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_lambda_functions_account_id btree (account_id)
volumes (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    volume_id text not null unique
    region text not null default 'us-east-1'
    size_gib integer not null
    volume_type text not null default 'gp3'
    state text not null default 'available' in (creating, available, in-use, deleting, deleted)
    attached_instance_id text
    monthly_cost numeric(10,4) not null default 0
    last_used_at timestamptz
    tags jsonb default '{}'
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_volumes_account_id btree (account_id)
    index idx_volumes_state btree (state)
    index idx_volumes_attached btree (attached_instance_id) where not null
snapshots
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    snapshot_id text not null unique
    region text not null default 'us-east-1'
    source_volume_id text
    size_gib integer not null
    retention_policy text
    monthly_cost numeric(10,4) not null default 0
    tags jsonb default '{}'
    created_at timestamptz not null default now()
    index idx_snapshots_account_id btree (account_id)
    index idx_snapshots_source_volume btree (source_volume_id) where not null
s3_buckets
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    name text not null unique
    env text not null default 'dev'
    region text not null default 'us-east-1'
    lifecycle_policy jsonb default '{}'
    tags jsonb default '{}'
    created_at timestamptz not null default now()
    optimization_policy text default 'auto_safe' in (auto_safe, recommend_only, ignore)
    index idx_s3_buckets_account_id btree (account_id)
s3_bucket_usage_daily
    id uuid not null default gen_random_uuid() primary key
    bucket_id uuid not null -> s3_buckets.id on delete cascade
    date date not null
    storage_gb_standard numeric(12,4) default 0
    storage_gb_ia numeric(12,4) default 0
    storage_gb_glacier numeric(12,4) default 0
    requests_count bigint default 0
    estimated_storage_cost numeric(10,4) default 0
    estimated_request_cost numeric(10,4) default 0
    unique (bucket_id, date)
    index idx_s3_bucket_usage_bucket_id btree (bucket_id)
    index idx_s3_bucket_usage_date btree (date desc)
rds_instances (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    db_instance_id text not null unique
    engine text not null default 'postgres'
    instance_class text not null default 'db.t3.micro'
    allocated_storage_gib integer not null default 20
    env text not null default 'dev'
    region text not null default 'us-east-1'
    state text not null default 'available' in (available, stopped, starting, stopping, deleting)
    hourly_cost numeric(10,4) not null default 0
    storage_monthly_cost numeric(10,4) default 0
    avg_cpu_7d numeric(5,2) default 0
    avg_connections_7d numeric(10,2) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    optimization_policy text default 'recommend_only' in (auto_safe, recommend_only, ignore)
    index idx_rds_instances_account_id btree (account_id)
    index idx_rds_instances_state btree (state)
cache_clusters (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    cluster_id text not null unique
    engine text not null default 'redis'
    node_type text not null default 'cache.t3.micro'
    num_nodes integer not null default 1
    env text not null default 'dev'
    region text not null default 'us-east-1'
    hourly_cost numeric(10,4) not null default 0
    avg_cpu_7d numeric(5,2) default 0
    avg_memory_7d numeric(5,2) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_cache_clusters_account_id btree (account_id)
load_balancers (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    lb_arn text not null unique
    name text not null
    type text not null default 'application' in (application, network, gateway, classic)
    env text not null default 'dev'
    region text not null default 'us-east-1'
    hourly_cost numeric(10,4) not null default 0
    avg_request_count_7d numeric(12,2) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_load_balancers_account_id btree (account_id)
elastic_ips (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    allocation_id text not null unique
    public_ip text not null
    associated_instance_id text
    associated_lb_arn text
    state text not null default 'unassociated' in (associated, unassociated)
    hourly_cost numeric(10,4) not null default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    optimization_policy text default 'auto_safe' in (auto_safe, recommend_only, ignore)
    tags jsonb default '{}'
    index idx_elastic_ips_account_id btree (account_id)
    index idx_elastic_ips_state btree (state)
data_transfer_daily
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    date date not null
    source_region text not null
    dest_region text not null
    direction text not null in (intra-az, cross-az, cross-region, egress, ingress)
    gb_transferred numeric(12,4) not null default 0
    estimated_transfer_cost numeric(10,4) default 0
    index idx_data_transfer_account_id btree (account_id)
    index idx_data_transfer_date btree (date desc)
managed_services (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    service_type text not null
    name text not null
    env text not null default 'dev'
    region text not null default 'us-east-1'
    instance_type text not null
    node_count integer not null default 1
    hourly_cost numeric(10,4) not null default 0
    avg_cpu_7d numeric(5,2) default 0
    avg_memory_7d numeric(5,2) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_managed_services_account_id btree (account_id)
streaming_clusters (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    name text not null
    engine text not null default 'kinesis' in (kinesis, kafka, msk)
    env text not null default 'dev'
    region text not null default 'us-east-1'
    shard_count integer not null default 1
    retention_hours integer not null default 24
    provisioned_throughput_mbps numeric(10,2) default 0
    avg_usage_mbps_7d numeric(10,2) default 0
    hourly_cost numeric(10,4) not null default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_streaming_clusters_account_id btree (account_id)
log_groups
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    name text not null
    env text not null default 'dev'
    region text not null default 'us-east-1'
    retention_days integer default 30
    tags jsonb default '{}'
    created_at timestamptz not null default now()
    optimization_policy text default 'auto_safe' in (auto_safe, recommend_only, ignore)
    index idx_log_groups_account_id btree (account_id)
log_group_usage_daily
    id uuid not null default gen_random_uuid() primary key
    log_group_id uuid not null -> log_groups.id on delete cascade
    date date not null
    ingested_gb numeric(12,4) default 0
    stored_gb numeric(12,4) default 0
    estimated_ingestion_cost numeric(10,4) default 0
    estimated_storage_cost numeric(10,4) default 0
    unique (log_group_id, date)
    index idx_log_group_usage_log_group_id btree (log_group_id)
    index idx_log_group_usage_date btree (date desc)
commitments
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    commitment_type text not null in (reserved_instance, savings_plan, edp)
    scope text not null
    term_months integer not null in (12, 36)
    hourly_commitment_amount numeric(10,4) not null
    start_date date not null
    end_date date not null
    created_at timestamptz not null default now()
    index idx_commitments_account_id btree (account_id)
    index idx_commitments_dates btree (start_date, end_date)
commitment_utilization_daily
    id uuid not null default gen_random_uuid() primary key
    commitment_id uuid not null -> commitments.id on delete cascade
    date date not null
    actual_hourly_usage_equivalent numeric(10,4) default 0
    utilization_percent numeric(5,2) default 0
    estimated_savings_vs_ondemand numeric(10,4) default 0
    unique (commitment_id, date)
    index idx_commitment_util_commitment_id btree (commitment_id)
    index idx_commitment_util_date btree (date desc)
resource_tags
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    resource_type text not null
    resource_id text not null
    key text not null
    value text not null
    created_at timestamptz not null default now()
    unique (resource_type, resource_id, key)
    index idx_resource_tags_account_id btree (account_id)
    index idx_resource_tags_resource btree (resource_type, resource_id)
    index idx_resource_tags_key btree (key)
metrics_daily
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    resource_type text not null
    resource_id text not null
    date date not null
    metric_payload jsonb not null default '{}'
    estimated_daily_cost numeric(12,4) default 0
    created_at timestamptz not null default now()
    unique (resource_type, resource_id, date)
    index idx_metrics_daily_account_id btree (account_id)
    index idx_metrics_daily_resource btree (resource_type, resource_id)
    index idx_metrics_daily_date btree (date desc)
    index idx_metrics_daily_payload gin (metric_payload)
container_services (updated_at kept by a trigger)
    id uuid not null default gen_random_uuid() primary key
    cluster_id uuid not null -> container_clusters.id on delete cascade
    name text not null
    env text not null default 'dev'
    region text not null default 'us-east-1'
    requested_cpu numeric(10,4) default 0
    requested_memory_mb integer default 0
    replica_count integer not null default 1
    avg_cpu_7d numeric(5,2) default 0
    avg_memory_7d numeric(5,2) default 0
    created_at timestamptz not null default now()
    updated_at timestamptz not null default now()
    index idx_container_services_cluster_id btree (cluster_id)
api_clients
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    name text not null
    access_key_id text not null unique
    secret_key_hash text not null
    scopes jsonb not null default '["read:*"]'
    created_at timestamptz not null default now()
    last_used_at timestamptz
    index idx_api_clients_account_id btree (account_id)
    index idx_api_clients_access_key btree (access_key_id)
resource_change_events
    id uuid not null default gen_random_uuid() primary key
    account_id uuid not null -> cloud_accounts.id on delete cascade
    resource_type text not null
    resource_id text not null
    change_source text not null in (drift_engine, agent, manual)
    field_name text not null
    old_value text
    new_value text
    changed_at timestamptz not null default now()
    index idx_resource_change_events_account btree (account_id)
    index idx_resource_change_events_resource btree (resource_type, resource_id)
    index idx_resource_change_events_time btree (changed_at desc)
"""
