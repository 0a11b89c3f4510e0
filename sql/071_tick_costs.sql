-- What a tick costs. PostgreSQL looks a row's account up for every row: a tenth of a tick's time went
-- into finding out, some ten thousand times, that its one account is there. The ledger's tables,
-- which are written by whole days, ask once for each statement instead. What is guaranteed is the
-- same: no row without its account, which stays for as long as a transaction is writing; and with an
-- account goes its ledger.

CREATE FUNCTION driftcloud_of_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked uuid[] := ARRAY(SELECT DISTINCT n.account_id FROM new_rows n);
    missing uuid;
BEGIN
    PERFORM FROM cloud_accounts a WHERE a.id = ANY (asked) FOR KEY SHARE;
    SELECT u.id INTO missing FROM unnest(asked) u (id)
     WHERE NOT EXISTS (SELECT FROM cloud_accounts a WHERE a.id = u.id) LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = format('insert or update on table "%s" names an account that is not there', TG_TABLE_NAME),
            DETAIL = format('Key (account_id)=(%s) is not present in table "cloud_accounts".', missing), TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION driftcloud_of_accounts() IS
    'After a statement: every account of its new rows is there, and stays until the transaction ends.';

CREATE FUNCTION driftcloud_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM cloud_accounts a WHERE a.id = NEW.account_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = format('insert or update on table "%s" names an account that is not there', TG_TABLE_NAME),
            DETAIL = format('Key (account_id)=(%s) is not present in table "cloud_accounts".', NEW.account_id), TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION driftcloud_of_account() IS 'The same for a row that is given to another account.';

CREATE FUNCTION driftcloud_account_tables() RETURNS TABLE (name text) LANGUAGE sql STABLE AS $$
    SELECT t.tgrelid::regclass::text FROM pg_trigger t WHERE t.tgname = 'of_accounts' ORDER BY 1
$$;
COMMENT ON FUNCTION driftcloud_account_tables() IS
    'Tables whose account_id is held true by a trigger for each statement instead of a foreign key.';

CREATE FUNCTION driftcloud_account_gone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    target text;
    found boolean;
BEGIN
    FOR target IN SELECT t.name FROM driftcloud_account_tables() t LOOP
        IF TG_OP = 'DELETE' THEN
            EXECUTE format('DELETE FROM %s WHERE account_id = $1', target) USING OLD.id;
        ELSE
            EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE account_id = $1)', target) INTO found USING OLD.id;
            IF found THEN
                RAISE foreign_key_violation USING MESSAGE = format('the account is still referred to by table "%s"', target), TABLE = target;
            END IF;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION driftcloud_account_gone() IS 'With an account go its rows of driftcloud_account_tables(); while it has any, it keeps its id.';
CREATE TRIGGER ledger_gone AFTER DELETE ON cloud_accounts
    FOR EACH ROW EXECUTE FUNCTION driftcloud_account_gone();
CREATE TRIGGER ledger_kept AFTER UPDATE OF id ON cloud_accounts
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION driftcloud_account_gone();

DO $$
DECLARE
    target text;
BEGIN
    FOREACH target IN ARRAY ARRAY['cost_lines_daily', 'cost_daily', 'cost_daily_untagged', 'cost_daily_by_tags',
                              'cost_spans', 'cost_spans_untagged', 'cost_spans_by_tags'] LOOP
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', target, target || '_account_id_fkey');
        EXECUTE format('CREATE TRIGGER of_accounts AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_of_accounts()', target);
        EXECUTE format('CREATE TRIGGER of_account AFTER UPDATE OF account_id ON %I FOR EACH ROW'
                       ' WHEN (OLD.account_id IS DISTINCT FROM NEW.account_id) EXECUTE FUNCTION driftcloud_of_account()', target);
    END LOOP;
END
$$;

-- What whole months would cost on demand is asked for at every tick: no tags, a quarter of the rows.
ALTER TABLE cost_daily_untagged ADD COLUMN on_demand_cost numeric(14,4) NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION driftcloud_cost_daily_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cost_daily_untagged (account_id, date, region, availability_zone, service, usage_type, operation,
        instance_type, engine, platform, record_type, commitment_id, usage_unit, usage_amount, on_demand_cost,
        unblended_cost, amortized_cost)
    SELECT account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine, platform,
           record_type, commitment_id, usage_unit, sum(usage_amount), sum(on_demand_cost), sum(unblended_cost), sum(amortized_cost)
      FROM new_rows
     GROUP BY account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine,
           platform, record_type, commitment_id, usage_unit;
    INSERT INTO cost_daily_by_tags (account_id, date, service, record_type, tag_set, usage_unit, usage_amount,
        unblended_cost, amortized_cost)
    SELECT account_id, date, service, record_type, tag_set, usage_unit, sum(usage_amount), sum(unblended_cost),
           sum(amortized_cost)
      FROM new_rows
     GROUP BY account_id, date, service, record_type, tag_set, usage_unit;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION driftcloud_cost_daily_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cost_daily_untagged t USING (SELECT DISTINCT account_id, date FROM old_rows) o
     WHERE t.account_id = o.account_id AND t.date = o.date;
    DELETE FROM cost_daily_by_tags t USING (SELECT DISTINCT account_id, date FROM old_rows) o
     WHERE t.account_id = o.account_id AND t.date = o.date;
    INSERT INTO cost_daily_untagged (account_id, date, region, availability_zone, service, usage_type, operation,
        instance_type, engine, platform, record_type, commitment_id, usage_unit, usage_amount, on_demand_cost,
        unblended_cost, amortized_cost)
    SELECT account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine, platform,
           record_type, commitment_id, usage_unit, sum(usage_amount), sum(on_demand_cost), sum(unblended_cost), sum(amortized_cost)
      FROM cost_daily JOIN (SELECT DISTINCT account_id, date FROM old_rows) o USING (account_id, date)
     GROUP BY account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine,
           platform, record_type, commitment_id, usage_unit;
    INSERT INTO cost_daily_by_tags (account_id, date, service, record_type, tag_set, usage_unit, usage_amount,
        unblended_cost, amortized_cost)
    SELECT account_id, date, service, record_type, tag_set, usage_unit, sum(usage_amount), sum(unblended_cost),
           sum(amortized_cost)
      FROM cost_daily JOIN (SELECT DISTINCT account_id, date FROM old_rows) o USING (account_id, date)
     GROUP BY account_id, date, service, record_type, tag_set, usage_unit;
    RETURN NULL;
END
$$;

TRUNCATE cost_daily_untagged;
INSERT INTO cost_daily_untagged (account_id, date, region, availability_zone, service, usage_type, operation,
    instance_type, engine, platform, record_type, commitment_id, usage_unit, usage_amount, on_demand_cost,
    unblended_cost, amortized_cost)
SELECT account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine, platform,
       record_type, commitment_id, usage_unit, sum(usage_amount), sum(on_demand_cost), sum(unblended_cost), sum(amortized_cost)
  FROM cost_daily
 GROUP BY account_id, date, region, availability_zone, service, usage_type, operation, instance_type, engine,
       platform, record_type, commitment_id, usage_unit;
