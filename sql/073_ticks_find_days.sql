-- What a tick costs, continued: what grew with the history of an account, though it is about one day.

-- How few of all rows are of one day PostgreSQL learned while a history was short: it took a day for a
-- tenth of the table, and read all of it eight times in a tick. That a table holds a year of days is
-- said once for all; everything else is counted.
DO $$
DECLARE
    target text;
BEGIN
    FOREACH target IN ARRAY ARRAY['metrics_daily', 'cost_lines_daily', 'cost_daily', 'cost_daily_untagged',
                              'cost_daily_by_tags', 's3_bucket_usage_daily', 'log_group_usage_daily',
                              'data_transfer_daily', 'commitment_utilization_daily'] LOOP
        EXECUTE format('ALTER TABLE %I ALTER date SET (n_distinct = 400)', target);
    END LOOP;
    -- The counts that there are already know nothing of it; payloads are left for autovacuum.
    IF EXISTS (SELECT FROM metrics_daily) THEN
        ANALYZE metrics_daily (account_id, resource_type, resource_id, date), cost_lines_daily (account_id, date),
            cost_daily (account_id, date), s3_bucket_usage_daily, log_group_usage_daily, data_transfer_daily;
    END IF;
END
$$;

-- Whether a span is over tells the account's newest day; to look for any day behind it was to read
-- every row of the account until there was one.
CREATE OR REPLACE FUNCTION driftcloud_add_up_span(account uuid, first date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM cost_spans s WHERE s.account_id = account AND s.date = first) THEN
        DELETE FROM cost_spans s WHERE s.account_id = account AND s.date = first;
    END IF;
    IF (SELECT max(d.date) FROM cost_daily d WHERE d.account_id = account) >= first + 4 THEN
        INSERT INTO cost_spans (account_id, date, region, availability_zone, service, usage_type, operation, instance_type,
            engine, platform, tag_set, record_type, commitment_id, usage_unit, usage_amount, unblended_cost, amortized_cost)
        SELECT account, first, region, availability_zone, service, usage_type, operation, instance_type, engine, platform,
               tag_set, record_type, commitment_id, usage_unit, sum(usage_amount), sum(unblended_cost), sum(amortized_cost)
          FROM cost_daily d
         WHERE d.account_id = account AND d.date >= first AND d.date < first + 5
         GROUP BY region, availability_zone, service, usage_type, operation, instance_type, engine, platform, tag_set,
               record_type, commitment_id, usage_unit;
    END IF;
END
$$;

-- Launches look among the instances of a subnet for an address that is free.
CREATE INDEX instances_subnet ON instances (account_id, subnet_id);

-- A tick updates many rows of these as well: with room left on the page, no index has to follow.
ALTER TABLE truth.labels SET (fillfactor = 70);
ALTER TABLE autoscaling_groups SET (fillfactor = 50);
