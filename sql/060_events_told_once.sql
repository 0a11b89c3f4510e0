-- Most rules say by "detail-type" what they listen to: what none of them can match is not put in.
-- A pattern that compares, chooses or escapes is let through; the dispatch reads it whole.
CREATE FUNCTION driftcloud_has_rules(account uuid, at text, detail text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT EXISTS (SELECT FROM event_rules r WHERE r.account_id = account AND r.region = at
                          AND r.bus_name = 'default' AND r.pattern IS NOT NULL AND r.status <> 'DISABLED'
                          AND (strpos(r.pattern, detail) > 0 OR strpos(r.pattern, '"detail-type"') = 0
                               OR r.pattern ~ '[\\$]|"(prefix|suffix|anything-but|wildcard|equals-ignore-case|exists)"'))
    $$;
COMMENT ON FUNCTION driftcloud_has_rules(uuid, text, text) IS
    'Whether the default bus of a region has a rule that events of this detail-type might match.';

-- A call's events are told of once, when its entry in the trail is completed: a notification at every
-- commit of a busy server makes commits wait for one another, and a dispatcher work for single events.
CREATE OR REPLACE FUNCTION driftcloud_emit_instance_state() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    emitted integer;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT driftcloud_has_rules(NEW.account_id, NEW.region, 'EC2 Instance State-change Notification') THEN
            RETURN NULL;
        END IF;
        INSERT INTO event_outbox (account_id, region, source, detail_type, resources, detail, happened_at)
        SELECT a.id, NEW.region, 'aws.ec2', 'EC2 Instance State-change Notification',
               ARRAY[format('arn:aws:ec2:%s:%s:instance/%s', NEW.region, a.account_number, NEW.instance_id)],
               jsonb_build_object('instance-id', NEW.instance_id, 'state', NEW.state), driftcloud_now(a.id)
          FROM cloud_accounts a WHERE a.id = NEW.account_id;
    ELSE
        INSERT INTO event_outbox (account_id, region, source, detail_type, resources, detail, happened_at)
        SELECT a.id, n.region, 'aws.ec2', 'EC2 Instance State-change Notification',
               ARRAY[format('arn:aws:ec2:%s:%s:instance/%s', n.region, a.account_number, n.instance_id)],
               jsonb_build_object('instance-id', n.instance_id, 'state', n.state), driftcloud_now(a.id)
          FROM new_rows n JOIN cloud_accounts a ON a.id = n.account_id
         WHERE driftcloud_has_rules(n.account_id, n.region, 'EC2 Instance State-change Notification');
    END IF;
    GET DIAGNOSTICS emitted = ROW_COUNT;
    IF emitted > 0 AND driftcloud_source() <> 'agent' THEN
        PERFORM pg_notify('event_outbox', '');
    END IF;
    RETURN NULL;
END
$$;
