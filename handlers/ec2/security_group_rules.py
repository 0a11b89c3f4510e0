"""Rules of security groups: let in, let out, taken back, and listed one by one.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
API_AuthorizeSecurityGroupIngress.html and the pages of the operations beside it. Rules have no
tags of their own here.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from emulator import arns, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.matching import Values, chosen
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import SECURITY_GROUP, Noun
from handlers.ec2.security_groups import named
from handlers.ec2.tag_specifications import check_types
from models import security_group_rules, security_groups
from models.security_group_rules import PEERS, Rule

NOUN = "security_groups"
RULE = Noun("sgr", "InvalidSecurityGroupRuleId", "The security group rule ID '{}' does not exist")
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
MOST_RULES = 60
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_HIGHEST = {"tcp": (0, 65_535), "udp": (0, 65_535), "icmp": (-1, 255), "icmpv6": (-1, 255)}


async def authorize_security_group_ingress(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let somebody in."""
    return await _authorize(ctx, params, egress=False)


async def authorize_security_group_egress(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let somebody out."""
    return await _authorize(ctx, params, egress=True)


async def revoke_security_group_ingress(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let somebody in no longer."""
    return await _revoke(ctx, params, egress=False)


async def revoke_security_group_egress(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let somebody out no longer."""
    return await _revoke(ctx, params, egress=True)


async def describe_security_group_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Rules of the region's groups, by id, filter and page."""
    asked = params.get("SecurityGroupRuleIds") or ()
    identifiers.check(RULE, asked)
    page = pages.page(ctx, params)
    given = params.get("Filters") or ()
    groups = [value for one in given if one.get("Name") == "group-id" for value in one["Values"]]
    plain = groups and not any(letter in value for value in groups for letter in "*?\\")
    rows = await security_group_rules.groups(ctx.db, ctx.region, groups if plain else None)
    found = [
        _shown(ctx, row["group_id"], rule, egress)
        for row in rows
        for egress in (False, True)
        for rule in security_group_rules.rules(row["egress" if egress else "ingress"])
    ]
    if asked:
        identifiers.check_found(RULE, asked, (one["SecurityGroupRuleId"] for one in found))
        found = [one for one in found if one["SecurityGroupRuleId"] in set(asked)]
    found = sorted(chosen(found, _FILTERS, given), key=_rule_id)
    shown, token = page.cut_items(found, _rule_id)
    return {"SecurityGroupRules": shown, "NextToken": token}


async def _authorize(ctx: Context, params: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    check_types(params, ("security-group-rule",))
    if any(one.get("Tags") for one in params.get("TagSpecifications") or ()):
        raise AwsError(
            "UnsupportedOperation",
            "Tags of security group rules are not supported by this emulator.",
        )
    async with ctx.db.transaction():
        group = await _group(ctx, params)
        wanted = await _wanted(ctx, params, group)
        kept = security_group_rules.rules(group["egress" if egress else "ingress"])
        known = {rule.same() for rule in kept}
        for rule in wanted:
            if rule.same() in known:
                raise AwsError(
                    "InvalidPermission.Duplicate",
                    f'the specified rule "peer: {_told(rule)}, ALLOW" already exists',
                )
            known.add(rule.same())
        if len(kept) + len(wanted) > MOST_RULES:
            raise AwsError(
                "RulesPerSecurityGroupLimitExceeded",
                "The maximum number of rules per security group has been reached.",
            )
        await security_group_rules.store(ctx.db, group["group_id"], egress, [*kept, *wanted])
    shown = [_shown(ctx, group["group_id"], rule, egress) for rule in wanted]
    return {"Return": True, "SecurityGroupRules": shown}


async def _revoke(ctx: Context, params: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    asked = params.get("SecurityGroupRuleIds") or ()
    identifiers.check(RULE, asked)
    async with ctx.db.transaction():
        group = await _group(ctx, params)
        kept = security_group_rules.rules(group["egress" if egress else "ingress"])
        unknown: list[Rule] = []
        if asked:
            by_id = {rule.rule_id(group["group_id"], egress): rule for rule in kept}
            identifiers.check_found(RULE, asked, by_id)
            gone = {by_id[one].same() for one in asked}
        else:
            wanted = await _wanted(ctx, params, group, known=True)
            present = {rule.same() for rule in kept}
            unknown = [rule for rule in wanted if rule.same() not in present]
            gone = {rule.same() for rule in wanted} & present
        if unknown and not group["is_default"]:
            raise AwsError(
                "InvalidPermission.NotFound",
                "The specified rule does not exist in this security group.",
            )
        rest = [rule for rule in kept if rule.same() not in gone]
        await security_group_rules.store(ctx.db, group["group_id"], egress, rest)
    revoked = [
        _revoked(_shown(ctx, group["group_id"], rule, egress))
        for rule in kept
        if rule.same() in gone
    ]
    answer: dict[str, Any] = {"Return": True, "RevokedSecurityGroupRules": revoked}
    if unknown:
        answer["UnknownIpPermissions"] = security_group_rules.permissions(unknown)
    return answer


async def _group(ctx: Context, params: Mapping[str, Any]) -> Any:
    """The group of a request, held: by id, or by name in the default VPC."""
    group_id, name = params.get("GroupId"), params.get("GroupName")
    if not group_id and not name:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter groupName or groupId"
        )
    if not group_id:
        group_id = await named(ctx, str(name))
    identifiers.check(SECURITY_GROUP, [group_id])
    group = await security_group_rules.lock(ctx.db, ctx.region, group_id)
    if group is None:
        raise identifiers.not_found(SECURITY_GROUP, [group_id])
    return group


async def _wanted(
    ctx: Context, params: Mapping[str, Any], group: Any, *, known: bool = False
) -> list[Rule]:
    """The rules that a request names, in its one form or the other; `known` ones may be old."""
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
    found: list[Rule] = []
    for one in given:
        found += await _rules_of(ctx, one, group, known)
    if not found:
        raise AwsError("InvalidParameterValue", "A rule must name a source or a destination.")
    return found


async def _rules_of(ctx: Context, one: Mapping[str, Any], group: Any, known: bool) -> list[Rule]:
    protocol = str(one.get("IpProtocol") or "").lower()
    protocol = _NUMBERS.get(protocol, protocol)
    if protocol not in _HIGHEST and not (protocol == "-1" or protocol.isdigit()):
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{one.get('IpProtocol')}' for IP protocol. Unknown protocol.",
        )
    ports = _ports(protocol, one.get("FromPort"), one.get("ToPort"))
    found = []
    for place, member in PEERS.items():
        for entry in one.get(place) or ():
            owner = ""
            if place == "UserIdGroupPairs":
                peer, owner = await _peer_group(ctx, entry, group, known)
            else:
                peer = _peer(place, str(entry.get(member) or ""))
            found.append(Rule(protocol, *ports, place, peer, owner, entry.get("Description")))
    return found


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
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid TCP/UDP port range ({first}:{last})",
        )
    return first, last


def _peer(place: str, text: str) -> str:
    """A block of addresses, moved down to its first as EC2 does, or the id of a prefix list."""
    if place == "PrefixListIds":
        raise AwsError(
            "InvalidPrefixListID.NotFound", f"The prefix list ID '{text}' does not exist"
        )
    try:
        if "/" not in text:
            raise ValueError
        kind = IPv4Network if place == "IpRanges" else IPv6Network
        return str(kind(text, strict=False))
    except ValueError:
        raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed") from None


async def _peer_group(
    ctx: Context, entry: Mapping[str, Any], group: Any, known: bool
) -> tuple[str, str]:
    """The group that a rule trusts, of the same network, and whose it is."""
    owner = entry.get("UserId") or ctx.principal.account_number
    group_id = entry.get("GroupId")
    if not group_id:
        group_id = await named(ctx, str(entry.get("GroupName") or ""))
    identifiers.check(SECURITY_GROUP, [group_id])
    if known or group_id == group["group_id"]:
        return group_id, owner
    peer = await security_groups.find_one(ctx.db, ctx.region, group_id)
    if peer is None or owner != ctx.principal.account_number:
        raise identifiers.not_found(SECURITY_GROUP, [group_id])
    if peer["vpc_id"] != group["vpc_id"]:
        raise AwsError(
            "InvalidGroup.NotFound",
            "You have specified two resources that belong to different networks.",
        )
    return group_id, owner


def _told(rule: Rule) -> str:
    """A rule as EC2's refusals tell it."""
    if rule.protocol == "-1":
        return f"{rule.peer}, ALL"
    ports = "" if rule.first is None else f", from port: {rule.first}, to port: {rule.last}"
    return f"{rule.peer}, {rule.protocol.upper()}{ports}"


_MEMBERS = {"IpRanges": "CidrIpv4", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId"}


def _shown(ctx: Context, group_id: str, rule: Rule, egress: bool) -> dict[str, Any]:
    rule_id = rule.rule_id(group_id, egress)
    peer: dict[str, Any] = {_MEMBERS.get(rule.place, ""): rule.peer}
    if rule.place == "UserIdGroupPairs":
        peer = {"ReferencedGroupInfo": {"GroupId": rule.peer, "UserId": rule.owner}}
    return {
        "SecurityGroupRuleId": rule_id,
        "GroupId": group_id,
        "GroupOwnerId": ctx.principal.account_number,
        "IsEgress": egress,
        "IpProtocol": rule.protocol,
        "FromPort": -1 if rule.first is None else rule.first,
        "ToPort": -1 if rule.last is None else rule.last,
        **peer,
        **({"Description": rule.description} if rule.description else {}),
        "Tags": [],
        "SecurityGroupRuleArn": arns.arn(ctx, "ec2", f"security-group-rule/{rule_id}"),
    }


def _revoked(shown: dict[str, Any]) -> dict[str, Any]:
    """A rule that is there no more, in the shape that its end has."""
    info = shown.get("ReferencedGroupInfo")
    kept = {
        name: value
        for name, value in shown.items()
        if name not in ("GroupOwnerId", "Tags", "SecurityGroupRuleArn", "ReferencedGroupInfo")
    }
    return kept | ({"ReferencedGroupId": info["GroupId"]} if info else {})


def _rule_id(shown: Mapping[str, Any]) -> str:
    return str(shown["SecurityGroupRuleId"])


def _nothing(shown: Mapping[str, Any]) -> Iterable[str]:
    return ()


_FILTERS: dict[str, Values[Mapping[str, Any]]] = {
    "group-id": lambda shown: (shown["GroupId"],),
    "security-group-rule-id": lambda shown: (shown["SecurityGroupRuleId"],),
    "tag-key": _nothing,
    "tag:": _nothing,
}
