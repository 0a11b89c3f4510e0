-- Functions without servers.

CREATE TABLE lambda_functions (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id              uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name                    text NOT NULL,
    env                     text NOT NULL DEFAULT 'dev',
    region                  text NOT NULL DEFAULT 'us-east-1',
    memory_mb               integer NOT NULL DEFAULT 128,
    timeout_seconds         integer NOT NULL DEFAULT 30,
    provisioned_concurrency integer DEFAULT 0,
    invocations_7d          bigint DEFAULT 0,
    avg_duration_ms_7d      numeric(10,2) DEFAULT 0,
    estimated_monthly_cost  numeric(12,4) DEFAULT 0,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_lambda_functions_account_id ON lambda_functions (account_id);

COMMENT ON TABLE lambda_functions IS
    'A Lambda function.';
COMMENT ON COLUMN lambda_functions.invocations_7d IS
    'Invocations, of the last seven virtual days.';
