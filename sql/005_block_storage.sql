-- Disks and the snapshots taken of them.

CREATE TABLE volumes (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    volume_id            text NOT NULL UNIQUE,
    region               text NOT NULL DEFAULT 'us-east-1',
    size_gib             integer NOT NULL,
    volume_type          text NOT NULL DEFAULT 'gp3',
    state                text NOT NULL DEFAULT 'available'
                         CHECK (state IN ('creating', 'available', 'in-use', 'deleting', 'deleted')),
    attached_instance_id text,
    monthly_cost         numeric(10,4) NOT NULL DEFAULT 0,
    last_used_at         timestamptz,
    tags                 jsonb DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_volumes_account_id ON volumes (account_id);
CREATE INDEX idx_volumes_state ON volumes (state);
CREATE INDEX idx_volumes_attached ON volumes (attached_instance_id) WHERE attached_instance_id IS NOT NULL;

COMMENT ON TABLE volumes IS
    'A block storage volume (EBS).';
COMMENT ON COLUMN volumes.attached_instance_id IS
    'instances.instance_id; null: attached to nothing.';

CREATE TABLE snapshots (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    snapshot_id      text NOT NULL UNIQUE,
    region           text NOT NULL DEFAULT 'us-east-1',
    source_volume_id text,
    size_gib         integer NOT NULL,
    retention_policy text,
    monthly_cost     numeric(10,4) NOT NULL DEFAULT 0,
    tags             jsonb DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_snapshots_account_id ON snapshots (account_id);
CREATE INDEX idx_snapshots_source_volume ON snapshots (source_volume_id) WHERE source_volume_id IS NOT NULL;

COMMENT ON TABLE snapshots IS
    'A snapshot of a volume; it outlives its volume.';
COMMENT ON COLUMN snapshots.source_volume_id IS
    'volumes.volume_id, also after that volume is gone.';
