-- The roles that STS lets principals assume, within an account and across accounts.

CREATE TABLE roles (
    id                           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    role_id                      text NOT NULL UNIQUE,
    name                         text NOT NULL,
    arn                          text NOT NULL UNIQUE,
    path                         text NOT NULL DEFAULT '/',
    description                  text,
    trusted                      text[] NOT NULL DEFAULT '{}',
    external_id                  text,
    scopes                       jsonb NOT NULL DEFAULT '["read:*"]',
    max_session_duration_seconds integer NOT NULL DEFAULT 3600
                                 CHECK (max_session_duration_seconds BETWEEN 3600 AND 43200),
    created_at                   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
COMMENT ON TABLE roles IS 'A role that principals may assume, if it trusts them.';
COMMENT ON COLUMN roles.trusted IS 'Account numbers or principal ARNs that may assume the role.';
COMMENT ON COLUMN roles.external_id IS 'What whoever assumes the role must name; null: nothing.';
COMMENT ON COLUMN roles.scopes IS 'The rights of a session of this role, as in api_clients.scopes.';

SELECT driftcloud_protect('roles', 'account_id = (SELECT driftcloud_account())', 'SELECT');

-- A role is found by its ARN from another account: that is what trust across accounts means.
CREATE FUNCTION driftcloud_role(given_arn text)
RETURNS TABLE (account_id uuid, account_number text, role_id text, name text, arn text,
               trusted text[], external_id text, scopes jsonb, max_session_duration_seconds integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.account_id, a.account_number, r.role_id, r.name, r.arn, r.trusted, r.external_id,
           r.scopes, r.max_session_duration_seconds
      FROM roles r JOIN cloud_accounts a ON a.id = r.account_id
     WHERE r.arn = given_arn
$$;
COMMENT ON FUNCTION driftcloud_role(text) IS 'The role of an ARN, in whatever account; for AssumeRole.';
REVOKE ALL ON FUNCTION driftcloud_role(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_role(text) TO driftcloud_api;
