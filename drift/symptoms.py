"""SQL that symptoms share: what functions cost, and what can be said of snapshots and buckets.

A SYMPTOM knows the account as $1 and the virtual now as $2.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.days.s3_buckets import RULES
from drift.rates import literal


def _by_architecture(name: str) -> str:
    arm, intel = literal("f.region", f"{name}_arm"), literal("f.region", name)
    return f"(CASE f.architecture WHEN 'arm64' THEN {arm} ELSE {intel} END)"


# Of a function f: USD of a GB-second of running, of one where environments are kept warm, and of
# keeping one warm.
RUN, WARM, KEPT = (_by_architecture(one) for one in ("run", "run_warm", "kept"))
# Seconds that it runs in a month of 730 hours: invocations_7d is the mean of a day.
SECONDS_RUN = "(f.invocations_7d * 730 / 24.0 * f.avg_duration_ms_7d / 1000)"

# Of a snapshot s: an image needs it; its volume is gone; its time is over.
UNDER_AN_IMAGE = """s.snapshot_id IN (SELECT x.block -> 'Ebs' ->> 'SnapshotId' FROM images m
        CROSS JOIN LATERAL jsonb_array_elements(coalesce(m.block_device_mappings, '[]')) x (block)
        WHERE m.account_id = $1 AND x.block -> 'Ebs' ->> 'SnapshotId' IS NOT NULL)"""
ORPHANED = """(s.source_volume_id <> 'vol-ffffffff' AND NOT EXISTS (
        SELECT FROM volumes v WHERE v.volume_id = s.source_volume_id AND v.state <> 'deleted'))"""
_KEPT_FOR = "coalesce(s.retention_policy, s.tags ->> 'retention')"
EXPIRED = f"""(CASE WHEN {_KEPT_FOR} ~ '^[0-9]{{1,5}}d$' THEN s.created_at
    < $2::timestamptz - rtrim({_KEPT_FOR}, 'd')::int * interval '1 day' ELSE false END)"""

# Of a bucket b: its newest day n, and the week u up to it.
BUCKET_DAYS = """
  JOIN LATERAL (SELECT d.* FROM s3_bucket_usage_daily d WHERE d.bucket_id = b.id
                 ORDER BY d.date DESC LIMIT 1) n ON true
  JOIN LATERAL (SELECT count(*) AS days, avg(d.requests_count) AS asked, avg(d.storage_gb_standard) AS standard
                  FROM s3_bucket_usage_daily d
                 WHERE d.bucket_id = b.id AND d.date > n.date - 7) u ON true"""
# Nobody has asked for anything in two months, as far as is known; backups are asked for in need.
DEAD = """(u.days = 7 AND u.asked = 0 AND b.name NOT LIKE '%backup%' AND NOT EXISTS (
        SELECT FROM s3_bucket_usage_daily d WHERE d.bucket_id = b.id AND d.date > n.date - 60
           AND d.requests_count > 0))"""
_MOVES = "r.rule ?| array['Transitions', 'transitions', 'Expiration', 'expiration']"
_TIDIES = """r.rule ?| array['NoncurrentVersionTransitions', 'NoncurrentVersionExpiration',
        'AbortIncompleteMultipartUpload']"""
MOVED_ON = f"EXISTS (SELECT FROM {RULES} r WHERE {_MOVES})"
RULED = f"EXISTS (SELECT FROM {RULES} r WHERE {_MOVES} OR {_TIDIES})"


def log_days(retention: str) -> str:
    """Of a log group l: `u.newest`, what it holds, and `u.kept`, what it would with a retention of so many days.

    As drift/days/log_groups.py keeps them: what came in on those days, and where fewer are known, the
    missing ones as the known. `retention` is SQL.
    """
    return f"""
 CROSS JOIN LATERAL (
       SELECT k.newest, k.recent + k.usual * greatest(0, least({retention} - k.days,
              ($2::timestamptz)::date + 1 - l.created_at::date - k.days)) AS kept
         FROM (SELECT (array_agg(d.stored_gb ORDER BY d.date DESC))[1] AS newest, sum(d.ingested_gb) AS recent,
                      count(*) AS days, avg(d.ingested_gb) AS usual
                 FROM log_group_usage_daily d
                WHERE d.log_group_id = l.id AND d.date > ($2::timestamptz)::date - {retention}) k) u"""


def known_days(most: int) -> str:
    """Over how many days an account is judged (SQL): `most`, where three times as many are known.

    A younger one is judged by a third of its days, but by a week at least. What is old enough on one
    day is so on the next.
    """
    return f"""least({most}, greatest(7, (SELECT ($2::timestamptz)::date - (k.virtual_date - k.ticks::int)
        FROM virtual_clocks k WHERE k.account_id = $1) / 3))"""


# Fewer requests a day than there are GB, in more than 100 GB: this week, and in a month as far as known.
COLD = f"""(u.days = 7 AND u.standard > 100 AND n.storage_gb_standard > 100
    AND u.asked < u.standard AND NOT {DEAD}
    AND (SELECT sum(d.requests_count) < sum(d.storage_gb_standard) FROM s3_bucket_usage_daily d
          WHERE d.bucket_id = b.id AND d.date > n.date - {known_days(30)}))"""


def rested(since: str, most: int) -> str:
    """That something has been as it is since a moment (SQL), for `known_days`."""
    return f"{since} <= $2::timestamptz - {known_days(most)} * interval '1 day'"


def unchanged(kind: str, identifier: str, now: str) -> str:
    """That something has been of its size for a week: its means tell of that size alone."""
    return f"""NOT EXISTS (SELECT FROM metrics_daily m
        WHERE m.account_id = $1 AND m.resource_type = '{kind}' AND m.resource_id = {identifier}
          AND m.date >= ($2::timestamptz)::date - 7 AND m.metric_payload ->> 'type' <> {now})"""


def one_carries(nodes: str, *, spread: bool) -> str:
    """That one of `nodes` (a column) could do what all of them do, by their means of a week (SQL).

    Of CPU less than half in the mean: a working day is busier than the week, and its highest minute
    nearly twice as busy as the day. `spread`: every node holds data of its own, and one is to hold it all.
    """
    memory = f" AND coalesce(avg_memory_7d, 0) * {nodes} < 85" if spread else ""
    return f"(coalesce(avg_cpu_7d, 0) * {nodes} < 45{memory})"


def smaller(node: str) -> str:
    """What share of its cost a machine saves by the next smaller size, by its type (SQL).

    Half; a 12xlarge has no half, but a third.
    """
    return f"(CASE WHEN {node} ~ '[.]12xlarge$' THEN 2 / 3.0 ELSE 0.5 END)"
