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

ALTER TABLE resource_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE resource_profiles FORCE ROW LEVEL SECURITY;
ALTER TABLE drift_happenings ENABLE ROW LEVEL SECURITY;
ALTER TABLE drift_happenings FORCE ROW LEVEL SECURITY;
ALTER TABLE drift_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE drift_settings FORCE ROW LEVEL SECURITY;
