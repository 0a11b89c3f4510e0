"""IAM users of an estate and their access keys: people and jobs, some of them long gone.

Nobody knows the secrets of these keys, this database least: it has none. Keys live in real time, as
IAM shows them; so how long ago they were made and used is drawn, and the dates follow when they
are written. What nobody has signed with for 90 days is waste, unless it is kept for emergencies.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.estates.chance import Chance
from models.estates.estate import Estate, Tags

PATTERN = "key_unused"
JOBS = ("ci-deployer", "backup-agent", "metrics-exporter", "nightly-reports")
PEOPLE_AT_LEAST, PEOPLE_AT_MOST, MACHINES_A_PERSON = 4, 16, 25
# The first letters say that it is no episode's.
_KEY, _ALPHABET = "AKIAU", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_EMERGENCY, _EMERGENCY_TAGS = "break_glass", {"break-glass": "true"}
# Days since a key was last used; None: it was turned off.
_RECENT, _LONG_AGO = (0.02, 60.0), (95.0, 420.0)


@dataclass(frozen=True, slots=True)
class User:
    """A user with one key, made and last used so many days ago in real time."""

    name: str
    tags: Tags
    created_at: str
    access_key_id: str
    made_days: float
    used_days: float | None
    service: str
    active: bool = True


def create(estate: Estate) -> None:
    """People by the size of the account, a few jobs, and one user for emergencies."""
    count = min(
        PEOPLE_AT_MOST, max(PEOPLE_AT_LEAST, estate.plan.instance_count // MACHINES_A_PERSON)
    )
    names = sorted({owner.email.partition("@")[0] for owner in estate.company.owners})
    people = estate.chance("people").shuffled(names)[:count]
    gone = estate.flags("unused-keys", len(people), 0.25)
    for name, unused in zip(people, gone, strict=True):
        chance = estate.chance("user", name)
        owner = next(one for one in estate.company.owners if one.email.startswith(f"{name}@"))
        tags = {"team": owner.team, "owner": owner.email}
        _add(estate, chance, name, tags, unused=unused, off=not unused and chance.happens(0.15))
    for name in JOBS:
        chance = estate.chance("user", name)
        _add(estate, chance, name, {"team": "platform"}, unused=name == JOBS[-1], off=False)
    _emergency(estate, estate.chance("user", "break-glass"))


def _add(estate: Estate, chance: Chance, name: str, tags: Tags, *, unused: bool, off: bool) -> None:
    used = chance.between(*(_LONG_AGO if unused else _RECENT))
    made = used + chance.between(30, 500)
    service = chance.pick(("s3", "ec2", "sts", "monitoring"))
    user = User(name, tags, _founded(estate, chance), _key(chance), made, used, service, not off)
    estate.users.append(user)
    estate.tag("user", f"arn:aws:iam::{estate.number}:user/{name}", tags, estate.start)
    if unused:
        estate.profile("access_key", user.access_key_id, "idle", pattern=PATTERN)


def _emergency(estate: Estate, chance: Chance) -> None:
    """A key that was never used, which its user says it is for; keys have no tags of their own."""
    user = User(
        "break-glass", dict(_EMERGENCY_TAGS), _founded(estate, chance), _key(chance),
        chance.between(200, 700), None, "", True,
    )  # fmt: skip
    estate.users.append(user)
    estate.tag("user", f"arn:aws:iam::{estate.number}:user/{user.name}", user.tags, estate.start)
    estate.profile("access_key", user.access_key_id, "idle", pattern=PATTERN, decoy=_EMERGENCY)
    estate.innocent_with()


def _founded(estate: Estate, chance: Chance) -> str:
    return estate.before(chance, 40, 900).isoformat()


def _key(chance: Chance) -> str:
    return _KEY + "".join(chance.pick(_ALPHABET) for _ in range(15))


# --- what is written -----------------------------------------------------------------------------

# Who is there already stays as he is.
_USERS = """
INSERT INTO users (id, account_id, user_id, name, arn, tags, created_at)
SELECT md5('user' || $2 || '/' || u.name)::uuid, $1, driftcloud_iam_id('AIDA', $2 || '/' || u.name), u.name, 'arn:aws:iam::' || $2 || ':user/' || u.name,
       u.tags, u.created_at
  FROM jsonb_to_recordset($3::text::jsonb) AS u (name text, tags jsonb, created_at timestamptz)
ON CONFLICT DO NOTHING"""
_KEYS = """
INSERT INTO api_clients (account_id, name, user_name, access_key_id, secret_key_hash, scopes, status, created_at,
    last_used_at, last_used_service, last_used_region)
SELECT $1, u.name, u.name, u.access_key_id, '', '[]', CASE WHEN u.active THEN 'active' ELSE 'disabled' END,
       now() - u.made_days * interval '1 day', now() - u.used_days * interval '1 day', nullif(u.service, ''),
       CASE WHEN u.used_days IS NOT NULL THEN 'us-east-1' END
  FROM jsonb_to_recordset($2::text::jsonb) AS u (name text, access_key_id text, active boolean,
       made_days double precision, used_days double precision, service text)
ON CONFLICT DO NOTHING"""


def rows(estate: Estate) -> list[dict[str, Any]]:
    """The users and their keys, as `write` takes them."""
    return [{name: getattr(user, name) for name in User.__slots__} for user in estate.users]


async def write(
    connection: Any, account_id: uuid.UUID, number: str, users: Sequence[dict[str, Any]]
) -> None:
    """Store users and their keys, whose dates are counted back from now."""
    told = json.dumps(users)
    await connection.execute(_USERS, account_id, number, told)
    await connection.execute(_KEYS, account_id, told)
