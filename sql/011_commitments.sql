-- Discounts bought ahead, and how well each day used them.

CREATE TABLE commitments (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id               uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    commitment_type          text NOT NULL
                             CHECK (commitment_type IN ('reserved_instance', 'savings_plan', 'edp')),
    scope                    text NOT NULL,
    term_months              integer NOT NULL CHECK (term_months IN (12, 36)),
    hourly_commitment_amount numeric(10,4) NOT NULL,
    start_date               date NOT NULL,
    end_date                 date NOT NULL,
    created_at               timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_commitments_account_id ON commitments (account_id);
CREATE INDEX idx_commitments_dates ON commitments (start_date, end_date);

COMMENT ON TABLE commitments IS
    'A reserved instance, savings plan or discount programme of an account.';
COMMENT ON COLUMN commitments.scope IS
    'What the discount covers, in words of the commitment (region, family, service).';

CREATE TABLE commitment_utilization_daily (
    id                             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    commitment_id                  uuid NOT NULL REFERENCES commitments (id) ON DELETE CASCADE,
    date                           date NOT NULL,
    actual_hourly_usage_equivalent numeric(10,4) DEFAULT 0,
    utilization_percent            numeric(5,2) DEFAULT 0,
    estimated_savings_vs_ondemand  numeric(10,4) DEFAULT 0,
    UNIQUE (commitment_id, date)
);
CREATE INDEX idx_commitment_util_commitment_id ON commitment_utilization_daily (commitment_id);
CREATE INDEX idx_commitment_util_date ON commitment_utilization_daily (date DESC);

COMMENT ON TABLE commitment_utilization_daily IS
    'How much of a commitment one virtual day used. Append-only.';
