"""What all identities share: how they are found, named, shown, and refused.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/ and IAM's own answers.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import Page, page
from emulator.policies import documents
from emulator.rows import Computed, View
from emulator.tags import TagRules
from models import identities, managed_policies, policies

TAGS = TagRules(code="InvalidInput", too_many="LimitExceeded")
DEFAULT_SIZE = 100
LONGEST_NAME = {"user": 64, "group": 128, "role": 64}
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]*/")
WORDS = {"user": "User", "group": "Group", "role": "Role"}


def no_such(what: str) -> AwsError:
    """NoSuchEntity."""
    return AwsError("NoSuchEntity", what, 404)


def conflict(what: str) -> AwsError:
    """DeleteConflict."""
    return AwsError("DeleteConflict", f"Cannot delete entity, must {what} first.", 409)


def exists(what: str) -> AwsError:
    """EntityAlreadyExists."""
    return AwsError("EntityAlreadyExists", what, 409)


def limit_exceeded(quota: str, most: int) -> AwsError:
    """LimitExceeded."""
    return AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {most}", 409)


async def find(ctx: Context, kind: str, name: str) -> Any:
    """The user, group or role of that name, or IAM's refusal."""
    row = await identities.find(ctx.db, kind, name)
    if row is None:
        raise no_such(f"The {kind} with name {name} cannot be found.")
    return row


async def own_name(ctx: Context, given: Mapping[str, Any]) -> str:
    """The user that a request is about: the one it names, else the caller."""
    if given.get("UserName"):
        return str(given["UserName"])
    caller = ctx.principal
    if caller.role or caller.federated:
        raise AwsError(
            "ValidationError", "Must specify userName when calling with non-User credentials", 400
        )
    return caller.arn.rpartition("/")[2]


def checked_name(kind: str, name: str) -> str:
    """A name that IAM takes."""
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"The specified value for {kind}Name is invalid. It must contain only alphanumeric"
            " characters and/or the following: +=,.@_-",
        )
    longest = LONGEST_NAME.get(kind, 128)
    if len(name) > longest:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value at '{kind}Name' failed to satisfy constraint:"
            f" Member must have length less than or equal to {longest}",
        )
    return name


def checked_path(path: str | None) -> str:
    """A path that IAM takes: it begins and ends with a slash."""
    if path is not None and not _PATH.fullmatch(path):
        raise AwsError(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain"
            " only alphanumeric characters and/or / characters.",
        )
    return path or "/"


def arn(ctx: Context, kind: str, path: str, name: str) -> str:
    """The ARN of something in the caller's account."""
    return f"arn:aws:iam::{ctx.principal.account_number}:{kind}{path}{name}"


def list_page(ctx: Context, params: Mapping[str, Any]) -> Page:
    """The page of a list that is asked for, in IAM's words."""
    return page(
        ctx, params, token="Marker", size="MaxItems", default=DEFAULT_SIZE,  # noqa: S106
        invalid=lambda: AwsError("ValidationError", "Invalid Marker."),
    )  # fmt: skip


def paged(member: str, shown: Any, token: str | None) -> dict[str, Any]:
    """A page as IAM answers it."""
    more = {"Marker": token} if token else {}
    return {member: shown, "IsTruncated": token is not None, **more}


def checked_document(text: str, kind: str = "identity") -> str:
    """A policy document that IAM takes, as it was given."""
    try:
        documents.check(text, kind)
    except documents.MalformedError as error:
        raise AwsError("MalformedPolicyDocument", str(error), 400) from None
    return text


async def managed(ctx: Context, policy_arn: str, message: str = "") -> None:
    """Make sure that there is a managed policy of an ARN."""
    if managed_policies.document(policy_arn) is not None:
        return
    if await policies.find(ctx.db, policy_arn) is None:
        raise no_such(message or f"Policy {policy_arn} does not exist or is not attachable.")


def quoted(document: Any) -> str:
    """A document as IAM writes it into answers."""
    text = document if isinstance(document, str) else orjson.dumps(document).decode()
    return quote(text, safe="")


def boundary(policy_arn: str | None) -> dict[str, str] | None:
    """A permissions boundary as answers show it."""
    if policy_arn is None:
        return None
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy_arn}


def moment(value: Any) -> Any:
    """A time that came out of a JSON column."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def shown_tags(tags: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """Tags, where there are any."""
    return TAGS.shown(tags) or None


USER = {
    "Path": "path",
    "UserName": "name",
    "UserId": "user_id",
    "Arn": "arn",
    "CreateDate": "created_at",
    "PasswordLastUsed": "password_last_used_at",
}
# Lists leave boundaries and tags to the operation about one identity.
USERS = View(USER)
ONE_USER = View(
    USER
    | {
        "PermissionsBoundary": Computed(boundary, "permissions_boundary"),
        "Tags": Computed(shown_tags, "tags"),
    }
)
GROUPS = View(
    {
        "Path": "path",
        "GroupName": "name",
        "GroupId": "group_id",
        "Arn": "arn",
        "CreateDate": "created_at",
    }
)
ROLE: dict[str, Any] = {
    "Path": "path",
    "RoleName": "name",
    "RoleId": "role_id",
    "Arn": "arn",
    "CreateDate": Computed(moment, "created_at"),
    "AssumeRolePolicyDocument": Computed(quoted, "assume_role_policy"),
}
ROLES = View(
    ROLE | {"Description": "description", "MaxSessionDuration": "max_session_duration_seconds"}
)
ROLES_OF_PROFILES = View(ROLE)


def one_role(ctx: Context, row: Any) -> dict[str, Any]:
    """A role with everything that is known of it."""
    shown = ROLES.show(row)
    last = row["last_use"] if "last_use" in row.keys() else None  # noqa: SIM118 - a record
    used = {} if not last else {"LastUsedDate": moment(last[0]) - ctx.shift, "Region": last[1]}
    more = {
        "PermissionsBoundary": boundary(row["permissions_boundary"]),
        "Tags": shown_tags(row["tags"]),
        "RoleLastUsed": used,
    }
    return shown | {name: value for name, value in more.items() if value is not None}


def names(rows: Sequence[Any]) -> list[str]:
    """The names of rows."""
    return [row["name"] for row in rows]
