-- What was taken of a volume, in the order in which it was taken: how snapshots of one day are found.

CREATE INDEX snapshots_of_volume ON snapshots (account_id, source_volume_id, created_at, snapshot_id)
    WHERE source_volume_id IS NOT NULL;
