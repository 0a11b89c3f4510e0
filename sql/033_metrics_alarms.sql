-- CloudWatch's own: metrics that clients put, alarms with their history, dashboards.

CREATE TABLE custom_metrics (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region     text NOT NULL DEFAULT 'us-east-1',
    namespace  text NOT NULL,
    name       text NOT NULL,
    dimensions text NOT NULL DEFAULT '[]',
    first_at   timestamptz NOT NULL,
    newest_at  timestamptz NOT NULL,
    UNIQUE (account_id, region, namespace, name, dimensions)
);
COMMENT ON TABLE custom_metrics IS 'A metric that PutMetricData made known.';
COMMENT ON COLUMN custom_metrics.dimensions IS
    'Names and values as JSON pairs, sorted: [["Host", "a"]].';
COMMENT ON COLUMN custom_metrics.newest_at IS 'Virtual time of its newest datapoint.';

CREATE TABLE custom_datapoints (
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    metric_id    uuid NOT NULL REFERENCES custom_metrics (id) ON DELETE CASCADE,
    at           timestamptz NOT NULL,
    unit         text NOT NULL DEFAULT 'None',
    resolution   integer NOT NULL DEFAULT 60 CHECK (resolution IN (1, 60)),
    sample_count double precision NOT NULL,
    total        double precision NOT NULL,
    minimum      double precision NOT NULL,
    maximum      double precision NOT NULL,
    samples      jsonb
);
CREATE INDEX custom_datapoints_series ON custom_datapoints (metric_id, at);
CREATE INDEX custom_datapoints_account ON custom_datapoints (account_id);
COMMENT ON TABLE custom_datapoints IS 'A datum of PutMetricData. Append-only.';
COMMENT ON COLUMN custom_datapoints.at IS 'Virtual time.';
COMMENT ON COLUMN custom_datapoints.samples IS
    'Values and how often each occurred, [[1.5, 3], …]; null: only the set of statistics is known.';

CREATE TABLE alarms (
    id                        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region                    text NOT NULL DEFAULT 'us-east-1',
    name                      text NOT NULL,
    arn                       text NOT NULL UNIQUE,
    description               text,
    namespace                 text,
    metric_name               text,
    dimensions                jsonb NOT NULL DEFAULT '[]',
    metrics                   jsonb,
    statistic                 text,
    extended_statistic        text,
    unit                      text,
    period_seconds            integer,
    evaluation_periods        integer NOT NULL,
    datapoints_to_alarm       integer,
    threshold                 double precision,
    threshold_metric_id       text,
    comparison_operator       text NOT NULL,
    treat_missing_data        text,
    low_sample_count          text,
    actions_enabled           boolean NOT NULL DEFAULT true,
    ok_actions                text[] NOT NULL DEFAULT '{}',
    alarm_actions             text[] NOT NULL DEFAULT '{}',
    insufficient_data_actions text[] NOT NULL DEFAULT '{}',
    tags                      jsonb DEFAULT '{}',
    state_value               text NOT NULL DEFAULT 'INSUFFICIENT_DATA'
                              CHECK (state_value IN ('OK', 'ALARM', 'INSUFFICIENT_DATA')),
    state_reason              text NOT NULL DEFAULT 'Unchecked: Initial alarm creation',
    state_reason_data         text,
    state_updated_at          timestamptz NOT NULL,
    state_transitioned_at     timestamptz NOT NULL,
    configured_at             timestamptz NOT NULL,
    evaluated_at              timestamptz NOT NULL,
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE alarms IS 'A CloudWatch metric alarm.';
COMMENT ON COLUMN alarms.dimensions IS 'Names and values as AWS lists them: [{"Name": …, "Value": …}].';
COMMENT ON COLUMN alarms.metrics IS 'Metric data queries of an alarm on an expression; null: one metric.';
COMMENT ON COLUMN alarms.evaluated_at IS 'Virtual time up to which its state has been worked out.';

CREATE TABLE alarm_history (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region     text NOT NULL DEFAULT 'us-east-1',
    alarm_name text NOT NULL,
    at         timestamptz NOT NULL,
    item_type  text NOT NULL CHECK (item_type IN ('ConfigurationUpdate', 'StateUpdate', 'Action')),
    summary    text NOT NULL,
    data       text NOT NULL
);
CREATE INDEX alarm_history_page ON alarm_history (account_id, region, at, id);
CREATE INDEX alarm_history_alarm ON alarm_history (account_id, region, alarm_name, at, id);
COMMENT ON TABLE alarm_history IS 'What happened to an alarm; it outlives the alarm. Append-only.';

CREATE TABLE dashboards (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name        text NOT NULL,
    body        text NOT NULL,
    modified_at timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
COMMENT ON TABLE dashboards IS 'A CloudWatch dashboard; dashboards belong to no region.';

INSERT INTO driftcloud_resource_types VALUES ('alarm', 'alarms', 'arn', NULL, NULL, true);
SELECT driftcloud_sync_tags();
SELECT driftcloud_audit('alarm');
CREATE TRIGGER touch BEFORE UPDATE ON alarms FOR EACH ROW EXECUTE FUNCTION driftcloud_touch();

SELECT driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())', privileges)
  FROM (VALUES ('custom_metrics', 'SELECT, INSERT, UPDATE'), ('custom_datapoints', 'SELECT, INSERT'),
               ('alarms', 'SELECT, INSERT, UPDATE, DELETE'), ('alarm_history', 'SELECT, INSERT'),
               ('dashboards', 'SELECT, INSERT, UPDATE, DELETE')) AS t (name, privileges);
