-- The role that requests run as. It owns nothing and is held to its account by row security.
--
-- The migrating user must be a superuser, or have CREATEROLE, or find the role already there and
-- be a member of it with the right to SET ROLE. Roles belong to the whole cluster, so two
-- databases may be migrated at the same moment: whoever comes second finds the role made.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'driftcloud_api') THEN
        BEGIN
            CREATE ROLE driftcloud_api NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role driftcloud_api does not exist and % may not create it',
                    current_user
                    USING ERRCODE = 'insufficient_privilege',
                          HINT = format('As an administrator run: CREATE ROLE driftcloud_api NOLOGIN; '
                                        'GRANT driftcloud_api TO %I;', current_user);
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'driftcloud_api' AND (rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION 'the role driftcloud_api must neither be a superuser nor bypass row security'
            USING HINT = 'As an administrator run: ALTER ROLE driftcloud_api NOSUPERUSER NOBYPASSRLS;';
    END IF;
    -- Since PostgreSQL 16 whoever creates a role administers it, but may not yet SET ROLE to it.
    IF NOT pg_has_role(current_user, 'driftcloud_api',
                       CASE WHEN current_setting('server_version_num')::integer >= 160000
                            THEN 'SET' ELSE 'MEMBER' END) THEN
        BEGIN
            EXECUTE format('GRANT driftcloud_api TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING 'the user % cannot SET ROLE driftcloud_api: requests need a login of their own',
                current_user
                USING HINT = format('GRANT driftcloud_api TO %I;', current_user);
        END;
    END IF;
END
$$;

-- Before PostgreSQL 15 everybody may create in public, and so put a function in front of ours.
DO $$
BEGIN
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

GRANT USAGE ON SCHEMA public TO driftcloud_api;
