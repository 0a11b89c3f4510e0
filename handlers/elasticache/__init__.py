"""ElastiCache: cache clusters, replication groups and what belongs to them."""
