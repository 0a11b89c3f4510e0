-- Organizations and their policies, the trail of API calls, events on their way to rules, trails,
-- and what an operator lets go wrong on purpose.

-- --- organizations ---------------------------------------------------------------------------

CREATE TABLE organizations (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL UNIQUE REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    organization_id text NOT NULL UNIQUE,
    root_id         text NOT NULL UNIQUE,
    feature_set     text NOT NULL DEFAULT 'ALL' CHECK (feature_set IN ('ALL', 'CONSOLIDATED_BILLING')),
    policy_types    text[] NOT NULL DEFAULT '{SERVICE_CONTROL_POLICY}',
    created_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE organizations IS 'An organization, kept with its management account.';
COMMENT ON COLUMN organizations.policy_types IS 'The types of policies that are enabled in its root.';

CREATE TABLE organizational_units (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    ou_id      text NOT NULL UNIQUE,
    arn        text NOT NULL UNIQUE,
    parent_id  text NOT NULL,
    name       text NOT NULL,
    tags       jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, parent_id, name)
);
COMMENT ON TABLE organizational_units IS 'A unit of an organization, kept with its management account.';
COMMENT ON COLUMN organizational_units.parent_id IS 'The root or the unit that it is in.';

CREATE TABLE org_members (
    account_id    uuid PRIMARY KEY REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    management_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    parent_id     text NOT NULL,
    state         text NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE')),
    joined_method text NOT NULL DEFAULT 'CREATED' CHECK (joined_method IN ('INVITED', 'CREATED')),
    joined_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX org_members_management ON org_members (management_id);
COMMENT ON TABLE org_members IS 'An account''s place in an organization; the management account has one, too.';
COMMENT ON COLUMN org_members.parent_id IS 'The root or the unit that it is in.';

CREATE TABLE org_policies (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    policy_id   text NOT NULL UNIQUE,
    arn         text NOT NULL UNIQUE,
    type        text NOT NULL,
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    content     text NOT NULL,
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, type, name)
);
COMMENT ON TABLE org_policies IS 'A policy of an organization, kept with its management account.';
COMMENT ON COLUMN org_policies.content IS 'The document, to the letter.';

CREATE TABLE org_policy_attachments (
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    target_id   text NOT NULL,
    policy_id   text NOT NULL,
    attached_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, target_id, policy_id)
);
CREATE INDEX org_policy_attachments_policy ON org_policy_attachments (account_id, policy_id);
COMMENT ON TABLE org_policy_attachments IS
    'Which policy holds for which root, unit or account. AWS''s own FullAWSAccess is among them without a row of its own in org_policies.';

CREATE TABLE account_creations (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    request_id         text NOT NULL UNIQUE,
    account_name       text NOT NULL,
    state              text NOT NULL CHECK (state IN ('IN_PROGRESS', 'SUCCEEDED', 'FAILED')),
    new_account_number text,
    failure_reason     text,
    completed_at       timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_creations_account ON account_creations (account_id, request_id);
COMMENT ON TABLE account_creations IS 'A request for a new member account, and what became of it.';

CREATE TABLE org_services (
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    service_principal text NOT NULL,
    enabled_at        timestamptz NOT NULL,
    PRIMARY KEY (account_id, service_principal)
);
COMMENT ON TABLE org_services IS 'A service that an organization lets look into its accounts.';

CREATE TABLE org_administrators (
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    member_number     text NOT NULL,
    service_principal text NOT NULL,
    enabled_at        timestamptz NOT NULL,
    PRIMARY KEY (account_id, member_number, service_principal)
);
COMMENT ON TABLE org_administrators IS 'A member account that administers a service for its organization.';

SELECT driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())',
                          'SELECT, INSERT, UPDATE, DELETE')
  FROM unnest(ARRAY['organizational_units', 'org_policies', 'org_policy_attachments', 'account_creations',
                    'org_services', 'org_administrators']) AS name;
SELECT driftcloud_protect('organizations', 'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT, UPDATE, DELETE');
-- A management account sees its members, and every account itself; who belongs where is changed
-- by the functions below alone.
SELECT driftcloud_protect('org_members',
    'account_id = (SELECT driftcloud_account()) OR management_id = (SELECT driftcloud_account())', 'SELECT');

INSERT INTO driftcloud_resource_types VALUES
    ('organizational_unit', 'organizational_units', 'arn', NULL, NULL, true),
    ('org_policy', 'org_policies', 'arn', NULL, NULL, true);

-- Who pays for whom: a management account reads the costs of its members. Row security holds the
-- look at org_members to the caller.
CREATE OR REPLACE FUNCTION driftcloud_paid_accounts() RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 4
    AS $$ SELECT driftcloud_account()
           UNION SELECT m.account_id FROM org_members m WHERE m.management_id = driftcloud_account() $$;
COMMENT ON FUNCTION driftcloud_paid_accounts() IS
    'The accounts whose costs the account of this connection may read: its own, and those of its members.';

-- What an organization's management account may know of its members beyond org_members.
CREATE FUNCTION driftcloud_org_accounts()
    RETURNS TABLE (account_id uuid, account_number text, name text, email text, state text,
                   joined_method text, joined_at timestamptz, parent_id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT a.id, a.account_number, a.name, a.email, m.state, m.joined_method, m.joined_at, m.parent_id
          FROM org_members m JOIN cloud_accounts a ON a.id = m.account_id
         WHERE m.management_id = driftcloud_account()
    $$;
COMMENT ON FUNCTION driftcloud_org_accounts() IS 'The members of the organization that the caller manages.';

-- Any member may ask which organization it is in.
CREATE FUNCTION driftcloud_organization()
    RETURNS TABLE (organization_id text, root_id text, feature_set text, policy_types text[],
                   management_number text, management_email text, is_management boolean, parent_id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT o.organization_id, o.root_id, o.feature_set, o.policy_types, a.account_number, a.email,
               m.account_id = m.management_id, m.parent_id
          FROM org_members m JOIN organizations o ON o.account_id = m.management_id
          JOIN cloud_accounts a ON a.id = m.management_id
         WHERE m.account_id = driftcloud_account()
    $$;
COMMENT ON FUNCTION driftcloud_organization() IS 'The organization of the caller; no row: it is in none.';

CREATE FUNCTION driftcloud_move_account(number text, destination text) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH moved AS (
            UPDATE org_members m SET parent_id = destination FROM cloud_accounts a
             WHERE a.id = m.account_id AND a.account_number = number
               AND m.management_id = driftcloud_account()
               AND (EXISTS (SELECT FROM organizations o WHERE o.account_id = m.management_id AND o.root_id = destination)
                    OR EXISTS (SELECT FROM organizational_units u WHERE u.account_id = m.management_id AND u.ou_id = destination))
            RETURNING m.account_id)
        SELECT EXISTS (SELECT FROM moved)
    $$;
COMMENT ON FUNCTION driftcloud_move_account(text, text) IS 'Puts a member of the caller''s organization elsewhere in it.';

CREATE FUNCTION driftcloud_close_account(number text) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH closed AS (
            UPDATE org_members m SET state = 'SUSPENDED' FROM cloud_accounts a
             WHERE a.id = m.account_id AND a.account_number = number AND m.state = 'ACTIVE'
               AND m.management_id = driftcloud_account() AND m.account_id <> m.management_id
            RETURNING m.account_id)
        SELECT EXISTS (SELECT FROM closed)
    $$;
COMMENT ON FUNCTION driftcloud_close_account(text) IS 'Suspends a member of the caller''s organization.';

CREATE FUNCTION driftcloud_leave_organization(number text) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH gone AS (
            DELETE FROM org_members m USING cloud_accounts a
             WHERE a.id = m.account_id AND a.account_number = number
               AND m.management_id = driftcloud_account()
            RETURNING m.account_id)
        SELECT EXISTS (SELECT FROM gone)
    $$;
COMMENT ON FUNCTION driftcloud_leave_organization(text) IS 'Lets a member of the caller''s organization stand alone again.';

CREATE FUNCTION driftcloud_found_organization() RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH joined AS (
            INSERT INTO org_members (account_id, management_id, parent_id, joined_method, joined_at)
            SELECT o.account_id, o.account_id, o.root_id, 'INVITED', o.created_at
              FROM organizations o WHERE o.account_id = driftcloud_account()
                ON CONFLICT DO NOTHING
            RETURNING account_id)
        SELECT EXISTS (SELECT FROM joined)
    $$;
COMMENT ON FUNCTION driftcloud_found_organization() IS 'Makes the caller the first member of the organization that it has just made.';

-- The service control policies of an account, level by level from the root down to itself: on each
-- level one of them must allow a call. The management account has none, and its members see only
-- their own.
CREATE FUNCTION driftcloud_service_control_policies(account uuid)
    RETURNS TABLE (depth integer, target_id text, policy_id text, content text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH RECURSIVE member AS (
            SELECT m.account_id, m.management_id, m.parent_id, a.account_number
              FROM org_members m JOIN cloud_accounts a ON a.id = m.account_id
              JOIN organizations o ON o.account_id = m.management_id
             WHERE m.account_id = account AND m.management_id <> account
               AND 'SERVICE_CONTROL_POLICY' = ANY (o.policy_types)
               AND (driftcloud_account() IS NULL OR driftcloud_account() IN (account, m.management_id))
        ), path AS (
            SELECT 0 AS up, account_number AS target_id, parent_id, management_id FROM member
            UNION ALL
            SELECT p.up + 1, p.parent_id, u.parent_id, p.management_id
              FROM path p LEFT JOIN organizational_units u ON u.ou_id = p.parent_id AND u.account_id = p.management_id
             WHERE p.parent_id IS NOT NULL AND p.up < 8
        )
        SELECT (max(p.up) OVER () - p.up)::integer, p.target_id, t.policy_id, c.content
          FROM path p
          LEFT JOIN org_policy_attachments t ON t.account_id = p.management_id AND t.target_id = p.target_id
               AND (t.policy_id = 'p-FullAWSAccess' OR EXISTS (SELECT FROM org_policies k
                    WHERE k.policy_id = t.policy_id AND k.type = 'SERVICE_CONTROL_POLICY'))
          LEFT JOIN org_policies c ON c.policy_id = t.policy_id
         ORDER BY p.up DESC, t.policy_id
    $$;
COMMENT ON FUNCTION driftcloud_service_control_policies(uuid) IS
    'Every level above and of a member account with its policies; content is null for FullAWSAccess, policy_id for a level without any.';

-- The same as the evaluator of policies reads them.
CREATE OR REPLACE FUNCTION driftcloud_control_policies(account uuid)
    RETURNS TABLE (level integer, arn text, name text, document text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT s.depth, coalesce(p.arn, ''), coalesce(p.name, s.policy_id, ''),
               CASE WHEN s.policy_id = 'p-FullAWSAccess'
                    THEN '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
                    ELSE s.content END
          FROM driftcloud_service_control_policies(account) s LEFT JOIN org_policies p ON p.policy_id = s.policy_id
    $$;

DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['driftcloud_org_accounts()', 'driftcloud_organization()',
        'driftcloud_move_account(text, text)', 'driftcloud_close_account(text)',
        'driftcloud_leave_organization(text)', 'driftcloud_found_organization()',
        'driftcloud_service_control_policies(uuid)'] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO driftcloud_api', one);
    END LOOP;
END
$$;

-- Whoever keeps policies in mind hears when any of them, or whom they concern, changed.
CREATE FUNCTION driftcloud_announce_org_policies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('org_policies_changed', '');
    -- and so do the verdicts that rest on them
    PERFORM pg_notify('driftcloud_policies', '');
    RETURN NULL;
END
$$;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['organizations', 'organizational_units', 'org_members', 'org_policies',
        'org_policy_attachments'] LOOP
        EXECUTE format('CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_announce_org_policies()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['organizational_units', 'org_policies'] LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()', name);
    END LOOP;
END
$$;

-- --- the trail of API calls ------------------------------------------------------------------

CREATE TABLE trail_events (
    account_id     uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region         text NOT NULL,
    event_time     timestamptz NOT NULL,
    event_id       uuid NOT NULL,
    event_source   text NOT NULL,
    event_name     text NOT NULL,
    read_only      boolean NOT NULL,
    username       text,
    access_key_id  text,
    error_code     text,
    error_message  text,
    resource_names text[] NOT NULL DEFAULT '{}',
    resource_types text[] NOT NULL DEFAULT '{}',
    event          json NOT NULL,
    response       json,
    PRIMARY KEY (account_id, region, event_time, event_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE trail_events IS
    'A call that changed something, or was refused, as CloudTrail tells of it. Written with the change; what was answered is added within a second.';
COMMENT ON COLUMN trail_events.event_time IS 'Virtual time.';
COMMENT ON COLUMN trail_events.event IS
    'CloudTrail''s record but for what has a column of its own; secrets are left out of it.';
COMMENT ON COLUMN trail_events.response IS 'responseElements; null: the call was refused, or its answer is empty.';
COMMENT ON COLUMN trail_events.resource_types IS 'The type of each of resource_names, in their order.';

CREATE TABLE trails (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id              uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name                    text NOT NULL,
    arn                     text NOT NULL UNIQUE,
    region                  text NOT NULL DEFAULT 'us-east-1',
    s3_bucket_name          text NOT NULL,
    s3_key_prefix           text,
    global_events           boolean NOT NULL DEFAULT true,
    multi_region            boolean NOT NULL DEFAULT false,
    log_file_validation     boolean NOT NULL DEFAULT false,
    event_selectors         jsonb,
    advanced_selectors      jsonb,
    insight_selectors       jsonb,
    logging                 boolean NOT NULL DEFAULT false,
    started_at              timestamptz,
    stopped_at              timestamptz,
    delivered_at            timestamptz,
    delivered_until         timestamptz,
    tags                    jsonb NOT NULL DEFAULT '{}',
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE trails IS 'A trail of CloudTrail: which calls are to be kept as files, and where.';
COMMENT ON COLUMN trails.delivered_until IS 'Virtual time up to which calls have been put into the bucket.';

-- The last statement of a transaction, sent along with its COMMIT: text that needs no quoting.
CREATE FUNCTION driftcloud_enter_trail(entry text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    e CONSTANT json := convert_from(decode(entry, 'base64'), 'UTF8')::json;
BEGIN
    INSERT INTO trail_events (account_id, region, event_time, event_id, event_source, event_name,
                              read_only, username, access_key_id, event)
    VALUES (driftcloud_account(), e ->> 'region', (e ->> 'event_time')::timestamptz, (e ->> 'event_id')::uuid,
            e ->> 'event_source', e ->> 'event_name', false, e ->> 'username', e ->> 'access_key_id', e -> 'event');
END
$$;
COMMENT ON FUNCTION driftcloud_enter_trail(text) IS 'Enters a call into the caller''s trail: JSON in UTF-8, in base64.';

SELECT driftcloud_protect('trail_events', 'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT, UPDATE, DELETE');
SELECT driftcloud_protect('trails', 'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT, UPDATE, DELETE');
CREATE TRIGGER touch BEFORE UPDATE ON trails FOR EACH ROW EXECUTE FUNCTION driftcloud_touch();
INSERT INTO driftcloud_resource_types VALUES ('trail', 'trails', 'arn', NULL, NULL, true);

-- --- events on their way to rules ------------------------------------------------------------

CREATE TABLE event_outbox (
    id          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region      text NOT NULL,
    event_id    uuid NOT NULL DEFAULT gen_random_uuid(),
    source      text NOT NULL,
    detail_type text NOT NULL,
    resources   text[] NOT NULL DEFAULT '{}',
    detail      jsonb NOT NULL,
    happened_at timestamptz NOT NULL
);
CREATE INDEX event_outbox_account ON event_outbox (account_id);
COMMENT ON TABLE event_outbox IS
    'What happened and some rule may want to know; a server takes it out and delivers it within a second.';
COMMENT ON COLUMN event_outbox.happened_at IS 'Virtual time.';
SELECT driftcloud_protect('event_outbox', 'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT');

CREATE FUNCTION driftcloud_has_rules(account uuid, at text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT EXISTS (SELECT FROM event_rules r WHERE r.account_id = account AND r.region = at
                          AND r.bus_name = 'default' AND r.pattern IS NOT NULL AND r.status <> 'DISABLED')
    $$;
COMMENT ON FUNCTION driftcloud_has_rules(uuid, text) IS
    'Whether the default bus of a region has a rule that events might match; without any, nothing is put into event_outbox.';

CREATE FUNCTION driftcloud_emit_instance_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    emitted integer;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT driftcloud_has_rules(NEW.account_id, NEW.region) THEN
            RETURN NULL;
        END IF;
        INSERT INTO event_outbox (account_id, region, source, detail_type, resources, detail, happened_at)
        SELECT a.id, NEW.region, 'aws.ec2', 'EC2 Instance State-change Notification',
               ARRAY[format('arn:aws:ec2:%s:%s:instance/%s', NEW.region, a.account_number, NEW.instance_id)],
               jsonb_build_object('instance-id', NEW.instance_id, 'state', NEW.state), driftcloud_now(a.id)
          FROM cloud_accounts a WHERE a.id = NEW.account_id;
    ELSE
        INSERT INTO event_outbox (account_id, region, source, detail_type, resources, detail, happened_at)
        SELECT a.id, n.region, 'aws.ec2', 'EC2 Instance State-change Notification',
               ARRAY[format('arn:aws:ec2:%s:%s:instance/%s', n.region, a.account_number, n.instance_id)],
               jsonb_build_object('instance-id', n.instance_id, 'state', n.state), driftcloud_now(a.id)
          FROM new_rows n JOIN cloud_accounts a ON a.id = n.account_id
         WHERE driftcloud_has_rules(n.account_id, n.region);
    END IF;
    GET DIAGNOSTICS emitted = ROW_COUNT;
    IF emitted > 0 THEN
        PERFORM pg_notify('event_outbox', '');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER emit_state AFTER UPDATE OF state ON instances FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION driftcloud_emit_instance_state();
CREATE TRIGGER emit_launch AFTER INSERT ON instances REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (current_setting('driftcloud.audit', true) IS DISTINCT FROM 'off')
    EXECUTE FUNCTION driftcloud_emit_instance_state();

CREATE TABLE event_connections (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name        text NOT NULL,
    arn         text NOT NULL UNIQUE,
    region      text NOT NULL DEFAULT 'us-east-1',
    description text,
    auth_type   text NOT NULL,
    auth_shown  jsonb NOT NULL DEFAULT '{}',
    sealed      text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE event_connections IS 'What authorizes calls to API destinations.';
COMMENT ON COLUMN event_connections.sealed IS 'The headers of each call, under the master key.';

CREATE TABLE api_destinations (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name            text NOT NULL,
    arn             text NOT NULL UNIQUE,
    region          text NOT NULL DEFAULT 'us-east-1',
    description     text,
    endpoint        text NOT NULL,
    method          text NOT NULL,
    rate_per_second integer NOT NULL DEFAULT 300,
    connection_arn  text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE api_destinations IS 'An address on this machine that rules post events to.';
SELECT driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT, UPDATE, DELETE')
  FROM unnest(ARRAY['event_connections', 'api_destinations']) AS name;
CREATE TRIGGER touch BEFORE UPDATE ON event_connections FOR EACH ROW EXECUTE FUNCTION driftcloud_touch();
CREATE TRIGGER touch BEFORE UPDATE ON api_destinations FOR EACH ROW EXECUTE FUNCTION driftcloud_touch();

-- --- the single gateway ----------------------------------------------------------------------

CREATE TABLE gateway_signatures (
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    signature  text NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, signature)
);
COMMENT ON TABLE gateway_signatures IS
    'Signatures of requests to /fakecloud that were taken in the last minutes: none is taken twice.';
COMMENT ON COLUMN gateway_signatures.seen_at IS 'Real time.';
SELECT driftcloud_protect('gateway_signatures', 'account_id = (SELECT driftcloud_account())', 'SELECT, INSERT, DELETE');

-- --- faults on purpose -----------------------------------------------------------------------

CREATE TABLE fault_rules (
    id             text PRIMARY KEY,
    service        text NOT NULL DEFAULT '*',
    operation      text NOT NULL DEFAULT '*',
    account_number text NOT NULL DEFAULT '*',
    share          double precision NOT NULL DEFAULT 1 CHECK (share > 0 AND share <= 1),
    error          text,
    status         integer CHECK (status BETWEEN 400 AND 599),
    message        text,
    latency_ms     integer NOT NULL DEFAULT 0 CHECK (latency_ms BETWEEN 0 AND 60000),
    created_at     timestamptz NOT NULL DEFAULT now(),
    CHECK (error IS NOT NULL OR latency_ms > 0)
);
COMMENT ON TABLE fault_rules IS 'Which calls are to fail, or to take long, on purpose; * stands for all.';
COMMENT ON COLUMN fault_rules.share IS 'Of the calls concerned, how many.';
COMMENT ON COLUMN fault_rules.error IS
    'A kind of fault that each service words itself (throttled, unavailable, internal, denied …), or a code to be answered as it stands; null: latency alone.';

CREATE TABLE throttle_settings (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    enabled boolean NOT NULL DEFAULT false,
    scale   double precision NOT NULL DEFAULT 1 CHECK (scale > 0 AND scale <= 1000),
    account_number text NOT NULL DEFAULT '*'
);
INSERT INTO throttle_settings DEFAULT VALUES;
COMMENT ON TABLE throttle_settings IS 'Whether calls are held to the rates that AWS documents.';
COMMENT ON COLUMN throttle_settings.scale IS 'What AWS''s rates are multiplied by.';

SELECT driftcloud_protect('fault_rules');
SELECT driftcloud_protect('throttle_settings');

CREATE FUNCTION driftcloud_announce_faults() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('faults_changed', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON fault_rules
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_announce_faults();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON throttle_settings
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_announce_faults();

SELECT driftcloud_sync_tags();
SELECT driftcloud_audit(kind) FROM unnest(ARRAY['organizational_unit', 'org_policy', 'trail']) AS kind;
