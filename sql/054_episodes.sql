-- Episodes: worlds of their own beside the main one, each a database made from a snapshot.

CREATE TABLE truth.episodes (
    id          text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$' AND id <> 'main'),
    code        text NOT NULL UNIQUE CHECK (code ~ '^[A-Z2-7]{4}$'),
    pack        text,
    seed        bigint,
    parent      text,
    database    text NOT NULL UNIQUE,
    snapshot    text NOT NULL,
    state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'finished')),
    mode        text NOT NULL DEFAULT 'observe' CHECK (mode IN ('observe', 'enforce')),
    begun_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    begun_on    date,
    finished_at timestamptz
);
COMMENT ON TABLE truth.episodes IS
    'The episodes of this server, kept in its main database. Access keys with the code lead to the episode.';
COMMENT ON COLUMN truth.episodes.code IS 'What the access key ids of the episode carry: AKIAEP and these four characters.';
COMMENT ON COLUMN truth.episodes.pack IS 'The pack that it was started with; null for a fork of the main world.';
COMMENT ON COLUMN truth.episodes.parent IS 'The world that it was forked from; null: it was started.';
COMMENT ON COLUMN truth.episodes.database IS 'The database that is played in; a reset puts another in its place.';
COMMENT ON COLUMN truth.episodes.snapshot IS 'The database that it began as, which nobody changes.';
COMMENT ON COLUMN truth.episodes.mode IS 'What guardrails do: record a breach, or refuse the call.';
COMMENT ON COLUMN truth.episodes.begun_at IS 'Real time.';
COMMENT ON COLUMN truth.episodes.begun_on IS 'Newest virtual day at the beginning.';
COMMENT ON COLUMN truth.episodes.finished_at IS 'Real time.';

CREATE TABLE truth.snapshots (
    database   text PRIMARY KEY,
    pack       text NOT NULL,
    seed       bigint NOT NULL,
    version    text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE truth.snapshots IS 'Worlds made once per pack, seed and version of the code, and copied for each start.';
COMMENT ON COLUMN truth.snapshots.version IS 'Digest of what worlds are made by: models, drift and migrations.';
COMMENT ON COLUMN truth.snapshots.used_at IS 'When it was last copied, in real time.';

-- Every process has its own cache of what an access key leads to.
CREATE FUNCTION truth.announce_episode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('driftcloud_episodes', coalesce(NEW.code, OLD.code));
    RETURN NULL;
END
$$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON truth.episodes
    FOR EACH ROW EXECUTE FUNCTION truth.announce_episode();

-- What identifiers of an episode are drawn from: each writing call of a client takes one number, so
-- that the same calls make the same world, whoever answers them.
CREATE SEQUENCE truth.draws AS bigint;
COMMENT ON SEQUENCE truth.draws IS 'Numbers of the writing calls of an episode, which its new identifiers follow from.';

-- The API's role may draw and nothing else: it sees neither the schema nor where the numbers stand.
CREATE FUNCTION driftcloud_draw() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT nextval('truth.draws') $$;
COMMENT ON FUNCTION driftcloud_draw() IS 'The number of a writing call, from which its new identifiers follow.';
REVOKE ALL ON FUNCTION driftcloud_draw() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_draw() TO driftcloud_api;

-- The rows of an episode are numbered apart from its calls: what is told of a call behind its answer,
-- sooner or later, must not move the identifiers that the next call makes.

CREATE SEQUENCE truth.row_draws AS bigint;
COMMENT ON SEQUENCE truth.row_draws IS
    'Numbers of the rows that calls of an episode wrote, which their ids follow from.';

CREATE FUNCTION driftcloud_draw_row() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT nextval('truth.row_draws') $$;
COMMENT ON FUNCTION driftcloud_draw_row() IS 'The number of a row, from which its id follows.';
REVOKE ALL ON FUNCTION driftcloud_draw_row() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_draw_row() TO driftcloud_api;

CREATE TABLE truth.discarded (
    database     text PRIMARY KEY,
    discarded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE truth.discarded IS 'Databases that nothing leads to any more, and that a server is still to drop.';

CREATE TABLE truth.serving (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    url text NOT NULL
);
COMMENT ON TABLE truth.serving IS 'Where the server of this database was last reached, for commands that tell clients of it.';

-- A row's own id is chance where nobody asks what it follows from. In a tick, and in an episode, it
-- follows from the setting driftcloud.draws: ids are parts of ARNs, and order what is drawn by lot.
-- The number within a tick is kept in a setting of its transaction, as nothing outlives a tick.
CREATE FUNCTION driftcloud_uuid() RETURNS uuid
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    seed  text := current_setting('driftcloud.draws', true);
    drawn text;
    digest text;
BEGIN
    IF seed IS NULL OR seed = '' THEN
        RETURN gen_random_uuid();
    END IF;
    drawn := current_setting('driftcloud.drawn', true);
    IF drawn IS NULL OR drawn = '' THEN
        drawn := driftcloud_draw_row()::text;
    ELSE
        drawn := (drawn::bigint + 1)::text;
        PERFORM set_config('driftcloud.drawn', drawn, true);
    END IF;
    digest := md5(seed || '/' || drawn);
    RETURN overlay(overlay(digest PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid;
END
$$;
GRANT EXECUTE ON FUNCTION driftcloud_uuid() TO driftcloud_api;
COMMENT ON FUNCTION driftcloud_uuid() IS
    'A new row''s id: random, or what follows from driftcloud.draws and the number of the draw.';

-- Daily rows, tags and events are many, and nothing hangs on their ids.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT table_name, column_name FROM information_schema.columns
              WHERE table_schema = 'public' AND column_default = 'gen_random_uuid()'
                AND table_name NOT IN ('metrics_daily', 'resource_tags', 'resource_change_events')
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT driftcloud_uuid()',
                       c.table_name, c.column_name);
    END LOOP;
END
$$;
