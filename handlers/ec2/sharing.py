"""With whom images and snapshots are shared: what a request adds and removes."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.errors import AwsError

ALL = "all"


def changed(
    params: Mapping[str, Any], member: str, groups: str, before: Iterable[str]
) -> list[str] | None:
    """The accounts after a change, `all` being the group of everybody; None: nothing was asked.

    `member` names the structure of what is added and removed, `groups` the list of groups in the
    form that names an operation.
    """
    given = params.get(member) or {}
    add, remove = _named(given.get("Add")), _named(given.get("Remove"))
    listed = [*(params.get("UserIds") or ()), *(params.get(groups) or ())]
    if listed:
        operation = params.get("OperationType")
        if operation is None:
            raise AwsError(
                "MissingParameter", "The request must contain the parameter operationType"
            )
        if operation == "add":
            add += listed
        else:
            remove += listed
    if not add and not remove:
        return None
    for one in (*add, *remove):
        if one != ALL and not (one.isascii() and one.isdigit() and len(one) == 12):
            raise AwsError("InvalidUserID.Malformed", f'Invalid user id: "{one}"')
    return sorted((set(before) | set(add)) - set(remove))


def shown(users: Iterable[str]) -> list[dict[str, str]]:
    """Permissions as EC2 lists them."""
    return [{"Group": ALL} if one == ALL else {"UserId": one} for one in users]


def _named(given: Any) -> list[str]:
    found = []
    for one in given or ():
        if one.get("OrganizationArn") or one.get("OrganizationalUnitArn"):
            raise AwsError("UnsupportedOperation", "Sharing with organizations is not emulated.")
        found.append(one.get("UserId") or one.get("Group") or "")
    return found
