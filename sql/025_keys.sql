-- Access keys: the sealed secret, how the server looks a key up, and how it learns of changes.

ALTER TABLE api_clients
    ADD COLUMN secret_sealed bytea,
    ADD COLUMN key_version   integer NOT NULL DEFAULT 1,
    ADD COLUMN status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    ADD COLUMN expires_at    timestamptz;
COMMENT ON COLUMN api_clients.secret_sealed IS
    'The secret, encrypted and bound to its key id and account; SigV4 needs it in clear to verify.';
COMMENT ON COLUMN api_clients.key_version IS 'Which master key sealed the secret.';
COMMENT ON COLUMN api_clients.expires_at IS 'Real time; null: never.';

-- A request is signed before its account is known, so the look-up cannot be held to an account:
-- it runs as the owner, and answers for one access key only.
CREATE FUNCTION driftcloud_client(access_key_id text)
    RETURNS TABLE (client_id uuid, account_id uuid, account_number text, name text, secret_sealed bytea,
                   secret_key_hash text, key_version integer, scopes jsonb, status text, expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT k.id, k.account_id, a.account_number, k.name, k.secret_sealed,
               k.secret_key_hash, k.key_version, k.scopes, k.status, k.expires_at
          FROM api_clients k JOIN cloud_accounts a ON a.id = k.account_id
         WHERE k.access_key_id = $1
    $$;
COMMENT ON FUNCTION driftcloud_client(text) IS 'What verifying a signature needs to know of an access key.';
REVOKE ALL ON FUNCTION driftcloud_client(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_client(text) TO driftcloud_api;

REVOKE ALL ON FUNCTION driftcloud_global_id(text, text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_global_id(text, text, uuid, text) TO driftcloud_api;
REVOKE ALL ON FUNCTION driftcloud_protect(regclass, text, text) FROM PUBLIC;

CREATE FUNCTION driftcloud_announce_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM pg_notify('api_clients_changed', OLD.access_key_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM pg_notify('api_clients_changed', NEW.access_key_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER announce AFTER INSERT OR DELETE ON api_clients
    FOR EACH ROW EXECUTE FUNCTION driftcloud_announce_client();
-- Everything but last_used_at, which is written behind and concerns no cache.
CREATE TRIGGER announce_update AFTER UPDATE ON api_clients
    FOR EACH ROW WHEN (
        (OLD.id, OLD.account_id, OLD.name, OLD.access_key_id, OLD.secret_key_hash, OLD.scopes,
         OLD.secret_sealed, OLD.key_version, OLD.status, OLD.expires_at, OLD.created_at)
        IS DISTINCT FROM
        (NEW.id, NEW.account_id, NEW.name, NEW.access_key_id, NEW.secret_key_hash, NEW.scopes,
         NEW.secret_sealed, NEW.key_version, NEW.status, NEW.expires_at, NEW.created_at))
    EXECUTE FUNCTION driftcloud_announce_client();
