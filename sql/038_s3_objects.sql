-- What S3 shows beyond its buckets' names: their configurations, objects, versions and uploads.

ALTER TABLE s3_buckets
    ADD COLUMN acl                     jsonb,
    ADD COLUMN ownership_controls      jsonb DEFAULT '{"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}',
    ADD COLUMN policy                  text,
    ADD COLUMN cors                    jsonb,
    ADD COLUMN website                 jsonb,
    ADD COLUMN logging                 jsonb,
    ADD COLUMN notification            jsonb,
    ADD COLUMN replication             jsonb,
    ADD COLUMN accelerate              text CHECK (accelerate IN ('Enabled', 'Suspended')),
    ADD COLUMN request_payer           text NOT NULL DEFAULT 'BucketOwner'
                                       CHECK (request_payer IN ('BucketOwner', 'Requester')),
    ADD COLUMN object_lock             jsonb,
    ADD COLUMN inventory               jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN analytics               jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN metrics                 jsonb NOT NULL DEFAULT '{"EntireBucket": {"Id": "EntireBucket"}}',
    ADD COLUMN transition_minimum_size text NOT NULL DEFAULT 'all_storage_classes_128K',
    ADD COLUMN current_bulk_share      double precision NOT NULL DEFAULT 1;
COMMENT ON COLUMN s3_buckets.acl IS 'Grants as S3 words them; null: the owner''s full control alone.';
COMMENT ON COLUMN s3_buckets.encryption IS 'Null: AES256, as every bucket has.';
COMMENT ON COLUMN s3_buckets.ownership_controls IS 'Null: taken away.';
COMMENT ON COLUMN s3_buckets.policy IS 'The text as it was put. It is kept and shown, and grants nothing.';
COMMENT ON COLUMN s3_buckets.object_lock IS 'Null: the bucket was made without Object Lock.';
COMMENT ON COLUMN s3_buckets.inventory IS 'Configurations by id, as are analytics, metrics and intelligent_tiering.';
COMMENT ON COLUMN s3_buckets.metrics IS
    'A bucket that no client made is measured as a whole.';
COMMENT ON COLUMN s3_buckets.current_bulk_share IS
    'What is left of the data that the engine grows in the bucket; 0: it holds only what was put into it.';

ALTER TABLE s3_bucket_usage_daily
    ADD COLUMN held_gb_standard numeric(12,4) NOT NULL DEFAULT 0,
    ADD COLUMN held_gb_ia       numeric(12,4) NOT NULL DEFAULT 0,
    ADD COLUMN held_gb_glacier  numeric(12,4) NOT NULL DEFAULT 0,
    ADD COLUMN held_objects     bigint NOT NULL DEFAULT 0,
    ADD COLUMN bulk_share       double precision NOT NULL DEFAULT 1;
COMMENT ON COLUMN s3_bucket_usage_daily.held_gb_standard IS
    'Of storage_gb_standard, what clients put there; the rest is bulk data, of which no byte is kept.';
COMMENT ON COLUMN s3_bucket_usage_daily.bulk_share IS 'The bucket''s current_bulk_share on that day.';

CREATE TABLE s3_objects (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id       uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    bucket_id        uuid NOT NULL REFERENCES s3_buckets (id) ON DELETE CASCADE,
    key              text COLLATE "C" NOT NULL,
    version_id       text NOT NULL DEFAULT 'null',
    sequence         bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    is_latest        boolean NOT NULL DEFAULT true,
    is_delete_marker boolean NOT NULL DEFAULT false,
    size_bytes       bigint,
    bulk_share       double precision,
    bulk_from        double precision,
    etag             text,
    storage_class    text NOT NULL DEFAULT 'STANDARD',
    headers          jsonb NOT NULL DEFAULT '{}',
    metadata         jsonb NOT NULL DEFAULT '{}',
    checksums        jsonb NOT NULL DEFAULT '{}',
    encryption       jsonb NOT NULL DEFAULT '{"ServerSideEncryption": "AES256"}',
    object_tags      jsonb NOT NULL DEFAULT '{}',
    acl              jsonb,
    part_sizes       bigint[],
    retention_mode   text CHECK (retention_mode IN ('GOVERNANCE', 'COMPLIANCE')),
    retain_until     timestamptz,
    legal_hold       boolean NOT NULL DEFAULT false,
    restored_at      timestamptz,
    restored_until   timestamptz,
    last_modified    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (bucket_id, key, version_id),
    CHECK (is_delete_marker OR (size_bytes IS NULL) <> (bulk_share IS NULL))
);
COMMENT ON TABLE s3_objects IS
    'A version of an object, or a delete marker. Bulk data, which the engine grows, is shown as a few objects that share it and have no bytes.';
COMMENT ON COLUMN s3_objects.sequence IS 'Orders the versions of a key: the greatest is the newest.';
COMMENT ON COLUMN s3_objects.bulk_share IS 'Which share of the bucket''s bulk data the object is; its size follows from the newest day.';
COMMENT ON COLUMN s3_objects.bulk_from IS 'The share of the bulk data that is older than it.';
COMMENT ON COLUMN s3_objects.headers IS 'ContentType, CacheControl and the like, as they were put.';
COMMENT ON COLUMN s3_objects.checksums IS 'ChecksumCRC32 and the like, with ChecksumType.';
COMMENT ON COLUMN s3_objects.part_sizes IS 'Of an object uploaded in parts; null: in one.';
COMMENT ON COLUMN s3_objects.restored_at IS 'When an archived object can be read, which it can until restored_until.';
CREATE UNIQUE INDEX s3_objects_latest ON s3_objects (bucket_id, key) WHERE is_latest;
CREATE INDEX s3_objects_versions ON s3_objects (bucket_id, key, sequence DESC);
CREATE INDEX s3_objects_account ON s3_objects (account_id);

CREATE TABLE s3_uploads (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    bucket_id          uuid NOT NULL REFERENCES s3_buckets (id) ON DELETE CASCADE,
    key                text COLLATE "C" NOT NULL,
    upload_id          text COLLATE "C" NOT NULL UNIQUE,
    storage_class      text NOT NULL DEFAULT 'STANDARD',
    checksum_algorithm text,
    checksum_type      text,
    object             jsonb NOT NULL DEFAULT '{}',
    initiated_at       timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE s3_uploads IS 'A multipart upload that is neither completed nor aborted.';
COMMENT ON COLUMN s3_uploads.object IS 'What the object will have beside its bytes: columns of s3_objects.';
CREATE INDEX s3_uploads_bucket ON s3_uploads (bucket_id, key, upload_id);
CREATE INDEX s3_uploads_account ON s3_uploads (account_id);

CREATE TABLE s3_upload_parts (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    upload        uuid NOT NULL REFERENCES s3_uploads (id) ON DELETE CASCADE,
    number        integer NOT NULL CHECK (number BETWEEN 1 AND 10000),
    etag          text NOT NULL,
    size_bytes    bigint NOT NULL,
    checksums     jsonb NOT NULL DEFAULT '{}',
    last_modified timestamptz NOT NULL DEFAULT now(),
    UNIQUE (upload, number)
);
COMMENT ON TABLE s3_upload_parts IS 'A part of an upload that is not yet an object.';
CREATE INDEX s3_upload_parts_account ON s3_upload_parts (account_id);

CREATE TABLE s3_contents (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    object_id  uuid REFERENCES s3_objects (id) ON DELETE CASCADE,
    part_id    uuid REFERENCES s3_upload_parts (id) ON DELETE CASCADE,
    first_byte bigint NOT NULL DEFAULT 0,
    size_bytes bigint NOT NULL,
    content    bytea NOT NULL,
    CHECK (num_nonnulls(object_id, part_id) = 1)
);
COMMENT ON TABLE s3_contents IS 'The bytes of an object, in the pieces that they were uploaded in, or of a part.';
COMMENT ON COLUMN s3_contents.first_byte IS 'Where in the object the piece begins.';
-- Not compressed, so that a range is read without the rest.
ALTER TABLE s3_contents ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX s3_contents_object ON s3_contents (object_id, first_byte);
CREATE INDEX s3_contents_part ON s3_contents (part_id);
CREATE INDEX s3_contents_account ON s3_contents (account_id);

CREATE TABLE s3_storage_lenses (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id    uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    name          text NOT NULL,
    region        text NOT NULL DEFAULT 'us-east-1',
    configuration jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);
COMMENT ON TABLE s3_storage_lenses IS
    'A Storage Lens dashboard that an account made or changed; the default one is not stored until then.';
COMMENT ON COLUMN s3_storage_lenses.region IS 'Its home region.';

DO $$
DECLARE
    kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['s3_objects', 's3_uploads', 's3_upload_parts', 's3_contents', 's3_storage_lenses'] LOOP
        PERFORM driftcloud_protect(kind::regclass, 'account_id = (SELECT driftcloud_account())',
                                   'SELECT, INSERT, UPDATE, DELETE');
    END LOOP;
END
$$;
SELECT driftcloud_audit('s3_bucket');

CREATE FUNCTION driftcloud_bucket_is_taken(bucket text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM s3_buckets WHERE name = bucket) $$;
COMMENT ON FUNCTION driftcloud_bucket_is_taken(text) IS
    'Whether any account has a bucket of this name: what AWS, too, tells everybody.';
REVOKE ALL ON FUNCTION driftcloud_bucket_is_taken(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION driftcloud_bucket_is_taken(text) TO driftcloud_api;

CREATE FUNCTION driftcloud_text_after(given text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT CASE WHEN kept = '' THEN NULL
                    ELSE left(kept, -1) || chr(CASE ascii(right(kept, 1)) + 1 WHEN 55296 THEN 57344
                                               ELSE ascii(right(kept, 1)) + 1 END) END
          FROM (SELECT rtrim(given, chr(1114111)) AS kept) k
    $$;
COMMENT ON FUNCTION driftcloud_text_after(text) IS
    'The least text, by bytes, greater than all that begin with the given one.';

-- The bulk data of a bucket that drifts, as twelve objects of unequal size, the oldest first. Their
-- ids follow from the bucket's, so that a world made again is the same.
CREATE FUNCTION driftcloud_make_bulk_objects(account uuid, bucket uuid, bucket_name text, born timestamptz)
    RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    INSERT INTO s3_objects (id, account_id, bucket_id, key, bulk_share, bulk_from, etag, headers, last_modified)
    SELECT md5('s3-object' || bucket || n)::uuid, account, bucket,
           format(u.pattern, lpad(n::text, 5, '0')), (n + 3) / 102.0, (n * (n + 5) / 2) / 102.0,
           md5('etag' || bucket || n), jsonb_build_object('ContentType', u.type), born
      FROM (SELECT n FROM generate_series(0, 11) n) s
     CROSS JOIN (SELECT CASE WHEN bucket_name LIKE '%backup%' THEN 'database/full-%s.dump.gz'
                             WHEN bucket_name LIKE '%log%' THEN 'access/part-%s.log.gz'
                             WHEN bucket_name LIKE '%export%' OR bucket_name LIKE '%report%' THEN 'daily/export-%s.csv.gz'
                             WHEN bucket_name LIKE '%artifact%' THEN 'builds/build-%s.tar.gz'
                             WHEN bucket_name LIKE '%terraform%' THEN 'env/state-%s.tfstate'
                             WHEN bucket_name LIKE '%upload%' OR bucket_name LIKE '%asset%' THEN 'media/%s.bin'
                             ELSE 'tables/events/part-%s.parquet' END AS pattern,
                        CASE WHEN bucket_name LIKE ANY (ARRAY['%backup%', '%log%', '%export%', '%report%', '%artifact%'])
                             THEN 'application/gzip' ELSE 'binary/octet-stream' END AS type) u
    ON CONFLICT DO NOTHING
    $$;
COMMENT ON FUNCTION driftcloud_make_bulk_objects(uuid, uuid, text, timestamptz) IS
    'Makes the objects that the bulk data of a bucket is shown as.';

CREATE FUNCTION driftcloud_fill_buckets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM driftcloud_make_bulk_objects(account_id, id, name, created_at)
       FROM new_rows WHERE current_bulk_share > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER bulk_objects AFTER INSERT ON s3_buckets REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_fill_buckets();

CREATE FUNCTION driftcloud_empty_bucket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE s3_buckets b SET current_bulk_share = CASE WHEN EXISTS (
               SELECT FROM s3_objects o WHERE o.bucket_id = b.id AND o.bulk_share IS NOT NULL)
           THEN greatest(0, b.current_bulk_share - g.share) ELSE 0 END
      FROM (SELECT bucket_id, sum(bulk_share) AS share FROM old_rows
             WHERE bulk_share IS NOT NULL GROUP BY 1) g
     WHERE b.id = g.bucket_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER bulk_deleted AFTER DELETE ON s3_objects REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION driftcloud_empty_bucket();

SELECT driftcloud_make_bulk_objects(account_id, id, name, created_at) FROM s3_buckets;
