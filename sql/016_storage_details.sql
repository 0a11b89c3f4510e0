-- What EBS, S3, Logs and addresses show beyond the first schema.

ALTER TABLE volumes
    ADD COLUMN availability_zone     text,
    ADD COLUMN iops                  integer,
    ADD COLUMN throughput            integer,
    ADD COLUMN encrypted             boolean NOT NULL DEFAULT false,
    ADD COLUMN kms_key_id            text,
    ADD COLUMN snapshot_id           text,
    ADD COLUMN multi_attach_enabled  boolean NOT NULL DEFAULT false,
    ADD COLUMN attach_device         text,
    ADD COLUMN attach_time           timestamptz,
    ADD COLUMN delete_on_termination boolean NOT NULL DEFAULT false,
    ADD COLUMN modified_at           timestamptz,
    ADD COLUMN client_token          text;
COMMENT ON COLUMN volumes.throughput IS 'MiB per second, gp3 only.';
COMMENT ON COLUMN volumes.snapshot_id IS 'The snapshot that the volume was made from.';
COMMENT ON COLUMN volumes.delete_on_termination IS
    'Whether the volume goes with the instance it is attached to; false is how zombies are made.';

ALTER TABLE snapshots
    ADD COLUMN state                    text NOT NULL DEFAULT 'completed'
                                        CHECK (state IN ('pending', 'completed', 'error', 'recoverable', 'recovering')),
    ADD COLUMN description              text,
    ADD COLUMN progress                 text DEFAULT '100%',
    ADD COLUMN encrypted                boolean NOT NULL DEFAULT false,
    ADD COLUMN kms_key_id               text,
    ADD COLUMN data_encryption_key_id   text,
    ADD COLUMN storage_tier             text NOT NULL DEFAULT 'standard' CHECK (storage_tier IN ('standard', 'archive')),
    ADD COLUMN full_snapshot_size_bytes bigint,
    ADD COLUMN started_at               timestamptz,
    ADD COLUMN completed_at             timestamptz;
COMMENT ON COLUMN snapshots.started_at IS 'Null: created_at.';

ALTER TABLE elastic_ips
    ADD COLUMN region                    text NOT NULL DEFAULT 'us-east-1',
    ADD COLUMN association_id            text,
    ADD COLUMN association_time          timestamptz,
    ADD COLUMN network_interface_id      text,
    ADD COLUMN private_ip_address        text,
    ADD COLUMN network_border_group      text,
    ADD COLUMN public_ipv4_pool          text NOT NULL DEFAULT 'amazon',
    ADD COLUMN associated_nat_gateway_id text;
CREATE UNIQUE INDEX elastic_ips_public_ip ON elastic_ips (public_ip);
COMMENT ON COLUMN elastic_ips.network_border_group IS 'Null: the region itself.';

ALTER TABLE s3_buckets
    ADD COLUMN versioning            text CHECK (versioning IN ('Enabled', 'Suspended')),
    ADD COLUMN encryption            jsonb,
    ADD COLUMN public_access_block   jsonb,
    ADD COLUMN intelligent_tiering   jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN s3_buckets.versioning IS 'Null: never turned on.';

ALTER TABLE log_groups
    ADD COLUMN arn          text UNIQUE,
    ADD COLUMN class        text NOT NULL DEFAULT 'STANDARD' CHECK (class IN ('STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY')),
    ADD COLUMN stored_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN kms_key_id   text;
COMMENT ON COLUMN log_groups.stored_bytes IS 'Bytes held after the newest virtual day.';
