-- Credentials of users beside access keys and passwords, and who else vouches for people: MFA devices,
-- SSH keys, signing certificates, credentials of single services, identity providers, server certificates.
CREATE TABLE mfa_devices (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id     uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    arn            text NOT NULL UNIQUE,
    name           text NOT NULL,
    path           text NOT NULL DEFAULT '/',
    seed_sealed    text NOT NULL,
    user_id        uuid REFERENCES users (id) ON DELETE SET NULL,
    enabled_at     timestamptz,
    code_taken_at  timestamptz,
    tags           jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mfa_devices IS 'A virtual MFA device; its ARN is its serial number.';
COMMENT ON COLUMN mfa_devices.seed_sealed IS 'The seed of its codes, sealed with the server''s master key.';
COMMENT ON COLUMN mfa_devices.code_taken_at IS 'The half minute, in real time, of the last code that was taken; none is taken twice.';
CREATE UNIQUE INDEX mfa_devices_name ON mfa_devices (account_id, lower(name));
CREATE INDEX mfa_devices_user ON mfa_devices (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE user_credentials (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    user_id       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind          text NOT NULL CHECK (kind IN ('ssh_public_key', 'signing_certificate', 'service_specific')),
    credential_id text NOT NULL UNIQUE,
    status        text NOT NULL DEFAULT 'Active' CHECK (status IN ('Active', 'Inactive', 'Expired')),
    body          text NOT NULL DEFAULT '',
    fingerprint   text NOT NULL DEFAULT '',
    service       text,
    service_user  text,
    expires_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_credentials IS 'An SSH public key, a signing certificate or a credential for one service, of an IAM user.';
COMMENT ON COLUMN user_credentials.body IS 'The key or certificate as it was uploaded; of a service''s credential nothing: its password is told once.';
CREATE INDEX user_credentials_user ON user_credentials (user_id, kind, credential_id);
CREATE INDEX user_credentials_account ON user_credentials (account_id);

CREATE TABLE identity_providers (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('saml', 'oidc')),
    arn          text NOT NULL UNIQUE,
    url          text,
    client_ids   text[] NOT NULL DEFAULT '{}',
    thumbprints  text[] NOT NULL DEFAULT '{}',
    metadata     text,
    valid_until  timestamptz,
    tags         jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE identity_providers IS 'Who vouches for federated users: a SAML 2.0 or an OpenID Connect provider.';
COMMENT ON COLUMN identity_providers.metadata IS 'The SAML metadata document as it was given.';
CREATE INDEX identity_providers_account ON identity_providers (account_id, kind, arn);

CREATE TABLE server_certificates (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id     uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    certificate_id text NOT NULL UNIQUE,
    name           text NOT NULL,
    path           text NOT NULL DEFAULT '/',
    arn            text NOT NULL UNIQUE,
    body           text NOT NULL,
    chain          text,
    expires_at     timestamptz NOT NULL,
    tags           jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE server_certificates IS 'A server certificate kept by IAM. Its private key is told by no operation, and not kept.';
COMMENT ON COLUMN server_certificates.expires_at IS 'As the certificate says, in real time.';
CREATE UNIQUE INDEX server_certificates_name ON server_certificates (account_id, lower(name));

ALTER TABLE cloud_accounts
    ADD COLUMN global_token_version smallint NOT NULL DEFAULT 1 CHECK (global_token_version IN (1, 2));
COMMENT ON COLUMN cloud_accounts.global_token_version IS 'Of tokens from the global endpoint of STS: where they are valid.';

INSERT INTO driftcloud_resource_types VALUES
    ('mfa_device', 'mfa_devices', 'arn', NULL, NULL, true),
    ('identity_provider', 'identity_providers', 'arn', NULL, NULL, true),
    ('server_certificate', 'server_certificates', 'arn', NULL, NULL, true);
SELECT driftcloud_sync_tags();
SELECT driftcloud_audit(kind) FROM unnest(ARRAY['mfa_device', 'identity_provider', 'server_certificate']) AS kind;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['mfa_devices', 'user_credentials', 'identity_providers', 'server_certificates'] LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()', name);
        PERFORM driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())',
                                   'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
END
$$;
GRANT UPDATE (global_token_version) ON cloud_accounts TO driftcloud_api;

-- Policies of event buses and of versions of layers take part in the judgement of calls too.
CREATE TRIGGER announce_policy_of_new AFTER INSERT ON event_buses
    FOR EACH ROW WHEN (NEW.policy IS NOT NULL) EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy AFTER UPDATE OF policy ON event_buses
    FOR EACH ROW WHEN (OLD.policy IS DISTINCT FROM NEW.policy)
    EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy_of_gone AFTER DELETE ON event_buses
    FOR EACH ROW WHEN (OLD.policy IS NOT NULL) EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy AFTER UPDATE OF policy, deleted_at ON lambda_layer_versions
    FOR EACH ROW WHEN ((OLD.policy, OLD.deleted_at) IS DISTINCT FROM (NEW.policy, NEW.deleted_at))
    EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy_of_gone AFTER DELETE ON lambda_layer_versions
    FOR EACH ROW WHEN (OLD.policy <> '[]') EXECUTE FUNCTION driftcloud_announce_resource_policies();
