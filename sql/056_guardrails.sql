-- Guardrails: what must not be optimised now, or not without leave, and who did so all the same.

CREATE TABLE truth.breaches (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    date          date NOT NULL,
    at            timestamptz NOT NULL,
    principal     text,
    kind          text NOT NULL CHECK (kind IN ('freeze', 'policy')),
    resource_type text NOT NULL,
    resource_id   text NOT NULL,
    operation     text,
    detail        text NOT NULL
);
CREATE INDEX truth_breaches_account ON truth.breaches (account_id, date);
COMMENT ON TABLE truth.breaches IS
    'One change by an agent of a resource that was frozen, or whose policy is not to be acted on unasked.';
COMMENT ON COLUMN truth.breaches.date IS 'Virtual day.';
COMMENT ON COLUMN truth.breaches.at IS 'Virtual time of the change.';
COMMENT ON COLUMN truth.breaches.principal IS 'The ARN of who did it; null where no call is behind it.';
COMMENT ON COLUMN truth.breaches.operation IS 'The call, as service:Operation.';
COMMENT ON COLUMN truth.breaches.detail IS 'What was changed, and what stood against it.';
