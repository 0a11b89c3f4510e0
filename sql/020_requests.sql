-- What outlives a single request: idempotency tokens and modifications under way.

CREATE TABLE client_tokens (
    account_id   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    service      text NOT NULL,
    operation    text NOT NULL,
    token        text NOT NULL,
    region       text NOT NULL DEFAULT 'us-east-1',
    request_hash text NOT NULL,
    answer       jsonb,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, service, operation, token)
);
CREATE INDEX client_tokens_created ON client_tokens (created_at);
COMMENT ON TABLE client_tokens IS
    'A request''s ClientToken, written in the transaction of the work, so that a retry does nothing twice.';
COMMENT ON COLUMN client_tokens.request_hash IS
    'Hash of the other parameters: the same token with other parameters is an error on AWS.';
COMMENT ON COLUMN client_tokens.answer IS 'What to answer again: ids or the whole result.';

CREATE TABLE volume_modifications (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    volume_id           text NOT NULL,
    region              text NOT NULL DEFAULT 'us-east-1',
    state               text NOT NULL DEFAULT 'optimizing'
                        CHECK (state IN ('modifying', 'optimizing', 'completed', 'failed')),
    target_size         integer,
    target_iops         integer,
    target_throughput   integer,
    target_type         text,
    target_multi_attach boolean NOT NULL DEFAULT false,
    original_size       integer,
    original_iops       integer,
    original_throughput integer,
    original_type       text,
    original_multi_attach boolean NOT NULL DEFAULT false,
    progress            integer NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    started_at          timestamptz NOT NULL DEFAULT now(),
    ended_at            timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX volume_modifications_page ON volume_modifications (account_id, region, volume_id, started_at);
COMMENT ON TABLE volume_modifications IS 'A ModifyVolume: what was asked of a volume, and what it was before.';
COMMENT ON COLUMN volume_modifications.ended_at IS
    'Virtual time at which the modification is complete; may lie ahead.';

CREATE TABLE reserved_instances_modifications (
    id                                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    reserved_instances_modification_id text NOT NULL UNIQUE,
    region                             text NOT NULL DEFAULT 'us-east-1',
    client_token                       text,
    source_ids                         text[] NOT NULL DEFAULT '{}',
    target                             jsonb NOT NULL DEFAULT '[]',
    status                             text NOT NULL DEFAULT 'processing'
                                       CHECK (status IN ('processing', 'fulfilled', 'failed')),
    status_message                     text,
    created_at                         timestamptz NOT NULL DEFAULT now(),
    updated_at                         timestamptz NOT NULL DEFAULT now(),
    effective_at                       timestamptz
);
CREATE INDEX reserved_instances_modifications_page
    ON reserved_instances_modifications (account_id, region, reserved_instances_modification_id);
COMMENT ON TABLE reserved_instances_modifications IS 'A ModifyReservedInstances and what came of it.';
COMMENT ON COLUMN reserved_instances_modifications.source_ids IS 'commitments.id of what was modified.';
