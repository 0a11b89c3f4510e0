-- Scores: how well somebody kept an episode's accounts, call by call and in the end.

-- A call and what it changed are written in one transaction, and are found together by it.
ALTER TABLE resource_change_events ADD COLUMN transaction_id xid8;
ALTER TABLE resource_change_events ALTER COLUMN transaction_id SET DEFAULT pg_current_xact_id();
COMMENT ON COLUMN resource_change_events.transaction_id IS
    'The transaction that made the change: the call of trail_events with the same one made it.';
ALTER TABLE trail_events ADD COLUMN transaction_id xid8;
ALTER TABLE trail_events ALTER COLUMN transaction_id SET DEFAULT pg_current_xact_id();
COMMENT ON COLUMN trail_events.transaction_id IS
    'The transaction of the change that the call made; of a call that changed nothing, its own.';
CREATE INDEX resource_change_events_agent ON resource_change_events (account_id, changed_at)
    WHERE change_source = 'agent';

CREATE TABLE truth.calls (
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    principal  text NOT NULL,
    calls      bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, principal)
);
COMMENT ON TABLE truth.calls IS
    'How many calls were signed by whom, those that only read among them. Each process adds what it counted.';
COMMENT ON COLUMN truth.calls.principal IS 'The ARN of who called.';

CREATE TABLE truth.scores (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    episode   text NOT NULL,
    pack      text,
    seed      bigint,
    final     boolean NOT NULL DEFAULT false,
    begun_on  date NOT NULL,
    day       date NOT NULL,
    total     numeric(6,2) NOT NULL,
    score     jsonb NOT NULL,
    scored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX truth_scores_episode ON truth.scores (episode, id);
COMMENT ON TABLE truth.scores IS 'Every score that was asked for or that ended an episode. Kept in the main database.';
COMMENT ON COLUMN truth.scores.final IS 'Whether it ended the episode.';
COMMENT ON COLUMN truth.scores.day IS 'The newest virtual day that was played.';
COMMENT ON COLUMN truth.scores.total IS 'Points, 100 at most; 0 is what doing nothing gets.';
COMMENT ON COLUMN truth.scores.scored_at IS 'Real time.';
