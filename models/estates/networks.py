"""The networks of an estate: a VPC per environment and region, its gateways, endpoints and keys."""

from datetime import timedelta

from models import costs, networks
from models.estates.estate import Estate, Network, Place, Row
from models.regions import zones

_SECOND_OCTET = {"prod": 10, "staging": 40, "dev": 70, "preview": 100}
_ZONES = 3


def network(estate: Estate, env: str, region: str) -> Network:
    """The environment's network in a region, built when first asked for."""
    found = estate.networks.get((env, region))
    if found is None:
        found = _build(estate, env, region)
        estate.networks[env, region] = found
    return found


def key_name(estate: Estate, env: str) -> str:
    """The key pair that machines of an environment are launched with."""
    return f"{estate.company.name}-{env}"


def _build(estate: Estate, env: str, region: str) -> Network:
    chance = estate.chance("network", env, region)
    built = estate.start - timedelta(days=900)
    octet = _SECOND_OCTET.get(env, 130) + list(estate.plan.regions).index(region)
    tags = {"Name": f"{env}-{region}", "env": env, "managed-by": "terraform"}
    vpc_id = chance.resource_id("vpc")
    where: Row = {"account_id": estate.account_id, "region": region, "created_at": built}
    estate.add(
        "vpcs",
        {"id": chance.key(), **where, "vpc_id": vpc_id, "cidr_block": f"10.{octet}.0.0/16",
         "enable_dns_hostnames": True, "tags": tags},
    )  # fmt: skip
    estate.tag("vpc", vpc_id, tags, built)
    places: dict[bool, list[Place]] = {True: [], False: []}
    for public in (True, False):
        for at, zone in enumerate(zones(region, estate.number)[:_ZONES]):
            third = at * 16 + (0 if public else 128)
            subnet_id = chance.resource_id("subnet")
            name = f"{env}-{'public' if public else 'private'}-{zone.name[-1]}"
            own = {**tags, "Name": name, "tier": "public" if public else "private"}
            estate.add(
                "subnets",
                {"id": chance.key(), **where, "subnet_id": subnet_id, "vpc_id": vpc_id,
                 "cidr_block": f"10.{octet}.{third}.0/20", "availability_zone": zone.name,
                 "availability_zone_id": zone.zone_id, "map_public_ip_on_launch": public,
                 "tags": own},
            )  # fmt: skip
            estate.tag("subnet", subnet_id, own, built)
            places[public].append(
                Place(vpc_id, subnet_id, zone.name, f"10.{octet}.{third}", public)
            )
    groups = networks.tiers(
        estate.number,
        f"10.{octet}.0.0/16",
        lambda role: estate.chance(vpc_id, role).resource_id("sg"),
    )
    for role, group in groups.items():
        own = {**tags, "Name": f"{env}-{role}"}
        estate.add(
            "security_groups",
            {"id": chance.key(), **where, **group, "name": f"{env}-{role}", "vpc_id": vpc_id,
             "description": f"{role} tier of {env}", "tags": own},
        )  # fmt: skip
        estate.tag("security_group", group["group_id"], own, built)
    made = Network(
        vpc_id, region, env, places[True], places[False],
        {role: group["group_id"] for role, group in groups.items()},
    )  # fmt: skip
    _gateways(estate, made)
    _endpoints(estate, made)
    _key_pair(estate, made)
    return made


def _gateways(estate: Estate, network: Network) -> None:
    """NAT gateways: one a zone where production is at home, one beside it, one for the others."""
    home = network.region == next(iter(estate.plan.regions))
    small = estate.plan.instance_count < 50
    if network.env == "preview" or not (home or network.env == "prod"):
        return
    if small and not (home and network.env == next(iter(estate.plan.instances))):
        return
    places = network.public if network.env == "prod" and home and not small else network.public[:1]
    for place in places:
        chance = estate.chance("nat", place.subnet_id)
        built = estate.start - timedelta(days=880)
        gateway_id, allocation_id = chance.resource_id("nat"), chance.resource_id("eipalloc")
        interface_id, private_ip = chance.resource_id("eni"), network.address(place)
        tags = {"Name": f"{network.env}-{place.zone}", "env": network.env}
        idle = network.env == "dev"
        public_ip = public_address(estate, "nat", gateway_id)
        hourly = costs.nat_gateway_hourly(network.region)
        estate.add(
            "nat_gateways",
            {"id": chance.key(), "account_id": estate.account_id, "nat_gateway_id": gateway_id,
             "vpc_id": network.vpc_id, "subnet_id": place.subnet_id, "region": network.region,
             "allocation_id": allocation_id, "private_ip": private_ip, "public_ip": public_ip,
             "network_interface_id": interface_id, "hourly_cost": hourly, "tags": tags,
             "created_at": built},
        )  # fmt: skip
        estate.tag("nat_gateway", gateway_id, tags, built)
        estate.profile(
            "nat_gateway", gateway_id, "idle" if idle else "steady",
            pattern="nat_idle" if idle else None, saving=float(hourly) * 730,
        )  # fmt: skip
        address(
            estate, allocation_id, public_ip, network.region, tags,
            created_at=built, network_interface_id=interface_id, private_ip_address=private_ip,
            associated_nat_gateway_id=gateway_id,
        )  # fmt: skip


def address(
    estate: Estate,
    allocation_id: str,
    public_ip: str,
    region: str,
    tags: dict[str, str],
    **more: object,
) -> Row:
    """A row of elastic_ips; associated when `more` names what it belongs to."""
    chance = estate.chance("address", allocation_id)
    bound = any(more.get(name) for name in _BINDINGS)
    row: Row = {
        "id": chance.key(),
        "account_id": estate.account_id,
        "allocation_id": allocation_id,
        "public_ip": public_ip,
        "region": region,
        "network_border_group": region,
        "state": "associated" if bound else "unassociated",
        "association_id": chance.resource_id("eipassoc") if bound else None,
        "association_time": more["created_at"] if bound else None,
        "hourly_cost": costs.elastic_ip_hourly(bound),
        "tags": tags,
        "updated_at": more["created_at"],
        **dict.fromkeys((*_BINDINGS, "network_interface_id", "private_ip_address")),
        **more,
    }
    estate.tag("elastic_ip", allocation_id, tags, row["created_at"])
    return estate.add("elastic_ips", row)


_BINDINGS = ("associated_instance_id", "associated_lb_arn", "associated_nat_gateway_id")


def public_address(estate: Estate, *of: str) -> str:
    """A public IPv4 address that no other thing of any estate is likely to have.

    From AWS's own blocks, with 24 bits drawn; within an estate each is given once.
    """
    for turn in range(1000):
        bits = estate.chance("public", *of, turn).bits()
        head = ("3", "18", "34", "52", "54", "44", "13", "35")[bits & 7]
        text = f"{head}.{1 + (bits >> 3) % 254}.{(bits >> 16) & 255}.{1 + (bits >> 24) % 254}"
        if text not in estate.addresses and f"ip/{text}" not in estate.taken:
            estate.addresses.add(text)
            return text
    raise RuntimeError("no free public address")


def _endpoints(estate: Estate, network: Network) -> None:
    """A free gateway endpoint for S3, and in production paid ones for images and secrets."""
    kinds = [("s3", "Gateway")]
    if network.env == "prod":
        kinds += [("ecr.dkr", "Interface"), ("secretsmanager", "Interface")]
    for service, kind in kinds:
        chance = estate.chance("endpoint", network.vpc_id, service)
        built = estate.start - timedelta(days=870)
        endpoint_id = chance.resource_id("vpce")
        subnets = [place.subnet_id for place in network.private] if kind == "Interface" else []
        tags = {"Name": f"{network.env}-{service}", "env": network.env}
        estate.add(
            "vpc_endpoints",
            {"id": chance.key(), "account_id": estate.account_id, "vpc_endpoint_id": endpoint_id,
             "vpc_id": network.vpc_id, "region": network.region, "vpc_endpoint_type": kind,
             "service_name": f"com.amazonaws.{network.region}.{service}", "subnet_ids": subnets,
             "route_table_ids": [] if subnets else [chance.resource_id("rtb")],
             "security_group_ids": [network.groups["app"]] if subnets else [],
             "private_dns_enabled": bool(subnets), "tags": tags, "created_at": built,
             "hourly_cost": costs.vpc_endpoint_hourly(kind, len(subnets), network.region)},
        )  # fmt: skip
        estate.tag("vpc_endpoint", endpoint_id, tags, built)


def _key_pair(estate: Estate, network: Network) -> None:
    name, region = key_name(estate, network.env), network.region
    chance = estate.chance("key-pair", name, region)
    digits = chance.digits(16) + chance.digits(16) + chance.digits(8)
    made = estate.start - timedelta(days=890)
    tags = {"env": network.env}
    key_pair_id = chance.resource_id("key")
    estate.add(
        "key_pairs",
        {"id": chance.key(), "account_id": estate.account_id, "key_pair_id": key_pair_id,
         "name": name, "region": region, "key_type": "rsa", "tags": tags, "created_at": made,
         "fingerprint": ":".join(digits[at : at + 2] for at in range(0, 40, 2))},
    )  # fmt: skip
    estate.tag("key_pair", key_pair_id, tags, made)
