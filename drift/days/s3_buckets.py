"""Buckets: growth, lifecycle transitions standard → IA → Glacier, expiry, storage and request cost."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement, unprofiled
from drift.statement import there_is

# What clients put counts as it is after the day's lifecycle.
AFTER = ("s3_objects",)
OCCASION = there_is("s3_buckets")

# The enabled rules of a bucket b that hold for its bulk data, which has keys but no tags: as AWS words
# them ({"Rules": [{"Status": …, "Transitions": [{"Days", "StorageClass"}]}]}), or in the short form
# {"transitions": [{"days", "storage_class"}]}.
RULES = """(SELECT e.rule FROM jsonb_array_elements(CASE
           WHEN jsonb_typeof(b.lifecycle_policy -> 'Rules') = 'array' THEN b.lifecycle_policy -> 'Rules'
           WHEN jsonb_typeof(b.lifecycle_policy -> 'rules') = 'array' THEN b.lifecycle_policy -> 'rules'
           WHEN jsonb_typeof(b.lifecycle_policy) = 'array' THEN b.lifecycle_policy
           WHEN jsonb_typeof(b.lifecycle_policy) = 'object' THEN jsonb_build_array(b.lifecycle_policy)
           ELSE '[]' END) AS e (rule)
      CROSS JOIN LATERAL (SELECT coalesce(e.rule ->> 'Prefix', e.rule ->> 'prefix', e.rule -> 'Filter' ->> 'Prefix',
                 e.rule -> 'Filter' -> 'And' ->> 'Prefix', '') AS prefix) f
     WHERE coalesce(e.rule ->> 'Status', e.rule ->> 'status', 'Enabled') = 'Enabled'
       AND e.rule -> 'Filter' -> 'Tag' IS NULL AND e.rule -> 'Filter' -> 'And' -> 'Tags' IS NULL
       AND (f.prefix = '' OR EXISTS (SELECT FROM s3_objects k WHERE k.bucket_id = b.id AND k.bulk_share IS NOT NULL
            AND starts_with(k.key, f.prefix))))"""

# The soonest rule of a tier counts.
_RULES = """
    SELECT b.id, min(x.days) FILTER (WHERE x.tier IN ('STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING')) AS ia_days,
           min(x.days) FILTER (WHERE x.tier IN ('GLACIER', 'GLACIER_IR', 'DEEP_ARCHIVE')) AS glacier_days,
           min(x.days) FILTER (WHERE x.tier = 'expire') AS expire_days
      FROM s3_buckets b
      CROSS JOIN LATERAL {enabled} r
      CROSS JOIN LATERAL (
           SELECT upper(coalesce(t ->> 'StorageClass', t ->> 'storage_class', t ->> 'storageClass')) AS tier,
                  coalesce(t ->> 'Days', t ->> 'days') AS days
             FROM jsonb_array_elements(CASE
                  WHEN jsonb_typeof(rule -> 'Transitions') = 'array' THEN rule -> 'Transitions'
                  WHEN jsonb_typeof(rule -> 'transitions') = 'array' THEN rule -> 'transitions'
                  ELSE '[]' END) t
           UNION ALL
           SELECT 'expire', coalesce(rule -> 'Expiration' ->> 'Days', rule -> 'expiration' ->> 'days')) e
      CROSS JOIN LATERAL (SELECT e.tier, CASE WHEN e.days ~ '^[0-9]{1,5}$' THEN e.days::int END AS days) x
     WHERE b.account_id = :account
     GROUP BY b.id""".replace("{enabled}", RULES)

# Of a day's row, what is the engine's own: without what clients put, and only the share of it that
# nobody has deleted since.
_BULK = """(({d}.storage_gb_standard + {d}.storage_gb_ia + {d}.storage_gb_glacier
        - {d}.held_gb_standard - {d}.held_gb_ia - {d}.held_gb_glacier) * {left})"""
_LEFT = """CASE WHEN {d}.bulk_share = r.share THEN 1 WHEN {d}.bulk_share > 0
        THEN (r.share / {d}.bulk_share)::numeric ELSE 0 END"""


def _bulk(day: str) -> str:
    return _BULK.replace("{left}", _LEFT).replace("{d}", day)


# What is older than N days is what was there N days ago; where no row reaches back that far, the
# first day's stock is taken to be spread evenly over the bucket's age by then. At 0 days things
# move in the night after they came.
_OLDER = """coalesce((SELECT {bulk}
        FROM s3_bucket_usage_daily o WHERE o.bucket_id = r.id AND o.date = :date - greatest(1, r.{days}))::float8,
    f.total * greatest(0, least(1, 1 - (r.{days} - (:date - f.date))
        / greatest(1, f.date - r.created)::float8)))""".replace("{bulk}", _bulk("o"))

_FILL = statement(
    """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, stored_gib, requests)
SELECT :account, 's3_bucket', b.name, coalesce(p.profile, 'steady'),
       50 + 450 * driftcloud_noise(:world, b.name, '/stored'),
       CASE WHEN p.profile IN ('idle', 'dead', 'backup') THEN 0
            WHEN p.profile = 'cold' THEN 5 + 20 * driftcloud_noise(:world, b.name, '/requests')
            WHEN b.env = 'prod' THEN 2000 + 400000 * driftcloud_noise(:world, b.name, '/requests') ^ 3
            ELSE 20 + 8000 * driftcloud_noise(:world, b.name, '/requests') ^ 2 END
  FROM s3_buckets b
  LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = 's3_bucket'
       AND p.resource_id = b.name
 WHERE b.account_id = :account AND (p.stored_gib IS NULL OR p.requests IS NULL)
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    stored_gib = coalesce(old.stored_gib, excluded.stored_gib),
    requests = coalesce(old.requests, excluded.requests)""",
    occasion=unprofiled("s3_bucket", "s3_buckets", "name", "stored_gib", "requests"),
)

# Below 128 KB objects stay where they are.
_LARGE = "coalesce(p.params ->> 'decoy', '') <> 'small_objects'"

# A month has 30 days; what moves to another tier does so in objects of 1 MB. Growth is 1 … 3 % a day in prod and 0.3 … 1.5 % elsewhere, and slows from the second month on;
# `arriving_gb` of its profile comes every day besides.
_WRITE = statement(
    """
INSERT INTO s3_bucket_usage_daily (bucket_id, date, storage_gb_standard, storage_gb_ia,
    storage_gb_glacier, requests_count, estimated_storage_cost, estimated_request_cost, bulk_share)
SELECT t.id, :date, t.total - t.ia - t.glacier, t.ia, t.glacier, t.requests,
       least((((t.total - t.ia - t.glacier) * t.standard + t.ia * t.warm + t.glacier * t.cold) / 30)::numeric(16,4), 999999),
       least((t.requests * t.request + t.moved * 1024 * t.transition)::numeric(16,4), 999999), t.share
  FROM (SELECT q.id, q.share, q.total, q.requests, q.ia, q.glacier, q.standard, q.warm, q.cold,
                q.request, q.transition,
               greatest(0, q.ia + q.glacier - q.ia_before - q.glacier_before)
               + greatest(0, q.glacier - q.glacier_before) AS moved
          FROM (SELECT s.*, least(s.total - s.glacier,
                       greatest(s.ia_before + s.glacier_before - s.glacier,
                                coalesce(s.due_ia, 0) - s.glacier, 0))::numeric(12,4) AS ia
                  FROM (SELECT u.*, least(u.total, greatest(u.glacier_before,
                               coalesce(u.due_glacier, 0)))::numeric(12,4) AS glacier
                          FROM ({grown} OFFSET 0) u OFFSET 0) s OFFSET 0) q OFFSET 0) t
ON CONFLICT DO NOTHING""",
    grown="""
        SELECT r.id, r.share, r.requests, q.standard, q.warm, q.cold, q.request, q.transition,
               coalesce((y.storage_gb_ia - y.held_gb_ia) * {left}, 0)::numeric(12,4) AS ia_before,
               coalesce((y.storage_gb_glacier - y.held_gb_glacier) * {left}, 0)::numeric(12,4) AS glacier_before,
               CASE WHEN f.date IS NULL THEN NULL WHEN r.ia_days IS NOT NULL THEN {older_ia} END AS due_ia,
               CASE WHEN f.date IS NULL THEN NULL WHEN r.glacier_days IS NOT NULL THEN {older_glacier} END AS due_glacier,
               least(5e7, CASE WHEN f.date IS NULL THEN r.stock
                    ELSE v.total + v.growth - CASE WHEN r.expire_days IS NULL THEN 0
                        ELSE least({older_expire}, greatest(0,
                             v.total + v.growth - r.expire_days * v.growth)) END
                    END)::numeric(12,4) AS total
          FROM (SELECT b.id, b.region, b.created_at::date AS created, n.expire_days,
                       CASE WHEN {large} THEN n.ia_days END AS ia_days, CASE WHEN {large} THEN n.glacier_days END AS glacier_days,
                       b.current_bulk_share AS share, p.stored_gib * b.current_bulk_share AS stock,
                       coalesce((p.params ->> 'arriving_gb')::float8, 0) * b.current_bulk_share AS arriving,
                       round(p.requests * b.current_bulk_share * CASE WHEN b.env = 'prod' THEN :busy_prod ELSE :busy END
                           * (0.8 + 0.4 * driftcloud_noise(:seed, b.name, '/requests')))::bigint AS requests,
                       :growth * CASE WHEN p.profile IN ('idle', 'dead') THEN 0
                            WHEN b.env = 'prod' THEN 0.01 + 0.02 * driftcloud_noise(:seed, b.name, '/growth')
                            ELSE 0.003 + 0.012 * driftcloud_noise(:seed, b.name, '/growth') END AS rate
                  FROM s3_buckets b
                  JOIN resource_profiles p ON p.account_id = :account
                       AND p.resource_type = 's3_bucket' AND p.resource_id = b.name
                  LEFT JOIN ({rules}) n ON n.id = b.id
                 WHERE b.account_id = :account OFFSET 0) r {rates}
          LEFT JOIN s3_bucket_usage_daily y ON y.bucket_id = r.id AND y.date = :date - 1
          LEFT JOIN LATERAL (
               SELECT o.date, {first}::float8 AS total
                 FROM s3_bucket_usage_daily o WHERE o.bucket_id = r.id ORDER BY o.date LIMIT 1) f ON true
          LEFT JOIN LATERAL (
               SELECT x.total, r.arriving + x.total * r.rate * least(1, 30 / greatest(1, :date - f.date)::float8) AS growth
                 FROM (SELECT {yesterday}::float8 AS total) x) v ON true""",
    large=_LARGE,
    older_ia=_OLDER.replace("{days}", "ia_days"),
    older_glacier=_OLDER.replace("{days}", "glacier_days"),
    older_expire=_OLDER.replace("{days}", "expire_days"),
    left=_LEFT.replace("{d}", "y"),
    first=_bulk("o"),
    yesterday=_bulk("y"),
    rules=_RULES,
    rates=rates.of("r.region", "standard", "warm", "cold", "request", "transition"),
)

# Objects and the parts of unfinished uploads, on top of the bulk; a row is topped up once.
_HELD = statement(
    """
UPDATE s3_bucket_usage_daily u
   SET held_gb_standard = h.standard, held_gb_ia = h.ia, held_gb_glacier = h.glacier, held_objects = h.objects,
       storage_gb_standard = u.storage_gb_standard + h.standard, storage_gb_ia = u.storage_gb_ia + h.ia,
       storage_gb_glacier = u.storage_gb_glacier + h.glacier,
       estimated_storage_cost = least((u.estimated_storage_cost
           + (h.standard * h.per_standard + h.ia * h.per_ia + h.glacier * h.per_glacier) / 30)::numeric(16,4), 999999)
  FROM (SELECT s.bucket_id, count(*) AS objects, q.standard AS per_standard, q.warm AS per_ia, q.cold AS per_glacier,
               coalesce(sum(s.bytes) FILTER (WHERE s.tier = 0), 0) / 1073741824 AS standard,
               coalesce(sum(s.bytes) FILTER (WHERE s.tier = 1), 0) / 1073741824 AS ia,
               coalesce(sum(s.bytes) FILTER (WHERE s.tier = 2), 0) / 1073741824 AS glacier
          FROM (SELECT o.bucket_id, coalesce(o.size_bytes, 0) AS bytes,
                       CASE WHEN o.storage_class IN ('STANDARD', 'REDUCED_REDUNDANCY') THEN 0
                            WHEN o.storage_class IN ('STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING') THEN 1
                            ELSE 2 END AS tier
                  FROM s3_objects o WHERE o.account_id = :account AND o.bulk_share IS NULL
                 UNION ALL
                SELECT u.bucket_id, p.size_bytes, 0 FROM s3_upload_parts p JOIN s3_uploads u ON u.id = p.upload
                 WHERE p.account_id = :account) s
          JOIN s3_buckets r ON r.id = s.bucket_id {rates}
         GROUP BY s.bucket_id, q.standard, q.warm, q.cold) h
 WHERE u.bucket_id = h.bucket_id AND u.date = :date AND u.held_objects = 0""",
    occasion=f"({there_is('s3_objects', 'bulk_share IS NULL')} OR {there_is('s3_upload_parts')})",
    rates=rates.of("r.region", "standard", "warm", "cold"),
)


async def write(day: Day) -> None:
    """A day of every bucket; what moves between tiers is neither made nor lost."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("s3_bucket_usage_daily", _WRITE)
    await day.apply("s3_bucket_usage_daily", _HELD)
