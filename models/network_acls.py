"""Network ACLs and DHCP options, as they follow from the networks that there are.

No table holds them: a VPC has its default ACL, which lets everything through, and all of its
subnets are associated with it; and all VPCs of a region share the DHCP options that AWS made.
"""

from models.callers import NUMBER
from models.listing import Column, Listing


def _id(prefix: str, of: str) -> str:
    return f"('{prefix}-' || substr(md5('{prefix}' || {of}), 1, 17))"


_ACL, _LINK = _id("acl", "v.vpc_id"), _id("aclassoc", "s.subnet_id")
_SUBNETS = (
    f"coalesce((select jsonb_agg(jsonb_build_object('id', {_LINK}, 'acl', {_ACL}, 'subnet',"
    " s.subnet_id) order by s.subnet_id) from subnets as s where s.vpc_id = v.vpc_id), '[]')"
)
_ACLS = f"""
select {_ACL} as id, v.vpc_id, v.region, {_SUBNETS} as associations from vpcs as v
"""


def _any(key: str) -> str:
    return (
        "exists (select 1 from jsonb_array_elements(a.associations) as one"
        f" where one ->> '{key}' {{match}})"
    )


def _entry(expression: str) -> str:
    """A condition on any of the four entries that every default ACL has."""
    return (
        "exists (select 1 from (values ('100', 'allow', 'true'), ('100', 'allow', 'false'),"
        " ('32767', 'deny', 'true'), ('32767', 'deny', 'false')) as e (number, action, egress)"
        f" where {expression} {{match}})"
    )


LISTING = Listing(
    f"a.id, a.vpc_id, a.region, a.associations, {NUMBER} as owner",
    f"({_ACLS}) as a",
    key="a.id",
    columns={
        "region": "a.region",
        "id": "a.id",
        "vpc_id": "a.vpc_id",
        "owner": NUMBER,
        "default": Column("true", "bool"),
        "association_id": _any("id"),
        "subnet_id": _any("subnet"),
        "cidr": "'0.0.0.0/0'::text",
        "protocol": "'-1'::text",
        "number": _entry("e.number"),
        "action": _entry("e.action"),
        "egress": _entry("e.egress"),
        "nothing": "null::text",
    },
    # no ACL can be tagged here
    tagged="network_acl",
)

_DHCP = f"('dopt-' || substr(md5('dopt' || {NUMBER} || v.region), 1, 17))"
DHCP_OPTIONS = Listing(
    f"d.id, d.region, {NUMBER} as owner",
    f"(select distinct {_DHCP} as id, v.region from vpcs as v where v.dhcp_options_id = 'default')"
    " as d",
    key="d.id",
    columns={
        "region": "d.region",
        "id": "d.id",
        "owner": NUMBER,
        "key": (
            "exists (select 1 from (values ('domain-name'), ('domain-name-servers')) as e (name)"
            " where e.name {match})"
        ),
        "value": (
            "exists (select 1 from (values ('AmazonProvidedDNS'), (case d.region when 'us-east-1'"
            " then 'ec2.internal' else d.region || '.compute.internal' end)) as e (name)"
            " where e.name {match})"
        ),
    },
    tagged="dhcp_options",
)
