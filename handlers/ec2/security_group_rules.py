"""Rules of security groups: let in, let out, changed, taken back, and listed one by one.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/
API_AuthorizeSecurityGroupIngress.html and the pages of the operations beside it.
"""

from collections.abc import Mapping
from typing import Any

from asyncpg.exceptions import UniqueViolationError

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Each, Rows, View, When
from handlers.ec2 import identifiers, security_group_permissions
from handlers.ec2.identifiers import PREFIX_LIST, SECURITY_GROUP, SECURITY_GROUP_RULE
from handlers.ec2.security_groups import named
from handlers.ec2.tag_specifications import check_types, tags_for
from models import security_group_rules
from models.security_group_rules import PEERS, SAME

# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
MOST_RULES = 60


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


async def update_security_group_rule_descriptions_ingress(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Say something else of rules that let somebody in."""
    return await _describe(ctx, params, egress=False)


async def update_security_group_rule_descriptions_egress(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Say something else of rules that let somebody out."""
    return await _describe(ctx, params, egress=True)


async def describe_security_group_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Rules of the region's groups, by id, filter and page."""
    asked = params.get("SecurityGroupRuleIds")
    identifiers.check(SECURITY_GROUP_RULE, asked or ())
    page = pages.page(ctx, params)
    listing = security_group_rules.LISTING
    where = conditions(ctx, listing, FILTERS, params.get("Filters"))
    rows = await listing.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(SECURITY_GROUP_RULE, asked, (row["rule_id"] for row in rows))
    shown, token = page.cut(rows, "rule_id")
    return {"SecurityGroupRules": Rows(RULE_VIEW, shown), "NextToken": token}


async def modify_security_group_rules(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let rules say something else; what a request leaves out they say no longer."""
    group_id = params["GroupId"]
    identifiers.check(SECURITY_GROUP, [group_id])
    wanted = []
    for one in params["SecurityGroupRules"]:
        rule_id, given = one["SecurityGroupRuleId"], one.get("SecurityGroupRule") or {}
        identifiers.check(SECURITY_GROUP_RULE, [rule_id])
        wanted.append({"rule_id": rule_id, **_changed(ctx, given)})
    if not wanted or len({one["rule_id"] for one in wanted}) < len(wanted):
        raise AwsError("InvalidParameterValue", "Each rule must be named once.")
    try:
        verdict = await security_group_rules.modify(ctx.db, ctx.region, group_id, wanted)
    except UniqueViolationError:
        raise _twice(wanted[0]) from None
    _check_group(verdict, group_id)
    if verdict["missing"]:
        raise identifiers.not_found(SECURITY_GROUP_RULE, verdict["missing"])
    _check_peers(verdict)
    return {"Return": True}


async def _authorize(ctx: Context, params: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    check_types(params, ("security-group-rule",))
    tags = tags_for(params, "security-group-rule")
    group_id = await _group_id(ctx, params)
    wanted = await security_group_permissions.rules_of(ctx, params, group_id)
    known = set()
    for rule in wanted:
        same = tuple(rule.get(name) for name in SAME)
        if same in known:
            raise _twice(rule)
        known.add(same)
        rule["rule_id"] = ids.new("sgr")
    try:
        verdict = await security_group_rules.authorize(
            ctx.db, ctx.region, group_id, egress, wanted, tags, ctx.now, MOST_RULES
        )
    except UniqueViolationError:
        raise _twice(wanted[0]) from None
    _check_group(verdict, group_id)
    _check_peers(verdict)
    if verdict["twice"]:
        raise _twice(wanted[verdict["twice"] - 1])
    if verdict["total"] > MOST_RULES:
        raise AwsError(
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        )
    order = {rule["rule_id"]: at for at, rule in enumerate(wanted)}
    made = sorted(verdict["done"], key=lambda row: order[row["rule_id"]])
    return {"Return": True, "SecurityGroupRules": Rows(RULE_VIEW, made)}


async def _revoke(ctx: Context, params: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    group_id = await _group_id(ctx, params)
    asked = params.get("SecurityGroupRuleIds") or ()
    identifiers.check(SECURITY_GROUP_RULE, asked)
    if asked:
        wanted: list[dict[str, Any]] = _by_id(asked)
    else:
        wanted = await security_group_permissions.rules_of(ctx, params, group_id)
    verdict = await security_group_rules.revoke(
        ctx.db, ctx.region, group_id, egress, wanted, by_id=bool(asked)
    )
    _check_group(verdict, group_id)
    unknown = [wanted[place - 1] for place in verdict["missing"] or ()]
    if unknown and asked:
        raise identifiers.not_found(SECURITY_GROUP_RULE, (one["rule_id"] for one in unknown))
    if unknown and not verdict["lenient"]:
        raise _absent()
    answer: dict[str, Any] = {
        "Return": True,
        "RevokedSecurityGroupRules": Rows(REVOKED_VIEW, verdict["done"] or ()),
    }
    if unknown:
        answer["UnknownIpPermissions"] = security_group_rules.permissions(unknown)
    return answer


async def _describe(ctx: Context, params: dict[str, Any], *, egress: bool) -> dict[str, Any]:
    group_id = await _group_id(ctx, params)
    told = params.get("SecurityGroupRuleDescriptions") or ()
    if bool(told) is bool(params.get("IpPermissions")):
        raise AwsError(
            "InvalidParameterCombination" if told else "MissingParameter",
            "The request must contain either ipPermissions or securityGroupRuleDescriptions.",
        )
    if told:
        wanted = _by_id([one.get("SecurityGroupRuleId") or "" for one in told])
        identifiers.check(SECURITY_GROUP_RULE, [one["rule_id"] for one in wanted])
        for rule, one in zip(wanted, told, strict=True):
            rule["description"] = security_group_permissions.description(one.get("Description"))
    else:
        wanted = await security_group_permissions.rules_of(ctx, params, group_id)
    verdict = await security_group_rules.describe(
        ctx.db, ctx.region, group_id, egress, wanted, by_id=bool(told)
    )
    _check_group(verdict, group_id)
    if verdict["missing"] and told:
        missing = [wanted[place - 1]["rule_id"] for place in verdict["missing"]]
        raise identifiers.not_found(SECURITY_GROUP_RULE, missing)
    if verdict["missing"]:
        raise _absent()
    return {"Return": True}


async def _group_id(ctx: Context, params: Mapping[str, Any]) -> str:
    """The group of a request: by id, or by name in the default VPC."""
    group_id, name = params.get("GroupId"), params.get("GroupName")
    if not group_id and not name:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter groupName or groupId"
        )
    found = str(group_id) if group_id else await named(ctx, str(name))
    identifiers.check(SECURITY_GROUP, [found])
    return found


def _by_id(asked: Any) -> list[dict[str, Any]]:
    """Rules that are named by id alone."""
    return [{"rule_id": one, "place": at} for at, one in enumerate(asked, 1)]


def _changed(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a rule is to say: protocol, ports and the one peer that it names."""
    rule = security_group_permissions.traffic(given)
    rule["description"] = security_group_permissions.description(given.get("Description"))
    named = [member for member in _PLACES if given.get(member)]
    if len(named) != 1:
        raise AwsError(
            "InvalidParameterCombination" if named else "MissingParameter",
            "A rule must name exactly one of CidrIpv4, CidrIpv6, PrefixListId and"
            " ReferencedGroupId.",
        )
    text = given[named[0]]
    if named[0] == "ReferencedGroupId":
        identifiers.check(SECURITY_GROUP, [text])
        own = ctx.principal.account_number
        return rule | {"referenced_group_id": text, "referenced_account": own}
    return rule | security_group_permissions.peer(ctx, _PLACES[named[0]], text)


def _check_group(verdict: Any, group_id: str) -> None:
    if not verdict["found"]:
        raise identifiers.not_found(SECURITY_GROUP, [group_id])


def _check_peers(verdict: Any) -> None:
    """Refuse a peer that is not there, or of a network that the group's does not reach."""
    if verdict["stranger"] and verdict["stranger_known"]:
        raise AwsError(
            "InvalidGroup.NotFound",
            "You have specified two resources that belong to different networks.",
        )
    if verdict["stranger"]:
        raise identifiers.not_found(SECURITY_GROUP, [verdict["stranger"]])
    if verdict["no_list"]:
        raise identifiers.not_found(PREFIX_LIST, [verdict["no_list"]])


def _absent() -> AwsError:
    return AwsError(
        "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
    )


def _twice(rule: Mapping[str, Any]) -> AwsError:
    """The refusal of a rule that is there already, as EC2 words it."""
    peer = next(rule[column] for _, column in PEERS.values() if rule.get(column))
    told = f"{peer}, ALL"
    if rule["ip_protocol"] != "-1":
        first, last = rule["from_port"], rule["to_port"]
        ports = "" if first is None else f", from port: {first}, to port: {last}"
        told = f"{peer}, {rule['ip_protocol'].upper()}{ports}"
    return AwsError(
        "InvalidPermission.Duplicate", f'the specified rule "peer: {told}, ALLOW" already exists'
    )


_PLACES = {
    "CidrIpv4": "IpRanges",
    "CidrIpv6": "Ipv6Ranges",
    "PrefixListId": "PrefixListIds",
    "ReferencedGroupId": "UserIdGroupPairs",
}
_TOLD = {
    "SecurityGroupRuleId": "rule_id",
    "GroupId": "group_id",
    "IsEgress": "is_egress",
    "IpProtocol": "ip_protocol",
    "FromPort": "from_port",
    "ToPort": "to_port",
    "CidrIpv4": "cidr_ipv4",
    "CidrIpv6": "cidr_ipv6",
    "PrefixListId": "prefix_list_id",
    "Description": "description",
}
RULE_VIEW = View(
    {
        **_TOLD,
        "GroupOwnerId": "owner",
        "ReferencedGroupInfo": When(
            "referenced_group_id",
            {"GroupId": "referenced_group_id", "UserId": "referenced_account"},
        ),
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
        "SecurityGroupRuleArn": "arn",
    }
)
REVOKED_VIEW = View({**_TOLD, "ReferencedGroupId": "referenced_group_id"})

FILTERS = TAGS | {"group-id": "group_id", "security-group-rule-id": "rule_id"}
