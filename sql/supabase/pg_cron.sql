-- Ticks from Supabase: every five minutes pg_cron has pg_net POST to driftcloud's tick endpoint.
--
-- Not a migration: run it by hand, once, in the Supabase project, after putting two secrets into
-- the vault: where driftcloud is reached, and the bearer token of its admin API
-- (`driftcloud admin token` prints it). Neither is ever written into the schedule itself.
--
--   SELECT vault.create_secret('https://driftcloud.example.com', 'driftcloud_url');
--   SELECT vault.create_secret('the-token', 'driftcloud_token');
--
-- Turn the server's own clock off meanwhile (`driftcloud drift pause`), or days pass twice as fast.

CREATE EXTENSION IF NOT EXISTS pg_cron;
CREATE EXTENSION IF NOT EXISTS pg_net;

-- A schedule of the same name is replaced, so this can be run again.
SELECT cron.schedule(
    'driftcloud-tick',
    '*/5 * * * *',
    $job$
    SELECT net.http_post(
        url := (SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = 'driftcloud_url')
               || '/_driftcloud/tick',
        headers := jsonb_build_object(
            'Content-Type', 'application/json',
            'Authorization', 'Bearer ' || (SELECT decrypted_secret FROM vault.decrypted_secrets
                                            WHERE name = 'driftcloud_token')),
        body := '{}'::jsonb,
        timeout_milliseconds := 60000)
    $job$
);

-- How it went:  SELECT status_code, content FROM net._http_response ORDER BY created DESC LIMIT 5;
-- To stop it:   SELECT cron.unschedule('driftcloud-tick');
