-- What search domains and SageMaker show beyond the first schema.

ALTER TABLE managed_services
    ADD COLUMN dedicated_master_type    text,
    ADD COLUMN dedicated_master_count   integer NOT NULL DEFAULT 0,
    ADD COLUMN warm_type                text,
    ADD COLUMN warm_count               integer NOT NULL DEFAULT 0,
    ADD COLUMN cold_storage             boolean NOT NULL DEFAULT false,
    ADD COLUMN availability_zone_count  integer,
    ADD COLUMN storage_type             text,
    ADD COLUMN iops                     integer,
    ADD COLUMN throughput_mibps         integer,
    ADD COLUMN settings                 jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN variants                 jsonb,
    ADD COLUMN endpoint_config_name     text,
    ADD COLUMN state_transition         text,
    ADD COLUMN settled_state            text,
    ADD COLUMN settles_at               timestamptz,
    ADD COLUMN state_change             jsonb,
    ADD COLUMN state_options            jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN state_upgrades           jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN modified_at              timestamptz;
COMMENT ON COLUMN managed_services.hourly_cost IS
    'All that is billed by the hour now, USD: every node and its storage; of a stopped notebook its storage alone.';
COMMENT ON COLUMN managed_services.storage_type IS 'Kind of EBS volume of a node; null: gp3 where there is storage.';
COMMENT ON COLUMN managed_services.settings IS 'What else was asked for, by AWS''s member names.';
COMMENT ON COLUMN managed_services.variants IS
    'Of an endpoint: its production variants; of a HyperPod cluster: its instance groups.';
COMMENT ON COLUMN managed_services.state_transition IS 'What the status reads until settles_at.';
COMMENT ON COLUMN managed_services.settled_state IS 'What status becomes at settles_at; deleted: the row goes.';
COMMENT ON COLUMN managed_services.state_change IS
    'Of a domain: its last change: id, at, properties with name, active and pending.';
COMMENT ON COLUMN managed_services.state_options IS
    'Of a domain: when each option was last changed, and its version.';
COMMENT ON COLUMN managed_services.state_upgrades IS 'Of a domain: upgrades of its engine, newest first.';
CREATE INDEX managed_services_settles ON managed_services (settles_at) WHERE settles_at IS NOT NULL;
CREATE INDEX managed_services_configs ON managed_services (account_id, region, endpoint_config_name)
    WHERE endpoint_config_name IS NOT NULL;

CREATE TABLE sagemaker_resources (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    kind             text NOT NULL,
    name             text NOT NULL,
    arn              text NOT NULL UNIQUE,
    parent           text,
    region           text NOT NULL DEFAULT 'us-east-1',
    env              text NOT NULL DEFAULT 'dev',
    status           text NOT NULL DEFAULT 'available',
    state_transition text,
    settled_state    text,
    settles_at       timestamptz,
    settings         jsonb NOT NULL DEFAULT '{}',
    hourly_cost      numeric(10,4) NOT NULL DEFAULT 0,
    started_at       timestamptz,
    ended_at         timestamptz,
    modified_at      timestamptz,
    tags             jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sagemaker_resources IS
    'What SageMaker keeps beside machines that run on: models, endpoint configurations, jobs, job definitions, feature groups, domains, user profiles and spaces.';
COMMENT ON COLUMN sagemaker_resources.kind IS
    'The word in the ARN: model, endpoint-config, training-job, processing-job, domain, space …';
COMMENT ON COLUMN sagemaker_resources.parent IS 'The domain of a user profile or space; the endpoint of a job definition.';
COMMENT ON COLUMN sagemaker_resources.settings IS 'What it was made with, by AWS''s member names.';
COMMENT ON COLUMN sagemaker_resources.hourly_cost IS 'Of a job: USD for each hour from started_at to ended_at.';
CREATE INDEX sagemaker_resources_page ON sagemaker_resources (account_id, region, kind, name);
CREATE INDEX sagemaker_resources_settles ON sagemaker_resources (settles_at) WHERE settles_at IS NOT NULL;

SELECT driftcloud_protect('sagemaker_resources'::regclass,
                          'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT, UPDATE, DELETE');
INSERT INTO driftcloud_resource_types VALUES
    ('sagemaker_resource', 'sagemaker_resources', 'arn', NULL, NULL, true);
SELECT driftcloud_audit('sagemaker_resource');
SELECT driftcloud_audit('managed_service');
SELECT driftcloud_sync_tags();

-- A SageMaker machine that came without an ARN (a scenario, SQL by hand) gets SageMaker's own form.
CREATE FUNCTION driftcloud_name_sagemaker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.arn := format('arn:aws:sagemaker:%s:%s:%s/%s', NEW.region, driftcloud_account_number(NEW.account_id),
        CASE replace(NEW.service_type, '_', '-')
            WHEN 'sagemaker-endpoint' THEN 'endpoint'
            WHEN 'sagemaker-cluster' THEN 'cluster'
            ELSE 'notebook-instance' END, NEW.name);
    RETURN NEW;
END
$$;
-- Named before name_new, so that it is the first to fire.
CREATE TRIGGER name_first BEFORE INSERT ON managed_services
    FOR EACH ROW WHEN (NEW.arn IS NULL AND NEW.service_type LIKE 'sagemaker%')
    EXECUTE FUNCTION driftcloud_name_sagemaker();

-- An endpoint serves what its configuration says. Whoever inserts one without (an estate, a
-- scenario, SQL by hand) gets a model and a configuration made, with keys that follow from the name.
CREATE FUNCTION driftcloud_make_endpoint_config() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number CONSTANT text := driftcloud_account_number(NEW.account_id);
    config CONSTANT text := NEW.name || '-config';
    model CONSTANT text := NEW.name || '-model';
    variant CONSTANT jsonb := jsonb_build_object('VariantName', 'AllTraffic', 'ModelName', model,
        'InstanceType', NEW.instance_type, 'InitialInstanceCount', greatest(NEW.node_count, 1),
        'InitialVariantWeight', 1.0);
BEGIN
    INSERT INTO sagemaker_resources (id, account_id, kind, name, arn, region, env, settings, created_at)
    VALUES (md5('model' || NEW.arn)::uuid, NEW.account_id, 'model', model,
            format('arn:aws:sagemaker:%s:%s:model/%s', NEW.region, number, lower(model)), NEW.region, NEW.env,
            jsonb_build_object('ExecutionRoleArn', format('arn:aws:iam::%s:role/sagemaker-execution', number),
                'EnableNetworkIsolation', false,
                'PrimaryContainer', jsonb_build_object(
                    'Image', format('%s.dkr.ecr.%s.amazonaws.com/%s:latest', number, NEW.region, lower(NEW.name)),
                    'Mode', 'SingleModel', 'Environment', '{}'::jsonb,
                    'ModelDataUrl', format('s3://sagemaker-%s-%s/%s/model.tar.gz', NEW.region, number, NEW.name))),
            NEW.created_at),
           (md5('config' || NEW.arn)::uuid, NEW.account_id, 'endpoint-config', config,
            format('arn:aws:sagemaker:%s:%s:endpoint-config/%s', NEW.region, number, lower(config)),
            NEW.region, NEW.env, jsonb_build_object('ProductionVariants', jsonb_build_array(variant)),
            NEW.created_at)
    ON CONFLICT DO NOTHING;
    NEW.endpoint_config_name := config;
    NEW.variants := jsonb_build_array(variant || jsonb_build_object(
        'DesiredInstanceCount', greatest(NEW.node_count, 1), 'DesiredWeight', 1.0));
    RETURN NEW;
END
$$;
CREATE TRIGGER variants_new BEFORE INSERT ON managed_services
    FOR EACH ROW WHEN (NEW.service_type IN ('sagemaker-endpoint', 'sagemaker_endpoint') AND NEW.variants IS NULL)
    EXECUTE FUNCTION driftcloud_make_endpoint_config();

-- The same for endpoints that were there before this file.
SELECT set_config('driftcloud.audit', 'off', true);
CREATE TRIGGER variants_old BEFORE UPDATE ON managed_services FOR EACH ROW
    WHEN (NEW.service_type IN ('sagemaker-endpoint', 'sagemaker_endpoint') AND NEW.variants IS NULL)
    EXECUTE FUNCTION driftcloud_make_endpoint_config();
UPDATE managed_services SET variants = NULL WHERE service_type IN ('sagemaker-endpoint', 'sagemaker_endpoint');
DROP TRIGGER variants_old ON managed_services;
SELECT set_config('driftcloud.audit', '', true);
