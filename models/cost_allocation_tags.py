"""Cost allocation tags: the keys that the ledger tells costs apart by, and requests to go back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

# Keys of estates that say how a resource is to be handled: an account does not begin with them
# active. What a name tells apart is one resource.
HANDLING = (
    "DoNotDelete", "Name", "allowlisted", "arch_lock", "backup", "break-glass", "certificate",
    "compliance", "data-class", "demo", "dns", "dr", "event", "expires", "freeze", "ha",
    "image_lock", "isolation", "legal_hold", "license", "managed-by", "object-size",
    "optimization_policy", "partitions", "pr_state", "public", "quorum", "recovery-point",
    "replay", "retention", "role", "rpo", "runtime", "scaling", "schedule", "slo", "storage",
    "test", "tier", "tz", "window", "workload",
)  # fmt: skip
# What such keys begin with: AWS's own wait until they are activated
# (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/aws-tags.html).
HEADS = ("aws:", "kubernetes.io/", "eks:nodegroup")
_OWN = "account_id = (SELECT driftcloud_account())"
_LIST = f"""
SELECT key, type, status, updated_date, used_date FROM cost_allocation_tags
 WHERE {_OWN} AND ($1::text IS NULL OR status = $1) AND ($2::text[] IS NULL OR key = ANY ($2))
   AND ($3::text IS NULL OR type = $3) AND ($4::text IS NULL OR key > $4)
 ORDER BY key LIMIT $5::int"""
_SET = f"""
UPDATE cost_allocation_tags t SET status = w.status, updated_date = $3
  FROM unnest($1::text[], $2::text[]) AS w (key, status)
 WHERE t.{_OWN} AND t.key = w.key RETURNING t.key"""
_BACKFILL = """
INSERT INTO cost_tag_backfills (account_id, backfill_from, requested_at)
VALUES (driftcloud_account(), $1, $2) RETURNING *"""
_BACKFILLS = f"""
SELECT *, lpad((9223372036854775807 - id)::text, 19, '0') AS position FROM cost_tag_backfills
 WHERE {_OWN} AND ($1::text IS NULL OR id < 9223372036854775807 - $1::bigint)
 ORDER BY id DESC LIMIT $2::int"""


async def listed(
    db: Any,
    *,
    status: str | None,
    keys: Sequence[str] | None,
    kind: str | None,
    after: str | None,
    limit: int | None,
) -> list[Any]:
    """Tags by key: of one status, of one type (AWSGenerated or UserDefined), or named."""
    given = None if keys is None else list(keys)
    rows: list[Any] = await db.fetch(_LIST, status, given, kind, after, limit)
    return rows


async def set_status(db: Any, status: Mapping[str, str], on: date) -> set[str]:
    """Make keys Active or Inactive from the next day of the ledger on; those that there are."""
    rows = await db.write(_SET, list(status), list(status.values()), on)
    return {row["key"] for row in rows}


async def start_backfill(db: Any, since: date, now: datetime) -> Any:
    """Ask for past days to be told apart as the tags stand now; the request."""
    return (await db.write(_BACKFILL, since, now))[0]


async def backfills(db: Any, *, after: str | None = None, limit: int | None = None) -> list[Any]:
    """Requests, the newest first; `position` orders them."""
    rows: list[Any] = await db.fetch(_BACKFILLS, after, limit)
    return rows
