-- What the search for waste of machines looks up in every tick: whose services run on a cluster.

CREATE INDEX container_services_active ON container_services (cluster_id)
    WHERE status = 'ACTIVE' AND replica_count > 0;
