-- What ECS and EKS show beside clusters, nodes and services: task definitions, deployments, tasks
-- and capacity providers; node groups, Fargate profiles, add-ons, access entries and updates.

ALTER TABLE container_clusters
    ADD COLUMN state_transition          text,
    ADD COLUMN settles_at                timestamptz,
    ADD COLUMN control_plane_hourly_cost numeric(10,4),
    ADD COLUMN container_insights        text NOT NULL DEFAULT 'disabled',
    ADD COLUMN configuration             jsonb,
    ADD COLUMN capacity_providers        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN capacity_strategy         jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN connect_namespace         text,
    ADD COLUMN role_arn                  text,
    ADD COLUMN vpc_id                    text,
    ADD COLUMN subnet_ids                text[],
    ADD COLUMN security_group_ids        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN endpoint_public           boolean NOT NULL DEFAULT true,
    ADD COLUMN endpoint_private          boolean NOT NULL DEFAULT false,
    ADD COLUMN public_access_cidrs       text[] NOT NULL DEFAULT '{0.0.0.0/0}',
    ADD COLUMN log_types                 text[] NOT NULL DEFAULT '{}',
    ADD COLUMN encryption_key_arn        text,
    ADD COLUMN authentication_mode       text NOT NULL DEFAULT 'API_AND_CONFIG_MAP',
    ADD COLUMN support_type              text NOT NULL DEFAULT 'EXTENDED',
    ADD COLUMN service_cidr              text NOT NULL DEFAULT '10.100.0.0/16',
    ADD COLUMN zonal_shift               boolean NOT NULL DEFAULT false,
    ADD COLUMN deletion_protection       boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN container_clusters.state_transition IS
    'What the status of an EKS cluster reads until settles_at: CREATING, UPDATING, DELETING; one that is deleting is gone then.';
COMMENT ON COLUMN container_clusters.control_plane_hourly_cost IS
    'USD beside the nodes; null: whoever made the row estimated the whole by himself.';
COMMENT ON COLUMN container_clusters.capacity_strategy IS
    'ECS: [{"capacityProvider": …, "weight": …, "base": …}].';
CREATE INDEX container_clusters_settles ON container_clusters (settles_at) WHERE settles_at IS NOT NULL;

CREATE TABLE node_groups (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id           uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    autoscaling_group_id uuid REFERENCES autoscaling_groups (id) ON DELETE SET NULL,
    autoscaling_group_name text NOT NULL,
    name                 text NOT NULL,
    arn                  text NOT NULL UNIQUE,
    region               text NOT NULL DEFAULT 'us-east-1',
    env                  text NOT NULL DEFAULT 'dev',
    instance_types       text[] NOT NULL DEFAULT '{t3.medium}',
    ami_type             text NOT NULL DEFAULT 'AL2023_x86_64_STANDARD',
    capacity_type        text NOT NULL DEFAULT 'ON_DEMAND' CHECK (capacity_type IN ('ON_DEMAND', 'SPOT')),
    disk_size_gib        integer DEFAULT 20,
    node_role_arn        text NOT NULL,
    subnet_ids           text[] NOT NULL DEFAULT '{}',
    labels               jsonb NOT NULL DEFAULT '{}',
    taints               jsonb NOT NULL DEFAULT '[]',
    update_config        jsonb NOT NULL DEFAULT '{"maxUnavailable": 1}',
    node_repair          boolean NOT NULL DEFAULT false,
    remote_access        jsonb,
    launch_template      jsonb,
    version              text NOT NULL,
    release_version      text NOT NULL,
    state_transition     text,
    settles_at           timestamptz,
    modified_at          timestamptz NOT NULL DEFAULT now(),
    tags                 jsonb NOT NULL DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (cluster_id, name)
);
CREATE INDEX node_groups_scaled ON node_groups (autoscaling_group_id);
CREATE INDEX node_groups_settles ON node_groups (settles_at) WHERE settles_at IS NOT NULL;
COMMENT ON TABLE node_groups IS
    'A managed node group of an EKS cluster; its sizes are those of its Auto Scaling group, its nodes that group''s members.';
COMMENT ON COLUMN node_groups.disk_size_gib IS 'Null: the launch template says it.';
COMMENT ON COLUMN node_groups.launch_template IS 'The template that the caller named: {"id", "name", "version"}.';

CREATE TABLE fargate_profiles (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id       uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    name             text NOT NULL,
    arn              text NOT NULL UNIQUE,
    region           text NOT NULL DEFAULT 'us-east-1',
    pod_role_arn     text NOT NULL,
    subnet_ids       text[] NOT NULL DEFAULT '{}',
    selectors        jsonb NOT NULL DEFAULT '[]',
    state_transition text,
    settles_at       timestamptz,
    tags             jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (cluster_id, name)
);
COMMENT ON TABLE fargate_profiles IS 'Which pods of an EKS cluster run on Fargate. It costs nothing by itself.';

CREATE TABLE cluster_addons (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id       uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    name             text NOT NULL,
    arn              text NOT NULL UNIQUE,
    region           text NOT NULL DEFAULT 'us-east-1',
    version          text NOT NULL,
    role_arn         text,
    configuration    text,
    state_transition text,
    settles_at       timestamptz,
    modified_at      timestamptz NOT NULL DEFAULT now(),
    tags             jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (cluster_id, name)
);
COMMENT ON TABLE cluster_addons IS 'An add-on that EKS installs in a cluster and keeps.';

CREATE TABLE cluster_access_entries (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id    uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    principal_arn text NOT NULL,
    arn           text NOT NULL UNIQUE,
    region        text NOT NULL DEFAULT 'us-east-1',
    groups        text[] NOT NULL DEFAULT '{}',
    username      text NOT NULL,
    kind          text NOT NULL DEFAULT 'STANDARD',
    modified_at   timestamptz NOT NULL DEFAULT now(),
    tags          jsonb NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (cluster_id, principal_arn)
);
COMMENT ON TABLE cluster_access_entries IS 'An IAM principal that may use the Kubernetes API of an EKS cluster.';

CREATE TABLE cluster_updates (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    node_group text,
    addon      text,
    kind       text NOT NULL,
    params     jsonb NOT NULL DEFAULT '[]',
    settles_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cluster_updates_of ON cluster_updates (cluster_id, node_group, addon);
COMMENT ON TABLE cluster_updates IS
    'A change of an EKS cluster, node group or add-on: InProgress until settles_at, then Successful.';
COMMENT ON COLUMN cluster_updates.params IS '[{"type": …, "value": …}], as the API lists them.';

CREATE TABLE task_definitions (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region              text NOT NULL DEFAULT 'us-east-1',
    family              text NOT NULL,
    revision            integer NOT NULL,
    arn                 text NOT NULL UNIQUE,
    status              text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS')),
    cpu                 text,
    memory              text,
    network_mode        text,
    compatibilities     text[] NOT NULL DEFAULT '{EC2}',
    definition          jsonb NOT NULL,
    registered_by       text,
    deregistered_at     timestamptz,
    delete_requested_at timestamptz,
    tags                jsonb NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, family, revision)
);
COMMENT ON TABLE task_definitions IS 'A revision of what the tasks of a family are made of.';
COMMENT ON COLUMN task_definitions.cpu IS 'CPU units (1,024 are a vCPU) of a whole task, as text; null: its containers say.';
COMMENT ON COLUMN task_definitions.memory IS 'MiB, as text.';
COMMENT ON COLUMN task_definitions.definition IS 'All else of what was registered, in the members of the API.';

ALTER TABLE container_nodes
    ADD COLUMN status     text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'DRAINING')),
    ADD COLUMN node_group text;
COMMENT ON COLUMN container_nodes.status IS 'Of an ECS container instance: whether tasks may be placed on it.';
COMMENT ON COLUMN container_nodes.node_group IS 'The managed node group that an EKS node belongs to.';

ALTER TABLE container_services
    ADD COLUMN task_definition_arn  text,
    ADD COLUMN task_cpu             numeric(10,4),
    ADD COLUMN task_memory_mb       integer,
    ADD COLUMN architecture         text NOT NULL DEFAULT 'x86_64' CHECK (architecture IN ('x86_64', 'arm64')),
    ADD COLUMN price_share          numeric(5,4) NOT NULL DEFAULT 1,
    ADD COLUMN capacity_strategy    jsonb,
    ADD COLUMN network              jsonb,
    ADD COLUMN load_balancers       jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN options              jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN stopped_task_numbers integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN deleted_at           timestamptz;
COMMENT ON COLUMN container_services.requested_cpu IS 'vCPU requested by all replicas together.';
COMMENT ON COLUMN container_services.requested_memory_mb IS 'MiB requested by all replicas together.';
COMMENT ON COLUMN container_services.task_cpu IS 'vCPU of one replica.';
COMMENT ON COLUMN container_services.price_share IS 'Which part of Fargate''s price it pays: less than 1 on Fargate Spot.';
COMMENT ON COLUMN container_services.network IS 'ECS: networkConfiguration; null outside awsvpc.';
COMMENT ON COLUMN container_services.options IS 'What else a caller gave to CreateService, in the members of the API.';
COMMENT ON COLUMN container_services.stopped_task_numbers IS
    'Numbers of its newest deployment''s tasks that were stopped one by one, and replaced.';

CREATE TABLE container_deployments (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    service_id          uuid NOT NULL REFERENCES container_services (id) ON DELETE CASCADE,
    task_definition_arn text,
    desired_count       integer NOT NULL DEFAULT 0,
    settles_at          timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX container_deployments_of ON container_deployments (service_id, created_at DESC, id);
COMMENT ON TABLE container_deployments IS
    'A roll-out of an ECS service; the newest one''s tasks run, those of the one before until its settles_at.';

CREATE TABLE container_tasks (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    cluster_id          uuid NOT NULL REFERENCES container_clusters (id) ON DELETE CASCADE,
    task_id             text NOT NULL,
    arn                 text NOT NULL UNIQUE,
    env                 text NOT NULL DEFAULT 'dev',
    region              text NOT NULL DEFAULT 'us-east-1',
    group_name          text NOT NULL,
    task_definition_arn text NOT NULL,
    launch_type         text NOT NULL DEFAULT 'FARGATE',
    capacity_provider   text,
    instance_id         text,
    availability_zone   text,
    cpu                 numeric(10,4) NOT NULL DEFAULT 0,
    memory_mb           integer NOT NULL DEFAULT 0,
    hourly_cost         numeric(10,4) NOT NULL DEFAULT 0,
    started_by          text,
    overrides           jsonb NOT NULL DEFAULT '{}',
    network             jsonb,
    execute_command     boolean NOT NULL DEFAULT false,
    settles_at          timestamptz,
    stopped_at          timestamptz,
    stop_code           text,
    stopped_reason      text,
    tags                jsonb NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX container_tasks_of ON container_tasks (cluster_id);
COMMENT ON TABLE container_tasks IS
    'A task that was run by itself, or a stopped one of a service; the running ones of services follow from container_services.';
COMMENT ON COLUMN container_tasks.hourly_cost IS 'Of Fargate, USD; on container instances a task costs nothing of its own.';

CREATE TABLE capacity_providers (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name       text NOT NULL,
    arn        text NOT NULL UNIQUE,
    region     text NOT NULL DEFAULT 'us-east-1',
    status     text NOT NULL DEFAULT 'ACTIVE',
    provider   jsonb NOT NULL,
    tags       jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE capacity_providers IS
    'An ECS capacity provider of the account''s own; FARGATE and FARGATE_SPOT are everywhere and not stored.';
COMMENT ON COLUMN capacity_providers.provider IS 'autoScalingGroupProvider, in the members of the API.';

CREATE TABLE container_settings (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region        text NOT NULL DEFAULT 'us-east-1',
    name          text NOT NULL,
    principal_arn text NOT NULL,
    value         text NOT NULL,
    UNIQUE (account_id, region, name, principal_arn)
);
COMMENT ON TABLE container_settings IS 'An ECS account setting that was put; the others have ECS''s defaults.';

CREATE INDEX node_groups_account ON node_groups (account_id);
CREATE INDEX fargate_profiles_account ON fargate_profiles (account_id);
CREATE INDEX cluster_addons_account ON cluster_addons (account_id);
CREATE INDEX cluster_access_entries_account ON cluster_access_entries (account_id);
CREATE INDEX cluster_updates_account ON cluster_updates (account_id);
CREATE INDEX container_deployments_account ON container_deployments (account_id);
CREATE INDEX container_tasks_account ON container_tasks (account_id);

DO $$
DECLARE
    own CONSTANT text := 'account_id = (SELECT driftcloud_account())';
    every CONSTANT text := 'SELECT, INSERT, UPDATE, DELETE';
    row record;
BEGIN
    FOR row IN SELECT * FROM (VALUES
        ('node_group', 'node_groups'), ('fargate_profile', 'fargate_profiles'),
        ('cluster_addon', 'cluster_addons'), ('cluster_access_entry', 'cluster_access_entries'),
        ('task_definition', 'task_definitions'), ('container_task', 'container_tasks'),
        ('capacity_provider', 'capacity_providers')) AS t (kind, name)
    LOOP
        PERFORM driftcloud_protect(row.name::regclass, own, every);
        INSERT INTO driftcloud_resource_types VALUES (row.kind, row.name, 'arn', NULL, NULL, true);
        PERFORM driftcloud_audit(row.kind);
    END LOOP;
    PERFORM driftcloud_protect('cluster_updates', own, every);
    PERFORM driftcloud_protect('container_deployments', own, every);
    PERFORM driftcloud_protect('container_settings', own, every);
END
$$;
SELECT driftcloud_audit('container_cluster');
SELECT driftcloud_audit('container_node');
SELECT driftcloud_audit('container_service');
SELECT driftcloud_sync_tags();
CREATE TRIGGER touch BEFORE UPDATE ON node_groups FOR EACH ROW EXECUTE FUNCTION driftcloud_touch();
CREATE TRIGGER touch BEFORE UPDATE ON container_tasks FOR EACH ROW EXECUTE FUNCTION driftcloud_touch();

-- Whoever inserts a cluster or service without saying where it stands gets it placed: in the
-- subnets of a network named after its environment, else of the default network, else of the first.
CREATE FUNCTION driftcloud_container_place(account uuid, place text, environment text,
        OUT vpc_id text, OUT subnet_ids text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    SELECT v.vpc_id, (SELECT array_agg(s.subnet_id ORDER BY s.availability_zone, s.subnet_id)
                        FROM subnets s WHERE s.vpc_id = v.vpc_id AND s.map_public_ip_on_launch = n.public)
      FROM vpcs v CROSS JOIN LATERAL (
           SELECT bool_and(s.map_public_ip_on_launch) AS public FROM subnets s
            WHERE s.vpc_id = v.vpc_id HAVING count(*) > 0) n
     WHERE v.account_id = account AND v.region = place
     ORDER BY strpos(coalesce(v.tags ->> 'Name', ''), environment) > 0 DESC, v.is_default DESC, v.vpc_id
     LIMIT 1
$$;
COMMENT ON FUNCTION driftcloud_container_place(uuid, text, text) IS
    'A network for containers of an environment, and its private subnets (public ones where it has no others).';

CREATE FUNCTION driftcloud_place_cluster() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT p.vpc_id, coalesce(p.subnet_ids, '{}') INTO NEW.vpc_id, NEW.subnet_ids
      FROM driftcloud_container_place(NEW.account_id, NEW.region, NEW.env) p;
    NEW.role_arn := coalesce(NEW.role_arn, format('arn:aws:iam::%s:role/%s-cluster',
        driftcloud_account_number(NEW.account_id), NEW.name));
    RETURN NEW;
END
$$;
CREATE TRIGGER place_new BEFORE INSERT ON container_clusters
    FOR EACH ROW WHEN (NEW.orchestrator = 'eks' AND NEW.subnet_ids IS NULL)
    EXECUTE FUNCTION driftcloud_place_cluster();

-- A service came with the sum of what its replicas ask for, and maybe without a task definition.
CREATE FUNCTION driftcloud_defined(s container_services) RETURNS container_services
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
DECLARE
    cluster container_clusters;
    number text;
    family text;
    units integer;
BEGIN
    SELECT * INTO cluster FROM container_clusters c WHERE c.id = s.cluster_id;
    number := driftcloud_account_number(cluster.account_id);
    family := cluster.name || '-' || s.name;
    s.task_cpu := coalesce(s.task_cpu, s.requested_cpu / greatest(s.replica_count, 1));
    s.task_memory_mb := coalesce(s.task_memory_mb, s.requested_memory_mb / greatest(s.replica_count, 1));
    IF cluster.orchestrator <> 'ecs' OR s.task_definition_arn IS NOT NULL THEN
        RETURN s;
    END IF;
    units := (s.task_cpu * 1024)::integer;
    s.task_definition_arn := format('arn:aws:ecs:%s:%s:task-definition/%s:1', s.region, number, family);
    IF s.launch_type = 'FARGATE' AND s.network IS NULL THEN
        SELECT jsonb_build_object('awsvpcConfiguration', jsonb_build_object('subnets', p.subnet_ids,
                   'securityGroups', coalesce((SELECT jsonb_agg(g.group_id) FROM security_groups g
                       WHERE g.vpc_id = p.vpc_id AND g.name = 'default'), '[]'), 'assignPublicIp', 'DISABLED'))
          INTO s.network
          FROM driftcloud_container_place(cluster.account_id, s.region, s.env) p;
    END IF;
    INSERT INTO task_definitions (id, account_id, region, family, revision, arn, cpu, memory, network_mode,
           compatibilities, definition, registered_by, created_at)
    VALUES (md5('task definition' || s.task_definition_arn)::uuid, cluster.account_id, s.region, family, 1,
           s.task_definition_arn, units, s.task_memory_mb,
           CASE s.launch_type WHEN 'FARGATE' THEN 'awsvpc' ELSE 'bridge' END,
           CASE s.launch_type WHEN 'FARGATE' THEN '{EC2,FARGATE}'::text[] ELSE '{EC2}' END,
           jsonb_build_object(
               'containerDefinitions', jsonb_build_array(jsonb_build_object(
                   'name', s.name, 'essential', true, 'cpu', units, 'memory', s.task_memory_mb,
                   'image', format('%s.dkr.ecr.%s.amazonaws.com/%s:latest', number, s.region, s.name),
                   'portMappings', jsonb_build_array(jsonb_build_object('containerPort', 8080, 'protocol', 'tcp',
                       'hostPort', CASE s.launch_type WHEN 'FARGATE' THEN 8080 ELSE 0 END)),
                   'logConfiguration', jsonb_build_object('logDriver', 'awslogs', 'options', jsonb_build_object(
                       'awslogs-group', '/ecs/' || family, 'awslogs-region', s.region,
                       'awslogs-stream-prefix', 'ecs')))),
               'requiresCompatibilities', jsonb_build_array(s.launch_type),
               'executionRoleArn', format('arn:aws:iam::%s:role/ecsTaskExecutionRole', number)),
           format('arn:aws:iam::%s:root', number), s.created_at)
    ON CONFLICT DO NOTHING;
    RETURN s;
END
$$;
COMMENT ON FUNCTION driftcloud_defined(container_services) IS
    'A service with all that it did not say; its task definition is made if there is none.';

CREATE FUNCTION driftcloud_define_service() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN driftcloud_defined(NEW);
END
$$;
CREATE TRIGGER task_new BEFORE INSERT ON container_services
    FOR EACH ROW EXECUTE FUNCTION driftcloud_define_service();

CREATE FUNCTION driftcloud_first_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO container_deployments (id, account_id, service_id, task_definition_arn, desired_count, created_at)
    SELECT md5('deployment' || r.arn || r.created_at)::uuid, c.account_id, r.id, r.task_definition_arn,
           r.replica_count, r.created_at
      FROM new_rows r JOIN container_clusters c ON c.id = r.cluster_id AND c.orchestrator = 'ecs';
    RETURN NULL;
END
$$;
CREATE TRIGGER deployment_new AFTER INSERT ON container_services REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_first_deployment();

-- What all replicas ask for follows from their number and size, whoever changes either.
CREATE FUNCTION driftcloud_scale_service() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.replica_count <> OLD.replica_count THEN
        NEW.running_count := NEW.replica_count;
    END IF;
    IF NEW.requested_cpu IS DISTINCT FROM OLD.requested_cpu AND NEW.replica_count > 0
       AND NEW.task_cpu IS NOT DISTINCT FROM OLD.task_cpu AND NEW.replica_count = OLD.replica_count THEN
        NEW.task_cpu := NEW.requested_cpu / NEW.replica_count;
    ELSE
        NEW.requested_cpu := coalesce(NEW.task_cpu * NEW.replica_count, NEW.requested_cpu);
    END IF;
    IF NEW.requested_memory_mb IS DISTINCT FROM OLD.requested_memory_mb AND NEW.replica_count > 0
       AND NEW.task_memory_mb IS NOT DISTINCT FROM OLD.task_memory_mb AND NEW.replica_count = OLD.replica_count THEN
        NEW.task_memory_mb := NEW.requested_memory_mb / NEW.replica_count;
    ELSE
        NEW.requested_memory_mb := coalesce(NEW.task_memory_mb * NEW.replica_count, NEW.requested_memory_mb);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER scale BEFORE UPDATE OF replica_count, requested_cpu, requested_memory_mb, task_cpu, task_memory_mb
    ON container_services FOR EACH ROW
    WHEN ((OLD.replica_count, OLD.requested_cpu, OLD.requested_memory_mb, OLD.task_cpu, OLD.task_memory_mb)
          IS DISTINCT FROM
          (NEW.replica_count, NEW.requested_cpu, NEW.requested_memory_mb, NEW.task_cpu, NEW.task_memory_mb))
    EXECUTE FUNCTION driftcloud_scale_service();

-- Members of a node group's Auto Scaling group are nodes of its cluster, from launch to end.
CREATE FUNCTION driftcloud_join_nodes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO container_nodes (id, cluster_id, instance_id, instance_type, region, state, hourly_cost,
           gpu_hourly_cost, gpu_count, has_gpu, node_group, created_at)
    SELECT md5('node' || r.instance_id)::uuid, g.cluster_id, r.instance_id, r.instance_type, r.region, 'running',
           r.hourly_cost, r.gpu_hourly_cost, r.gpu_count, r.has_gpu, g.name, r.launch_time
      FROM new_rows r JOIN node_groups g ON g.autoscaling_group_id = r.autoscaling_group_id
     WHERE r.state <> 'terminated' AND NOT EXISTS (
           SELECT FROM container_nodes n WHERE n.instance_id = r.instance_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER nodes_new AFTER INSERT ON instances REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION driftcloud_join_nodes();

CREATE FUNCTION driftcloud_leave_nodes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM container_nodes WHERE instance_id = NEW.instance_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER nodes_gone AFTER UPDATE OF state ON instances FOR EACH ROW
    WHEN (NEW.state = 'terminated' AND OLD.state <> 'terminated')
    EXECUTE FUNCTION driftcloud_leave_nodes();

-- A cluster tells how many nodes it has and what it costs with them.
CREATE FUNCTION driftcloud_count_nodes(clusters uuid[]) RETURNS void LANGUAGE sql AS $$
    UPDATE container_clusters c
       SET desired_nodes = n.nodes, estimated_hourly_cost = c.control_plane_hourly_cost + n.cost,
           min_nodes = coalesce(g.least, c.min_nodes), max_nodes = coalesce(g.most, c.max_nodes)
      FROM (SELECT k.id, count(m.id)::integer AS nodes, coalesce(sum(m.hourly_cost), 0) AS cost
              FROM container_clusters k LEFT JOIN container_nodes m ON m.cluster_id = k.id
             WHERE k.id = ANY (clusters) GROUP BY k.id) n
      LEFT JOIN (SELECT o.cluster_id, sum(a.min_size)::integer AS least, sum(a.max_size)::integer AS most
                   FROM node_groups o JOIN autoscaling_groups a ON a.id = o.autoscaling_group_id
                  WHERE o.cluster_id = ANY (clusters) GROUP BY 1) g ON g.cluster_id = n.id
     WHERE c.id = n.id AND c.control_plane_hourly_cost IS NOT NULL
       AND (c.desired_nodes, c.estimated_hourly_cost, c.min_nodes, c.max_nodes) IS DISTINCT FROM
           (n.nodes, c.control_plane_hourly_cost + n.cost, coalesce(g.least, c.min_nodes), coalesce(g.most, c.max_nodes))
$$;
COMMENT ON FUNCTION driftcloud_count_nodes(uuid[]) IS
    'Brings the node counts and the estimated cost of clusters into step with their nodes and node groups.';

CREATE FUNCTION driftcloud_nodes_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_count_nodes((SELECT array_agg(DISTINCT cluster_id) FROM changed_rows));
    RETURN NULL;
END
$$;
CREATE TRIGGER nodes_insert AFTER INSERT ON container_nodes REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT
    EXECUTE FUNCTION driftcloud_nodes_changed();
CREATE TRIGGER nodes_delete AFTER DELETE ON container_nodes REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT
    EXECUTE FUNCTION driftcloud_nodes_changed();

SELECT set_config('driftcloud.audit', 'off', true);
UPDATE container_clusters c SET (vpc_id, subnet_ids) = (
           SELECT p.vpc_id, coalesce(p.subnet_ids, '{}')
             FROM driftcloud_container_place(c.account_id, c.region, c.env) p),
       role_arn = format('arn:aws:iam::%s:role/%s-cluster', driftcloud_account_number(c.account_id), c.name)
 WHERE orchestrator = 'eks';
UPDATE container_services s SET (task_cpu, task_memory_mb, task_definition_arn, network) = (
           SELECT d.task_cpu, d.task_memory_mb, d.task_definition_arn, d.network FROM driftcloud_defined(s) d);
INSERT INTO container_deployments (id, account_id, service_id, task_definition_arn, desired_count, created_at)
SELECT md5('deployment' || r.arn || r.created_at)::uuid, c.account_id, r.id, r.task_definition_arn,
       r.replica_count, r.created_at
  FROM container_services r JOIN container_clusters c ON c.id = r.cluster_id AND c.orchestrator = 'ecs';
SELECT set_config('driftcloud.audit', '', true);
