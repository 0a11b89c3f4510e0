"""Objects that clients put: moved to colder classes, expired, and uploads aborted, by lifecycle rules.

Bulk data, which has no bytes, follows its bucket's rules in drift/days/s3_buckets.py.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

# Versions go with their bytes and leave a newest one behind.
CONFIGURES = True

_OBJECTS = there_is("s3_objects", "bulk_share IS NULL")

# Enabled rules with what they filter by; those of the short form that SQL may write have no filter.
_RULES = """
    SELECT b.id AS bucket_id, b.versioning, b.transition_minimum_size, r.rule,
           coalesce(r.rule ->> 'Prefix', f.filter ->> 'Prefix', f.filter -> 'And' ->> 'Prefix', '') AS prefix,
           coalesce((SELECT jsonb_object_agg(t ->> 'Key', t ->> 'Value')
                       FROM jsonb_array_elements(CASE WHEN f.filter ? 'Tag' THEN jsonb_build_array(f.filter -> 'Tag')
                            WHEN f.filter -> 'And' ? 'Tags' THEN f.filter -> 'And' -> 'Tags' ELSE '[]' END) t), '{}') AS tags,
           coalesce(f.filter ->> 'ObjectSizeGreaterThan', f.filter -> 'And' ->> 'ObjectSizeGreaterThan')::bigint AS larger,
           coalesce(f.filter ->> 'ObjectSizeLessThan', f.filter -> 'And' ->> 'ObjectSizeLessThan')::bigint AS smaller
      FROM s3_buckets b
     CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(b.lifecycle_policy -> 'Rules') = 'array'
                                             THEN b.lifecycle_policy -> 'Rules' ELSE '[]' END) r (rule)
     CROSS JOIN LATERAL (SELECT coalesce(r.rule -> 'Filter', '{}') AS filter) f
     WHERE b.account_id = :account AND coalesce(r.rule ->> 'Status', 'Enabled') = 'Enabled'"""

_MATCHES = """o.bucket_id = r.bucket_id AND o.bulk_share IS NULL AND starts_with(o.key, r.prefix)
       AND o.object_tags @> r.tags AND coalesce(o.size_bytes, 0) > coalesce(r.larger, -1)
       AND coalesce(o.size_bytes, 0) < coalesce(r.smaller, 9223372036854775807)"""

# Days count from the midnight after, as on AWS; a version is noncurrent from its successor's birth on.
_DUE = "(o.last_modified::date + ({days})::int <= :date OR ({date})::timestamptz::date <= :date)"
_SUPERSEDED = """(SELECT n.last_modified::date FROM s3_objects n WHERE n.bucket_id = o.bucket_id
        AND n.key = o.key AND n.sequence > o.sequence ORDER BY n.sequence LIMIT 1)"""

_ABORT = statement(
    """
DELETE FROM s3_uploads u USING ({rules}) r
 WHERE u.bucket_id = r.bucket_id AND starts_with(u.key, r.prefix)
   AND u.initiated_at::date + (r.rule -> 'AbortIncompleteMultipartUpload' ->> 'DaysAfterInitiation')::int <= :date""",
    occasion=there_is("s3_uploads"),
    rules=_RULES,
)

_EXPIRE_NONCURRENT = statement(
    """
DELETE FROM s3_objects o USING ({rules}) r
 WHERE {matches} AND NOT o.is_latest AND NOT o.legal_hold
   AND (o.retain_until IS NULL OR o.retain_until < :end)
   AND {superseded} + (r.rule -> 'NoncurrentVersionExpiration' ->> 'NoncurrentDays')::int <= :date
   AND (SELECT count(*) FROM s3_objects n WHERE n.bucket_id = o.bucket_id AND n.key = o.key
           AND n.sequence > o.sequence AND NOT n.is_latest)
       >= coalesce((r.rule -> 'NoncurrentVersionExpiration' ->> 'NewerNoncurrentVersions')::int, 0)""",
    occasion=_OBJECTS,
    rules=_RULES,
    matches=_MATCHES,
    superseded=_SUPERSEDED,
)

_EXPIRED = f"""{_MATCHES} AND o.is_latest AND NOT o.is_delete_marker
   AND {_DUE.replace("{days}", "r.rule -> 'Expiration' ->> 'Days'").replace("{date}", "r.rule -> 'Expiration' ->> 'Date'")}"""

# Where versions are kept, an expired object goes behind a delete marker; a "null" version does not stay.
_MARK = statement(
    """
WITH expired AS (
    UPDATE s3_objects o SET is_latest = false FROM ({rules}) r
     WHERE {expired} AND r.versioning IS NOT NULL AND (r.versioning = 'Enabled' OR o.version_id <> 'null')
    RETURNING o.account_id, o.bucket_id, o.key, o.id, r.versioning
)
INSERT INTO s3_objects (id, account_id, bucket_id, key, version_id, is_delete_marker, last_modified)
SELECT DISTINCT ON (e.id) md5('marker' || e.id || :date)::uuid, e.account_id, e.bucket_id, e.key,
       CASE e.versioning WHEN 'Enabled' THEN md5(e.id::text || :date) ELSE 'null' END, true, :end - interval '1 second'
  FROM expired e ORDER BY e.id
ON CONFLICT DO NOTHING""",
    occasion=_OBJECTS,
    rules=_RULES,
    expired=_EXPIRED,
)

_REPLACE = statement(
    """
UPDATE s3_objects o SET is_delete_marker = true, size_bytes = NULL, etag = NULL, part_sizes = NULL,
       headers = '{}', metadata = '{}', checksums = '{}', object_tags = '{}', last_modified = :end - interval '1 second'
  FROM ({rules}) r WHERE {expired} AND r.versioning = 'Suspended' AND o.version_id = 'null'""",
    occasion=_OBJECTS,
    rules=_RULES,
    expired=_EXPIRED,
)

_BYTES = statement(
    """
DELETE FROM s3_contents c USING s3_objects o
 WHERE o.account_id = :account AND o.is_delete_marker AND c.object_id = o.id""",
    occasion=_OBJECTS,
)

_EXPIRE = statement(
    "DELETE FROM s3_objects o USING ({rules}) r WHERE {expired} AND r.versioning IS NULL",
    rules=_RULES,
    expired=_EXPIRED,
    occasion=_OBJECTS,
)

_MARKERS = statement(
    """
DELETE FROM s3_objects o USING ({rules}) r
 WHERE {matches} AND o.is_latest AND o.is_delete_marker
   AND (r.rule -> 'Expiration' ->> 'ExpiredObjectDeleteMarker')::boolean
   AND NOT EXISTS (SELECT FROM s3_objects n WHERE n.bucket_id = o.bucket_id AND n.key = o.key AND n.id <> o.id)""",
    occasion=_OBJECTS,
    rules=_RULES,
    matches=_MATCHES,
)

# From warm to cold; nothing comes back up. Below 128 KB nothing moves, unless the rule or the bucket says so.
_RANK = """array_position(ARRAY['STANDARD', 'REDUCED_REDUNDANCY', 'STANDARD_IA', 'INTELLIGENT_TIERING',
        'ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'], {of})"""
_MOVE = statement(
    """
UPDATE s3_objects o SET storage_class = m.class
  FROM (SELECT DISTINCT ON (o.id) o.id, s.class
          FROM ({rules}) r
          JOIN s3_objects o ON {matches}
         CROSS JOIN LATERAL (
               SELECT t ->> 'StorageClass' AS class, {due} AS due
                 FROM jsonb_array_elements(coalesce(r.rule -> 'Transitions', '[]')) t WHERE o.is_latest
                UNION ALL
               SELECT t ->> 'StorageClass', {superseded} + (t ->> 'NoncurrentDays')::int <= :date
                 FROM jsonb_array_elements(coalesce(r.rule -> 'NoncurrentVersionTransitions', '[]')) t
                WHERE NOT o.is_latest) s
         WHERE s.due AND NOT o.is_delete_marker AND {own} < {new}
           AND (o.size_bytes >= 131072 OR r.larger IS NOT NULL
                OR (r.transition_minimum_size = 'varies_by_storage_class' AND s.class IN ('GLACIER', 'DEEP_ARCHIVE')))
         ORDER BY o.id, {new} DESC) m
 WHERE o.id = m.id""",
    occasion=_OBJECTS,
    rules=_RULES,
    matches=_MATCHES,
    due=_DUE.replace("{days}", "t ->> 'Days'").replace("{date}", "t ->> 'Date'"),
    superseded=_SUPERSEDED,
    own=_RANK.replace("{of}", "o.storage_class"),
    new=_RANK.replace("{of}", "s.class"),
)


async def write(day: Day) -> None:
    """What the rules of the account's buckets do on this day."""
    await day.apply("s3_uploads", _ABORT)
    await day.apply("s3_objects", _EXPIRE_NONCURRENT)
    await day.apply("s3_objects", _EXPIRE)
    await day.apply("s3_objects", _MARK)
    await day.apply("s3_objects", _REPLACE)
    await day.apply("s3_contents", _BYTES)
    await day.apply("s3_objects", _MARKERS)
    await day.apply("s3_objects", _MOVE)
