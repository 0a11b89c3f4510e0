"""What the network costs: addresses, load balancers, NAT, endpoints, traffic."""

from decimal import Decimal

from models.costs.money import Number, exact, quantise, stepped
from models.prices import HOME_REGION, price, rates


def elastic_ip_hourly(
    associated: bool, region: str = HOME_REGION, *, bill_in_use: bool = False
) -> Decimal:
    """A public address; `associated` means with a *running* instance or an interface in use.

    Since 2024-02 AWS bills every public IPv4 $0.005 an hour. The account's default is the
    older rule, free while associated; `bill_in_use` switches to today's. What releasing an
    idle one saves is the same either way.
    """
    if associated and not bill_in_use:
        return quantise(Decimal(0))
    return quantise(price("vpc", "address-in-use" if associated else "address-idle", region))


def load_balancer_hourly(kind: str, region: str = HOME_REGION, *, lcus: Number = 0) -> Decimal:
    """A load balancer (application, network, gateway, classic) and its LCUs, 0 by default."""
    known = kind if ("elb", kind) in rates() else "application"
    usd = price("elb", known, region)
    if known != "classic":
        usd += price("elb", f"{known}-lcu", region) * exact(lcus)
    return quantise(usd)


def nat_gateway_hourly(region: str = HOME_REGION) -> Decimal:
    """A NAT gateway, busy or not."""
    return quantise(price("vpc", "nat-hour", region))


def nat_gateway_processed(gb: Number, region: str = HOME_REGION) -> Decimal:
    """Traffic through NAT gateways, either way."""
    return quantise(price("vpc", "nat-gb", region) * exact(gb))


def vpc_endpoint_hourly(
    kind: str = "Interface", zones: int = 1, region: str = HOME_REGION
) -> Decimal:
    """A VPC endpoint: interface ones per zone, gateway ones (S3, DynamoDB) free."""
    if kind.lower() == "gateway":
        return quantise(Decimal(0))
    return quantise(price("vpc", "endpoint-hour", region) * zones)


def transit_gateway_attachment_hourly(region: str = HOME_REGION) -> Decimal:
    """A VPC attached to a transit gateway."""
    return quantise(price("vpc", "transit-gateway-attachment-hour", region))


EGRESS_STEPS_GB = (10240, 51200, 153600)
_EGRESS = ("egress", "egress-10TB", "egress-50TB", "egress-150TB")


def transfer(
    direction: str,
    gb: Number,
    source_region: str = HOME_REGION,
    destination_region: str = "",
    *,
    already_gb: Number | None = None,
) -> Decimal:
    """Traffic of one direction: intra-az, cross-az, cross-region, egress or ingress.

    The source region pays. Cross-AZ is 0.01 per GB and row (AWS charges it on each side: that
    is two rows). Egress is 0.09 flat; with `already_gb`, what left earlier in the month, the
    volume steps apply.
    """
    amount = exact(gb)
    if direction == "egress" and already_gb is not None:
        before = exact(already_gb)
        both = stepped(before + amount, EGRESS_STEPS_GB, _EGRESS, "transfer", source_region)
        return quantise(both - stepped(before, EGRESS_STEPS_GB, _EGRESS, "transfer", source_region))
    item = direction
    if direction == "cross-region" and {source_region, destination_region} == _US_EAST:
        item = "cross-region-us-east"
    return quantise(price("transfer", item, source_region) * amount)


_US_EAST = {"us-east-1", "us-east-2"}
