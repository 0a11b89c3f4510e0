-- updated_at is the real time of a row's last update, whoever made it.

CREATE FUNCTION driftcloud_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT c.table_name FROM information_schema.columns c
         WHERE c.table_schema = 'public' AND c.column_name = 'updated_at'
         ORDER BY 1
    LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()', name);
    END LOOP;
END
$$;
