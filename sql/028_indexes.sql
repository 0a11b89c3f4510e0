-- Indexes for how the rows are read: pages by key, tag filters, days.
--
-- Under row security only leakproof operators may narrow an index scan, so these are plain btrees
-- on text, uuid, date and timestamp; a jsonb or LIKE condition is a filter on what they find.

CREATE UNIQUE INDEX instances_page ON instances (account_id, region, instance_id);
CREATE INDEX instances_settling ON instances (settles_at) WHERE settles_at IS NOT NULL;
CREATE UNIQUE INDEX volumes_page ON volumes (account_id, region, volume_id);
CREATE UNIQUE INDEX snapshots_page ON snapshots (account_id, region, snapshot_id);
CREATE UNIQUE INDEX elastic_ips_page ON elastic_ips (account_id, region, allocation_id);
CREATE INDEX elastic_ips_instance ON elastic_ips (associated_instance_id) WHERE associated_instance_id IS NOT NULL;
CREATE INDEX load_balancers_page ON load_balancers (account_id, region, name);
CREATE INDEX container_clusters_page ON container_clusters (account_id, region, name);
CREATE INDEX container_nodes_instance ON container_nodes (instance_id);
CREATE UNIQUE INDEX lambda_functions_page ON lambda_functions (account_id, region, name);
CREATE UNIQUE INDEX log_groups_page ON log_groups (account_id, region, name);
CREATE INDEX s3_buckets_page ON s3_buckets (account_id, name);
CREATE INDEX managed_services_page ON managed_services (account_id, region, service_type, name);
CREATE INDEX streaming_clusters_page ON streaming_clusters (account_id, region, name);
CREATE INDEX commitments_page ON commitments (account_id, commitment_type, id);

-- Tag filters: by key and value, or by key alone.
CREATE INDEX resource_tags_filter ON resource_tags (account_id, resource_type, key, value, resource_id);

-- Days of an account: cost reports read a range of dates, a tick the newest day of a type.
CREATE INDEX metrics_daily_days ON metrics_daily (account_id, resource_type, date);
-- The containment index of the first schema with the cheaper operator class: every metric of every
-- day is a key of its own, and hashing path and value together halves what a tick's insert costs.
-- It serves @> and @@, no longer ? (whether a key is there at all).
DROP INDEX idx_metrics_daily_payload;
CREATE INDEX idx_metrics_daily_payload ON metrics_daily USING gin (metric_payload jsonb_path_ops);
CREATE INDEX data_transfer_daily_days ON data_transfer_daily (account_id, date);

-- Events of an account in time, as CloudTrail and Config list them.
CREATE INDEX resource_change_events_page ON resource_change_events (account_id, changed_at, id);
