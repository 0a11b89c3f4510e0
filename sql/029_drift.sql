-- What the passing of days needs: stable noise, what resources really do, what drift did.

-- Jenkins' hash, the same on every PostgreSQL since 11 (hash partitions rest on it), so that a
-- world is replayed by any server; drift/noise.py is its twin in Python.
CREATE FUNCTION driftcloud_noise(seed bigint, resource_id text, name text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ((hashtextextended(resource_id || name, seed) >> 11) & 9007199254740991)::double precision
           / 9007199254740992.0::double precision
$$;
COMMENT ON FUNCTION driftcloud_noise IS
    'A number in [0, 1) that depends on nothing but its arguments; seed is that of the account and day.';

-- One step of the bounded walk: -3 % … +5 % a day, drawn back to centre, never outside 0.8 … 1.25.
CREATE FUNCTION driftcloud_walk(w double precision, draw double precision, centre double precision, variance double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(1.25, greatest(0.8, w * (1 + least(0.05 * variance, greatest(-0.03 * variance,
           (0.08 * draw - 0.04) * variance - 0.15 * (w - centre))))))
$$;
COMMENT ON FUNCTION driftcloud_walk IS
    'Tomorrow''s cost factor from today''s: yesterday''s w, a draw in [0, 1), the centre it returns to, a scale for the step.';

CREATE FUNCTION driftcloud_hundredths(x double precision) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT round(x * 100)::bigint * 0.01 $$;
COMMENT ON FUNCTION driftcloud_hundredths IS
    'x rounded to two places; cheaper than a cast through text when millions are written.';

-- Where the keys of a day's rows begin; twelve digits for the row's place follow. They look as
-- random keys do, are the same when the day is replayed, and lie side by side in their index.
CREATE FUNCTION driftcloud_row_keys(account uuid, day date, kind text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(md5(account::text || (day - date '2000-01-01') || kind),
                          '^(.{8})(.{4}).(.{3}).(.{3}).*$', '\1-\2-4\3-8\4-')
$$;
COMMENT ON FUNCTION driftcloud_row_keys IS
    'The first 24 characters of the ids of a day''s metrics_daily rows of one resource type.';

-- Every daily row refers to its account, and PostgreSQL looks the account up for each of them:
-- a third of an insert's time. The engine, which holds the account's row for the length of its
-- transaction, may go without, where the owner has been given the right; elsewhere it is slower.
CREATE FUNCTION driftcloud_unchecked(unchecked boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('session_replication_role', CASE WHEN unchecked THEN 'replica' ELSE 'origin' END, true);
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;
COMMENT ON FUNCTION driftcloud_unchecked IS
    'Lets triggers and foreign keys rest until it is called with false or the transaction ends.';
REVOKE ALL ON FUNCTION driftcloud_unchecked FROM PUBLIC;

CREATE TABLE resource_profiles (
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    resource_type   text NOT NULL,
    resource_id     text NOT NULL,
    profile         text NOT NULL,
    load            double precision,
    memory_gib      double precision,
    network_mb      double precision,
    connections     double precision,
    requests        double precision,
    duration_ms     double precision,
    throughput_mbps double precision,
    iops            double precision,
    ingest_gb       double precision,
    stored_gib      double precision,
    params          jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (account_id, resource_type, resource_id)
);
COMMENT ON TABLE resource_profiles IS
    'What a resource is really used for, in absolute units, so that a resize shows in its percentages. Part of the answer key: no API role reads it.';
COMMENT ON COLUMN resource_profiles.profile IS
    'idle, light, oversized, steady, bursty, batch, memory_bound, network_bound, gpu_busy, ...';
COMMENT ON COLUMN resource_profiles.load IS
    'Mean busy vCPUs; null until the first day fills it in from profile.';
COMMENT ON COLUMN resource_profiles.memory_gib IS 'Memory in use, GiB.';
COMMENT ON COLUMN resource_profiles.network_mb IS 'Network in and out, MB a day.';
COMMENT ON COLUMN resource_profiles.connections IS 'Open database or cache connections.';
COMMENT ON COLUMN resource_profiles.requests IS 'Requests or invocations a day.';
COMMENT ON COLUMN resource_profiles.duration_ms IS 'Mean duration of an invocation, ms.';
COMMENT ON COLUMN resource_profiles.throughput_mbps IS 'Mean throughput of a stream, MB/s.';
COMMENT ON COLUMN resource_profiles.iops IS 'Mean I/O operations a second of a volume.';
COMMENT ON COLUMN resource_profiles.ingest_gb IS 'Logs taken in on a weekday, GB.';
COMMENT ON COLUMN resource_profiles.stored_gib IS
    'Stock on the first day (buckets, log groups), or space in use (databases), GiB.';

CREATE TABLE drift_happenings (
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    date          date NOT NULL,
    scenario      text NOT NULL,
    resource_type text NOT NULL,
    resource_id   text NOT NULL,
    story         text NOT NULL,
    PRIMARY KEY (account_id, date, scenario, resource_type, resource_id)
);
COMMENT ON TABLE drift_happenings IS
    'Waste that drift made, by day and scenario. The answer key: no API role reads it.';

CREATE TABLE drift_settings (
    one              boolean PRIMARY KEY DEFAULT true CHECK (one),
    paused           boolean NOT NULL DEFAULT false,
    interval_seconds double precision NOT NULL DEFAULT 300 CHECK (interval_seconds > 0),
    knobs            jsonb NOT NULL DEFAULT '{}',
    last_tick_at     timestamptz
);
INSERT INTO drift_settings DEFAULT VALUES;
COMMENT ON TABLE drift_settings IS
    'How the engine runs, read before every round, so that every worker and host obeys at once.';
COMMENT ON COLUMN drift_settings.knobs IS
    'Overrides of drift.day.Knobs: variance, growth, mess, walk, odds per scenario, accounts.';
COMMENT ON COLUMN drift_settings.last_tick_at IS
    'When the newest round began, by the database''s clock; whoever moves it ticks.';

-- The mean of the newest seven daily rows of every resource whose newest row is not older than
-- `since`. Seven days without a gap are averaged in one pass; only the young and the interrupted
-- are looked up singly.
CREATE FUNCTION driftcloud_week(account uuid, kind text, since date, today date, one text, two text, three text DEFAULT NULL)
RETURNS TABLE (resource_id text, first numeric, second numeric)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH recent AS MATERIALIZED (
        SELECT m.resource_id, max(m.date) AS newest, count(*) FILTER (WHERE m.date > today - 7) AS days,
               avg((m.metric_payload -> one)::numeric) FILTER (WHERE m.date > today - 7) AS first,
               avg((m.metric_payload -> two)::numeric + CASE WHEN three IS NULL THEN 0
                   ELSE coalesce((m.metric_payload -> three)::numeric, 0) END)
                   FILTER (WHERE m.date > today - 7) AS second
          FROM metrics_daily m
         WHERE m.account_id = account AND m.resource_type = kind
           AND m.date BETWEEN least(since, today - 6) AND today
         GROUP BY m.resource_id
    )
    SELECT r.resource_id, r.first, r.second FROM recent r WHERE r.days = 7 AND r.newest = today
    UNION ALL
    SELECT r.resource_id, w.first, w.second
      FROM recent r CROSS JOIN LATERAL (
           SELECT avg((m.metric_payload -> one)::numeric) AS first,
                  avg((m.metric_payload -> two)::numeric
                      + coalesce((m.metric_payload -> three)::numeric, 0)) AS second
             FROM (SELECT n.metric_payload FROM metrics_daily n
                    WHERE n.resource_type = kind AND n.resource_id = r.resource_id AND n.date <= today
                    ORDER BY n.date DESC LIMIT 7) m) w
     WHERE r.newest >= since AND (r.days < 7 OR r.newest < today)
$$;
COMMENT ON FUNCTION driftcloud_week IS
    'Means of one payload key, and of the sum of one or two more, over each resource''s newest seven days.';

-- No policy for the API's role: these rows would tell an agent what it is there to find out.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['resource_profiles', 'drift_happenings', 'drift_settings'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner_all ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, driftcloud_api', name);
    END LOOP;
END
$$;

-- A tick updates most rows of these: with room left on the page, no index has to follow.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['instances', 'volumes', 'container_nodes', 'container_services',
        'rds_instances', 'cache_clusters', 'load_balancers', 'lambda_functions', 'managed_services',
        'streaming_clusters', 'log_groups'] LOOP
        EXECUTE format('ALTER TABLE %I SET (fillfactor = 50)', name);
    END LOOP;
END
$$;
