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

CREATE OR REPLACE FUNCTION driftcloud_uuid() RETURNS uuid
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
