-- The ledger: every day's cost, line by line as a bill has it, and rolled up for cost reports.
--
-- A line says which resource used what, at which price on demand, and what of that was charged.
-- The lines of a resource's day add up to its row of metrics_daily. They are written by the tick
-- that writes the day, and never change: costs keep their history when a resource goes.

CREATE TABLE cost_allocation_tags (
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    key          text NOT NULL,
    type         text NOT NULL DEFAULT 'UserDefined' CHECK (type IN ('AWSGenerated', 'UserDefined')),
    status       text NOT NULL DEFAULT 'Inactive' CHECK (status IN ('Active', 'Inactive')),
    updated_date date,
    used_date    date,
    PRIMARY KEY (account_id, key)
);
COMMENT ON TABLE cost_allocation_tags IS
    'Tag keys that costs may be told apart by; of resources'' tags only those active go into the ledger.';

CREATE TABLE cost_tag_sets (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    digest     text NOT NULL,
    tags       jsonb NOT NULL,
    UNIQUE (account_id, digest)
);
COMMENT ON TABLE cost_tag_sets IS 'Sets of active tags that resources had on some day, each held once.';
COMMENT ON COLUMN cost_tag_sets.digest IS 'MD5 of the set as text, by which it is found.';

CREATE TABLE cost_lines_daily (
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    date              date NOT NULL,
    id                bigint GENERATED ALWAYS AS IDENTITY,
    resource_type     text,
    resource_id       text,
    region            text NOT NULL,
    availability_zone text,
    service           text NOT NULL,
    product_code      text NOT NULL,
    usage_type        text NOT NULL,
    operation         text NOT NULL,
    instance_type     text,
    engine            text,
    platform          text,
    env               text,
    tag_set           integer,
    record_type       text NOT NULL DEFAULT 'Usage' CHECK (record_type IN (
                          'Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation',
                          'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'RIFee', 'Fee',
                          'EdpDiscount', 'Tax', 'Credit', 'Refund')),
    eligible          text,
    commitment_id     uuid,
    usage_amount      numeric(20,8) NOT NULL DEFAULT 0,
    usage_unit        text,
    on_demand_cost    numeric(14,4) NOT NULL DEFAULT 0,
    unblended_cost    numeric(14,4) NOT NULL DEFAULT 0,
    amortized_cost    numeric(14,4) NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, date, id)
);
CREATE INDEX cost_lines_daily_resource ON cost_lines_daily (account_id, resource_id, date);
COMMENT ON TABLE cost_lines_daily IS
    'One line of the bill: a day of one kind of use of one resource, or a fee. Append-only.';
COMMENT ON COLUMN cost_lines_daily.tag_set IS 'Of cost_tag_sets; null: no active tag.';
COMMENT ON COLUMN cost_lines_daily.eligible IS
    'What commitments may cover it: ec2, fargate, lambda, rds, elasticache, opensearch or sagemaker.';
COMMENT ON COLUMN cost_lines_daily.commitment_id IS 'What covers the use, or what the fee is for.';
COMMENT ON COLUMN cost_lines_daily.on_demand_cost IS 'What the use costs by the price list; 0 of fees.';
COMMENT ON COLUMN cost_lines_daily.unblended_cost IS 'What the day was charged.';
COMMENT ON COLUMN cost_lines_daily.amortized_cost IS
    'The same with the fees of commitments spread over what they cover and what they leave unused.';

CREATE TABLE cost_daily (
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    date              date NOT NULL,
    id                bigint GENERATED ALWAYS AS IDENTITY,
    region            text NOT NULL,
    availability_zone text,
    service           text NOT NULL,
    usage_type        text NOT NULL,
    operation         text NOT NULL,
    instance_type     text,
    engine            text,
    platform          text,
    tag_set           integer,
    record_type       text NOT NULL,
    commitment_id     uuid,
    usage_amount      numeric(20,8) NOT NULL,
    usage_unit        text,
    on_demand_cost    numeric(14,4) NOT NULL,
    unblended_cost    numeric(14,4) NOT NULL,
    amortized_cost    numeric(14,4) NOT NULL,
    resources         integer NOT NULL,
    PRIMARY KEY (account_id, date, id)
);
COMMENT ON TABLE cost_daily IS
    'The ledger without its resources: what cost reports add up. Written by the tick, from the lines.';
COMMENT ON COLUMN cost_daily.resources IS 'How many lines were added up.';

-- Who pays for whom: a management account reads the costs of its members.
CREATE FUNCTION driftcloud_paid_accounts() RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT driftcloud_account() $$;
COMMENT ON FUNCTION driftcloud_paid_accounts() IS
    'The accounts whose costs the account of this connection may read: its own.';

SELECT driftcloud_protect(name::regclass, 'account_id IN (SELECT driftcloud_paid_accounts())', privileges)
  FROM (VALUES ('cost_lines_daily', 'SELECT'), ('cost_daily', 'SELECT'), ('cost_tag_sets', 'SELECT'),
               ('cost_allocation_tags', 'SELECT, UPDATE')) AS t (name, privileges);

-- Shares of a bill are found by the day that they are for.
ALTER TABLE commitment_utilization_daily
    ADD COLUMN on_demand_equivalent numeric(14,4),
    ADD COLUMN unused_commitment    numeric(14,4);
COMMENT ON COLUMN commitment_utilization_daily.on_demand_equivalent IS
    'What the covered use of the day costs by the price list.';
COMMENT ON COLUMN commitment_utilization_daily.unused_commitment IS 'What of the day''s commitment covered nothing.';
