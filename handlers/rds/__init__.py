"""RDS: databases, clusters, their snapshots and what they are made of."""
