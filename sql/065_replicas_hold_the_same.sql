-- What a cache keeps in memory is counted once, however many replicas hold it too.
UPDATE resource_profiles p SET memory_gib = p.memory_gib / c.num_nodes
  FROM cache_clusters c
 WHERE p.account_id = c.account_id AND p.resource_type = 'cache_cluster' AND p.resource_id = c.cluster_id
   AND c.num_nodes > 1 AND c.engine <> 'memcached' AND NOT c.cluster_mode;
