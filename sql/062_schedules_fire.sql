-- What a schedule gives goes to the targets of its own rule, and to no other rule's.
ALTER TABLE event_outbox
    ADD COLUMN rule_id uuid REFERENCES event_rules (id) ON DELETE CASCADE;
CREATE INDEX event_outbox_rule ON event_outbox (rule_id) WHERE rule_id IS NOT NULL;
COMMENT ON COLUMN event_outbox.rule_id IS
    'The rule whose schedule fired; without one, every rule of the default bus is asked by its pattern.';

-- Of few rules with a schedule, the tick asks every day.
CREATE INDEX event_rules_scheduled ON event_rules (account_id, arn)
    WHERE schedule IS NOT NULL AND status <> 'DISABLED';
COMMENT ON COLUMN event_rules.fired_at IS 'The last time at which its schedule fired: virtual.';
