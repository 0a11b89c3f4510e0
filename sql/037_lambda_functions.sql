-- What Lambda shows beside its functions, and what Application Auto Scaling keeps about any service.

ALTER TABLE lambda_functions
    ADD COLUMN state_transition            text CHECK (state_transition IN ('creating', 'updating')),
    ADD COLUMN settles_at                  timestamptz,
    ADD COLUMN current_version             integer NOT NULL DEFAULT 0,
    ADD COLUMN current_revision            integer NOT NULL DEFAULT 1,
    ADD COLUMN current_provisioned_mb      bigint,
    ADD COLUMN current_invocations         bigint NOT NULL DEFAULT 0,
    ADD COLUMN current_invocation_errors   bigint NOT NULL DEFAULT 0,
    ADD COLUMN vpc_id                      text,
    ADD COLUMN subnet_ids                  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN security_group_ids          text[] NOT NULL DEFAULT '{}',
    ADD COLUMN ipv6_dual_stack             boolean NOT NULL DEFAULT false,
    ADD COLUMN layers                      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN dead_letter_arn             text,
    ADD COLUMN tracing_mode                text NOT NULL DEFAULT 'PassThrough',
    ADD COLUMN kms_key_arn                 text,
    ADD COLUMN image_uri                   text,
    ADD COLUMN image_config                jsonb,
    ADD COLUMN file_systems                jsonb,
    ADD COLUMN snap_start                  text NOT NULL DEFAULT 'None',
    ADD COLUMN logging                     jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN recursive_loop              text NOT NULL DEFAULT 'Terminate',
    ADD COLUMN runtime_update              text NOT NULL DEFAULT 'Auto',
    ADD COLUMN runtime_version_arn         text,
    ADD COLUMN code_signing_config_arn     text;
COMMENT ON COLUMN lambda_functions.state_transition IS
    'What is under way until settles_at; null: the function is active and its last update successful.';
COMMENT ON COLUMN lambda_functions.current_version IS 'The highest number that a version of it has had; numbers never come again.';
COMMENT ON COLUMN lambda_functions.current_revision IS 'Counts its changes; the revision id follows from it.';
COMMENT ON COLUMN lambda_functions.current_provisioned_mb IS
    'Memory of all environments that are kept warm, each of its version''s size; null: provisioned_concurrency times memory_mb.';
COMMENT ON COLUMN lambda_functions.current_invocations IS
    'Invocations that clients asked for since the newest tick; the next day''s row takes them in.';
COMMENT ON COLUMN lambda_functions.current_invocation_errors IS 'Those of them that were answered with an error.';
COMMENT ON COLUMN lambda_functions.vpc_id IS 'Network of subnet_ids; null: outside of any.';
COMMENT ON COLUMN lambda_functions.layers IS 'ARNs of layer versions.';
CREATE INDEX lambda_functions_settles ON lambda_functions (settles_at) WHERE settles_at IS NOT NULL;

CREATE TABLE lambda_versions (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    function_id   uuid NOT NULL REFERENCES lambda_functions (id) ON DELETE CASCADE,
    region        text NOT NULL DEFAULT 'us-east-1',
    version       integer NOT NULL CHECK (version > 0),
    arn           text NOT NULL UNIQUE,
    configuration jsonb NOT NULL,
    settles_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (function_id, version)
);
CREATE INDEX lambda_versions_account ON lambda_versions (account_id, region);
COMMENT ON TABLE lambda_versions IS 'A published version of a function: what it was on that day, for ever.';
COMMENT ON COLUMN lambda_versions.configuration IS 'The columns of lambda_functions when it was published.';

CREATE TABLE lambda_aliases (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    function_id      uuid NOT NULL REFERENCES lambda_functions (id) ON DELETE CASCADE,
    region           text NOT NULL DEFAULT 'us-east-1',
    name             text NOT NULL,
    arn              text NOT NULL UNIQUE,
    version          text NOT NULL,
    description      text NOT NULL DEFAULT '',
    routing          jsonb NOT NULL DEFAULT '{}',
    current_revision integer NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (function_id, name)
);
CREATE INDEX lambda_aliases_account ON lambda_aliases (account_id, region);
COMMENT ON TABLE lambda_aliases IS 'A name for a version of a function, or for two of them by weight.';
COMMENT ON COLUMN lambda_aliases.version IS 'The number of a version, or $LATEST.';
COMMENT ON COLUMN lambda_aliases.routing IS 'Weights of further versions by their numbers: {"2": 0.1}.';

CREATE TABLE lambda_provisioned_concurrency (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    function_id uuid NOT NULL REFERENCES lambda_functions (id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    qualifier   text NOT NULL,
    requested   integer NOT NULL CHECK (requested > 0),
    settles_at  timestamptz,
    modified_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (function_id, qualifier)
);
CREATE INDEX lambda_provisioned_concurrency_account ON lambda_provisioned_concurrency (account_id, region);
COMMENT ON TABLE lambda_provisioned_concurrency IS
    'Environments kept warm for a version or an alias; lambda_functions.provisioned_concurrency is their sum.';
COMMENT ON COLUMN lambda_provisioned_concurrency.settles_at IS 'Until then they are being allocated.';

CREATE TABLE lambda_layer_versions (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region        text NOT NULL DEFAULT 'us-east-1',
    name          text NOT NULL,
    version       integer NOT NULL CHECK (version > 0),
    arn           text NOT NULL UNIQUE,
    description   text NOT NULL DEFAULT '',
    license       text,
    runtimes      text[] NOT NULL DEFAULT '{}',
    architectures text[] NOT NULL DEFAULT '{}',
    code_size     bigint NOT NULL DEFAULT 0,
    code_sha256   text NOT NULL DEFAULT '',
    policy        jsonb NOT NULL DEFAULT '[]',
    deleted_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name, version)
);
COMMENT ON TABLE lambda_layer_versions IS 'A version of a layer: code that functions share.';
COMMENT ON COLUMN lambda_layer_versions.deleted_at IS
    'Functions that use it keep it, and its number never comes again.';

CREATE TABLE lambda_permissions (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    function_id  uuid NOT NULL REFERENCES lambda_functions (id) ON DELETE CASCADE,
    region       text NOT NULL DEFAULT 'us-east-1',
    qualifier    text NOT NULL DEFAULT '',
    statement_id text NOT NULL,
    statement    jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (function_id, qualifier, statement_id)
);
CREATE INDEX lambda_permissions_account ON lambda_permissions (account_id, region);
COMMENT ON TABLE lambda_permissions IS 'A statement of the resource policy of a function, a version or an alias.';
COMMENT ON COLUMN lambda_permissions.qualifier IS 'Empty: of the function itself.';

CREATE TABLE lambda_event_invoke_configs (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id              uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    function_id             uuid NOT NULL REFERENCES lambda_functions (id) ON DELETE CASCADE,
    region                  text NOT NULL DEFAULT 'us-east-1',
    qualifier               text NOT NULL DEFAULT '$LATEST',
    maximum_retry_attempts  integer,
    maximum_age_seconds     integer,
    destinations            jsonb NOT NULL DEFAULT '{}',
    modified_at             timestamptz NOT NULL DEFAULT now(),
    UNIQUE (function_id, qualifier)
);
CREATE INDEX lambda_event_invoke_configs_account ON lambda_event_invoke_configs (account_id, region);
COMMENT ON TABLE lambda_event_invoke_configs IS 'What becomes of asynchronous invocations that fail or succeed.';

CREATE TABLE lambda_function_urls (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    function_id uuid NOT NULL REFERENCES lambda_functions (id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    qualifier   text NOT NULL DEFAULT '',
    auth_type   text NOT NULL CHECK (auth_type IN ('NONE', 'AWS_IAM')),
    invoke_mode text NOT NULL DEFAULT 'BUFFERED',
    cors        jsonb,
    modified_at timestamptz NOT NULL DEFAULT now(),
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (function_id, qualifier)
);
CREATE INDEX lambda_function_urls_account ON lambda_function_urls (account_id, region);
COMMENT ON TABLE lambda_function_urls IS 'The web address of a function or of one of its aliases.';

CREATE TABLE lambda_event_source_mappings (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region           text NOT NULL DEFAULT 'us-east-1',
    arn              text NOT NULL UNIQUE,
    function_arn     text NOT NULL,
    event_source_arn text,
    enabled          boolean NOT NULL DEFAULT true,
    batch_size       integer NOT NULL,
    options          jsonb NOT NULL DEFAULT '{}',
    state_transition text CHECK (state_transition IN ('Creating', 'Enabling', 'Disabling', 'Updating', 'Deleting')),
    settles_at       timestamptz,
    modified_at      timestamptz NOT NULL DEFAULT now(),
    tags             jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX lambda_event_source_mappings_account ON lambda_event_source_mappings (account_id, region);
CREATE INDEX lambda_event_source_mappings_settles ON lambda_event_source_mappings (settles_at) WHERE settles_at IS NOT NULL;
COMMENT ON TABLE lambda_event_source_mappings IS
    'A queue or stream that Lambda reads for a function; it outlives the function.';
COMMENT ON COLUMN lambda_event_source_mappings.id IS 'The UUID that AWS names it by.';
COMMENT ON COLUMN lambda_event_source_mappings.options IS 'Further members of EventSourceMappingConfiguration as AWS words them.';

CREATE TABLE lambda_code_signing_configs (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    config_id   text NOT NULL UNIQUE,
    arn         text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    publishers  text[] NOT NULL DEFAULT '{}',
    policy      text NOT NULL DEFAULT 'Warn' CHECK (policy IN ('Warn', 'Enforce')),
    modified_at timestamptz NOT NULL DEFAULT now(),
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX lambda_code_signing_configs_account ON lambda_code_signing_configs (account_id, region);
COMMENT ON TABLE lambda_code_signing_configs IS 'Whose signatures functions accept on their code.';

CREATE TABLE scalable_targets (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region            text NOT NULL DEFAULT 'us-east-1',
    arn               text NOT NULL UNIQUE,
    service_namespace text NOT NULL,
    resource_id       text NOT NULL,
    dimension         text NOT NULL,
    min_capacity      integer NOT NULL CHECK (min_capacity >= 0),
    max_capacity      integer NOT NULL,
    role_arn          text NOT NULL,
    suspended         jsonb NOT NULL DEFAULT '{}',
    tags              jsonb NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, service_namespace, resource_id, dimension),
    CHECK (min_capacity <= max_capacity)
);
COMMENT ON TABLE scalable_targets IS 'A capacity of some service''s resource that Application Auto Scaling moves between two bounds.';
COMMENT ON COLUMN scalable_targets.resource_id IS 'As Application Auto Scaling words it: service/cluster/name, function:name:alias, …';
COMMENT ON COLUMN scalable_targets.suspended IS 'The members of SuspendedState that are true.';

CREATE TABLE target_scaling_policies (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    target_id   uuid NOT NULL REFERENCES scalable_targets (id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    name        text NOT NULL,
    arn         text NOT NULL UNIQUE,
    policy_type text NOT NULL CHECK (policy_type IN ('StepScaling', 'TargetTrackingScaling', 'PredictiveScaling')),
    data        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (target_id, name)
);
CREATE INDEX target_scaling_policies_account ON target_scaling_policies (account_id, region);
COMMENT ON TABLE target_scaling_policies IS 'How a scalable target answers to its load.';
COMMENT ON COLUMN target_scaling_policies.data IS 'The configuration and Alarms of ScalingPolicy as AWS words them.';

CREATE TABLE target_scheduled_actions (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    target_id    uuid NOT NULL REFERENCES scalable_targets (id) ON DELETE CASCADE,
    region       text NOT NULL DEFAULT 'us-east-1',
    name         text NOT NULL,
    arn          text NOT NULL UNIQUE,
    schedule     text NOT NULL,
    time_zone    text,
    start_time   timestamptz,
    end_time     timestamptz,
    min_capacity integer,
    max_capacity integer,
    done_until   timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (target_id, name)
);
CREATE INDEX target_scheduled_actions_account ON target_scheduled_actions (account_id, region);
COMMENT ON TABLE target_scheduled_actions IS 'A change of a scalable target''s bounds at a virtual time, once or again and again.';
COMMENT ON COLUMN target_scheduled_actions.schedule IS 'at(…), rate(…) or cron(…) as AWS writes them; at and cron in time_zone.';
COMMENT ON COLUMN target_scheduled_actions.done_until IS 'Whatever was due up to this virtual time has been done.';

CREATE TABLE target_scaling_activities (
    activity_id       uuid PRIMARY KEY,
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region            text NOT NULL DEFAULT 'us-east-1',
    service_namespace text NOT NULL,
    resource_id       text NOT NULL,
    dimension         text NOT NULL,
    description       text NOT NULL,
    cause             text NOT NULL,
    status_code       text NOT NULL DEFAULT 'Successful',
    status_message    text,
    started_at        timestamptz NOT NULL,
    ended_at          timestamptz NOT NULL
);
CREATE INDEX target_scaling_activities_page ON target_scaling_activities (account_id, region, service_namespace, started_at);
COMMENT ON TABLE target_scaling_activities IS 'What Application Auto Scaling did to a target, and why; it outlives the target.';

DO $$
DECLARE
    own CONSTANT text := 'account_id = (SELECT driftcloud_account())';
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['lambda_versions', 'lambda_aliases', 'lambda_provisioned_concurrency',
        'lambda_layer_versions', 'lambda_permissions', 'lambda_event_invoke_configs', 'lambda_function_urls',
        'lambda_event_source_mappings', 'lambda_code_signing_configs', 'scalable_targets',
        'target_scaling_policies', 'target_scheduled_actions', 'target_scaling_activities'] LOOP
        PERFORM driftcloud_protect(name::regclass, own, 'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
    INSERT INTO driftcloud_resource_types VALUES
        ('lambda_version', 'lambda_versions', 'arn', NULL, NULL, false),
        ('lambda_alias', 'lambda_aliases', 'arn', NULL, NULL, false),
        ('lambda_layer_version', 'lambda_layer_versions', 'arn', NULL, NULL, false),
        ('lambda_event_source_mapping', 'lambda_event_source_mappings', 'arn', NULL, NULL, true),
        ('lambda_code_signing_config', 'lambda_code_signing_configs', 'arn', NULL, NULL, true),
        ('scalable_target', 'scalable_targets', 'arn', NULL, NULL, true);
    PERFORM driftcloud_audit(kind) FROM unnest(ARRAY['lambda_function', 'lambda_version', 'lambda_alias',
        'lambda_layer_version', 'lambda_event_source_mapping', 'lambda_code_signing_config',
        'scalable_target']) AS kind;
END
$$;
SELECT driftcloud_sync_tags();

-- Every change of what a function is made of gives it another revision, whoever made the change.
CREATE FUNCTION driftcloud_revise_function() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.current_revision := OLD.current_revision + 1;
    RETURN NEW;
END
$$;
CREATE TRIGGER revise BEFORE UPDATE OF memory_mb, timeout_seconds, runtime, handler, description, role_arn,
    architecture, code_size, code_sha256, ephemeral_storage_mb, environment, vpc_id, subnet_ids,
    security_group_ids, layers, dead_letter_arn, tracing_mode, kms_key_arn, image_uri, image_config,
    file_systems, snap_start, logging, current_version ON lambda_functions
    FOR EACH ROW EXECUTE FUNCTION driftcloud_revise_function();

-- A version is what its function was; an estate that publishes one leaves the rest to this.
CREATE FUNCTION driftcloud_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_one record;
BEGIN
    SELECT to_jsonb(f) - ARRAY['updated_at', 'invocations_7d', 'avg_duration_ms_7d', 'estimated_monthly_cost',
               'provisioned_concurrency', 'max_memory_used_mb', 'max_concurrency_7d', 'reserved_concurrency',
               'state_transition', 'settles_at', 'current_provisioned_mb', 'current_invocations',
               'current_invocation_errors']
           || coalesce(NEW.configuration, '{}') AS configuration, f.arn, f.account_id, f.region
      INTO found_one FROM lambda_functions f WHERE f.id = NEW.function_id;
    IF NOT FOUND THEN  -- another account's: row security refuses the version
        RETURN NEW;
    END IF;
    NEW.configuration := found_one.configuration;
    NEW.arn := found_one.arn || ':' || NEW.version;
    NEW.account_id := found_one.account_id;
    NEW.region := found_one.region;
    UPDATE lambda_functions SET current_version = NEW.version
     WHERE id = NEW.function_id AND current_version < NEW.version;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION driftcloud_keep_version IS
    'Completes a new version from its function; what its configuration says already stays.';
CREATE TRIGGER name_new BEFORE INSERT ON lambda_versions
    FOR EACH ROW EXECUTE FUNCTION driftcloud_keep_version();

-- Warm environments are counted twice: on the function, and by version or alias. Whoever writes one
-- side finds the other in step. A function that is given some without more (by an estate, a
-- scenario, SQL by hand) gets them on its newest alias; where it has none, a version is published
-- and called "live".
CREATE FUNCTION driftcloud_provision_function() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted CONSTANT integer := coalesce(NEW.provisioned_concurrency, 0);
    moment timestamptz := NEW.created_at;
    present integer;
    chosen text;
BEGIN
    -- An estate and a day are the same whenever they are made again.
    IF TG_OP = 'UPDATE' AND driftcloud_source() = 'drift_engine' THEN
        SELECT m.date + interval '12 hours' INTO moment FROM metrics_daily m
         WHERE m.account_id = NEW.account_id ORDER BY m.date DESC LIMIT 1;
    ELSIF TG_OP = 'UPDATE' THEN
        moment := driftcloud_now(NEW.account_id);
    END IF;
    SELECT coalesce(sum(requested), 0) INTO present
      FROM lambda_provisioned_concurrency WHERE function_id = NEW.id;
    IF present = wanted THEN
        RETURN NULL;
    END IF;
    SELECT qualifier INTO chosen FROM lambda_provisioned_concurrency
     WHERE function_id = NEW.id ORDER BY modified_at DESC, qualifier LIMIT 1;
    IF chosen IS NULL THEN
        SELECT name INTO chosen FROM lambda_aliases
         WHERE function_id = NEW.id AND version <> '$LATEST' ORDER BY created_at DESC, name LIMIT 1;
    END IF;
    DELETE FROM lambda_provisioned_concurrency
     WHERE function_id = NEW.id AND (wanted = 0 OR qualifier <> chosen);
    IF wanted = 0 THEN
        RETURN NULL;
    END IF;
    IF chosen IS NULL THEN
        chosen := 'live';
        INSERT INTO lambda_versions (id, function_id, version, created_at)
        VALUES (md5('version' || NEW.arn || NEW.current_version + 1)::uuid, NEW.id, NEW.current_version + 1,
                moment);
        INSERT INTO lambda_aliases (id, account_id, function_id, region, name, arn, version, created_at)
        VALUES (md5('alias' || NEW.arn || chosen)::uuid, NEW.account_id, NEW.id, NEW.region, chosen,
                NEW.arn || ':' || chosen, (NEW.current_version + 1)::text, moment)
        ON CONFLICT (function_id, name) DO UPDATE SET version = excluded.version;
    END IF;
    INSERT INTO lambda_provisioned_concurrency (id, account_id, function_id, region, qualifier, requested, modified_at)
    VALUES (md5('provisioned' || NEW.arn || chosen)::uuid, NEW.account_id, NEW.id, NEW.region, chosen, wanted,
            moment)
    ON CONFLICT (function_id, qualifier)
        DO UPDATE SET requested = excluded.requested, modified_at = excluded.modified_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER provision_new AFTER INSERT ON lambda_functions
    FOR EACH ROW WHEN (NEW.provisioned_concurrency > 0) EXECUTE FUNCTION driftcloud_provision_function();
CREATE TRIGGER provision AFTER UPDATE OF provisioned_concurrency ON lambda_functions
    FOR EACH ROW WHEN (OLD.provisioned_concurrency IS DISTINCT FROM NEW.provisioned_concurrency)
    EXECUTE FUNCTION driftcloud_provision_function();

CREATE FUNCTION driftcloud_count_provisioned(function uuid) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    UPDATE lambda_functions f
       SET provisioned_concurrency = s.slots, current_provisioned_mb = s.mb
      FROM (SELECT coalesce(sum(p.requested), 0) AS slots,
                   sum(p.requested * coalesce((v.configuration ->> 'memory_mb')::bigint, g.memory_mb)) AS mb
              FROM lambda_functions g
              LEFT JOIN lambda_provisioned_concurrency p ON p.function_id = g.id
              LEFT JOIN lambda_aliases a ON a.function_id = g.id AND a.name = p.qualifier
              LEFT JOIN lambda_versions v ON v.function_id = g.id
                    AND v.version::text = coalesce(a.version, p.qualifier)
             WHERE g.id = function) s
     WHERE f.id = function
       AND (coalesce(f.provisioned_concurrency, 0), f.current_provisioned_mb) IS DISTINCT FROM (s.slots, s.mb)
$$;
COMMENT ON FUNCTION driftcloud_count_provisioned(uuid) IS
    'Sets on a function how many environments are kept warm for it, and how much memory they have.';

CREATE FUNCTION driftcloud_provisioned_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_count_provisioned(CASE TG_OP WHEN 'DELETE' THEN OLD.function_id ELSE NEW.function_id END);
    RETURN NULL;
END
$$;
CREATE TRIGGER count_provisioned AFTER INSERT OR UPDATE OF requested OR DELETE ON lambda_provisioned_concurrency
    FOR EACH ROW EXECUTE FUNCTION driftcloud_provisioned_changed();
CREATE TRIGGER count_provisioned AFTER UPDATE OF version ON lambda_aliases
    FOR EACH ROW EXECUTE FUNCTION driftcloud_provisioned_changed();

-- Functions that are kept warm already get what goes with it: the trigger acts on a change.
SELECT set_config('driftcloud.audit', 'off', true);
UPDATE lambda_functions SET provisioned_concurrency = provisioned_concurrency + 1 WHERE provisioned_concurrency > 0;
UPDATE lambda_functions SET provisioned_concurrency = provisioned_concurrency - 1 WHERE provisioned_concurrency > 0;
SELECT set_config('driftcloud.audit', '', true);
