-- What savings plans need beyond the tables before: states of their own, what reports read of a
-- payer's commitments, and what Cost Explorer was asked to work out.

ALTER TABLE commitments DROP CONSTRAINT commitments_state_check;
ALTER TABLE commitments
    ADD CONSTRAINT commitments_state_check CHECK (state IN
        ('payment-pending', 'active', 'payment-failed', 'queued', 'queued-deleted', 'retired', 'returned'));

-- SECURITY DEFINER: a management account sees the commitments of its members in cost reports, and
-- nowhere else. What it may see follows from the account of its connection.
CREATE FUNCTION driftcloud_paid_commitments() RETURNS SETOF commitments
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT * FROM public.commitments WHERE account_id IN (SELECT public.driftcloud_paid_accounts()) $$;
REVOKE ALL ON FUNCTION driftcloud_paid_commitments() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_paid_commitments() TO driftcloud_api;
COMMENT ON FUNCTION driftcloud_paid_commitments() IS
    'The commitments of the accounts whose costs the account of this connection may read.';

-- Which of a report's rows a commitment could cover; the lines themselves carry it as `eligible`.
CREATE FUNCTION driftcloud_eligible(service text, usage_type text, usage_unit text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT CASE service
               WHEN 'Amazon Elastic Compute Cloud - Compute' THEN
                   CASE WHEN usage_unit = 'Hrs' AND usage_type NOT LIKE '%SpotUsage:%' THEN 'ec2' END
               WHEN 'Amazon Elastic Container Service' THEN
                   CASE WHEN usage_type LIKE '%Fargate%' THEN 'fargate' END
               WHEN 'AWS Lambda' THEN CASE WHEN usage_unit = 'Lambda-GB-Second' THEN 'lambda' END
               WHEN 'Amazon Relational Database Service' THEN CASE WHEN usage_unit = 'Hrs' THEN 'rds' END
               WHEN 'Amazon ElastiCache' THEN CASE WHEN usage_unit = 'Hrs' THEN 'elasticache' END
               WHEN 'Amazon OpenSearch Service' THEN CASE WHEN usage_unit = 'Hrs' THEN 'opensearch' END
               WHEN 'Amazon SageMaker' THEN CASE WHEN usage_unit = 'Hrs' THEN 'sagemaker' END
               END
    $$;
COMMENT ON FUNCTION driftcloud_eligible(text, text, text) IS
    'What commitments may cover a row of cost_daily, as cost_lines_daily.eligible; null: none may.';

-- https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html
CREATE FUNCTION driftcloud_normalized_units(instance_type text) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT CASE
               WHEN s.size IN ('nano', 'micro', 'small', 'medium', 'large', 'xlarge') THEN
                   (ARRAY[0.25, 0.5, 1, 2, 4, 8])[array_position(ARRAY['nano', 'micro', 'small', 'medium', 'large', 'xlarge'], s.size)]
               WHEN s.size ~ '^(metal-)?[0-9]{1,4}xl(arge)?$' THEN 8 * substring(s.size FROM '[0-9]+')::numeric
               WHEN s.size LIKE 'metal%' THEN 192
               ELSE 4 END
          FROM (SELECT CASE WHEN instance_type ~ '^(db|cache|ml)[.]' THEN split_part(instance_type, '.', 3)
                            ELSE split_part(instance_type, '.', 2) END AS size) s
    $$;
COMMENT ON FUNCTION driftcloud_normalized_units(text) IS 'The normalisation factor of a type''s size: large is 4.';

CREATE TABLE savings_plans_recommendation_generations (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    started_at   timestamptz NOT NULL,
    completes_at timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX savings_plans_recommendation_generations_page
    ON savings_plans_recommendation_generations (account_id, started_at DESC);
COMMENT ON TABLE savings_plans_recommendation_generations IS
    'When an account asked for its savings plan recommendations to be made anew, in virtual time.';

CREATE TABLE commitment_purchase_analyses (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    configuration jsonb NOT NULL,
    details       jsonb,
    error_code    text,
    started_at    timestamptz NOT NULL,
    completes_at  timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX commitment_purchase_analyses_page ON commitment_purchase_analyses (account_id, started_at DESC);
COMMENT ON TABLE commitment_purchase_analyses IS
    'What a savings plan would have saved, worked out when it was asked, in virtual time.';
COMMENT ON COLUMN commitment_purchase_analyses.details IS
    'SavingsPlansPurchaseAnalysisDetails, its times in virtual time; null: error_code says why.';

SELECT driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT')
  FROM (VALUES ('savings_plans_recommendation_generations'), ('commitment_purchase_analyses')) AS t (name);
