-- Load balancers, public addresses, and the traffic that is billed.

CREATE TABLE load_balancers (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    lb_arn               text NOT NULL UNIQUE,
    name                 text NOT NULL,
    type                 text NOT NULL DEFAULT 'application'
                         CHECK (type IN ('application', 'network', 'gateway', 'classic')),
    env                  text NOT NULL DEFAULT 'dev',
    region               text NOT NULL DEFAULT 'us-east-1',
    hourly_cost          numeric(10,4) NOT NULL DEFAULT 0,
    avg_request_count_7d numeric(12,2) DEFAULT 0,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_load_balancers_account_id ON load_balancers (account_id);

COMMENT ON TABLE load_balancers IS
    'A load balancer: application, network, gateway or classic.';
COMMENT ON COLUMN load_balancers.avg_request_count_7d IS
    'Mean requests of a day over the last seven.';

CREATE TABLE elastic_ips (
    id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id             uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    allocation_id          text NOT NULL UNIQUE,
    public_ip              text NOT NULL,
    associated_instance_id text,
    associated_lb_arn      text,
    state                  text NOT NULL DEFAULT 'unassociated'
                           CHECK (state IN ('associated', 'unassociated')),
    hourly_cost            numeric(10,4) NOT NULL DEFAULT 0,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    optimization_policy    text DEFAULT 'auto_safe'
                           CHECK (optimization_policy IN ('auto_safe', 'recommend_only', 'ignore')),
    tags                   jsonb DEFAULT '{}'
);
CREATE INDEX idx_elastic_ips_account_id ON elastic_ips (account_id);
CREATE INDEX idx_elastic_ips_state ON elastic_ips (state);

COMMENT ON TABLE elastic_ips IS
    'A public IPv4 address held by an account.';
COMMENT ON COLUMN elastic_ips.hourly_cost IS
    'Price of an hour as the address stands now, USD.';

CREATE TABLE data_transfer_daily (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id              uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    date                    date NOT NULL,
    source_region           text NOT NULL,
    dest_region             text NOT NULL,
    direction               text NOT NULL
                            CHECK (direction IN ('intra-az', 'cross-az', 'cross-region', 'egress', 'ingress')),
    gb_transferred          numeric(12,4) NOT NULL DEFAULT 0,
    estimated_transfer_cost numeric(10,4) DEFAULT 0
);
CREATE INDEX idx_data_transfer_account_id ON data_transfer_daily (account_id);
CREATE INDEX idx_data_transfer_date ON data_transfer_daily (date DESC);

COMMENT ON TABLE data_transfer_daily IS
    'Traffic of an account on one virtual day, by route and direction. Append-only.';
