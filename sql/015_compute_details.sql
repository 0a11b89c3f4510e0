-- What EC2, Auto Scaling, EKS, ECS and Lambda show beyond the first schema.

ALTER TABLE instances
    ADD COLUMN availability_zone        text,
    ADD COLUMN vpc_id                   text,
    ADD COLUMN subnet_id                text,
    ADD COLUMN network_interface_id     text,
    ADD COLUMN private_ip_address       text,
    ADD COLUMN public_ip_address        text,
    ADD COLUMN source_dest_check        boolean DEFAULT true,
    ADD COLUMN security_group_ids       text[] NOT NULL DEFAULT '{}',
    ADD COLUMN image_id                 text,
    ADD COLUMN architecture             text DEFAULT 'x86_64',
    ADD COLUMN platform                 text CHECK (platform = 'windows'),
    ADD COLUMN platform_details         text DEFAULT 'Linux/UNIX',
    ADD COLUMN usage_operation          text DEFAULT 'RunInstances',
    ADD COLUMN root_device_name         text DEFAULT '/dev/xvda',
    ADD COLUMN key_name                 text,
    ADD COLUMN iam_instance_profile_arn text,
    ADD COLUMN user_data                text,
    ADD COLUMN metadata_options         jsonb,
    ADD COLUMN monitoring               text DEFAULT 'disabled'
                                        CHECK (monitoring IN ('disabled', 'disabling', 'enabled', 'pending')),
    ADD COLUMN ebs_optimized            boolean DEFAULT false,
    ADD COLUMN hibernation              boolean DEFAULT false,
    ADD COLUMN disable_api_termination  boolean DEFAULT false,
    ADD COLUMN disable_api_stop         boolean DEFAULT false,
    ADD COLUMN shutdown_behavior        text DEFAULT 'stop' CHECK (shutdown_behavior IN ('stop', 'terminate')),
    ADD COLUMN tenancy                  text DEFAULT 'default' CHECK (tenancy IN ('default', 'dedicated', 'host')),
    ADD COLUMN instance_lifecycle       text CHECK (instance_lifecycle IN ('spot', 'scheduled', 'capacity-block')),
    ADD COLUMN reservation_id           text,
    ADD COLUMN launch_index             integer DEFAULT 0,
    ADD COLUMN client_token             text,
    ADD COLUMN launch_template_id       text,
    ADD COLUMN launch_template_version  text,
    ADD COLUMN state_reason_code        text,
    ADD COLUMN state_reason_message     text,
    ADD COLUMN state_transition_reason  text,
    ADD COLUMN state_changed_at         timestamptz,
    ADD COLUMN settles_at               timestamptz,
    ADD COLUMN settled_state            text CHECK (settled_state IN ('running', 'stopped', 'terminated')),
    ADD COLUMN terminated_at            timestamptz;
COMMENT ON COLUMN instances.platform IS 'windows, or null for everything else, as EC2 answers it.';
COMMENT ON COLUMN instances.usage_operation IS 'The billing operation that goes with platform_details.';
COMMENT ON COLUMN instances.user_data IS 'Base64, as given.';
COMMENT ON COLUMN instances.instance_lifecycle IS 'Null: on demand.';
COMMENT ON COLUMN instances.settled_state IS
    'What state becomes at settles_at, so that a transition needs no background task.';
COMMENT ON COLUMN instances.settles_at IS 'Virtual time at which state gives way to settled_state.';
COMMENT ON COLUMN instances.terminated_at IS 'A terminated instance is still listed for an hour after this.';

ALTER TABLE autoscaling_groups
    ADD COLUMN arn                        text UNIQUE,
    ADD COLUMN launch_template_id         text,
    ADD COLUMN launch_template_name       text,
    ADD COLUMN launch_template_version    text,
    ADD COLUMN launch_configuration_name  text,
    ADD COLUMN availability_zones         text[] NOT NULL DEFAULT '{}',
    ADD COLUMN subnet_ids                 text[] NOT NULL DEFAULT '{}',
    ADD COLUMN load_balancer_names        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN target_group_arns          text[] NOT NULL DEFAULT '{}',
    ADD COLUMN health_check_type          text DEFAULT 'EC2',
    ADD COLUMN health_check_grace_period  integer DEFAULT 0,
    ADD COLUMN default_cooldown           integer DEFAULT 300,
    ADD COLUMN suspended_processes        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN termination_policies       text[] NOT NULL DEFAULT '{Default}',
    ADD COLUMN new_instances_protected    boolean DEFAULT false,
    ADD COLUMN capacity_rebalance         boolean DEFAULT false,
    ADD COLUMN service_linked_role_arn    text,
    ADD COLUMN status                     text,
    ADD COLUMN tags                       jsonb DEFAULT '{}',
    ADD COLUMN propagated_tag_keys        text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT autoscaling_groups_name_key UNIQUE (account_id, region, name);
COMMENT ON COLUMN autoscaling_groups.health_check_grace_period IS 'Seconds.';
COMMENT ON COLUMN autoscaling_groups.default_cooldown IS 'Seconds.';
COMMENT ON COLUMN autoscaling_groups.status IS 'Delete in progress, or null.';
COMMENT ON COLUMN autoscaling_groups.propagated_tag_keys IS 'Keys whose tags pass to instances at launch.';

ALTER TABLE container_clusters
    ADD COLUMN arn          text UNIQUE,
    ADD COLUMN orchestrator text NOT NULL DEFAULT 'eks' CHECK (orchestrator IN ('eks', 'ecs')),
    ADD COLUMN version      text,
    ADD COLUMN status       text NOT NULL DEFAULT 'ACTIVE';
COMMENT ON COLUMN container_clusters.version IS 'Kubernetes version; null for ECS.';

ALTER TABLE container_services
    ADD COLUMN arn           text UNIQUE,
    ADD COLUMN launch_type   text NOT NULL DEFAULT 'EC2' CHECK (launch_type IN ('EC2', 'FARGATE', 'EXTERNAL')),
    ADD COLUMN status        text NOT NULL DEFAULT 'ACTIVE',
    ADD COLUMN running_count integer;
COMMENT ON COLUMN container_services.running_count IS 'Replicas running now; null: as many as wanted.';

ALTER TABLE lambda_functions
    ADD COLUMN arn                  text UNIQUE,
    ADD COLUMN runtime              text DEFAULT 'python3.12',
    ADD COLUMN handler              text DEFAULT 'index.handler',
    ADD COLUMN description          text,
    ADD COLUMN role_arn             text,
    ADD COLUMN architecture         text NOT NULL DEFAULT 'x86_64' CHECK (architecture IN ('x86_64', 'arm64')),
    ADD COLUMN package_type         text NOT NULL DEFAULT 'Zip' CHECK (package_type IN ('Zip', 'Image')),
    ADD COLUMN code_size            bigint DEFAULT 0,
    ADD COLUMN code_sha256          text,
    ADD COLUMN ephemeral_storage_mb integer DEFAULT 512,
    ADD COLUMN environment          jsonb,
    ADD COLUMN last_modified        timestamptz,
    ADD COLUMN reserved_concurrency integer,
    ADD COLUMN max_memory_used_mb   integer,
    ADD COLUMN max_concurrency_7d   integer;
COMMENT ON COLUMN lambda_functions.code_size IS 'Bytes.';
COMMENT ON COLUMN lambda_functions.reserved_concurrency IS 'Null: shares the account''s limit.';
COMMENT ON COLUMN lambda_functions.max_memory_used_mb IS 'Highest memory of any invocation seen, MB.';
