-- What a resource type is called, where its rows are, and which column names one of them.

CREATE TABLE driftcloud_resource_types (
    resource_type text PRIMARY KEY,
    table_name    text NOT NULL UNIQUE,
    id_column     text NOT NULL,
    parent_column text,
    parent_table  text,
    tags_column   boolean NOT NULL,
    CHECK ((parent_column IS NULL) = (parent_table IS NULL))
);
COMMENT ON TABLE driftcloud_resource_types IS
    'The resource types of resource_tags, metrics_daily and resource_change_events.';
COMMENT ON COLUMN driftcloud_resource_types.id_column IS
    'The column that resource_id holds (as text): an id unique over all accounts, else the ARN.';
COMMENT ON COLUMN driftcloud_resource_types.parent_column IS
    'Where the table has no account_id: the column that refers to parent_table.id, which has one.';
COMMENT ON COLUMN driftcloud_resource_types.tags_column IS
    'Whether the table has a tags column, kept equal to resource_tags.';

INSERT INTO driftcloud_resource_types VALUES
    ('instance', 'instances', 'instance_id', NULL, NULL, true),
    ('autoscaling_group', 'autoscaling_groups', 'arn', NULL, NULL, true),
    ('container_cluster', 'container_clusters', 'arn', NULL, NULL, false),
    ('container_node', 'container_nodes', 'instance_id', 'cluster_id', 'container_clusters', false),
    ('container_service', 'container_services', 'arn', 'cluster_id', 'container_clusters', false),
    ('lambda_function', 'lambda_functions', 'arn', NULL, NULL, false),
    ('volume', 'volumes', 'volume_id', NULL, NULL, true),
    ('snapshot', 'snapshots', 'snapshot_id', NULL, NULL, true),
    ('s3_bucket', 's3_buckets', 'name', NULL, NULL, true),
    ('rds_instance', 'rds_instances', 'db_instance_id', NULL, NULL, false),
    ('cache_cluster', 'cache_clusters', 'cluster_id', NULL, NULL, false),
    ('load_balancer', 'load_balancers', 'lb_arn', NULL, NULL, false),
    ('elastic_ip', 'elastic_ips', 'allocation_id', NULL, NULL, true),
    ('managed_service', 'managed_services', 'arn', NULL, NULL, false),
    ('streaming_cluster', 'streaming_clusters', 'arn', NULL, NULL, false),
    ('log_group', 'log_groups', 'arn', NULL, NULL, true),
    ('commitment', 'commitments', 'id', NULL, NULL, true),
    ('vpc', 'vpcs', 'vpc_id', NULL, NULL, true),
    ('subnet', 'subnets', 'subnet_id', NULL, NULL, true),
    ('security_group', 'security_groups', 'group_id', NULL, NULL, true),
    ('image', 'images', 'image_id', NULL, NULL, true),
    ('launch_template', 'launch_templates', 'launch_template_id', NULL, NULL, true),
    ('nat_gateway', 'nat_gateways', 'nat_gateway_id', NULL, NULL, true),
    ('vpc_endpoint', 'vpc_endpoints', 'vpc_endpoint_id', NULL, NULL, true),
    ('key_pair', 'key_pairs', 'key_pair_id', NULL, NULL, true);
