-- What recommendations need beyond the tables before: who takes part, with which preferences, what
-- Trusted Advisor was asked to look at again, and the cases of support.

CREATE TABLE recommendation_enrollments (
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    service         text NOT NULL CHECK (service IN ('compute-optimizer', 'cost-optimization-hub')),
    status          text NOT NULL DEFAULT 'Active' CHECK (status IN ('Active', 'Inactive')),
    include_members boolean NOT NULL DEFAULT false,
    preferences     jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, service)
);
COMMENT ON TABLE recommendation_enrollments IS
    'Whether an account takes part in a service that recommends. Without a row it does, as if opted in when it was opened.';
COMMENT ON COLUMN recommendation_enrollments.preferences IS
    'The preferences of Cost Optimization Hub, in the members of its API.';

CREATE TABLE recommendation_preferences (
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    resource_type text NOT NULL,
    scope_name    text NOT NULL CHECK (scope_name IN ('Organization', 'AccountId', 'ResourceArn')),
    scope_value   text NOT NULL,
    settings      jsonb NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, resource_type, scope_name, scope_value)
);
COMMENT ON TABLE recommendation_preferences IS
    'How Compute Optimizer is to judge the resources of a type: over which look-back, with which headroom.';
COMMENT ON COLUMN recommendation_preferences.settings IS 'The preferences in the members of the API.';

CREATE TABLE trusted_advisor_refreshes (
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    check_id     text NOT NULL,
    refreshed_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, check_id)
);
COMMENT ON TABLE trusted_advisor_refreshes IS 'When a check was last asked to look again.';

CREATE TABLE support_cases (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    case_id         text NOT NULL,
    display_id      text NOT NULL,
    subject         text NOT NULL,
    status          text NOT NULL DEFAULT 'opened' CHECK (status IN (
                        'opened', 'pending-customer-action', 'reopened', 'resolved', 'unassigned', 'work-in-progress')),
    service_code    text NOT NULL,
    category_code   text NOT NULL,
    severity_code   text NOT NULL,
    issue_type      text NOT NULL,
    language        text NOT NULL,
    submitted_by    text NOT NULL,
    email_addresses text[] NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, case_id)
);
COMMENT ON TABLE support_cases IS 'A case of AWS Support.';

CREATE TABLE support_communications (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    case_id      text NOT NULL,
    body         text NOT NULL,
    submitted_by text NOT NULL,
    created_at   timestamptz NOT NULL,
    FOREIGN KEY (account_id, case_id) REFERENCES support_cases (account_id, case_id) ON DELETE CASCADE
);
CREATE INDEX support_communications_case ON support_communications (account_id, case_id, created_at);
COMMENT ON TABLE support_communications IS 'What was written to a case.';

-- What a function's code needs does not change with what it is given.
CREATE FUNCTION driftcloud_memory_used(arn text, memory_mb integer) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT least(memory_mb, 52 + round(900 * driftcloud_noise(0, arn, '/memory_used') ^ 3)::integer) $$;
COMMENT ON FUNCTION driftcloud_memory_used IS
    'The most memory that an invocation of a function takes, MB, as its logs report it.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['recommendation_enrollments', 'recommendation_preferences', 'support_cases']
    LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['recommendation_enrollments', 'recommendation_preferences',
        'trusted_advisor_refreshes', 'support_cases', 'support_communications']
    LOOP
        PERFORM driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())',
                                   'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
END
$$;
