-- What is said of any resource: its tags, its days, its changes.

CREATE TABLE resource_tags (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    resource_type text NOT NULL,
    resource_id   text NOT NULL,
    key           text NOT NULL,
    value         text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (resource_type, resource_id, key)
);
CREATE INDEX idx_resource_tags_account_id ON resource_tags (account_id);
CREATE INDEX idx_resource_tags_resource ON resource_tags (resource_type, resource_id);
CREATE INDEX idx_resource_tags_key ON resource_tags (key);

COMMENT ON TABLE resource_tags IS
    'One tag of one resource of any type; agrees with the tags column of tables that have one.';
COMMENT ON COLUMN resource_tags.resource_type IS
    'Singular of the table name, see driftcloud_resource_types.';
COMMENT ON COLUMN resource_tags.resource_id IS
    'The id named by driftcloud_resource_types for that type.';

CREATE TABLE metrics_daily (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    resource_type        text NOT NULL,
    resource_id          text NOT NULL,
    date                 date NOT NULL,
    metric_payload       jsonb NOT NULL DEFAULT '{}',
    estimated_daily_cost numeric(12,4) DEFAULT 0,
    created_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (resource_type, resource_id, date)
);
CREATE INDEX idx_metrics_daily_account_id ON metrics_daily (account_id);
CREATE INDEX idx_metrics_daily_resource ON metrics_daily (resource_type, resource_id);
CREATE INDEX idx_metrics_daily_date ON metrics_daily (date DESC);
CREATE INDEX idx_metrics_daily_payload ON metrics_daily USING gin (metric_payload);

COMMENT ON TABLE metrics_daily IS
    'What a resource did and cost on one virtual day. Append-only; the source of every cost report.';
COMMENT ON COLUMN metrics_daily.resource_id IS
    'The id named by driftcloud_resource_types for that type.';
COMMENT ON COLUMN metrics_daily.metric_payload IS
    'Metrics of the day, and what reports need after the resource is gone (region, env, type).';

CREATE TABLE resource_change_events (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    resource_type text NOT NULL,
    resource_id   text NOT NULL,
    change_source text NOT NULL CHECK (change_source IN ('drift_engine', 'agent', 'manual')),
    field_name    text NOT NULL,
    old_value     text,
    new_value     text,
    changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_resource_change_events_account ON resource_change_events (account_id);
CREATE INDEX idx_resource_change_events_resource ON resource_change_events (resource_type, resource_id);
CREATE INDEX idx_resource_change_events_time ON resource_change_events (changed_at DESC);

COMMENT ON TABLE resource_change_events IS
    'One changed configuration column of one resource: who changed what, and when.';
COMMENT ON COLUMN resource_change_events.change_source IS
    'drift_engine, agent (through the AWS API) or manual (SQL, console).';
COMMENT ON COLUMN resource_change_events.field_name IS
    'The changed column, or lifecycle (created, deleted).';
