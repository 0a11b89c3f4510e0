-- Log groups, and what each of them took in day by day.

CREATE TABLE log_groups (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name                text NOT NULL,
    env                 text NOT NULL DEFAULT 'dev',
    region              text NOT NULL DEFAULT 'us-east-1',
    retention_days      integer DEFAULT 30,
    tags                jsonb DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    optimization_policy text DEFAULT 'auto_safe'
                        CHECK (optimization_policy IN ('auto_safe', 'recommend_only', 'ignore'))
);
CREATE INDEX idx_log_groups_account_id ON log_groups (account_id);

COMMENT ON TABLE log_groups IS
    'A CloudWatch Logs group.';
COMMENT ON COLUMN log_groups.retention_days IS
    'Days that events are kept; null: for ever.';

CREATE TABLE log_group_usage_daily (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    log_group_id             uuid NOT NULL REFERENCES log_groups (id) ON DELETE CASCADE,
    date                     date NOT NULL,
    ingested_gb              numeric(12,4) DEFAULT 0,
    stored_gb                numeric(12,4) DEFAULT 0,
    estimated_ingestion_cost numeric(10,4) DEFAULT 0,
    estimated_storage_cost   numeric(10,4) DEFAULT 0,
    UNIQUE (log_group_id, date)
);
CREATE INDEX idx_log_group_usage_log_group_id ON log_group_usage_daily (log_group_id);
CREATE INDEX idx_log_group_usage_date ON log_group_usage_daily (date DESC);

COMMENT ON TABLE log_group_usage_daily IS
    'What a log group took in and stored on one virtual day. Append-only.';
