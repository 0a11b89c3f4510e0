-- Buckets, and what each of them held day by day.

CREATE TABLE s3_buckets (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name                text NOT NULL UNIQUE,
    env                 text NOT NULL DEFAULT 'dev',
    region              text NOT NULL DEFAULT 'us-east-1',
    lifecycle_policy    jsonb DEFAULT '{}',
    tags                jsonb DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    optimization_policy text DEFAULT 'auto_safe'
                        CHECK (optimization_policy IN ('auto_safe', 'recommend_only', 'ignore'))
);
CREATE INDEX idx_s3_buckets_account_id ON s3_buckets (account_id);

COMMENT ON TABLE s3_buckets IS
    'An S3 bucket. Bucket names are unique over all accounts, as on AWS.';
COMMENT ON COLUMN s3_buckets.lifecycle_policy IS
    'Lifecycle configuration; null, {} or no enabled rule: none.';

CREATE TABLE s3_bucket_usage_daily (
    id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bucket_id              uuid NOT NULL REFERENCES s3_buckets (id) ON DELETE CASCADE,
    date                   date NOT NULL,
    storage_gb_standard    numeric(12,4) DEFAULT 0,
    storage_gb_ia          numeric(12,4) DEFAULT 0,
    storage_gb_glacier     numeric(12,4) DEFAULT 0,
    requests_count         bigint DEFAULT 0,
    estimated_storage_cost numeric(10,4) DEFAULT 0,
    estimated_request_cost numeric(10,4) DEFAULT 0,
    UNIQUE (bucket_id, date)
);
CREATE INDEX idx_s3_bucket_usage_bucket_id ON s3_bucket_usage_daily (bucket_id);
CREATE INDEX idx_s3_bucket_usage_date ON s3_bucket_usage_daily (date DESC);

COMMENT ON TABLE s3_bucket_usage_daily IS
    'What a bucket held and served on one virtual day. Append-only.';
