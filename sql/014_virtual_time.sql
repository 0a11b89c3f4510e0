-- Account numbers, the account of a connection, and the virtual time of an account.

ALTER TABLE cloud_accounts
    ADD COLUMN account_number text NOT NULL UNIQUE
               DEFAULT lpad((floor(random() * 1e12))::bigint::text, 12, '0')
               CHECK (account_number ~ '^[0-9]{12}$'),
    ADD COLUMN alias          text UNIQUE,
    ADD COLUMN email          text,
    ADD COLUMN organization   text,
    ADD COLUMN is_default     boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX cloud_accounts_one_default ON cloud_accounts (is_default) WHERE is_default;

COMMENT ON COLUMN cloud_accounts.account_number IS
    'The twelve digits that AWS calls the account id. Random unless given.';
COMMENT ON COLUMN cloud_accounts.alias IS 'The IAM account alias.';
COMMENT ON COLUMN cloud_accounts.organization IS
    'Accounts of one organization are billed together; null: an account on its own.';
COMMENT ON COLUMN cloud_accounts.is_default IS
    'The account that the operator''s verbs mean when none is named; at most one.';

CREATE TABLE virtual_clocks (
    account_id           uuid PRIMARY KEY REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    seed                 bigint NOT NULL,
    virtual_date         date,
    intensity            jsonb NOT NULL DEFAULT '{}',
    paused               boolean NOT NULL DEFAULT false,
    ticks                bigint NOT NULL DEFAULT 0,
    last_tick_at         timestamptz,
    last_tick_seconds    numeric(10,3),
    last_error           text,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE virtual_clocks IS
    'The virtual time of an account: its newest simulated day, and what chance is drawn from.';
COMMENT ON COLUMN virtual_clocks.seed IS 'The same seed, resources and actions give the same days.';
COMMENT ON COLUMN virtual_clocks.virtual_date IS
    'The newest simulated day, shown to clients as today; null: the account lives in real time.';
COMMENT ON COLUMN virtual_clocks.intensity IS
    'What differs from the default of the drift engine (variance, growth, odds of a scenario).';
COMMENT ON COLUMN virtual_clocks.last_tick_at IS 'Real time of the last tick.';

CREATE FUNCTION driftcloud_account() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('driftcloud.account', true), '')::uuid $$;
COMMENT ON FUNCTION driftcloud_account() IS
    'The account of this connection or transaction (setting driftcloud.account); null when unset.';

CREATE FUNCTION driftcloud_now(account uuid) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        SELECT now() - coalesce(
            (SELECT ((now() AT TIME ZONE 'UTC')::date - c.virtual_date) * interval '24 hours'
               FROM virtual_clocks c WHERE c.account_id = account),
            interval '0')
    $$;
COMMENT ON FUNCTION driftcloud_now(uuid) IS
    'The present moment of an account: now, less the whole days that its virtual date lies behind.';

-- A tick may run twice for a day; the second one must find its rows already there.
ALTER TABLE data_transfer_daily
    ADD CONSTRAINT data_transfer_daily_day_key
        UNIQUE (account_id, date, source_region, dest_region, direction);
