"""Prefix lists: AWS's own, and those that the account manages.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ManagedPrefixList.html and the
pages of the operations beside it.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.idempotency import once
from emulator.matching import chosen
from emulator.rows import Computed, Each, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import PREFIX_LIST
from handlers.ec2.tag_specifications import check_types, tags_for
from models import prefix_lists
from models.prefix_lists import LISTING

# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
MOST_ENTRIES = 1000


async def describe_managed_prefix_lists(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """AWS's lists and the account's own, by id, filter and page."""
    asked = params.get("PrefixListIds")
    identifiers.check(PREFIX_LIST, asked or ())
    page = pages.page(ctx, params)
    given = params.get("Filters") or ()
    where = conditions(ctx, LISTING, FILTERS, given)
    rows = await LISTING.page(ctx.db, where, region=ctx.region, ids=asked)
    shown = [LIST_VIEW.show(row) for row in rows]
    if not any((one.get("Name") or "").startswith("tag") for one in given):
        of_aws = [one for one in _of_aws(ctx) if not asked or one["PrefixListId"] in asked]
        shown += chosen(of_aws, _SHOWN, given)
    if asked and not where and page.limit is None:
        identifiers.check_found(PREFIX_LIST, asked, (one["PrefixListId"] for one in shown))
    shown, token = page.cut_items(sorted(shown, key=_id), _id)  # type: ignore[assignment]
    return {"PrefixLists": shown, "NextToken": token}


async def describe_prefix_lists(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """AWS's lists with their blocks, by id, filter and page."""
    asked = params.get("PrefixListIds")
    identifiers.check(PREFIX_LIST, asked or ())
    page = pages.page(ctx, params)
    found = [
        {"PrefixListId": name, "PrefixListName": one["name"], "Cidrs": list(one["entries"])}
        for name, one in sorted(prefix_lists.of_aws(ctx.region).items())
    ]
    if asked:
        identifiers.check_found(PREFIX_LIST, asked, (_id(one) for one in found))
        found = [one for one in found if one["PrefixListId"] in asked]
    names = {
        "prefix-list-id": _SHOWN["prefix-list-id"],
        "prefix-list-name": _SHOWN["prefix-list-name"],
    }
    shown, token = page.cut_items(chosen(found, names, params.get("Filters")), _id)
    return {"PrefixLists": shown, "NextToken": token}


async def get_managed_prefix_list_entries(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The blocks of a list, as they are or were in one version."""
    list_id, version = params["PrefixListId"], params.get("TargetVersion")
    identifiers.check(PREFIX_LIST, [list_id])
    page = pages.page(ctx, params)
    of_aws = prefix_lists.of_aws(ctx.region).get(list_id)
    if of_aws is not None:
        entries: Mapping[str, str] | None = dict.fromkeys(of_aws["entries"], "")
    else:
        row = await prefix_lists.entries(ctx.db, ctx.region, list_id, version)
        if row is None:
            raise identifiers.not_found(PREFIX_LIST, [list_id])
        entries = row["entries"]
    if entries is None:
        raise AwsError(
            "InvalidPrefixListVersion.NotFound",
            f"The version {version} of the prefix list '{list_id}' does not exist.",
        )
    found = [
        {"Cidr": block, **({"Description": told} if told else {})}
        for block, told in sorted(entries.items())
    ]
    shown, token = page.cut_items(found, lambda one: one["Cidr"])
    return {"Entries": shown, "NextToken": token}


async def create_managed_prefix_list(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new list of the account's own, in its first version."""
    check_types(params, ("prefix-list",))
    name, family, room = params["PrefixListName"], params["AddressFamily"], params["MaxEntries"]
    _check_name(name)
    if family not in ("IPv4", "IPv6"):
        raise AwsError("InvalidParameterValue", f"Invalid address family '{family}'.")
    entries = _entries(params.get("Entries"), family)
    _check_room(len(entries), room)
    row = {
        "prefix_list_id": ids.new("pl"),
        "region": ctx.region,
        "name": name,
        "address_family": family,
        "max_entries": room,
        "versions": {"1": entries},
        "tags": tags_for(params, "prefix-list"),
        "created_at": ctx.now,
    }

    async def work() -> list[str]:
        await prefix_lists.insert(ctx.db, row)
        return [row["prefix_list_id"]]

    [list_id] = await once(ctx, params.get("ClientToken"), work)
    return {"PrefixList": {**await _shown(ctx, list_id), "State": "create-in-progress"}}


async def modify_managed_prefix_list(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another name or size, or other blocks, which make a new version."""
    list_id, version = params["PrefixListId"], params.get("CurrentVersion")
    before = await _own(ctx, list_id)
    added, removed = params.get("AddEntries"), params.get("RemoveEntries")
    if params.get("IpamPrefixListResolverSyncEnabled") is not None:
        raise AwsError("UnsupportedOperation", "Prefix lists follow no IPAM resolver here.")
    if params.get("PrefixListName"):
        _check_name(params["PrefixListName"])
    if (added or removed) and version is None:
        raise AwsError("MissingParameter", "The request must contain the parameter currentVersion")
    if (added or removed) and params.get("MaxEntries"):
        raise AwsError(
            "InvalidParameterCombination",
            "MaxEntries cannot be modified together with the entries of a prefix list.",
        )
    verdict = await prefix_lists.modify(
        ctx.db, ctx.region, list_id, version,
        add=_entries(added, before["address_family"]),
        remove=list(_entries(removed, before["address_family"])),
        name=params.get("PrefixListName"), room=params.get("MaxEntries"),
    )  # fmt: skip
    if verdict is None:
        raise identifiers.not_found(PREFIX_LIST, [list_id])
    if not verdict["newest"]:
        raise _mismatch(verdict["version"])
    if verdict["missing"]:
        raise AwsError(
            "InvalidPrefixListModification",
            f"The CIDR {verdict['missing']} is not in the prefix list {list_id}.",
        )
    _check_room(verdict["total"], verdict["room"])
    return {"PrefixList": {**await _shown(ctx, list_id), "State": "modify-in-progress"}}


async def restore_managed_prefix_list_version(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """A new version with the blocks of an old one."""
    list_id, current = params["PrefixListId"], params["CurrentVersion"]
    before = await _own(ctx, list_id)
    previous = params["PreviousVersion"]
    if not await prefix_lists.restore(ctx.db, ctx.region, list_id, current, previous):
        raise _mismatch(before["version"])
    return {"PrefixList": {**await _shown(ctx, list_id), "State": "restore-in-progress"}}


async def delete_managed_prefix_list(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a list that no rule and no route names."""
    list_id = params["PrefixListId"]
    before = LIST_VIEW.show(await _own(ctx, list_id))
    if not await prefix_lists.delete(ctx.db, ctx.region, list_id):
        raise AwsError(
            "DependencyViolation", f"The prefix list '{list_id}' is in use and cannot be deleted."
        )
    return {"PrefixList": {**before, "State": "delete-in-progress"}}


async def _own(ctx: Context, list_id: str) -> Any:
    """A list of the account's own; AWS's cannot be changed."""
    identifiers.check(PREFIX_LIST, [list_id])
    if list_id in prefix_lists.of_aws(ctx.region):
        raise AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.")
    row = await LISTING.one(ctx.db, ctx.region, list_id)
    if row is None:
        raise identifiers.not_found(PREFIX_LIST, [list_id])
    return row


async def _shown(ctx: Context, list_id: str) -> dict[str, Any]:
    return LIST_VIEW.show(await _own(ctx, list_id))


def _of_aws(ctx: Context) -> list[dict[str, Any]]:
    return [
        {
            "PrefixListId": name,
            "AddressFamily": one["address_family"],
            "State": "create-complete",
            "PrefixListArn": f"arn:aws:ec2:{ctx.region}:aws:prefix-list/{name}",
            "PrefixListName": one["name"],
            "Tags": [],
            "OwnerId": "AWS",
        }
        for name, one in prefix_lists.of_aws(ctx.region).items()
    ]


def _entries(given: Any, family: str) -> dict[str, str]:
    """Descriptions by CIDR block, each block once and of the list's family."""
    found: dict[str, str] = {}
    for one in given or ():
        text = one.get("Cidr") or ""
        try:
            block = ip_network(text)
            if "/" not in text or f"IPv{block.version}" != family:
                raise ValueError
        except ValueError:
            raise AwsError(
                "InvalidParameterValue", f"The CIDR {text} is not a valid {family} CIDR block."
            ) from None
        if str(block) in found:
            raise AwsError("InvalidParameterValue", f"The CIDR {text} is given more than once.")
        found[str(block)] = one.get("Description") or ""
    return found


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= 255 or name.startswith("com.amazonaws"):
        raise AwsError(
            "InvalidParameterValue",
            "A prefix list name must have up to 255 characters and cannot start with"
            " com.amazonaws.",
        )


def _check_room(total: int, room: int) -> None:
    if not 1 <= room <= MOST_ENTRIES:
        raise AwsError("InvalidParameterValue", f"MaxEntries must be between 1 and {MOST_ENTRIES}.")
    if total > room:
        raise AwsError(
            "PrefixListMaxEntriesExceeded",
            "You've reached the maximum number of entries for the prefix list.",
        )


def _mismatch(version: int) -> AwsError:
    return AwsError(
        "PrefixListVersionMismatch",
        f"The prefix list has the incorrect version number. Its current version is {version}.",
    )


def _id(shown: Mapping[str, Any]) -> str:
    return str(shown["PrefixListId"])


def _state(version: int) -> str:
    return "create-complete" if version == 1 else "modify-complete"


LIST_VIEW = View(
    {
        "PrefixListId": "id",
        "AddressFamily": "address_family",
        "State": Computed(_state, "version"),
        "PrefixListArn": "arn",
        "PrefixListName": "name",
        "MaxEntries": "max_entries",
        "Version": "version",
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
        "OwnerId": "owner",
    }
)
FILTERS = TAGS | {"owner-id": "owner", "prefix-list-id": "id", "prefix-list-name": "name"}
_SHOWN = {
    "owner-id": lambda one: (one["OwnerId"],),
    "prefix-list-id": lambda one: (one["PrefixListId"],),
    "prefix-list-name": lambda one: (one["PrefixListName"],),
}
