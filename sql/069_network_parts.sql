-- Parts of networks as rows of their own: rules of security groups, route tables, internet gateways,
-- network ACLs, DHCP options, flow logs, prefix lists and peerings.

-- Rules have one truth in two places: rows here, and security_groups.ingress and egress. Whoever writes
-- one side finds the other in step when the statement ends. The setting driftcloud.rules_from is put for
-- the length of a trigger, so that the echo of its own write does not run back.
CREATE TABLE security_group_rules (
    id                  uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    rule_id             text NOT NULL UNIQUE,
    group_id            text NOT NULL REFERENCES security_groups (group_id) ON UPDATE CASCADE ON DELETE CASCADE,
    region              text NOT NULL DEFAULT 'us-east-1',
    is_egress           boolean NOT NULL DEFAULT false,
    ip_protocol         text NOT NULL,
    from_port           integer,
    to_port             integer,
    cidr_ipv4           text,
    cidr_ipv6           text,
    prefix_list_id      text,
    referenced_group_id text,
    referenced_account  text,
    description         text,
    place            integer NOT NULL DEFAULT 0,
    tags                jsonb NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_group_id) = 1),
    CHECK ((from_port IS NULL) = (to_port IS NULL))
);
CREATE UNIQUE INDEX security_group_rules_once ON security_group_rules
    (group_id, is_egress, ip_protocol, coalesce(from_port, -2), coalesce(to_port, -2),
     coalesce(cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_group_id));
CREATE UNIQUE INDEX security_group_rules_page ON security_group_rules (account_id, region, rule_id);
CREATE INDEX security_group_rules_referenced ON security_group_rules (referenced_group_id)
    WHERE referenced_group_id IS NOT NULL;
COMMENT ON TABLE security_group_rules IS 'A rule of a security group: one protocol and range of ports, open to one peer.';
COMMENT ON COLUMN security_group_rules.from_port IS 'Null with to_port: all of the protocol.';
COMMENT ON COLUMN security_group_rules.referenced_account IS 'Number of the account that the referenced group belongs to.';
COMMENT ON COLUMN security_group_rules.place IS 'The order in which the group''s permissions tell its rules.';

CREATE FUNCTION driftcloud_permission_rules(permissions jsonb)
    RETURNS TABLE (ip_protocol text, from_port integer, to_port integer, cidr_ipv4 text, cidr_ipv6 text,
                   prefix_list_id text, referenced_group_id text, referenced_account text, description text,
                   place integer)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT DISTINCT ON (1, 2, 3, 4, 5, 6, 7)
               p.v ->> 'IpProtocol',
               CASE WHEN p.v ->> 'IpProtocol' <> '-1' THEN (p.v ->> 'FromPort')::integer END,
               CASE WHEN p.v ->> 'IpProtocol' <> '-1' THEN (p.v ->> 'ToPort')::integer END,
               e.v ->> 'CidrIp', e.v ->> 'CidrIpv6', e.v ->> 'PrefixListId', e.v ->> 'GroupId',
               nullif(e.v ->> 'UserId', ''), nullif(e.v ->> 'Description', ''),
               (p.n * 1000 + k.n * 200 + e.n)::integer
          FROM jsonb_array_elements(CASE jsonb_typeof(permissions) WHEN 'array' THEN permissions ELSE '[]' END)
               WITH ORDINALITY AS p(v, n),
               (VALUES (0, 'IpRanges'), (1, 'Ipv6Ranges'), (2, 'PrefixListIds'), (3, 'UserIdGroupPairs')) AS k(n, name),
               jsonb_array_elements(p.v -> k.name) WITH ORDINALITY AS e(v, n)
         WHERE num_nonnulls(e.v ->> 'CidrIp', e.v ->> 'CidrIpv6', e.v ->> 'PrefixListId', e.v ->> 'GroupId') = 1
           AND p.v ? 'IpProtocol'
         ORDER BY 1, 2, 3, 4, 5, 6, 7, 10
    $$;
COMMENT ON FUNCTION driftcloud_permission_rules(jsonb) IS
    'The rules that a list of IpPermission comes to, each once.';

CREATE FUNCTION driftcloud_permissions(of_group text, egress boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
        SELECT coalesce(jsonb_agg(p.permission ORDER BY p.first, p.named), '[]')
          FROM (
            SELECT min(r.place) AS first, min(r.rule_id) AS named,
                   jsonb_strip_nulls(jsonb_build_object(
                       'IpProtocol', r.ip_protocol, 'FromPort', r.from_port, 'ToPort', r.to_port,
                       'IpRanges', coalesce(jsonb_agg(jsonb_build_object(
                           'CidrIp', r.cidr_ipv4, 'Description', r.description) ORDER BY r.place, r.rule_id)
                           FILTER (WHERE r.cidr_ipv4 IS NOT NULL), '[]'),
                       'Ipv6Ranges', coalesce(jsonb_agg(jsonb_build_object(
                           'CidrIpv6', r.cidr_ipv6, 'Description', r.description) ORDER BY r.place, r.rule_id)
                           FILTER (WHERE r.cidr_ipv6 IS NOT NULL), '[]'),
                       'PrefixListIds', coalesce(jsonb_agg(jsonb_build_object(
                           'PrefixListId', r.prefix_list_id, 'Description', r.description) ORDER BY r.place, r.rule_id)
                           FILTER (WHERE r.prefix_list_id IS NOT NULL), '[]'),
                       'UserIdGroupPairs', coalesce(jsonb_agg(jsonb_build_object(
                           'GroupId', r.referenced_group_id, 'UserId', r.referenced_account,
                           'Description', r.description) ORDER BY r.place, r.rule_id)
                           FILTER (WHERE r.referenced_group_id IS NOT NULL), '[]'))) AS permission
              FROM security_group_rules r
             WHERE r.group_id = $1 AND r.is_egress = $2
             GROUP BY r.ip_protocol, r.from_port, r.to_port) p
    $$;
COMMENT ON FUNCTION driftcloud_permissions(text, boolean) IS
    'One side of a group as its rules tell it: those of one protocol and range of ports are one IpPermission.';

-- A rule that comes without an id has the one that follows from what it says, unless another rule,
-- which said so once, still bears it.
CREATE FUNCTION driftcloud_name_rule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told CONSTANT text := format('%s/%s/(%s, %s, %s, %s, %s)', NEW.group_id,
        CASE WHEN NEW.is_egress THEN 'True' ELSE 'False' END, quote_literal(NEW.ip_protocol),
        coalesce(NEW.from_port::text, 'None'), coalesce(NEW.to_port::text, 'None'),
        CASE WHEN NEW.cidr_ipv4 IS NOT NULL THEN '''IpRanges'''
             WHEN NEW.cidr_ipv6 IS NOT NULL THEN '''Ipv6Ranges'''
             WHEN NEW.prefix_list_id IS NOT NULL THEN '''PrefixListIds'''
             ELSE '''UserIdGroupPairs''' END,
        quote_literal(coalesce(NEW.cidr_ipv4, NEW.cidr_ipv6, NEW.prefix_list_id, NEW.referenced_group_id)));
    turn integer := 0;
BEGIN
    LOOP
        NEW.rule_id := 'sgr-0' || left(md5(told || coalesce('/' || nullif(turn, 0), '')), 16);
        EXIT WHEN NOT EXISTS (SELECT FROM security_group_rules r WHERE r.rule_id = NEW.rule_id
                                 AND (r.group_id, r.is_egress, r.ip_protocol, r.from_port, r.to_port, r.cidr_ipv4,
                                      r.cidr_ipv6, r.prefix_list_id, r.referenced_group_id)
                                     IS DISTINCT FROM
                                     (NEW.group_id, NEW.is_egress, NEW.ip_protocol, NEW.from_port, NEW.to_port, NEW.cidr_ipv4,
                                      NEW.cidr_ipv6, NEW.prefix_list_id, NEW.referenced_group_id));
        turn := turn + 1;
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER identify BEFORE INSERT ON security_group_rules
    FOR EACH ROW WHEN (NEW.rule_id IS NULL) EXECUTE FUNCTION driftcloud_name_rule();

CREATE FUNCTION driftcloud_rules_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('driftcloud.rules_from', 'column', true);
    IF TG_OP = 'INSERT' THEN
        INSERT INTO security_group_rules (account_id, group_id, region, is_egress, created_at, ip_protocol,
               from_port, to_port, cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_group_id,
               referenced_account, description, place)
        SELECT n.account_id, n.group_id, n.region, s.is_egress, n.created_at, w.*
          FROM new_rows n, LATERAL (VALUES (false, n.ingress), (true, n.egress)) AS s(is_egress, permissions),
               driftcloud_permission_rules(s.permissions) w
            ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM security_group_rules r
         WHERE r.group_id = NEW.group_id AND NOT EXISTS (
               SELECT FROM driftcloud_permission_rules(CASE WHEN r.is_egress THEN NEW.egress ELSE NEW.ingress END) w
                WHERE (w.ip_protocol, w.from_port, w.to_port, w.cidr_ipv4, w.cidr_ipv6, w.prefix_list_id, w.referenced_group_id)
                      IS NOT DISTINCT FROM
                      (r.ip_protocol, r.from_port, r.to_port, r.cidr_ipv4, r.cidr_ipv6, r.prefix_list_id, r.referenced_group_id));
        INSERT INTO security_group_rules (account_id, group_id, region, is_egress, created_at, ip_protocol,
               from_port, to_port, cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_group_id,
               referenced_account, description, place)
        SELECT NEW.account_id, NEW.group_id, NEW.region, s.is_egress, driftcloud_now(NEW.account_id), w.*
          FROM (VALUES (false, NEW.ingress), (true, NEW.egress)) AS s(is_egress, permissions),
               driftcloud_permission_rules(s.permissions) w
            ON CONFLICT (group_id, is_egress, ip_protocol, coalesce(from_port, -2), coalesce(to_port, -2),
                         coalesce(cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_group_id)) DO UPDATE
           SET description = excluded.description, referenced_account = excluded.referenced_account
         WHERE (security_group_rules.description, security_group_rules.referenced_account)
               IS DISTINCT FROM (excluded.description, excluded.referenced_account);
    END IF;
    PERFORM set_config('driftcloud.rules_from', '', true);
    RETURN NULL;
END
$$;
CREATE TRIGGER rules_of_new AFTER INSERT ON security_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION driftcloud_rules_follow();
CREATE TRIGGER rules_of_changed AFTER UPDATE OF ingress, egress ON security_groups FOR EACH ROW
    WHEN ((OLD.ingress, OLD.egress) IS DISTINCT FROM (NEW.ingress, NEW.egress)
          AND coalesce(current_setting('driftcloud.rules_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_rules_follow();

CREATE FUNCTION driftcloud_groups_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT group_id) INTO touched FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT group_id) INTO touched FROM old_rows;
    ELSE
        SELECT array_agg(DISTINCT g.group_id) INTO touched
          FROM old_rows o JOIN new_rows n USING (id), LATERAL (VALUES (o.group_id), (n.group_id)) AS g(group_id)
         WHERE (o.group_id, o.is_egress, o.ip_protocol, o.from_port, o.to_port, o.cidr_ipv4, o.cidr_ipv6,
                o.prefix_list_id, o.referenced_group_id, o.referenced_account, o.description, o.place)
               IS DISTINCT FROM
               (n.group_id, n.is_egress, n.ip_protocol, n.from_port, n.to_port, n.cidr_ipv4, n.cidr_ipv6,
                n.prefix_list_id, n.referenced_group_id, n.referenced_account, n.description, n.place);
    END IF;
    IF touched IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('driftcloud.rules_from', 'rows', true);
    -- The groups are locked first, and read again after that: of two that change rules of one group,
    -- the later tells those of both.
    PERFORM FROM security_groups g WHERE g.group_id = ANY (touched) ORDER BY g.group_id FOR NO KEY UPDATE;
    UPDATE security_groups g SET ingress = s.ingress, egress = s.egress
      FROM (SELECT t.group_id, driftcloud_permissions(t.group_id, false) AS ingress,
                   driftcloud_permissions(t.group_id, true) AS egress
              FROM unnest(touched) AS t(group_id)) s
     WHERE g.group_id = s.group_id AND (g.ingress, g.egress) IS DISTINCT FROM (s.ingress, s.egress);
    PERFORM set_config('driftcloud.rules_from', '', true);
    RETURN NULL;
END
$$;
CREATE TRIGGER group_of_new AFTER INSERT ON security_group_rules REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (coalesce(current_setting('driftcloud.rules_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_groups_follow();
CREATE TRIGGER group_of_gone AFTER DELETE ON security_group_rules REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    WHEN (coalesce(current_setting('driftcloud.rules_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_groups_follow();
CREATE TRIGGER group_of_changed AFTER UPDATE ON security_group_rules
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (coalesce(current_setting('driftcloud.rules_from', true), '') = '')
    EXECUTE FUNCTION driftcloud_groups_follow();

-- What a VPC is told of its names, and what its traffic goes by.

ALTER TABLE vpcs
    ADD COLUMN enable_dns_support boolean NOT NULL DEFAULT true,
    ADD COLUMN enable_dns_hostnames boolean,
    ADD COLUMN enable_network_address_usage_metrics boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN vpcs.enable_dns_hostnames IS 'Null: nothing was said of it; then a default VPC has them, and no other.';

CREATE TABLE internet_gateways (
    id                  uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    internet_gateway_id text NOT NULL UNIQUE,
    region              text NOT NULL DEFAULT 'us-east-1',
    vpc_id              text UNIQUE REFERENCES vpcs (vpc_id) ON DELETE SET NULL,
    tags                jsonb NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX internet_gateways_page ON internet_gateways (account_id, region, internet_gateway_id);
COMMENT ON TABLE internet_gateways IS 'An internet gateway, attached to one VPC or to none.';

CREATE TABLE route_tables (
    id                  uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id          uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    route_table_id      text NOT NULL UNIQUE,
    vpc_id              text NOT NULL REFERENCES vpcs (vpc_id) ON DELETE CASCADE,
    region              text NOT NULL DEFAULT 'us-east-1',
    main_association_id text UNIQUE,
    routes              jsonb NOT NULL DEFAULT '{}',
    tags                jsonb NOT NULL DEFAULT '{}',
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX route_tables_page ON route_tables (account_id, region, route_table_id);
CREATE INDEX route_tables_vpc ON route_tables (vpc_id);
CREATE UNIQUE INDEX route_tables_main ON route_tables (vpc_id) WHERE main_association_id IS NOT NULL;
COMMENT ON TABLE route_tables IS 'A route table of a VPC.';
COMMENT ON COLUMN route_tables.main_association_id IS 'Of the main table of its VPC, which all subnets without another use.';
COMMENT ON COLUMN route_tables.routes IS
    'By destination, as EC2 writes it, the target by its member of API_CreateRoute; the local route is not among them.';

CREATE TABLE network_acls (
    id             uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id     uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    network_acl_id text NOT NULL UNIQUE,
    vpc_id         text NOT NULL REFERENCES vpcs (vpc_id) ON DELETE CASCADE,
    region         text NOT NULL DEFAULT 'us-east-1',
    is_default     boolean NOT NULL DEFAULT false,
    entries        jsonb NOT NULL DEFAULT '{}',
    tags           jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX network_acls_page ON network_acls (account_id, region, network_acl_id);
CREATE INDEX network_acls_vpc ON network_acls (vpc_id);
CREATE UNIQUE INDEX network_acls_default ON network_acls (vpc_id) WHERE is_default;
COMMENT ON TABLE network_acls IS 'A network ACL of a VPC.';
COMMENT ON COLUMN network_acls.is_default IS 'Whether it is the one that subnets without another use.';
COMMENT ON COLUMN network_acls.entries IS
    'By "in/<number>" or "out/<number>" the rest of API_NetworkAclEntry; what denies all that nothing else allows is not among them.';

ALTER TABLE subnets
    ADD COLUMN route_table_id text REFERENCES route_tables (route_table_id) ON DELETE SET NULL,
    ADD COLUMN route_table_association_id text,
    ADD COLUMN network_acl_id text REFERENCES network_acls (network_acl_id) ON DELETE SET NULL,
    ADD COLUMN network_acl_association_id text;
CREATE INDEX subnets_route_table ON subnets (route_table_id);
CREATE INDEX subnets_network_acl ON subnets (network_acl_id);
COMMENT ON COLUMN subnets.route_table_id IS 'Null: the main route table of its VPC.';
COMMENT ON COLUMN subnets.network_acl_id IS 'Null: the default network ACL of its VPC.';
COMMENT ON COLUMN subnets.network_acl_association_id IS 'Null: the one that follows from subnet_id.';

-- Identifiers of what a VPC is born with follow from its own.
CREATE FUNCTION driftcloud_part_id(prefix text, of text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT prefix || '-' || substr(md5(prefix || of), 1, 17) $$;
COMMENT ON FUNCTION driftcloud_part_id(text, text) IS 'The id, of one prefix, that belongs to a part of something.';

CREATE FUNCTION driftcloud_first_routes(open boolean, vpc_id text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT CASE WHEN open THEN jsonb_build_object('0.0.0.0/0',
                   jsonb_build_object('GatewayId', driftcloud_part_id('igw', vpc_id))) ELSE '{}' END
    $$;

CREATE FUNCTION driftcloud_first_entries() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT '{"in/100": {"Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"},
                 "out/100": {"Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}}'::jsonb
    $$;

CREATE FUNCTION driftcloud_furnish_vpcs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO route_tables (id, account_id, route_table_id, vpc_id, region, main_association_id, routes, created_at)
    SELECT md5('rtb row' || n.vpc_id)::uuid, n.account_id, driftcloud_part_id('rtb', n.vpc_id), n.vpc_id, n.region,
           driftcloud_part_id('rtbassoc', n.vpc_id), driftcloud_first_routes(n.is_default, n.vpc_id), n.created_at
      FROM new_rows n ON CONFLICT DO NOTHING;
    INSERT INTO network_acls (id, account_id, network_acl_id, vpc_id, region, is_default, entries, created_at)
    SELECT md5('acl row' || n.vpc_id)::uuid, n.account_id, driftcloud_part_id('acl', n.vpc_id), n.vpc_id, n.region, true,
           driftcloud_first_entries(), n.created_at
      FROM new_rows n ON CONFLICT DO NOTHING;
    IF EXISTS (SELECT FROM new_rows n WHERE n.is_default) THEN
        INSERT INTO internet_gateways (id, account_id, internet_gateway_id, region, vpc_id, created_at)
        SELECT md5('igw row' || n.vpc_id)::uuid, n.account_id, driftcloud_part_id('igw', n.vpc_id), n.region, n.vpc_id, n.created_at
          FROM new_rows n WHERE n.is_default ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION driftcloud_furnish_vpcs() IS
    'Gives new VPCs the main route table and the default ACL that all have, and default ones an internet gateway.';
CREATE TRIGGER furnish AFTER INSERT ON vpcs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION driftcloud_furnish_vpcs();

-- Networks that were there before their parts, as a generated estate's are.
CREATE FUNCTION driftcloud_furnish_networks(of_account uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO internet_gateways (id, account_id, internet_gateway_id, region, vpc_id, created_at)
    SELECT md5('igw row' || v.vpc_id)::uuid, v.account_id, driftcloud_part_id('igw', v.vpc_id), v.region, v.vpc_id, v.created_at
      FROM vpcs v
     WHERE (of_account IS NULL OR v.account_id = of_account)
       AND (v.is_default
            OR EXISTS (SELECT FROM subnets s WHERE s.vpc_id = v.vpc_id AND s.map_public_ip_on_launch)
            OR EXISTS (SELECT FROM nat_gateways n WHERE n.vpc_id = v.vpc_id AND n.state <> 'deleted'
                                                    AND n.connectivity_type = 'public'))
        ON CONFLICT DO NOTHING;
    INSERT INTO route_tables (id, account_id, route_table_id, vpc_id, region, main_association_id, routes, created_at)
    SELECT md5('rtb row' || v.vpc_id)::uuid, v.account_id, driftcloud_part_id('rtb', v.vpc_id), v.vpc_id, v.region,
           driftcloud_part_id('rtbassoc', v.vpc_id), driftcloud_first_routes(g.vpc_id IS NOT NULL, v.vpc_id), v.created_at
      FROM vpcs v LEFT JOIN internet_gateways g ON g.vpc_id = v.vpc_id
     WHERE of_account IS NULL OR v.account_id = of_account
        ON CONFLICT (route_table_id) DO UPDATE SET routes = excluded.routes
     WHERE route_tables.routes = '{}' AND excluded.routes <> '{}';
    INSERT INTO network_acls (id, account_id, network_acl_id, vpc_id, region, is_default, entries, created_at)
    SELECT md5('acl row' || v.vpc_id)::uuid, v.account_id, driftcloud_part_id('acl', v.vpc_id), v.vpc_id, v.region, true,
           driftcloud_first_entries(), v.created_at
      FROM vpcs v WHERE of_account IS NULL OR v.account_id = of_account
        ON CONFLICT DO NOTHING;
    -- The private subnets of a zone go out by the NAT gateway of it.
    INSERT INTO route_tables (id, account_id, route_table_id, vpc_id, region, routes, created_at)
    SELECT md5('rtb row' || n.nat_gateway_id)::uuid, n.account_id, driftcloud_part_id('rtb', n.nat_gateway_id), n.vpc_id, n.region,
           jsonb_build_object('0.0.0.0/0', jsonb_build_object('NatGatewayId', n.nat_gateway_id)), n.created_at
      FROM nat_gateways n JOIN vpcs v USING (vpc_id)
     WHERE n.state <> 'deleted' AND (of_account IS NULL OR n.account_id = of_account)
        ON CONFLICT DO NOTHING;
    UPDATE subnets s
       SET route_table_id = n.route_table_id,
           route_table_association_id = driftcloud_part_id('rtbassoc', s.subnet_id)
      FROM (SELECT DISTINCT ON (o.vpc_id, o.availability_zone) o.subnet_id, o.vpc_id, o.availability_zone,
                   driftcloud_part_id('rtb', n.nat_gateway_id) AS route_table_id
              FROM nat_gateways n JOIN subnets o ON o.subnet_id = n.subnet_id
             WHERE n.state <> 'deleted' AND (of_account IS NULL OR n.account_id = of_account)
             ORDER BY o.vpc_id, o.availability_zone, n.nat_gateway_id) n
     WHERE s.vpc_id = n.vpc_id AND s.availability_zone = n.availability_zone AND s.route_table_id IS NULL
       AND s.subnet_id <> n.subnet_id AND NOT s.map_public_ip_on_launch;
    UPDATE vpc_endpoints e
       SET route_table_ids = ARRAY(SELECT r.route_table_id FROM route_tables r WHERE r.vpc_id = e.vpc_id ORDER BY 1)
     WHERE e.vpc_endpoint_type = 'Gateway' AND (of_account IS NULL OR e.account_id = of_account)
       AND e.route_table_ids <> '{}'
       AND NOT EXISTS (SELECT FROM route_tables r WHERE r.route_table_id = ANY (e.route_table_ids));
    PERFORM set_config('driftcloud.rules_from', 'column', true);
    INSERT INTO security_group_rules (id, account_id, group_id, region, is_egress, created_at, ip_protocol,
           from_port, to_port, cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_group_id,
           referenced_account, description, place)
    SELECT md5('sgr row' || g.group_id || s.is_egress || w)::uuid, g.account_id, g.group_id, g.region, s.is_egress, g.created_at, w.*
      FROM security_groups g, LATERAL (VALUES (false, g.ingress), (true, g.egress)) AS s(is_egress, permissions),
           driftcloud_permission_rules(s.permissions) w
     WHERE of_account IS NULL OR g.account_id = of_account
        ON CONFLICT DO NOTHING;
    PERFORM set_config('driftcloud.rules_from', '', true);
END
$$;
COMMENT ON FUNCTION driftcloud_furnish_networks(uuid) IS
    'Gives the networks of an account, or of all, what they have no rows for yet: gateways, route tables, ACLs, rules.';
REVOKE ALL ON FUNCTION driftcloud_furnish_networks(uuid) FROM PUBLIC;

CREATE TABLE dhcp_options (
    id              uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id      uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    dhcp_options_id text NOT NULL UNIQUE,
    region          text NOT NULL DEFAULT 'us-east-1',
    configurations  jsonb NOT NULL DEFAULT '{}',
    tags            jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX dhcp_options_page ON dhcp_options (account_id, region, dhcp_options_id);
COMMENT ON TABLE dhcp_options IS 'A set of DHCP options beside the one that AWS has for all VPCs of a region.';
COMMENT ON COLUMN dhcp_options.configurations IS 'Lists of values by key.';

CREATE TABLE flow_logs (
    id                       uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id               uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    flow_log_id              text NOT NULL UNIQUE,
    region                   text NOT NULL DEFAULT 'us-east-1',
    resource_id              text NOT NULL,
    traffic_type             text CHECK (traffic_type IN ('ACCEPT', 'REJECT', 'ALL')),
    log_destination_type     text NOT NULL DEFAULT 'cloud-watch-logs'
                             CHECK (log_destination_type IN ('cloud-watch-logs', 's3', 'kinesis-data-firehose')),
    log_destination          text NOT NULL,
    log_group_name           text,
    role_arn                 text,
    log_format               text NOT NULL DEFAULT '',
    max_aggregation_interval integer NOT NULL DEFAULT 600 CHECK (max_aggregation_interval = ANY (ARRAY[60, 600])),
    destination_options      jsonb,
    tags                     jsonb NOT NULL DEFAULT '{}',
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX flow_logs_once ON flow_logs (account_id, resource_id, log_destination, coalesce(traffic_type, ''));
CREATE UNIQUE INDEX flow_logs_page ON flow_logs (account_id, region, flow_log_id);
COMMENT ON TABLE flow_logs IS 'A flow log of a VPC, subnet, network interface or transit gateway.';
COMMENT ON COLUMN flow_logs.log_destination IS 'ARN of a log group or bucket, with what follows it.';

CREATE TABLE managed_prefix_lists (
    id             uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id     uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    prefix_list_id text NOT NULL UNIQUE,
    region         text NOT NULL DEFAULT 'us-east-1',
    name           text NOT NULL,
    address_family text NOT NULL CHECK (address_family IN ('IPv4', 'IPv6')),
    max_entries    integer NOT NULL,
    version        integer NOT NULL DEFAULT 1,
    versions       jsonb NOT NULL DEFAULT '{}',
    tags           jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX managed_prefix_lists_page ON managed_prefix_lists (account_id, region, prefix_list_id);
COMMENT ON TABLE managed_prefix_lists IS 'A prefix list that the account manages itself.';
COMMENT ON COLUMN managed_prefix_lists.versions IS 'By version, what each CIDR block was described as.';

CREATE TABLE egress_only_internet_gateways (
    id         uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    gateway_id text NOT NULL UNIQUE,
    region     text NOT NULL DEFAULT 'us-east-1',
    vpc_id     text NOT NULL REFERENCES vpcs (vpc_id) ON DELETE CASCADE,
    tags       jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX egress_only_internet_gateways_page ON egress_only_internet_gateways (account_id, region, gateway_id);
CREATE INDEX egress_only_internet_gateways_vpc ON egress_only_internet_gateways (vpc_id);
COMMENT ON TABLE egress_only_internet_gateways IS 'An egress-only internet gateway, for IPv6 traffic out of a VPC.';

CREATE TABLE vpc_peering_connections (
    id                uuid PRIMARY KEY DEFAULT driftcloud_uuid(),
    account_id        uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    peering_id        text NOT NULL UNIQUE,
    region            text NOT NULL DEFAULT 'us-east-1',
    requester_vpc_id  text NOT NULL,
    accepter_vpc_id   text NOT NULL,
    requester_cidr    text NOT NULL,
    accepter_cidr     text,
    accepter_region   text NOT NULL,
    state             text NOT NULL DEFAULT 'pending-acceptance'
                      CHECK (state IN ('pending-acceptance', 'active', 'rejected', 'failed', 'deleted')),
    requester_options jsonb NOT NULL DEFAULT '{}',
    accepter_options  jsonb NOT NULL DEFAULT '{}',
    tags              jsonb NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    ended_at          timestamptz
);
CREATE UNIQUE INDEX vpc_peering_connections_page ON vpc_peering_connections (account_id, peering_id);
CREATE UNIQUE INDEX vpc_peering_connections_once ON vpc_peering_connections
    (account_id, least(requester_vpc_id, accepter_vpc_id), greatest(requester_vpc_id, accepter_vpc_id))
    WHERE state IN ('pending-acceptance', 'active');
COMMENT ON TABLE vpc_peering_connections IS 'A peering connection between two VPCs of one account.';
COMMENT ON COLUMN vpc_peering_connections.region IS 'Of the VPC that asked for it.';

-- Each kind of target has a statement of its own, whose plan is kept: a list of route tables would
-- else be planned with all of them whenever it is asked for.
CREATE FUNCTION driftcloud_leads(target jsonb, of_vpc text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF target ? 'NatGatewayId' THEN
        RETURN EXISTS (SELECT FROM nat_gateways n
                        WHERE n.nat_gateway_id = target ->> 'NatGatewayId' AND n.state IN ('pending', 'available'));
    ELSIF target ->> 'GatewayId' LIKE 'igw-%' THEN
        RETURN EXISTS (SELECT FROM internet_gateways g
                        WHERE g.internet_gateway_id = target ->> 'GatewayId' AND g.vpc_id = of_vpc);
    ELSIF target ? 'TransitGatewayId' THEN
        RETURN EXISTS (SELECT FROM transit_gateway_attachments a
                        WHERE a.transit_gateway_id = target ->> 'TransitGatewayId' AND a.vpc_id = of_vpc
                          AND a.state = 'available');
    ELSIF target ? 'VpcPeeringConnectionId' THEN
        RETURN EXISTS (SELECT FROM vpc_peering_connections c
                        WHERE c.peering_id = target ->> 'VpcPeeringConnectionId' AND c.state = 'active'
                          AND of_vpc IN (c.requester_vpc_id, c.accepter_vpc_id));
    ELSIF target ? 'EgressOnlyInternetGatewayId' THEN
        RETURN EXISTS (SELECT FROM egress_only_internet_gateways g
                        WHERE g.gateway_id = target ->> 'EgressOnlyInternetGatewayId' AND g.vpc_id = of_vpc);
    ELSIF target ? 'InstanceId' THEN
        RETURN EXISTS (SELECT FROM instances i
                        WHERE i.instance_id = target ->> 'InstanceId' AND i.vpc_id = of_vpc AND i.state = 'running');
    ELSIF target ? 'NetworkInterfaceId' THEN
        RETURN EXISTS (SELECT FROM network_interfaces o
                        WHERE o.network_interface_id = target ->> 'NetworkInterfaceId' AND o.vpc_id = of_vpc)
            OR EXISTS (SELECT FROM instances i
                        WHERE i.network_interface_id = target ->> 'NetworkInterfaceId' AND i.vpc_id = of_vpc
                          AND i.state = 'running');
    END IF;
    RETURN false;
END
$$;
COMMENT ON FUNCTION driftcloud_leads(jsonb, text) IS
    'Whether what a route leads to, one member of API_CreateRoute, takes the traffic of a VPC.';

-- What an account has said of EC2 in a region, beside EBS.

CREATE TABLE ec2_settings (
    account_id                   uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region                       text NOT NULL,
    serial_console_access        boolean NOT NULL DEFAULT false,
    snapshot_block_public_access text NOT NULL DEFAULT 'unblocked'
                                 CHECK (snapshot_block_public_access IN ('block-all-sharing', 'block-new-sharing', 'unblocked')),
    metadata_defaults            jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (account_id, region)
);
COMMENT ON TABLE ec2_settings IS 'What is so for all instances and snapshots of a region.';
COMMENT ON COLUMN ec2_settings.metadata_defaults IS
    'Options of the metadata service, by member, that new instances have where nothing else is said.';

CREATE FUNCTION driftcloud_default_metadata() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
DECLARE
    said jsonb;
BEGIN
    SELECT s.metadata_defaults INTO said FROM ec2_settings s
     WHERE s.account_id = NEW.account_id AND s.region = NEW.region AND s.metadata_defaults <> '{}';
    IF FOUND THEN
        NEW.metadata_options := said || coalesce(NEW.metadata_options, '{}');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER default_metadata BEFORE INSERT ON instances
    FOR EACH ROW EXECUTE FUNCTION driftcloud_default_metadata();

ALTER TABLE images
    ADD COLUMN source_image_id text,
    ADD COLUMN source_image_region text;
COMMENT ON COLUMN images.source_image_id IS 'What it is a copy of; null: of nothing.';

INSERT INTO driftcloud_resource_types VALUES
    ('security_group_rule', 'security_group_rules', 'rule_id', NULL, NULL, true),
    ('internet_gateway', 'internet_gateways', 'internet_gateway_id', NULL, NULL, true),
    ('route_table', 'route_tables', 'route_table_id', NULL, NULL, true),
    ('network_acl', 'network_acls', 'network_acl_id', NULL, NULL, true),
    ('dhcp_options', 'dhcp_options', 'dhcp_options_id', NULL, NULL, true),
    ('flow_log', 'flow_logs', 'flow_log_id', NULL, NULL, true),
    ('managed_prefix_list', 'managed_prefix_lists', 'prefix_list_id', NULL, NULL, true),
    ('egress_only_internet_gateway', 'egress_only_internet_gateways', 'gateway_id', NULL, NULL, true),
    ('vpc_peering_connection', 'vpc_peering_connections', 'peering_id', NULL, NULL, true);
SELECT driftcloud_sync_tags();
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['security_group_rule', 'internet_gateway', 'route_table', 'network_acl', 'dhcp_options',
        'flow_log', 'managed_prefix_list', 'egress_only_internet_gateway', 'vpc_peering_connection',
        'vpc', 'subnet', 'image'] LOOP
        PERFORM driftcloud_audit(name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['security_group_rules', 'internet_gateways', 'route_tables', 'network_acls', 'dhcp_options',
        'flow_logs', 'managed_prefix_lists', 'egress_only_internet_gateways',
        'vpc_peering_connections'] LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION driftcloud_touch()', name);
        PERFORM driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())',
                                   'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
    PERFORM driftcloud_protect('ec2_settings', 'account_id = (SELECT driftcloud_account())',
                               'SELECT, INSERT, UPDATE, DELETE');
END
$$;

-- What there is already was always so: no events are told of it.
SELECT set_config('driftcloud.audit', 'off', true);
UPDATE vpcs SET enable_dns_hostnames = true WHERE NOT is_default;
SELECT driftcloud_furnish_networks(NULL);
SELECT set_config('driftcloud.audit', '', true);
