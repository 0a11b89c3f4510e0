-- Replicas and members are looked up for each database and cluster of a list: by key, not by reading all.

CREATE INDEX rds_instances_replicas ON rds_instances (account_id, replica_of) WHERE replica_of IS NOT NULL;
CREATE INDEX rds_instances_members ON rds_instances (account_id, cluster_identifier) WHERE cluster_identifier IS NOT NULL;
