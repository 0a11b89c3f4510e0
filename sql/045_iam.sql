-- Identity: users, groups, roles, policies and what is attached to whom; whose every access key is.

-- Ids as IAM gives them: a prefix and 17 letters, the same for the same seed.
CREATE FUNCTION driftcloud_iam_id(prefix text, seed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT prefix || string_agg(substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 1 + get_byte(h, n) % 32, 1), '' ORDER BY n)
          FROM (SELECT sha256(convert_to(prefix || '/' || seed, 'UTF8')) AS h) s, generate_series(0, 16) AS n
    $$;
COMMENT ON FUNCTION driftcloud_iam_id(text, text) IS 'A unique id of IAM (AIDA…, AROA…) that follows from a seed.';

CREATE TABLE users (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id              uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    user_id                 text NOT NULL UNIQUE,
    name                    text NOT NULL,
    path                    text NOT NULL DEFAULT '/',
    arn                     text NOT NULL UNIQUE,
    permissions_boundary    text,
    password_created_at     timestamptz,
    password_reset_required boolean NOT NULL DEFAULT false,
    password_last_used_at   timestamptz,
    tags                    jsonb NOT NULL DEFAULT '{}',
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'An IAM user; every access key of the account is one''s.';
COMMENT ON COLUMN users.permissions_boundary IS 'ARN of the managed policy that bounds what the user may do.';
COMMENT ON COLUMN users.password_created_at IS 'Since when the user may sign in to a console; null: not at all.';
CREATE UNIQUE INDEX users_name ON users (account_id, lower(name));

CREATE TABLE user_groups (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    group_id   text NOT NULL UNIQUE,
    name       text NOT NULL,
    path       text NOT NULL DEFAULT '/',
    arn        text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_groups IS 'An IAM group: policies for all its users.';
CREATE UNIQUE INDEX user_groups_name ON user_groups (account_id, lower(name));

CREATE TABLE group_members (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    group_id   uuid NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    UNIQUE (group_id, user_id)
);
COMMENT ON TABLE group_members IS 'That a user belongs to a group.';
CREATE INDEX group_members_user ON group_members (user_id);
CREATE INDEX group_members_account ON group_members (account_id);

CREATE TABLE policies (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    policy_id       text NOT NULL UNIQUE,
    name            text NOT NULL,
    path            text NOT NULL DEFAULT '/',
    arn             text NOT NULL UNIQUE,
    description     text,
    default_version integer NOT NULL DEFAULT 1,
    last_version    integer NOT NULL DEFAULT 1,
    tags            jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE policies IS 'A managed policy of the customer''s own.';
COMMENT ON COLUMN policies.last_version IS 'The highest number that a version ever had; numbers are not given twice.';
COMMENT ON COLUMN policies.changed_at IS 'When a version was last made or chosen, in virtual time.';
CREATE UNIQUE INDEX policies_name ON policies (account_id, lower(name));

CREATE TABLE policy_versions (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    policy_id  uuid NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
    version    integer NOT NULL,
    document   text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (policy_id, version)
);
CREATE INDEX policy_versions_account ON policy_versions (account_id);
COMMENT ON TABLE policy_versions IS 'A version of a managed policy: its document, letter by letter.';

CREATE TABLE policy_attachments (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    entity_type text NOT NULL CHECK (entity_type IN ('user', 'group', 'role')),
    entity_id   uuid NOT NULL,
    policy_arn  text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (entity_id, policy_arn)
);
COMMENT ON TABLE policy_attachments IS 'That a managed policy, the customer''s or AWS''s, holds for a user, group or role.';
COMMENT ON COLUMN policy_attachments.entity_id IS 'The id of the row in users, user_groups or roles.';
CREATE INDEX policy_attachments_policy ON policy_attachments (account_id, policy_arn);

CREATE TABLE inline_policies (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    entity_type text NOT NULL CHECK (entity_type IN ('user', 'group', 'role')),
    entity_id   uuid NOT NULL,
    name        text NOT NULL,
    document    text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (entity_id, name)
);
CREATE INDEX inline_policies_account ON inline_policies (account_id);
COMMENT ON TABLE inline_policies IS 'A policy that is part of one user, group or role.';

-- Roles become IAM's: what trusts whom is a document now, and rights are policies.
ALTER TABLE roles
    ADD COLUMN assume_role_policy   jsonb,
    ADD COLUMN permissions_boundary text,
    ADD COLUMN tags                 jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN updated_at           timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN roles.assume_role_policy IS 'The trust policy. It follows from trusted and external_id when those are written.';
COMMENT ON COLUMN roles.permissions_boundary IS 'ARN of the managed policy that bounds what sessions of the role may do.';
CREATE UNIQUE INDEX roles_lower_name ON roles (account_id, lower(name));

CREATE FUNCTION driftcloud_trust(trusted text[], external_id text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT jsonb_build_object('Version', '2012-10-17', 'Statement', jsonb_build_array(
            jsonb_build_object('Effect', 'Allow', 'Principal', jsonb_build_object('AWS',
                coalesce((SELECT jsonb_agg(CASE WHEN t ~ '^[0-9]{12}$' THEN 'arn:aws:iam::' || t || ':root' ELSE t END ORDER BY n)
                            FROM unnest(trusted) WITH ORDINALITY AS u (t, n)), '[]')),
                'Action', 'sts:AssumeRole')
            || CASE WHEN external_id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('Condition',
                jsonb_build_object('StringEquals', jsonb_build_object('sts:ExternalId', external_id))) END))
    $$;
COMMENT ON FUNCTION driftcloud_trust(text[], text) IS 'The trust policy that lets these accounts and ARNs assume a role.';

CREATE FUNCTION driftcloud_keep_trust() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.assume_role_policy := coalesce(NEW.assume_role_policy, driftcloud_trust(NEW.trusted, NEW.external_id));
    ELSIF (OLD.trusted, OLD.external_id) IS DISTINCT FROM (NEW.trusted, NEW.external_id) THEN
        NEW.assume_role_policy := driftcloud_trust(NEW.trusted, NEW.external_id);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_trust BEFORE INSERT OR UPDATE ON roles FOR EACH ROW EXECUTE FUNCTION driftcloud_keep_trust();
UPDATE roles SET assume_role_policy = driftcloud_trust(trusted, external_id);
ALTER TABLE roles ALTER COLUMN assume_role_policy SET NOT NULL;

-- What roles could do by scopes they may do by the policies that say the same.
INSERT INTO policy_attachments (account_id, entity_type, entity_id, policy_arn)
SELECT account_id, 'role', id, 'arn:aws:iam::aws:policy/' || CASE WHEN scopes ? '*' THEN 'AdministratorAccess' ELSE 'ReadOnlyAccess' END
  FROM roles WHERE scopes <> '[]';
UPDATE roles SET scopes = '[]';
ALTER TABLE roles ALTER COLUMN scopes SET DEFAULT '[]';
COMMENT ON COLUMN roles.scopes IS 'Rights of the role''s sessions beside its policies, as in api_clients.scopes.';

DROP FUNCTION driftcloud_role(text);
CREATE FUNCTION driftcloud_role(given_arn text)
    RETURNS TABLE (account_id uuid, account_number text, role_id text, name text, path text, arn text,
                   assume_role_policy jsonb, scopes jsonb, max_session_duration_seconds integer, tags jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT r.account_id, a.account_number, r.role_id, r.name, r.path, r.arn, r.assume_role_policy,
               r.scopes, r.max_session_duration_seconds, r.tags
          FROM roles r JOIN cloud_accounts a ON a.id = r.account_id
         WHERE r.arn = given_arn
    $$;
COMMENT ON FUNCTION driftcloud_role(text) IS 'The role of an ARN, in whatever account; for AssumeRole.';
REVOKE ALL ON FUNCTION driftcloud_role(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_role(text) TO driftcloud_api;

CREATE TABLE instance_profiles (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    instance_profile_id text NOT NULL UNIQUE,
    name                text NOT NULL,
    path                text NOT NULL DEFAULT '/',
    arn                 text NOT NULL UNIQUE,
    role_id             uuid REFERENCES roles (id) ON DELETE SET NULL,
    tags                jsonb NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE instance_profiles IS 'What hands a role to EC2 instances.';
CREATE UNIQUE INDEX instance_profiles_name ON instance_profiles (account_id, lower(name));
CREATE INDEX instance_profiles_role ON instance_profiles (role_id);

CREATE TABLE password_policies (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL UNIQUE REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    settings   jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE password_policies IS 'What passwords of an account''s users must be like, as IAM words it.';

CREATE TABLE credential_reports (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL UNIQUE REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    content      text NOT NULL,
    generated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE credential_reports IS 'The newest credential report of an account, as CSV.';
COMMENT ON COLUMN credential_reports.generated_at IS 'Real time.';

CREATE TABLE access_jobs (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    arn         text NOT NULL,
    granularity text NOT NULL DEFAULT 'SERVICE_LEVEL',
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE access_jobs IS 'That somebody asked when an entity''s permissions were last used.';
COMMENT ON COLUMN access_jobs.created_at IS 'Real time.';
CREATE INDEX access_jobs_account ON access_jobs (account_id);

CREATE TABLE service_uses (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    entity_arn   text NOT NULL,
    service      text NOT NULL,
    region       text NOT NULL DEFAULT 'us-east-1',
    last_used_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, entity_arn, service)
);
COMMENT ON TABLE service_uses IS 'When a user or role last called a service; written behind the calls.';
COMMENT ON COLUMN service_uses.last_used_at IS 'Real time.';

-- Access keys are users' keys. A key that the operator makes is one of the user of its name.
ALTER TABLE api_clients
    ADD COLUMN user_name         text,
    ADD COLUMN last_used_service text,
    ADD COLUMN last_used_region  text;
COMMENT ON COLUMN api_clients.user_name IS 'The IAM user whose key it is.';
COMMENT ON COLUMN api_clients.last_used_service IS 'What the key was last used for, as signatures name services.';

CREATE FUNCTION driftcloud_name_user() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number CONSTANT text := driftcloud_account_number(NEW.account_id);
BEGIN
    IF NEW.user_name IS NULL OR (TG_OP = 'UPDATE' AND NEW.name <> OLD.name AND NEW.user_name = OLD.user_name) THEN
        NEW.user_name := left(regexp_replace(NEW.name, '[^A-Za-z0-9_+=,.@-]', '-', 'g'), 64);
    END IF;
    IF NEW.user_name = '' THEN
        NEW.user_name := 'client';
    END IF;
    INSERT INTO users (account_id, user_id, name, arn, created_at)
    VALUES (NEW.account_id, driftcloud_iam_id('AIDA', number || '/' || NEW.user_name), NEW.user_name,
            'arn:aws:iam::' || number || ':user/' || NEW.user_name, driftcloud_now(NEW.account_id))
        ON CONFLICT DO NOTHING;
    NEW.user_name := coalesce((SELECT u.name FROM users u WHERE u.account_id = NEW.account_id
                                AND lower(u.name) = lower(NEW.user_name)), NEW.user_name);
    RETURN NEW;
END
$$;

-- What verifying a signature needs to know of an access key, and whose it is.
CREATE FUNCTION driftcloud_key(access_key_id text)
    RETURNS TABLE (client_id uuid, account_id uuid, account_number text, name text, secret_sealed bytea,
                   secret_key_hash text, key_version integer, scopes jsonb, status text, expires_at timestamptz,
                   user_name text, user_id text, user_arn text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT k.id, k.account_id, a.account_number, k.name, k.secret_sealed, k.secret_key_hash, k.key_version,
               k.scopes, k.status, k.expires_at, u.name, u.user_id, u.arn
          FROM api_clients k JOIN cloud_accounts a ON a.id = k.account_id
          LEFT JOIN users u ON u.account_id = k.account_id AND lower(u.name) = lower(k.user_name)
         WHERE k.access_key_id = $1
    $$;
COMMENT ON FUNCTION driftcloud_key(text) IS 'What verifying a signature needs to know of an access key, and whose it is.';
REVOKE ALL ON FUNCTION driftcloud_key(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_key(text) TO driftcloud_api;

-- The account of an access key, for whoever found one: sts GetAccessKeyInfo.
CREATE FUNCTION driftcloud_key_account(access_key_id text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT a.account_number FROM api_clients k JOIN cloud_accounts a ON a.id = k.account_id
         WHERE k.access_key_id = $1
    $$;
REVOKE ALL ON FUNCTION driftcloud_key_account(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_key_account(text) TO driftcloud_api;

-- Service control policies that bear on an account, by level from the root down. An organisation's
-- migration says which; without one there are none.
CREATE FUNCTION driftcloud_control_policies(account uuid)
    RETURNS TABLE (level integer, arn text, name text, document text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT 0, '', '', '' WHERE false $$;
COMMENT ON FUNCTION driftcloud_control_policies(uuid) IS
    'Service control policies of an account: on every level that has a row, one must allow.';
REVOKE ALL ON FUNCTION driftcloud_control_policies(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_control_policies(uuid) TO driftcloud_api;

-- Registration: tags, audit, row security, updated_at.
INSERT INTO driftcloud_resource_types VALUES
    ('user', 'users', 'arn', NULL, NULL, true),
    ('role', 'roles', 'arn', NULL, NULL, true),
    ('policy', 'policies', 'arn', NULL, NULL, true),
    ('instance_profile', 'instance_profiles', 'arn', NULL, NULL, true);
SELECT driftcloud_sync_tags();
SELECT driftcloud_audit(kind) FROM unnest(ARRAY['user', 'role', 'policy', 'instance_profile']) AS kind;

CREATE FUNCTION driftcloud_announce_policies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('driftcloud_policies', CASE WHEN TG_OP = 'DELETE' THEN OLD.account_id ELSE NEW.account_id END::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION driftcloud_announce_policies() IS 'Tells every server process whose permissions changed: an account''s id, or nothing for all.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['users', 'policies', 'roles', 'instance_profiles'] LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['users', 'roles', 'user_groups', 'group_members', 'policies', 'policy_versions',
                                'policy_attachments', 'inline_policies'] LOOP
        EXECUTE format('CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW
                        EXECUTE FUNCTION driftcloud_announce_policies()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['users', 'user_groups', 'group_members', 'policies', 'policy_versions',
                                'policy_attachments', 'inline_policies', 'instance_profiles', 'password_policies',
                                'credential_reports', 'access_jobs', 'service_uses'] LOOP
        PERFORM driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())',
                                   'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
END
$$;
GRANT INSERT, UPDATE, DELETE ON roles TO driftcloud_api;

-- A renamed user is another principal to whoever cached its keys.
CREATE FUNCTION driftcloud_follow_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE api_clients SET user_name = NEW.name WHERE account_id = NEW.account_id AND user_name = OLD.name;
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_name AFTER UPDATE ON users FOR EACH ROW WHEN (OLD.arn IS DISTINCT FROM NEW.arn)
    EXECUTE FUNCTION driftcloud_follow_user();
DROP TRIGGER announce_update ON api_clients;
CREATE TRIGGER announce_update AFTER UPDATE ON api_clients
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.name, OLD.access_key_id, OLD.secret_key_hash, OLD.scopes,
         OLD.secret_sealed, OLD.key_version, OLD.status, OLD.expires_at, OLD.created_at, OLD.user_name)
        IS DISTINCT FROM
        (NEW.id, NEW.account_id, NEW.name, NEW.access_key_id, NEW.secret_key_hash, NEW.scopes,
         NEW.secret_sealed, NEW.key_version, NEW.status, NEW.expires_at, NEW.created_at, NEW.user_name))
    EXECUTE FUNCTION driftcloud_announce_client();

CREATE TRIGGER name_user BEFORE INSERT OR UPDATE OF name, user_name ON api_clients
    FOR EACH ROW EXECUTE FUNCTION driftcloud_name_user();
UPDATE api_clients SET user_name = NULL;
CREATE INDEX api_clients_user ON api_clients (account_id, lower(user_name));
