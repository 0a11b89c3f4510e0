"""Tags of EC2's resources, whatever they are.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html,
API_DeleteTags and API_DescribeTags; limits as of Using_Tags in the user guide.
"""

import re
from collections.abc import Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import conditions
from emulator.ids import well_formed
from emulator.matching import any_of
from emulator.rows import Computed, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import Noun
from handlers.ec2.tag_specifications import checked
from models import resource_tags

MOST_RESOURCES = 1000

KEY_PAIR = Noun("key", "InvalidKeyPair", "The key pair '{}' does not exist")
RESERVED_INSTANCES = Noun(
    "", "InvalidReservedInstancesId", "The ID '{}' for reserved instances does not exist"
)

# Nouns by the types of resource_tags; AWS's names differ where `_` is no mere `-`.
NOUNS = {
    "instance": identifiers.INSTANCE,
    "volume": identifiers.VOLUME,
    "snapshot": identifiers.SNAPSHOT,
    "elastic_ip": identifiers.ALLOCATION,
    "image": identifiers.IMAGE,
    "vpc": identifiers.VPC,
    "subnet": identifiers.SUBNET,
    "security_group": identifiers.SECURITY_GROUP,
    "security_group_rule": identifiers.SECURITY_GROUP_RULE,
    "internet_gateway": identifiers.INTERNET_GATEWAY,
    "route_table": identifiers.ROUTE_TABLE,
    "network_acl": identifiers.NETWORK_ACL,
    "dhcp_options": identifiers.DHCP_OPTIONS,
    "flow_log": identifiers.FLOW_LOG,
    "managed_prefix_list": identifiers.PREFIX_LIST,
    "egress_only_internet_gateway": identifiers.EGRESS_ONLY_GATEWAY,
    "vpc_peering_connection": identifiers.PEERING,
    "nat_gateway": identifiers.NAT_GATEWAY,
    "vpc_endpoint": identifiers.VPC_ENDPOINT,
    "launch_template": identifiers.LAUNCH_TEMPLATE,
    "key_pair": KEY_PAIR,
    "network_interface": identifiers.NETWORK_INTERFACE,
    "capacity_reservation": identifiers.CAPACITY_RESERVATION,
    "spot_request": identifiers.SPOT_REQUEST,
    "transit_gateway": identifiers.TRANSIT_GATEWAY,
    "transit_gateway_attachment": identifiers.TRANSIT_GATEWAY_ATTACHMENT,
    "commitment": RESERVED_INSTANCES,
}
AWS_NAMES = {name: name.replace("_", "-") for name in NOUNS} | {
    "nat_gateway": "natgateway",
    "spot_request": "spot-instances-request",
    "flow_log": "vpc-flow-log",
    "managed_prefix_list": "prefix-list",
    "commitment": "reserved-instances",
}
_BY_PREFIX = {noun.prefix: name for name, noun in NOUNS.items() if noun.prefix}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


async def create_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to resources, or overwrite the values of those they have; all or nothing."""
    asked = _by_type(params)
    if not params.get("Tags"):
        raise AwsError("MissingParameter", "The request must contain the parameter tagSet")
    tags = checked(params["Tags"])
    if len(asked) == 1:
        [(resource_type, named)] = asked.items()
        await _merge(ctx, resource_type, named, tags)
        return {}
    async with ctx.db.transaction():
        for resource_type, named in sorted(asked.items()):
            await _merge(ctx, resource_type, named, tags)
    return {}


async def delete_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off resources: by key, by key and value, or all of them."""
    asked = _by_type(params)
    keys, pairs = _unwanted(params.get("Tags"))
    async with ctx.db.transaction():
        for resource_type, named in sorted(asked.items()):
            found = await resource_tags.remove(
                ctx.db, resource_type, ctx.region, named, keys, pairs
            )
            identifiers.check_found(NOUNS[resource_type], named, found)
    return {}


async def describe_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every tag of every resource of the region, by filter and page."""
    page = pages.page(ctx, params)
    filters = _plain_filters(params.get("Filters") or ())
    if not filters:
        rows = await resource_tags.page(ctx.db, ctx.region, page.after, page.fetch)
        shown, token = page.cut(rows, "position")
        return {"Tags": Rows(TAG_VIEW, shown), "NextToken": token}
    listing = resource_tags.listing(_types(filters))
    where = conditions(ctx, listing, FILTERS, filters)
    rows = await listing.page(ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, "position")
    return {"Tags": Rows(TAG_VIEW, shown), "NextToken": token}


async def _merge(
    ctx: Context, resource_type: str, named: Sequence[str], tags: dict[str, str]
) -> None:
    found, done = await resource_tags.merge(ctx.db, resource_type, ctx.region, named, tags)
    if done:
        return
    identifiers.check_found(NOUNS[resource_type], named, found)
    raise AwsError(
        "TagLimitExceeded",
        f"The maximum number of tags for a resource has been reached: {resource_tags.MOST_TAGS}",
    )


def _by_type(params: dict[str, Any]) -> dict[str, list[str]]:
    """The resources of a request by their type, which their ids tell."""
    named = params.get("Resources")
    if not named:
        raise AwsError("MissingParameter", "The request must contain the parameter resourceIdSet")
    if len(named) > MOST_RESOURCES:
        raise AwsError(
            "InvalidParameterValue",
            f"The maximum number of resources for one request is {MOST_RESOURCES}.",
        )
    found: dict[str, list[str]] = {}
    for value in named:
        prefix = value.rpartition("-")[0]
        resource_type = _BY_PREFIX.get(prefix)
        if resource_type is None and _UUID.fullmatch(value):
            resource_type = "commitment"
        elif resource_type is None or not well_formed(prefix, value):
            raise AwsError("InvalidID", f"The ID '{value}' is not valid")
        found.setdefault(resource_type, []).append(value)
    return found


def _unwanted(tags: Sequence[dict[str, str]] | None) -> tuple[list[str] | None, Any]:
    """Keys to remove whatever their value, and those to remove only with it."""
    if not tags:
        return None, None
    keys, pairs = [], {}
    for tag in tags:
        if (tag.get("Key") or "").lower().startswith("aws:"):
            checked([tag])  # refuses it in AWS's words
        if tag.get("Value") is None:
            keys.append(tag.get("Key") or "")
        else:
            pairs[tag.get("Key") or ""] = tag["Value"]
    return keys, pairs


def _plain_filters(filters: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Filters in terms of columns: `tag:<key>` here means this key with one of these values."""
    found: list[dict[str, Any]] = []
    for one in filters:
        name, values = one.get("Name", ""), one.get("Values") or []
        if name.startswith("tag:"):
            key = re.sub(r"([*?\\])", r"\\\1", name[4:])
            found += [{"Name": "key", "Values": [key]}, {"Name": "value", "Values": values}]
        elif name == "resource-type":
            fits = any_of(tuple(values))
            ours = [ours for ours, aws in AWS_NAMES.items() if fits(aws)]
            found.append({"Name": name, "Values": ours})
        else:
            found.append(one)
    return found


def _types(filters: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The types whose resources can meet the filters, as far as plain values tell."""
    possible = set(NOUNS)
    for one in filters:
        values = one.get("Values") or []
        if any(letter in value for value in values for letter in "*?\\"):
            continue
        if one.get("Name") == "resource-type":
            possible &= set(values)
        elif one.get("Name") == "resource-id":
            heads = (value.rpartition("-")[0] for value in values)
            possible &= {_BY_PREFIX.get(head, "commitment") for head in heads}
    return tuple(sorted(possible)) or ("commitment",)


TAG_VIEW = View(
    {
        "Key": "key",
        "ResourceId": "resource_id",
        "ResourceType": Computed(AWS_NAMES.__getitem__, "resource_type"),
        "Value": "value",
    }
)

FILTERS = {
    "key": "key",
    "resource-id": "resource_id",
    "resource-type": "resource_type",
    "value": "value",
}
