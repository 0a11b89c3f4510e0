-- Virtual machines and the groups that scale them.

CREATE TABLE autoscaling_groups (
    id                        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name                      text NOT NULL,
    min_size                  integer NOT NULL DEFAULT 0,
    max_size                  integer NOT NULL DEFAULT 10,
    desired_capacity          integer NOT NULL DEFAULT 1,
    instance_type             text NOT NULL,
    env                       text NOT NULL DEFAULT 'dev',
    region                    text NOT NULL DEFAULT 'us-east-1',
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    current_utilization       numeric(5,2) DEFAULT 0,
    optimization_policy       text DEFAULT 'recommend_only'
                              CHECK (optimization_policy IN ('auto_safe', 'recommend_only', 'ignore')),
    optimization_freeze_until timestamptz
);
CREATE INDEX idx_autoscaling_groups_account_id ON autoscaling_groups (account_id);
CREATE INDEX idx_asg_optimization_policy ON autoscaling_groups (optimization_policy);
CREATE INDEX idx_asg_freeze ON autoscaling_groups (optimization_freeze_until) WHERE optimization_freeze_until IS NOT NULL;

COMMENT ON TABLE autoscaling_groups IS
    'An Auto Scaling group: how many instances of which type are wanted.';
COMMENT ON COLUMN autoscaling_groups.current_utilization IS
    'Mean CPU of the group today, percent.';
COMMENT ON COLUMN autoscaling_groups.optimization_policy IS
    'What an optimiser may do: act (auto_safe), advise (recommend_only), nothing (ignore).';
COMMENT ON COLUMN autoscaling_groups.optimization_freeze_until IS
    'No optimisation may touch the group before this virtual time.';

CREATE TABLE instances (
    id                        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    instance_id               text NOT NULL UNIQUE,
    name                      text,
    instance_type             text NOT NULL,
    env                       text NOT NULL DEFAULT 'dev',
    region                    text NOT NULL DEFAULT 'us-east-1',
    state                     text NOT NULL DEFAULT 'running'
                              CHECK (state IN ('pending', 'running', 'stopping', 'stopped', 'terminated')),
    autoscaling_group_id      uuid REFERENCES autoscaling_groups (id) ON DELETE SET NULL,
    launch_time               timestamptz NOT NULL DEFAULT now(),
    hourly_cost               numeric(10,4) NOT NULL DEFAULT 0,
    gpu_hourly_cost           numeric(10,4) DEFAULT 0,
    gpu_count                 integer DEFAULT 0,
    has_gpu                   boolean DEFAULT false,
    avg_cpu_7d                numeric(5,2) DEFAULT 0,
    avg_network_7d            numeric(12,2) DEFAULT 0,
    last_active_at            timestamptz,
    tags                      jsonb DEFAULT '{}',
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    current_cpu               numeric(5,2) DEFAULT 0,
    current_memory            numeric(5,2) DEFAULT 0,
    optimization_policy       text DEFAULT 'auto_safe'
                              CHECK (optimization_policy IN ('auto_safe', 'recommend_only', 'ignore')),
    optimization_freeze_until timestamptz
);
CREATE INDEX idx_instances_account_id ON instances (account_id);
CREATE INDEX idx_instances_asg_id ON instances (autoscaling_group_id) WHERE autoscaling_group_id IS NOT NULL;
CREATE INDEX idx_instances_state ON instances (state);
CREATE INDEX idx_instances_tags ON instances USING gin (tags);
CREATE INDEX idx_instances_current_metrics ON instances (account_id, state) WHERE state = 'running';
CREATE INDEX idx_instances_optimization_policy ON instances (optimization_policy);

COMMENT ON TABLE instances IS
    'A virtual machine (EC2 instance).';
COMMENT ON COLUMN instances.hourly_cost IS
    'Full on-demand price of an hour, USD, GPU included.';
COMMENT ON COLUMN instances.gpu_hourly_cost IS
    'The part of hourly_cost that pays for GPUs, USD.';
COMMENT ON COLUMN instances.avg_cpu_7d IS
    'Mean of the last seven daily CPU means, percent.';
COMMENT ON COLUMN instances.avg_network_7d IS
    'Mean of the last seven daily network figures.';
COMMENT ON COLUMN instances.optimization_policy IS
    'What an optimiser may do: act (auto_safe), advise (recommend_only), nothing (ignore).';
COMMENT ON COLUMN instances.optimization_freeze_until IS
    'No optimisation may touch the instance before this virtual time.';
