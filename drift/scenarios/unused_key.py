"""A contractor leaves, and the access key that nobody has signed with for months still opens the account."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch
from drift.worsening import again

ODDS = 0.01
PATTERN = "key_unused"
RESOURCE_TYPE = "access_key"
REMEDIES = ("iam:UpdateAccessKey", "iam:DeleteAccessKey")
REVEALED_BY = (
    "iam:ListUsers",
    "iam:ListAccessKeys",
    "iam:GetAccessKeyLastUsed",
    "iam:GetCredentialReport",
)
TRAPS = (
    "A key for emergencies is unused until the emergency: tag break-glass of its user.",
    "The key that the agent signs with is in use.",
    "A key made yesterday was never used, and is not old.",
)

# Keys live in real time, as IAM shows them. It is no money that their end saves.
SYMPTOM = """
SELECT k.access_key_id, 0::numeric AS saving FROM api_clients k
 WHERE k.account_id = $1 AND k.status = 'active' AND $2::timestamptz IS NOT NULL
   AND coalesce(k.last_used_at, k.created_at) < now() - interval '90 days'"""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

# Nobody knows the secret of this key any more, this database least: it has none.
_KEY = """
INSERT INTO api_clients (account_id, name, user_name, access_key_id, secret_key_hash, scopes, created_at, last_used_at,
    last_used_service, last_used_region)
VALUES ($1, $2, $2, $3, '', '[]', now() - make_interval(days => $4), now() - make_interval(days => $5), 's3', 'us-east-1')
ON CONFLICT DO NOTHING"""


async def happen(day: Day) -> Happening | None:
    """An active key, last used three to ten months ago."""
    chance = day.random("unused_key")
    name, person = branch(day, "unused_key")
    user = f"{person}-{name}"
    # the letters EP would say that it is an episode's
    key = "AKIAU" + "".join(chance.choice(_ALPHABET) for _ in range(15))
    idle = chance.randint(95, 300)
    made = await day.write("api_clients", _KEY, day.account_id, user, key, idle + 200, idle)
    if not made:
        return None
    await day.record("access_key", key, "lifecycle", None, "created")
    return Happening(f"nobody signs with the key of {user}", (("access_key", key),))


INNOCENT = "break_glass"


async def innocent(day: Day) -> Happening | None:
    """A key for emergencies, whose user says so: keys have no tags of their own."""
    happening = await happen(day)
    if happening is not None:
        await day.write(
            "resource_tags",
            """INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value, created_at)
               SELECT $1, 'user', u.arn, 'break-glass', 'true', $3 FROM users u
                 JOIN api_clients k ON k.account_id = u.account_id AND lower(k.user_name) = lower(u.name)
                WHERE u.account_id = $1 AND k.access_key_id = $2 ON CONFLICT DO NOTHING""",
            day.account_id, happening.resources[0][1], day.start,
        )  # fmt: skip
    return happening


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another one leaves, and another key stays."""
    return await again(day, PATTERN, resource_id, happen)
