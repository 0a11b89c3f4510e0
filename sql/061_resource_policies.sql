-- Policies of buckets, queues and functions take part in the judgement of calls. Server processes keep
-- them; this finds them quickly, and tells the processes of changes.
CREATE INDEX s3_buckets_with_policy ON s3_buckets (account_id, name) WHERE policy IS NOT NULL;
CREATE INDEX queues_with_policy ON queues (account_id) WHERE attributes ? 'Policy';
COMMENT ON COLUMN s3_buckets.policy IS 'The text as it was put; calls are judged by it.';

CREATE FUNCTION driftcloud_announce_resource_policies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('driftcloud_resource_policies',
        (SELECT a.account_number FROM cloud_accounts a
          WHERE a.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.account_id ELSE NEW.account_id END));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION driftcloud_announce_resource_policies() IS
    'Tells every server process of whose account resource policies changed: its number.';

CREATE TRIGGER announce_policy_of_new AFTER INSERT ON s3_buckets
    FOR EACH ROW WHEN (NEW.policy IS NOT NULL) EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy AFTER UPDATE OF policy, public_access_block ON s3_buckets
    FOR EACH ROW WHEN (OLD.policy IS NOT NULL OR NEW.policy IS NOT NULL)
    EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy_of_gone AFTER DELETE ON s3_buckets
    FOR EACH ROW WHEN (OLD.policy IS NOT NULL) EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy_of_new AFTER INSERT ON queues
    FOR EACH ROW WHEN (NEW.attributes ? 'Policy') EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy AFTER UPDATE OF attributes ON queues
    FOR EACH ROW WHEN (OLD.attributes -> 'Policy' IS DISTINCT FROM NEW.attributes -> 'Policy')
    EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy_of_gone AFTER DELETE ON queues
    FOR EACH ROW WHEN (OLD.attributes ? 'Policy') EXECUTE FUNCTION driftcloud_announce_resource_policies();
CREATE TRIGGER announce_policy AFTER INSERT OR UPDATE OR DELETE ON lambda_permissions
    FOR EACH ROW EXECUTE FUNCTION driftcloud_announce_resource_policies();
