-- Auto Scaling beyond its groups: what they launch from, what changes them, what they did.

ALTER TABLE autoscaling_groups
    ADD COLUMN mixed_instances_policy jsonb,
    ADD COLUMN options                jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN enabled_metrics        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN suspended_at           jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN scaled_at              timestamptz;
COMMENT ON COLUMN autoscaling_groups.mixed_instances_policy IS 'MixedInstancesPolicy as Auto Scaling words it.';
COMMENT ON COLUMN autoscaling_groups.options IS
    'Further members of the group as Auto Scaling words them, which nothing here acts on.';
COMMENT ON COLUMN autoscaling_groups.suspended_at IS 'Virtual time of each suspended process, by its name.';
COMMENT ON COLUMN autoscaling_groups.scaled_at IS 'Virtual time of the last change of capacity; the cooldown runs from it.';

ALTER TABLE instances
    ADD COLUMN launch_configuration_name text,
    ADD COLUMN protected_from_scale_in   boolean NOT NULL DEFAULT false,
    ADD COLUMN standby                   boolean NOT NULL DEFAULT false,
    ADD COLUMN health_status             text CHECK (health_status IN ('Healthy', 'Unhealthy'));
COMMENT ON COLUMN instances.launch_configuration_name IS 'What a group launched the instance from, if from no template.';
COMMENT ON COLUMN instances.standby IS 'Still its group''s, but not counted in its capacity.';
COMMENT ON COLUMN instances.health_status IS 'What somebody told the group of the instance; null: nothing.';

SELECT driftcloud_audit('autoscaling_group');
SELECT driftcloud_audit('instance');

CREATE TABLE launch_configurations (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name       text NOT NULL,
    arn        text NOT NULL UNIQUE,
    region     text NOT NULL DEFAULT 'us-east-1',
    data       jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
COMMENT ON TABLE launch_configurations IS 'What a group launches its instances from, if from no launch template; it never changes.';
COMMENT ON COLUMN launch_configurations.data IS 'The members of LaunchConfiguration as Auto Scaling words them.';

CREATE TABLE scheduled_actions (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    autoscaling_group_id uuid NOT NULL REFERENCES autoscaling_groups (id) ON DELETE CASCADE,
    name                 text NOT NULL,
    arn                  text NOT NULL UNIQUE,
    region               text NOT NULL DEFAULT 'us-east-1',
    min_size             integer,
    max_size             integer,
    desired_capacity     integer,
    start_time           timestamptz,
    end_time             timestamptz,
    recurrence           text,
    time_zone            text,
    done_until           timestamptz NOT NULL DEFAULT now(),
    created_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (autoscaling_group_id, name)
);
CREATE INDEX scheduled_actions_account ON scheduled_actions (account_id, region);
COMMENT ON TABLE scheduled_actions IS 'A change of a group''s capacity at a virtual time, once or again and again.';
COMMENT ON COLUMN scheduled_actions.recurrence IS 'Cron with five fields, in time_zone (null: UTC).';
COMMENT ON COLUMN scheduled_actions.done_until IS 'Whatever was due up to this virtual time has been done.';

CREATE TABLE scaling_policies (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    autoscaling_group_id uuid NOT NULL REFERENCES autoscaling_groups (id) ON DELETE CASCADE,
    name                 text NOT NULL,
    arn                  text NOT NULL UNIQUE,
    region               text NOT NULL DEFAULT 'us-east-1',
    policy_type          text NOT NULL CHECK (policy_type IN
                         ('SimpleScaling', 'StepScaling', 'TargetTrackingScaling', 'PredictiveScaling')),
    enabled              boolean NOT NULL DEFAULT true,
    data                 jsonb NOT NULL DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (autoscaling_group_id, name)
);
CREATE INDEX scaling_policies_account ON scaling_policies (account_id, region);
COMMENT ON TABLE scaling_policies IS 'How a group answers to its load.';
COMMENT ON COLUMN scaling_policies.data IS 'The members of ScalingPolicy as Auto Scaling words them.';

CREATE TABLE scaling_activities (
    activity_id          text PRIMARY KEY,
    account_id           uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    autoscaling_group_id uuid REFERENCES autoscaling_groups (id) ON DELETE SET NULL,
    group_name           text NOT NULL,
    group_arn            text NOT NULL,
    region               text NOT NULL DEFAULT 'us-east-1',
    instance_id          text,
    description          text NOT NULL,
    cause                text NOT NULL,
    started_at           timestamptz NOT NULL,
    ended_at             timestamptz NOT NULL,
    status_code          text NOT NULL DEFAULT 'Successful',
    status_message       text,
    details              jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX scaling_activities_account ON scaling_activities (account_id, region, started_at);
CREATE INDEX scaling_activities_group ON scaling_activities (autoscaling_group_id, started_at);
COMMENT ON TABLE scaling_activities IS 'What a group did, and why.';
COMMENT ON COLUMN scaling_activities.cause IS 'Times in it are virtual and end in Z; they are moved when the text is shown.';
COMMENT ON COLUMN scaling_activities.ended_at IS 'May lie ahead: until then the activity is in progress.';
COMMENT ON COLUMN scaling_activities.autoscaling_group_id IS 'Null once the group is deleted.';

CREATE TABLE instance_refreshes (
    refresh_id            text PRIMARY KEY,
    account_id            uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    autoscaling_group_id  uuid NOT NULL REFERENCES autoscaling_groups (id) ON DELETE CASCADE,
    region                text NOT NULL DEFAULT 'us-east-1',
    status                text NOT NULL DEFAULT 'Successful',
    status_reason         text,
    strategy              text NOT NULL DEFAULT 'Rolling',
    instances_replaced    integer NOT NULL DEFAULT 0,
    started_at            timestamptz NOT NULL,
    ended_at              timestamptz NOT NULL,
    preferences           jsonb NOT NULL DEFAULT '{}',
    desired_configuration jsonb
);
CREATE INDEX instance_refreshes_group ON instance_refreshes (autoscaling_group_id, started_at);
CREATE INDEX instance_refreshes_account ON instance_refreshes (account_id);
COMMENT ON TABLE instance_refreshes IS 'A replacement of all members of a group.';
COMMENT ON COLUMN instance_refreshes.ended_at IS 'May lie ahead: until then the refresh is in progress.';

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['launch_configurations', 'scheduled_actions', 'scaling_policies',
        'scaling_activities', 'instance_refreshes'] LOOP
        PERFORM driftcloud_protect(name::regclass, 'account_id = (SELECT driftcloud_account())',
                                   'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
END
$$;

-- A group that follows the latest or the default version of a template has that version's type.
CREATE FUNCTION driftcloud_follow_template() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE autoscaling_groups g SET instance_type = v.data ->> 'InstanceType'
      FROM launch_template_versions v
     WHERE g.account_id = NEW.account_id AND g.launch_template_id = NEW.launch_template_id
       AND v.launch_template_id = NEW.launch_template_id
       AND v.version_number = CASE g.launch_template_version
               WHEN '$Latest' THEN NEW.latest_version WHEN '$Default' THEN NEW.default_version END
       AND g.mixed_instances_policy IS NULL
       AND g.instance_type <> v.data ->> 'InstanceType';
    RETURN NULL;
END
$$;
CREATE TRIGGER follow_template AFTER UPDATE OF latest_version, default_version ON launch_templates
    FOR EACH ROW EXECUTE FUNCTION driftcloud_follow_template();
