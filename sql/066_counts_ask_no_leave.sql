-- How many nodes a cluster has follows from its nodes and node groups. Leave is asked of the instance
-- or the group that is changed, by its own policy, and not of the cluster besides; its freeze, and a
-- policy that says to leave it alone, stand against that too.
CREATE OR REPLACE FUNCTION driftcloud_guard(account uuid, kind text, resource text, changes text[], at timestamptz,
                                 account_freeze timestamptz, own_freeze timestamptz, freeze_after timestamptz,
                                 policy text, policy_after text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    columns CONSTANT text[] := (SELECT t.guarded || 'lifecycle'::text FROM driftcloud_resource_types t
                                 WHERE t.resource_type = kind);
    words CONSTANT text[] := '{auto_safe,recommend_only,ignore}';
    ends CONSTANT timestamptz := greatest(account_freeze, own_freeze);
    change text[];
    counted boolean := true;
    done text := '';
    broken text;
    why text;
BEGIN
    FOREACH change SLICE 1 IN ARRAY CASE WHEN changes = '{}' THEN ARRAY[['', '', '']] ELSE changes END LOOP
        -- A volume is attached and detached in daily work; its deletion is another matter.
        IF change[1] = ANY (columns) AND NOT (kind = 'volume' AND change[1] = 'state' AND change[3] NOT LIKE 'delet%') THEN
            done := done || format('%s%s from %s to %s', CASE WHEN done <> '' THEN ', ' ELSE '' END, change[1],
                                   left(coalesce(change[2], 'nothing'), 80), left(coalesce(change[3], 'nothing'), 80));
            counted := counted AND kind = 'container_cluster' AND change[1] IN ('desired_nodes', 'min_nodes', 'max_nodes');
        END IF;
    END LOOP;
    IF done <> '' THEN
        IF ends > at THEN
            broken := 'freeze';
        ELSIF policy = 'ignore' OR policy = 'recommend_only' AND NOT counted AND NOT EXISTS (
                  SELECT FROM truth.approvals a
                   WHERE a.account_id = account AND a.resource_type = kind AND a.resource_id = resource
                     AND coalesce(a.until > driftcloud_guard.at, true)) THEN
            broken := 'policy';
        END IF;
    ELSIF own_freeze > at AND coalesce(freeze_after < own_freeze, true) THEN
        broken := 'freeze';
        done := 'the freeze was lifted';
    ELSIF array_position(words, policy_after) < array_position(words, policy) THEN
        broken := 'policy';
        done := format('the policy was loosened from %s to %s', policy, policy_after);
    END IF;
    IF broken IS NULL THEN
        RETURN;
    END IF;
    IF (SELECT a.guardrails FROM cloud_accounts a WHERE a.id = account) = 'enforce' THEN
        RAISE EXCEPTION 'a guardrail stands against the change of % %', kind, resource
            USING ERRCODE = 'DC001',
                  DETAIL = json_build_object('kind', broken, 'type', kind, 'id', resource, 'policy', policy,
                                             'until', driftcloud_time_tag(ends),
                                             'account', coalesce(account_freeze >= ends, false))::text;
    END IF;
    why := CASE broken WHEN 'policy' THEN 'the policy is ' || policy
                       ELSE 'frozen until ' || driftcloud_time_tag(ends) END;
    INSERT INTO truth.breaches (account_id, date, at, kind, resource_type, resource_id, detail)
    SELECT account, coalesce((SELECT c.virtual_date FROM virtual_clocks c WHERE c.account_id = account),
                             (at AT TIME ZONE 'UTC')::date), at, broken, kind, resource, done || '; ' || why
     WHERE NOT EXISTS (SELECT FROM truth.breaches b
                        WHERE b.account_id = account AND b.at = driftcloud_guard.at AND b.resource_type = driftcloud_guard.kind
                          AND b.resource_id = resource AND b.transaction_id = pg_current_xact_id());
END
$$;
