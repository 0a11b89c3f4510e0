"""Networks on the bill: addresses, balancers, gateways, endpoints and what crosses them."""

from drift import rates
from drift.ledger.source import CODES, HOURS, Part, Source, old

OTHER = "EC2 - Other"
VPC = "Amazon Virtual Private Cloud"
ELB = "Amazon Elastic Load Balancing"

_IDLE = "b.p ->> 'type' = 'idle'"
_BALANCER = (
    "CASE b.p ->> 'type' WHEN 'classic' THEN 'LoadBalancing'"
    " ELSE 'LoadBalancing:' || initcap(coalesce(b.p ->> 'type', 'application')) END"
)
_CLASSIC = "b.p ->> 'type' = 'classic'"
_UNIT = (
    "CASE b.p ->> 'type' WHEN 'network' THEN q.network_lcu"
    " WHEN 'gateway' THEN q.gateway_lcu ELSE q.application_lcu END"
)
# What prices that wander leave of a cent is no capacity unit.
_HOURLY = f"{HOURS} * coalesce(z.hourly_cost, b.cost) * greatest(1, (b.p ->> 'w')::numeric)"
_LEFT = "0.0003"
_OUT, _IN = old("'DataTransfer-Out-Bytes'"), old("'DataTransfer-In-Bytes'")
_WITHIN = old("'DataTransfer-Regional-Bytes'")
_TRANSFERS = f"""SELECT nullif(t.resource_id, '') AS id, t.source_region AS region,
        NULL::text AS env,
        jsonb_build_object('direction', t.direction, 'gb', t.gb_transferred, 'to', d.code) AS p,
        t.estimated_transfer_cost::numeric AS cost
   FROM data_transfer_daily t
   LEFT JOIN {CODES} AS d (region, prefix, code) ON d.region = t.dest_region
  WHERE t.account_id = :account AND t.date = :date AND t.estimated_transfer_cost > 0"""

SOURCES = (
    Source(
        "elastic_ip",
        VPC,
        "AmazonVPC",
        (
            Part(
                old(
                    f"CASE WHEN {_IDLE} THEN 'PublicIPv4:IdleAddress'"
                    " ELSE 'PublicIPv4:InUseAddress' END"
                ),
                f"CASE WHEN {_IDLE} THEN 'AllocateAddressVPC' ELSE 'AssociateAddressVPC' END",
                "Hrs",
                HOURS,
            ),
        ),
    ),
    Source(
        "load_balancer",
        ELB,
        "AWSELB",
        (
            Part(
                old("'LoadBalancerUsage'"),
                _BALANCER,
                "Hrs",
                HOURS,
                f"CASE WHEN b.cost - {_HOURLY} < {_LEFT} THEN b.cost ELSE {_HOURLY} END",
            ),
            Part(
                old("'DataProcessing-Bytes'"),
                _BALANCER,
                "GB",
                "c1.cost / q.classic_gb",
                f"CASE WHEN {_CLASSIC} THEN b.cost ELSE 0 END",
            ),
            Part(
                old("'LCUUsage'"),
                _BALANCER,
                "LCU-Hrs",
                f"c2.cost / ({_UNIT})",
            ),
        ),
        join="LEFT JOIN load_balancers z ON z.lb_arn = b.id AND z.account_id = :account\n  "
        + rates.of("b.region", "classic_gb", "network_lcu", "gateway_lcu", "application_lcu"),
    ),
    Source(
        "nat_gateway",
        OTHER,
        "AmazonEC2",
        (
            Part(
                old("'NatGateway-Bytes'"),
                "'NatGateway'",
                "GB",
                "coalesce((b.p ->> 'gb_processed')::numeric, 0)",
                "coalesce((b.p ->> 'processing_cost')::numeric, 0)",
            ),
            Part(old("'NatGateway-Hours'"), "'NatGateway'", "Hrs", HOURS),
        ),
    ),
    Source(
        "vpc_endpoint",
        VPC,
        "AmazonVPC",
        (
            Part(
                old("'VpcEndpoint-Hours'"),
                "'VpcEndpoint'",
                "Hrs",
                f"{HOURS} * greatest(1, cardinality(z.subnet_ids))",
            ),
        ),
        join="LEFT JOIN vpc_endpoints z ON z.vpc_endpoint_id = b.id AND z.account_id = :account",
    ),
    Source(
        "transit_gateway_attachment",
        VPC,
        "AmazonVPC",
        (Part(old("'TransitGateway-Hours'"), "'TransitGatewayVPC'", "Hrs", HOURS),),
    ),
    Source(
        "data_transfer",
        OTHER,
        "AWSDataTransfer",
        (
            Part(
                "CASE b.p ->> 'direction'"
                f" WHEN 'egress' THEN {_OUT} WHEN 'ingress' THEN {_IN}"
                " WHEN 'cross-region' THEN k.code || '-' || (b.p ->> 'to') || '-AWS-Out-Bytes'"
                f" ELSE {_WITHIN} END",
                "CASE b.p ->> 'direction' WHEN 'cross-az' THEN 'InterZone-Out'"
                " WHEN 'cross-region' THEN 'InterRegion-Out' ELSE 'RunInstances' END",
                "GB",
                "(b.p ->> 'gb')::numeric",
            ),
        ),
        rows=_TRANSFERS,
    ),
)
