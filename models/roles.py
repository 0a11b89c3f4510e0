"""Roles: what a principal can become by AssumeRole, in its own account or another."""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

# The role that AWS Organizations puts into every member account.
ORGANIZATION_ROLE = "OrganizationAccountAccessRole"
READ_ONLY_ROLE = "FinOpsReadOnly"
_AWS = "arn:aws:iam::aws:policy/"

INSERT = """
with made as (
    insert into roles (account_id, role_id, name, arn, description, trusted,
                       max_session_duration_seconds, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, driftcloud_now($1))
    on conflict (account_id, name) do update set trusted = excluded.trusted
    returning id, account_id
)
insert into policy_attachments (account_id, entity_type, entity_id, policy_arn)
select account_id, 'role', id, $8 from made
on conflict do nothing
"""


def arn(account_number: str, name: str) -> str:
    """The ARN of a role at the root path."""
    return f"arn:aws:iam::{account_number}:role/{name}"


def role_id(account_number: str, name: str) -> str:
    """The unique id of a role: AROA and 17 letters, the same whenever it is made."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    digest = hashlib.blake2b(arn(account_number, name).encode(), digest_size=17).digest()
    return "AROA" + "".join(alphabet[byte % 32] for byte in digest)


async def create_defaults(
    connection: Any, account_id: uuid.UUID, account_number: str, trusted: Sequence[str]
) -> None:
    """The roles every account is opened with, assumable from the `trusted` accounts."""
    defaults = (
        (
            ORGANIZATION_ROLE,
            "Full access for the organisation's management account",
            "AdministratorAccess",
        ),
        (READ_ONLY_ROLE, "Reads for cost and inventory tools", "ReadOnlyAccess"),
    )
    for name, description, policy in defaults:
        await connection.execute(
            INSERT,
            account_id,
            role_id(account_number, name),
            name,
            arn(account_number, name),
            description,
            sorted({account_number, *trusted}),
            43_200,
            _AWS + policy,
        )


async def create_organization_role(
    connection: Any, account_id: uuid.UUID, account_number: str, name: str, management: str
) -> None:
    """The role by which a management account enters a member that was made for it."""
    await connection.execute(
        INSERT,
        account_id,
        role_id(account_number, name),
        name,
        arn(account_number, name),
        "Full access for the organisation's management account",
        sorted({account_number, management}),
        43_200,
        _AWS + "AdministratorAccess",
    )


async def find_by_arn(db: Any, role_arn: str) -> Any | None:
    """The role of that ARN in whatever account, or None."""
    return await db.fetchrow("select * from driftcloud_role($1)", role_arn)
