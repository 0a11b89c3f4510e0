-- What the services of governance show beyond the first schema: reservations of capacity, network
-- interfaces, spot requests and transit gateways of EC2, snapshot policies, backups, parameters, and
-- whom to write to about an account.

CREATE TABLE capacity_reservations (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id              uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    capacity_reservation_id text NOT NULL UNIQUE,
    region                  text NOT NULL DEFAULT 'us-east-1',
    availability_zone       text NOT NULL,
    availability_zone_id    text NOT NULL,
    instance_type           text NOT NULL,
    platform                text NOT NULL DEFAULT 'Linux/UNIX',
    tenancy                 text NOT NULL DEFAULT 'default' CHECK (tenancy IN ('default', 'dedicated')),
    instance_count          integer NOT NULL CHECK (instance_count >= 0),
    ebs_optimized           boolean NOT NULL DEFAULT false,
    match_criteria          text NOT NULL DEFAULT 'open' CHECK (match_criteria IN ('open', 'targeted')),
    state                   text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'expired', 'cancelled')),
    end_at                  timestamptz,
    ended_at                timestamptz,
    hourly_cost             numeric(10,4) NOT NULL DEFAULT 0,
    tags                    jsonb NOT NULL DEFAULT '{}',
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE capacity_reservations IS
    'Machines of one type kept for an account in one zone; those that nothing runs on are billed as if it did.';
COMMENT ON COLUMN capacity_reservations.end_at IS 'When it expires; null: it stays until it is cancelled.';
COMMENT ON COLUMN capacity_reservations.ended_at IS 'When it was cancelled or had expired.';
COMMENT ON COLUMN capacity_reservations.hourly_cost IS 'USD an hour for each instance that is kept and not used.';
CREATE UNIQUE INDEX capacity_reservations_page ON capacity_reservations (account_id, region, capacity_reservation_id);

CREATE TABLE network_interfaces (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id            uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    network_interface_id  text NOT NULL UNIQUE,
    region                text NOT NULL DEFAULT 'us-east-1',
    subnet_id             text NOT NULL REFERENCES subnets (subnet_id) ON DELETE CASCADE,
    vpc_id                text NOT NULL,
    availability_zone     text NOT NULL,
    private_ip_address    text NOT NULL,
    description           text NOT NULL DEFAULT '',
    interface_type        text NOT NULL DEFAULT 'interface',
    security_group_ids    text[] NOT NULL DEFAULT '{}',
    source_dest_check     boolean NOT NULL DEFAULT true,
    attached_instance_id  text,
    attachment_id         text UNIQUE,
    device_index          integer,
    delete_on_termination boolean NOT NULL DEFAULT false,
    attached_at           timestamptz,
    tags                  jsonb NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (subnet_id, private_ip_address),
    UNIQUE (attached_instance_id, device_index)
);
COMMENT ON TABLE network_interfaces IS
    'A network interface that was made by itself; those of instances, gateways and endpoints follow from these.';
COMMENT ON COLUMN network_interfaces.attached_instance_id IS 'instances.instance_id; null: attached to nothing.';
CREATE INDEX network_interfaces_vpc ON network_interfaces (vpc_id);
CREATE UNIQUE INDEX network_interfaces_page ON network_interfaces (account_id, region, network_interface_id);

-- An instance that goes takes with it the interfaces that were to go, and lets go of the others.
CREATE FUNCTION driftcloud_release_interfaces() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM network_interfaces WHERE attached_instance_id = OLD.instance_id AND delete_on_termination;
    UPDATE network_interfaces SET attached_instance_id = NULL, attachment_id = NULL, device_index = NULL, attached_at = NULL
     WHERE attached_instance_id = OLD.instance_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER interfaces_terminated AFTER UPDATE OF state ON instances FOR EACH ROW
    WHEN (NEW.state = 'terminated' AND OLD.state <> 'terminated')
    EXECUTE FUNCTION driftcloud_release_interfaces();
CREATE TRIGGER interfaces_gone AFTER DELETE ON instances FOR EACH ROW
    WHEN (OLD.state <> 'terminated') EXECUTE FUNCTION driftcloud_release_interfaces();

CREATE TABLE spot_requests (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id            uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    spot_request_id       text NOT NULL UNIQUE,
    region                text NOT NULL DEFAULT 'us-east-1',
    instance_id           text,
    request_type          text NOT NULL DEFAULT 'one-time' CHECK (request_type IN ('one-time', 'persistent')),
    state                 text NOT NULL DEFAULT 'active' CHECK (state IN ('open', 'active', 'cancelled')),
    spot_price            numeric(12,6),
    interruption_behavior text NOT NULL DEFAULT 'terminate'
                          CHECK (interruption_behavior IN ('terminate', 'stop', 'hibernate')),
    valid_until           timestamptz,
    launch_specification  jsonb NOT NULL DEFAULT '{}',
    product_description   text NOT NULL DEFAULT 'Linux/UNIX',
    tags                  jsonb NOT NULL DEFAULT '{}',
    state_changed_at      timestamptz,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE spot_requests IS 'A request for one spot instance; every spot instance has one.';
COMMENT ON COLUMN spot_requests.state IS
    'What the caller did; that it is closed follows from its instance, that it expired from valid_until.';
COMMENT ON COLUMN spot_requests.spot_price IS 'The most to pay an hour, USD; null: the price on demand.';
COMMENT ON COLUMN spot_requests.launch_specification IS 'LaunchSpecification as EC2 shows it, for a request without instance.';
CREATE UNIQUE INDEX spot_requests_page ON spot_requests (account_id, region, spot_request_id);
CREATE INDEX spot_requests_instance ON spot_requests (instance_id) WHERE instance_id IS NOT NULL;

CREATE FUNCTION driftcloud_spot_request_id(instance_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT 'sir-' || substr(md5('spot' || instance_id), 1, 8) $$;
COMMENT ON FUNCTION driftcloud_spot_request_id(text) IS 'The request that a spot instance was launched for.';

-- Whoever launches a spot instance (an estate, a group, a request) asked for it.
CREATE FUNCTION driftcloud_request_spot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spot_requests (id, account_id, spot_request_id, region, instance_id, product_description,
           created_at, state_changed_at)
    SELECT md5('spot request' || r.instance_id)::uuid, r.account_id, driftcloud_spot_request_id(r.instance_id), r.region,
           r.instance_id, CASE r.platform WHEN 'windows' THEN 'Windows' ELSE 'Linux/UNIX' END,
           coalesce(r.launch_time, r.created_at), coalesce(r.launch_time, r.created_at)
      FROM new_rows r WHERE r.instance_lifecycle = 'spot'
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER spot_requested AFTER INSERT ON instances REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_request_spot();

CREATE TABLE transit_gateways (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    transit_gateway_id text NOT NULL UNIQUE,
    region             text NOT NULL DEFAULT 'us-east-1',
    state              text NOT NULL DEFAULT 'available' CHECK (state IN ('available', 'deleted')),
    description        text NOT NULL DEFAULT '',
    options            jsonb NOT NULL DEFAULT '{}',
    route_table_id     text NOT NULL,
    settles_at         timestamptz,
    deleted_at         timestamptz,
    tags               jsonb NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE transit_gateways IS 'A router between VPCs; what is attached to it is billed, not the router.';
COMMENT ON COLUMN transit_gateways.options IS 'Options that differ from the defaults, as EC2 words them.';
COMMENT ON COLUMN transit_gateways.settles_at IS 'Until then it is pending.';
CREATE UNIQUE INDEX transit_gateways_page ON transit_gateways (account_id, region, transit_gateway_id);

CREATE TABLE transit_gateway_attachments (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    attachment_id      text NOT NULL UNIQUE,
    transit_gateway_id text NOT NULL REFERENCES transit_gateways (transit_gateway_id) ON DELETE CASCADE,
    region             text NOT NULL DEFAULT 'us-east-1',
    vpc_id             text NOT NULL,
    subnet_ids         text[] NOT NULL DEFAULT '{}',
    state              text NOT NULL DEFAULT 'available' CHECK (state IN ('available', 'deleted')),
    options            jsonb NOT NULL DEFAULT '{}',
    hourly_cost        numeric(10,4) NOT NULL DEFAULT 0,
    settles_at         timestamptz,
    deleted_at         timestamptz,
    tags               jsonb NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE transit_gateway_attachments IS 'A VPC attached to a transit gateway, billed by the hour.';
CREATE UNIQUE INDEX transit_gateway_attachments_page ON transit_gateway_attachments (account_id, region, attachment_id);
CREATE INDEX transit_gateway_attachments_gateway ON transit_gateway_attachments (transit_gateway_id);
CREATE INDEX transit_gateway_attachments_vpc ON transit_gateway_attachments (vpc_id);

CREATE TABLE snapshot_policies (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    policy_id          text NOT NULL UNIQUE,
    arn                text NOT NULL UNIQUE,
    region             text NOT NULL DEFAULT 'us-east-1',
    state              text NOT NULL DEFAULT 'ENABLED' CHECK (state IN ('ENABLED', 'DISABLED', 'ERROR')),
    description        text NOT NULL DEFAULT '',
    execution_role_arn text NOT NULL,
    details            jsonb NOT NULL,
    tags               jsonb NOT NULL DEFAULT '{}',
    modified_at        timestamptz NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE snapshot_policies IS
    'A lifecycle policy of Data Lifecycle Manager, which takes and deletes snapshots every day.';
COMMENT ON COLUMN snapshot_policies.details IS 'PolicyDetails as the service words them.';
CREATE INDEX snapshot_policies_account ON snapshot_policies (account_id, region);

CREATE TABLE backup_vaults (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id     uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name           text NOT NULL,
    arn            text NOT NULL UNIQUE,
    region         text NOT NULL DEFAULT 'us-east-1',
    encryption_key_arn text,
    tags           jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE backup_vaults IS 'A vault of AWS Backup, where recovery points are kept.';

CREATE TABLE backup_plans (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    plan_id    text NOT NULL UNIQUE,
    arn        text NOT NULL UNIQUE,
    region     text NOT NULL DEFAULT 'us-east-1',
    name       text NOT NULL,
    version_id text NOT NULL,
    rules      jsonb NOT NULL,
    advanced_settings jsonb NOT NULL DEFAULT '[]',
    ran_at     timestamptz,
    tags       jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE backup_plans IS 'A plan of AWS Backup: when recovery points are made, and how long they are kept.';
COMMENT ON COLUMN backup_plans.rules IS 'BackupRule as the service words them, each with its RuleId.';
CREATE INDEX backup_plans_account ON backup_plans (account_id, region, plan_id);

CREATE TABLE backup_selections (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    selection_id  text NOT NULL UNIQUE,
    plan_id       text NOT NULL REFERENCES backup_plans (plan_id) ON DELETE CASCADE,
    region        text NOT NULL DEFAULT 'us-east-1',
    name          text NOT NULL,
    iam_role_arn  text NOT NULL,
    resources     text[] NOT NULL DEFAULT '{}',
    not_resources text[] NOT NULL DEFAULT '{}',
    tag_conditions jsonb NOT NULL DEFAULT '[]',
    creator_request_id text,
    created_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE backup_selections IS 'What a backup plan backs up.';
COMMENT ON COLUMN backup_selections.tag_conditions IS 'ListOfTags as the service words them; one that holds is enough.';
CREATE INDEX backup_selections_account ON backup_selections (account_id, region, selection_id);
CREATE INDEX backup_selections_plan ON backup_selections (plan_id);

CREATE TABLE recovery_points (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    arn             text NOT NULL UNIQUE,
    region          text NOT NULL DEFAULT 'us-east-1',
    vault_name      text NOT NULL,
    resource_arn    text NOT NULL,
    resource_type   text NOT NULL DEFAULT 'EBS',
    snapshot_id     text NOT NULL REFERENCES snapshots (snapshot_id) ON DELETE CASCADE,
    plan_id         text,
    plan_arn        text,
    plan_version    text,
    rule_id         text,
    iam_role_arn    text,
    size_bytes      bigint NOT NULL DEFAULT 0,
    delete_after_days integer,
    delete_at       timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE recovery_points IS 'A backup in a vault; its snapshot is what it consists of and what is billed.';
CREATE INDEX recovery_points_vault ON recovery_points (account_id, region, vault_name, arn);
CREATE INDEX recovery_points_resource ON recovery_points (account_id, region, resource_arn, arn);
CREATE INDEX recovery_points_snapshot ON recovery_points (snapshot_id);

CREATE TABLE parameters (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name        text NOT NULL,
    arn         text NOT NULL UNIQUE,
    region      text NOT NULL DEFAULT 'us-east-1',
    kind        text NOT NULL CHECK (kind IN ('String', 'StringList', 'SecureString')),
    value       text NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    description text,
    tier        text NOT NULL DEFAULT 'Standard',
    data_type   text NOT NULL DEFAULT 'text',
    allowed_pattern text,
    key_id      text,
    modified_by text,
    modified_at timestamptz NOT NULL,
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE parameters IS 'A parameter of Systems Manager''s store.';

CREATE TABLE account_contacts (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('PRIMARY', 'BILLING', 'OPERATIONS', 'SECURITY')),
    details    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, kind)
);
COMMENT ON TABLE account_contacts IS 'Whom AWS writes to about an account, by kind of matter.';
COMMENT ON COLUMN account_contacts.details IS 'ContactInformation or AlternateContact as the service words them.';

INSERT INTO driftcloud_resource_types VALUES
    ('capacity_reservation', 'capacity_reservations', 'capacity_reservation_id', NULL, NULL, true),
    ('network_interface', 'network_interfaces', 'network_interface_id', NULL, NULL, true),
    ('spot_request', 'spot_requests', 'spot_request_id', NULL, NULL, true),
    ('transit_gateway', 'transit_gateways', 'transit_gateway_id', NULL, NULL, true),
    ('transit_gateway_attachment', 'transit_gateway_attachments', 'attachment_id', NULL, NULL, true),
    ('snapshot_policy', 'snapshot_policies', 'arn', NULL, NULL, true),
    ('backup_vault', 'backup_vaults', 'arn', NULL, NULL, true),
    ('backup_plan', 'backup_plans', 'arn', NULL, NULL, true),
    ('parameter', 'parameters', 'arn', NULL, NULL, true);
SELECT driftcloud_sync_tags();
SELECT driftcloud_audit(kind)
  FROM unnest(ARRAY['capacity_reservation', 'network_interface', 'spot_request', 'transit_gateway',
                    'transit_gateway_attachment', 'snapshot_policy', 'backup_vault', 'backup_plan', 'parameter']) AS kind;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['capacity_reservations', 'network_interfaces', 'spot_requests', 'transit_gateways',
        'transit_gateway_attachments', 'snapshot_policies', 'backup_vaults', 'backup_plans', 'parameters']
    LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['capacity_reservations', 'network_interfaces', 'spot_requests', 'transit_gateways',
        'transit_gateway_attachments', 'snapshot_policies', 'backup_vaults', 'backup_plans', 'backup_selections',
        'recovery_points', 'parameters', 'account_contacts']
    LOOP
        PERFORM driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())',
                                   'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
END
$$;

-- Spot instances that were there before have been asked for, too.
INSERT INTO spot_requests (id, account_id, spot_request_id, region, instance_id, product_description, created_at, state_changed_at)
SELECT md5('spot request' || r.instance_id)::uuid, r.account_id, driftcloud_spot_request_id(r.instance_id), r.region,
       r.instance_id, CASE r.platform WHEN 'windows' THEN 'Windows' ELSE 'Linux/UNIX' END,
       coalesce(r.launch_time, r.created_at), coalesce(r.launch_time, r.created_at)
  FROM instances r WHERE r.instance_lifecycle = 'spot'
    ON CONFLICT DO NOTHING;
