"""Permissions of security groups, as requests word them, and the rules that they come to."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import PREFIX_LIST, SECURITY_GROUP
from handlers.ec2.security_groups import named
from models import prefix_lists
from models.security_group_rules import PEERS

NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_HIGHEST = {"tcp": (0, 65_535), "udp": (0, 65_535), "icmp": (-1, 255), "icmpv6": (-1, 255)}
LONGEST_DESCRIPTION = 255
_LETTERS = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. _-:/()#,@[]+=&;{}!$*"
)


async def rules_of(ctx: Context, params: Mapping[str, Any], group_id: str) -> list[dict[str, Any]]:
    """The rules that a request names, in its one form or the other, with their places."""
    given = list(params.get("IpPermissions") or ())
    if params.get("CidrIp") or params.get("SourceSecurityGroupName"):
        source = params.get("SourceSecurityGroupName")
        given.append(
            {
                "IpProtocol": params.get("IpProtocol"),
                "FromPort": params.get("FromPort"),
                "ToPort": params.get("ToPort"),
                "IpRanges": [{"CidrIp": params["CidrIp"]}] if params.get("CidrIp") else [],
                "UserIdGroupPairs": [{"GroupName": source}] if source else [],
            }
        )
    if not given:
        raise AwsError(
            "MissingParameter",
            "The request must contain the parameter ipPermissions or securityGroupRuleIds",
        )
    found: list[dict[str, Any]] = []
    for one in given:
        what = traffic(one)
        for name, (member, _) in PEERS.items():
            for entry in one.get(name) or ():
                rule = {**what, **_said(entry.get("Description"))}
                if name == "UserIdGroupPairs":
                    rule |= await _group(ctx, entry)
                else:
                    rule |= peer(ctx, name, str(entry.get(member) or ""))
                found.append({**rule, "place": len(found) + 1})
    if not found:
        raise AwsError("InvalidParameterValue", "A rule must name a source or a destination.")
    return found


def traffic(one: Mapping[str, Any]) -> dict[str, Any]:
    """Protocol and ports of a rule; where it is all of a protocol, without ports."""
    protocol = str(one.get("IpProtocol") or "").lower()
    protocol = NUMBERS.get(protocol, protocol)
    if protocol not in _HIGHEST and not (protocol == "-1" or protocol.isdigit()):
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{one.get('IpProtocol')}' for IP protocol. Unknown protocol.",
        )
    first, last = _ports(protocol, one.get("FromPort"), one.get("ToPort"))
    return {"ip_protocol": protocol, "from_port": first, "to_port": last}


def peer(ctx: Context, name: str, text: str) -> dict[str, Any]:
    """A block of addresses, moved down to its first as EC2 does, or the id of a prefix list."""
    column = PEERS[name][1]
    if name == "PrefixListIds":
        identifiers.check(PREFIX_LIST, [text])
        return {column: text, "foreign_list": text in prefix_lists.of_aws(ctx.region)}
    try:
        if "/" not in text:
            raise ValueError
        kind = IPv4Network if name == "IpRanges" else IPv6Network
        return {column: str(kind(text, strict=False))}
    except ValueError:
        raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed") from None


def description(text: str | None) -> str | None:
    """What is said of a rule, within EC2's letters; nothing where it is empty."""
    if text and (len(text) > LONGEST_DESCRIPTION or not _LETTERS.issuperset(text)):
        raise AwsError(
            "InvalidParameterValue",
            "Invalid rule description. Valid descriptions are strings less than 256 characters from"
            " the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )
    return text or None


def _said(text: str | None) -> dict[str, Any]:
    return {"description": description(text)}


def _ports(protocol: str, first: int | None, last: int | None) -> tuple[int | None, int | None]:
    if protocol not in _HIGHEST:
        return None, None
    least, most = _HIGHEST[protocol]
    for name, port in (("fromPort", first), ("toPort", last)):
        if port is None:
            raise AwsError("MissingParameter", f"The request must contain the parameter {name}")
        if not least <= port <= most:
            raise AwsError(
                "InvalidParameterValue",
                f"Invalid value '{port}' for portRange. Must specify both from and to ports with"
                f" {protocol.upper()}.",
            )
    if protocol in ("tcp", "udp") and (first or 0) > (last or 0):
        raise AwsError("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")
    return first, last


async def _group(ctx: Context, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The group that a rule trusts, by id or by name in the default VPC, and whose it is."""
    group_id = entry.get("GroupId")
    if not group_id:
        group_id = await named(ctx, str(entry.get("GroupName") or ""))
    identifiers.check(SECURITY_GROUP, [group_id])
    return {
        "referenced_group_id": group_id,
        "referenced_account": entry.get("UserId") or ctx.principal.account_number,
    }
