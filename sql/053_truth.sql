-- Ground truth: what is waste, what only looks so, since when, and what breaking it would cost.
--
-- A schema of its own, of which the API's role has nothing at all: the answer key is out of reach
-- of whoever is judged by it.

CREATE SCHEMA truth;
COMMENT ON SCHEMA truth IS 'The answer key: what is waste in the accounts. No client of the API reads it.';
REVOKE ALL ON SCHEMA truth FROM PUBLIC, driftcloud_api;

CREATE TABLE truth.labels (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    pattern           text NOT NULL,
    resource_type     text NOT NULL,
    resource_id       text NOT NULL,
    since             date NOT NULL,
    seen              date,
    until             date,
    ended_by          text CHECK (ended_by IN ('agent', 'manual', 'drift_engine', 'itself')),
    decoy             text,
    remedies          text[] NOT NULL DEFAULT '{}',
    saving_usd_month  numeric(14,4) NOT NULL DEFAULT 0,
    harm_usd          numeric(14,4) NOT NULL DEFAULT 0,
    owner             text,
    UNIQUE (account_id, pattern, resource_type, resource_id, since)
);
CREATE UNIQUE INDEX truth_labels_open ON truth.labels (account_id, pattern, resource_type, resource_id)
    WHERE until IS NULL;
COMMENT ON TABLE truth.labels IS
    'One row per resource and pattern that it shows, or will: waste, or a decoy that only looks so.';
COMMENT ON COLUMN truth.labels.since IS 'Virtual day on which the mess was made.';
COMMENT ON COLUMN truth.labels.seen IS 'First virtual day on which the pattern''s SYMPTOM shows it; null: not yet.';
COMMENT ON COLUMN truth.labels.until IS 'Virtual day from which on it is over; null while it lasts.';
COMMENT ON COLUMN truth.labels.ended_by IS 'Whose change ended it; itself: none, as when a load comes back.';
COMMENT ON COLUMN truth.labels.decoy IS 'Why it is innocent; null: it is waste.';
COMMENT ON COLUMN truth.labels.remedies IS 'Operations that end it, the mildest first, as service:Operation.';
COMMENT ON COLUMN truth.labels.saving_usd_month IS
    'What the remedy saves, USD a month of 730 hours, as of the last day that it was seen; 0 for a decoy.';
COMMENT ON COLUMN truth.labels.harm_usd IS 'What it costs to end a decoy all the same, in USD of the score.';
