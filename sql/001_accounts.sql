-- Accounts, and the access keys that sign requests in their name.

CREATE TABLE cloud_accounts (
    id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name                       text NOT NULL,
    provider                   text NOT NULL DEFAULT 'aws-fake',
    created_at                 timestamptz NOT NULL DEFAULT now(),
    freeze_optimizations_until timestamptz
);
CREATE INDEX idx_accounts_freeze ON cloud_accounts (freeze_optimizations_until) WHERE freeze_optimizations_until IS NOT NULL;

COMMENT ON TABLE cloud_accounts IS
    'An AWS account of the simulated cloud; every other row belongs to one.';
COMMENT ON COLUMN cloud_accounts.freeze_optimizations_until IS
    'No optimisation may touch the account before this virtual time; null: no freeze.';

CREATE TABLE api_clients (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name            text NOT NULL,
    access_key_id   text NOT NULL UNIQUE,
    secret_key_hash text NOT NULL,
    scopes          jsonb NOT NULL DEFAULT '["read:*"]',
    created_at      timestamptz NOT NULL DEFAULT now(),
    last_used_at    timestamptz
);
CREATE INDEX idx_api_clients_account_id ON api_clients (account_id);
CREATE INDEX idx_api_clients_access_key ON api_clients (access_key_id);

COMMENT ON TABLE api_clients IS
    'An access key: who signs with it, for which account, and what it may do.';
COMMENT ON COLUMN api_clients.secret_key_hash IS
    'Keyed hash of the secret, to compare with; the secret itself is sealed elsewhere.';
COMMENT ON COLUMN api_clients.scopes IS
    'JSON list of "verb:noun" patterns that the key may use.';
