"""Security group rules: the permissions of groups, one by one.

A group keeps permissions, each a protocol and a range of ports with everybody to whom it is open;
a rule is one of these with one of them. Its id follows from what it says.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from models.listing import Database

# Where a permission keeps whom it is open to, and by which member.
PEERS = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
_LOCK = """
select g.group_id, g.vpc_id, g.ingress, g.egress, v.is_default
  from security_groups as g left join vpcs as v on v.vpc_id = g.vpc_id
 where g.account_id = (select driftcloud_account()) and g.region = $1 and g.group_id = $2
   for update of g
"""
_ALL = """
select g.group_id, g.ingress, g.egress from security_groups as g
 where g.account_id = (select driftcloud_account()) and g.region = $1
   and ($2::text[] is null or g.group_id = any($2::text[]))
 order by g.group_id
"""
_UPDATE = "update security_groups set {side} = $2 where group_id = $1"


class Rule(NamedTuple):
    """One permission for one peer: `place` is the member of PEERS that the peer stands in.

    Without ports, both are None: all of the protocol.
    """

    protocol: str
    first: int | None
    last: int | None
    place: str
    peer: str
    owner: str = ""
    description: str | None = None

    def same(self) -> tuple[Any, ...]:
        """What makes it the same rule as another, whatever is said of it."""
        return self[:5]

    def rule_id(self, group_id: str, egress: bool) -> str:
        """The id of the rule in a group: always the same for what it says."""
        told = f"{group_id}/{egress}/{self.same()}"
        digest = hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
        return f"sgr-0{digest[:16]}"


async def lock(db: Any, region: str, group_id: str) -> Any | None:
    """The group of that id with its permissions, held until the transaction ends; or None."""
    rows = await db.fetch(_LOCK, region, group_id)
    return rows[0] if rows else None


async def groups(db: Database, region: str, group_ids: Sequence[str] | None) -> list[Any]:
    """The permissions of these groups of a region, or of all."""
    return await db.fetch(_ALL, region, None if group_ids is None else list(group_ids))


async def store(db: Any, group_id: str, egress: bool, rules: Iterable[Rule]) -> None:
    """Make these the rules of one side of a group."""
    sql = _UPDATE.format(side="egress" if egress else "ingress")
    await db.write(sql, group_id, permissions(rules))


def rules(given: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """The rules that permissions come to, in their order."""
    found = []
    for one in given:
        protocol = one["IpProtocol"]
        ports = (None, None) if protocol == "-1" else (one.get("FromPort"), one.get("ToPort"))
        for place, member in PEERS.items():
            for entry in one.get(place) or ():
                owner, told = entry.get("UserId") or "", entry.get("Description")
                found.append(Rule(protocol, *ports, place, entry[member], owner, told))
    return found


def permissions(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The permissions that rules come to: those of one protocol and range of ports are one."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for rule in rules:
        key = (rule.protocol, rule.first, rule.last)
        if key not in found:
            found[key] = {"IpProtocol": rule.protocol, **{place: [] for place in PEERS}}
            if rule.first is not None:
                found[key] |= {"FromPort": rule.first, "ToPort": rule.last}
        entry: dict[str, Any] = {PEERS[rule.place]: rule.peer}
        if rule.place == "UserIdGroupPairs":
            entry["UserId"] = rule.owner
        if rule.description:
            entry["Description"] = rule.description
        found[key][rule.place].append(entry)
    return list(found.values())
