-- A node of a cluster is an instance: resized, it is as large and as dear in the one view as in the other.

CREATE FUNCTION driftcloud_resize_node() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE container_nodes n
       SET instance_type = NEW.instance_type, hourly_cost = NEW.hourly_cost,
           gpu_hourly_cost = NEW.gpu_hourly_cost, gpu_count = NEW.gpu_count, has_gpu = NEW.has_gpu
      FROM container_clusters k
     WHERE n.instance_id = NEW.instance_id AND k.id = n.cluster_id AND k.account_id = NEW.account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER resize_node AFTER UPDATE OF instance_type ON instances
    FOR EACH ROW WHEN (OLD.instance_type IS DISTINCT FROM NEW.instance_type)
    EXECUTE FUNCTION driftcloud_resize_node();
