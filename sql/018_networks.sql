-- The networks that instances live in, and the gateways and endpoints that bill by the hour.

CREATE TABLE vpcs (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    vpc_id           text NOT NULL UNIQUE,
    region           text NOT NULL DEFAULT 'us-east-1',
    cidr_block       text NOT NULL,
    is_default       boolean NOT NULL DEFAULT false,
    state            text NOT NULL DEFAULT 'available' CHECK (state IN ('pending', 'available')),
    dhcp_options_id  text NOT NULL DEFAULT 'default',
    instance_tenancy text NOT NULL DEFAULT 'default',
    tags             jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX vpcs_page ON vpcs (account_id, region, vpc_id);
CREATE UNIQUE INDEX vpcs_one_default ON vpcs (account_id, region) WHERE is_default;
COMMENT ON TABLE vpcs IS 'A virtual private cloud.';

CREATE TABLE subnets (
    id                         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id                 uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    subnet_id                  text NOT NULL UNIQUE,
    vpc_id                     text NOT NULL REFERENCES vpcs (vpc_id) ON DELETE CASCADE,
    region                     text NOT NULL DEFAULT 'us-east-1',
    cidr_block                 text NOT NULL,
    availability_zone          text NOT NULL,
    availability_zone_id       text,
    available_ip_address_count integer NOT NULL DEFAULT 4091,
    default_for_az             boolean NOT NULL DEFAULT false,
    map_public_ip_on_launch    boolean NOT NULL DEFAULT false,
    state                      text NOT NULL DEFAULT 'available' CHECK (state IN ('pending', 'available')),
    tags                       jsonb NOT NULL DEFAULT '{}',
    created_at                 timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX subnets_page ON subnets (account_id, region, subnet_id);
CREATE INDEX subnets_vpc ON subnets (vpc_id);
COMMENT ON TABLE subnets IS 'A subnet of a virtual private cloud, in one availability zone.';

CREATE TABLE security_groups (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    group_id    text NOT NULL UNIQUE,
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    vpc_id      text REFERENCES vpcs (vpc_id) ON DELETE CASCADE,
    region      text NOT NULL DEFAULT 'us-east-1',
    ingress     jsonb NOT NULL DEFAULT '[]',
    egress      jsonb NOT NULL DEFAULT '[]',
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, vpc_id, name)
);
CREATE UNIQUE INDEX security_groups_page ON security_groups (account_id, region, group_id);
CREATE INDEX security_groups_vpc ON security_groups (vpc_id);
COMMENT ON TABLE security_groups IS 'A security group.';
COMMENT ON COLUMN security_groups.ingress IS 'List of IpPermission as EC2 words them.';
COMMENT ON COLUMN security_groups.egress IS 'List of IpPermission as EC2 words them.';

CREATE TABLE nat_gateways (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    nat_gateway_id       text NOT NULL UNIQUE,
    vpc_id               text,
    subnet_id            text,
    region               text NOT NULL DEFAULT 'us-east-1',
    state                text NOT NULL DEFAULT 'available'
                         CHECK (state IN ('pending', 'failed', 'available', 'deleting', 'deleted')),
    connectivity_type    text NOT NULL DEFAULT 'public' CHECK (connectivity_type IN ('public', 'private')),
    allocation_id        text,
    private_ip           text,
    public_ip            text,
    network_interface_id text,
    hourly_cost          numeric(10,4) NOT NULL DEFAULT 0,
    avg_gb_processed_7d  numeric(12,4) DEFAULT 0,
    client_token         text,
    tags                 jsonb NOT NULL DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    deleted_at           timestamptz
);
CREATE UNIQUE INDEX nat_gateways_page ON nat_gateways (account_id, region, nat_gateway_id);
COMMENT ON TABLE nat_gateways IS 'A NAT gateway: billed by the hour and by the GB, used or not.';
COMMENT ON COLUMN nat_gateways.allocation_id IS 'elastic_ips.allocation_id of a public gateway.';
COMMENT ON COLUMN nat_gateways.deleted_at IS 'A deleted gateway is still listed for an hour after this.';

CREATE TABLE vpc_endpoints (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    vpc_endpoint_id    text NOT NULL UNIQUE,
    vpc_id             text NOT NULL,
    service_name       text NOT NULL,
    vpc_endpoint_type  text NOT NULL DEFAULT 'Gateway'
                       CHECK (vpc_endpoint_type IN ('Interface', 'Gateway', 'GatewayLoadBalancer', 'Resource', 'ServiceNetwork')),
    region             text NOT NULL DEFAULT 'us-east-1',
    state              text NOT NULL DEFAULT 'available',
    subnet_ids         text[] NOT NULL DEFAULT '{}',
    route_table_ids    text[] NOT NULL DEFAULT '{}',
    security_group_ids text[] NOT NULL DEFAULT '{}',
    private_dns_enabled boolean NOT NULL DEFAULT false,
    policy_document    text,
    hourly_cost        numeric(10,4) NOT NULL DEFAULT 0,
    client_token       text,
    tags               jsonb NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX vpc_endpoints_page ON vpc_endpoints (account_id, region, vpc_endpoint_id);
COMMENT ON TABLE vpc_endpoints IS 'A VPC endpoint; interface endpoints are billed by the hour and zone.';
COMMENT ON COLUMN vpc_endpoints.hourly_cost IS 'Of all its zones together, USD.';

CREATE TABLE key_pairs (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    key_pair_id text NOT NULL UNIQUE,
    name        text NOT NULL,
    region      text NOT NULL DEFAULT 'us-east-1',
    fingerprint text NOT NULL,
    key_type    text NOT NULL DEFAULT 'rsa' CHECK (key_type IN ('rsa', 'ed25519')),
    public_key  text,
    tags        jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE key_pairs IS 'An EC2 key pair. The private half is never kept.';
