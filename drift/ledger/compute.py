"""Machines and containers on the bill."""

from drift import rates
from drift.ledger.source import HOURS, Part, Source, new, old

EC2 = "Amazon Elastic Compute Cloud - Compute"
ECS = "Amazon Elastic Container Service"
EKS = "Amazon Elastic Container Service for Kubernetes"

# A day that was cheaper than 24 hours at the row's price had so many hours less.
_HOURS = "least(24, (b.cost - {}) / nullif(z.hourly_cost * coalesce((b.p ->> 'w')::numeric, 1), 0))"
_UPTIME, _NODE_UPTIME = _HOURS.format("c0.cost"), _HOURS.format("0")

_SPOT = "z.instance_lifecycle = 'spot'"

# A version out of standard support is billed at another price under another name.
_OLD = "coalesce(z.control_plane_hourly_cost > q.control_plane, false)"

_ARM = "CASE z.architecture WHEN 'arm64' THEN 'ARM-' ELSE '' END"
_FARGATE = rates.of("v.region", "vcpu", "memory", "vcpu_arm", "memory_arm")

SOURCES = (
    Source(
        "instance",
        EC2,
        "AmazonEC2",
        (
            Part(
                old("'CPUCredits:' || split_part(b.p ->> 'type', '.', 1)"),
                "coalesce(z.usage_operation, 'RunInstances')",
                "vCPU-Hours",
                "coalesce((b.p ->> 'surplus_vcpu_hours')::numeric, 0)",
                "coalesce((b.p ->> 'credit_cost')::numeric, 0)",  # nothing covers credits
            ),
            Part(
                old("'SpotUsage:' || (b.p ->> 'type')"),
                "coalesce(z.usage_operation, 'RunInstances')",
                "Hrs",
                f"coalesce({_UPTIME}, {HOURS})",
                f"CASE WHEN {_SPOT} THEN b.cost - c0.cost ELSE 0 END",  # nor spot
            ),
            Part(
                old("'BoxUsage:' || (b.p ->> 'type')"),
                "coalesce(z.usage_operation, 'RunInstances')",
                "Hrs",
                f"coalesce({_UPTIME}, {HOURS})",
                eligible="ec2",
            ),
        ),
        type="b.p ->> 'type'",
        zone="z.availability_zone",
        platform="coalesce(z.platform_details, 'Linux/UNIX')",
        join="LEFT JOIN instances z ON z.instance_id = b.id AND z.account_id = :account",
    ),
    Source(
        "container_node",
        EC2,
        "AmazonEC2",
        (
            Part(
                old("'BoxUsage:' || (b.p ->> 'type')"),
                "'RunInstances'",
                "Hrs",
                f"coalesce({_NODE_UPTIME}, {HOURS})",
                eligible="ec2",
            ),
        ),
        type="b.p ->> 'type'",
        platform="'Linux/UNIX'",
        join="LEFT JOIN container_nodes z ON z.instance_id = b.id",
    ),
    Source(
        "capacity_reservation",
        EC2,
        "AmazonEC2",
        (
            Part(
                old("'UnusedBox:' || coalesce(b.p ->> 'type', 'm5.large')"),
                "'RunInstances'",
                "Hrs",
                f"{HOURS} * coalesce((b.p ->> 'unused')::numeric, 1)",
                eligible="ec2",
            ),
        ),
        type="b.p ->> 'type'",
        platform="'Linux/UNIX'",
    ),
    Source(
        "container_service",
        ECS,
        "AmazonECS",
        (
            Part(
                new(f"'Fargate-' || {_ARM} || 'vCPU-Hours:perCPU'"),
                "'FargateTask'",
                "hours",
                "c0.cost / nullif(z.vcpu * z.price_share, 0)",
                "b.cost * z.cpu_share",
                "fargate",
            ),
            Part(
                new(f"'Fargate-' || {_ARM} || 'GB-Hours'"),
                "'FargateTask'",
                "hours",
                "c1.cost / nullif(z.memory * z.price_share, 0)",
                eligible="fargate",
            ),
        ),
        type="'Fargate'",
        join=f"""LEFT JOIN LATERAL (SELECT v.architecture, v.price_share, u.vcpu, u.memory,
              u.vcpu * v.requested_cpu / nullif(u.vcpu * v.requested_cpu
                  + u.memory * v.requested_memory_mb / 1024, 0) AS cpu_share
         FROM container_services v {_FARGATE}
        CROSS JOIN LATERAL (SELECT
              CASE v.architecture WHEN 'arm64' THEN q.vcpu_arm ELSE q.vcpu END AS vcpu,
              CASE v.architecture WHEN 'arm64' THEN q.memory_arm ELSE q.memory END AS memory) u
        WHERE v.arn = b.id) z ON true""",
    ),
    Source(
        "container_task",
        ECS,
        "AmazonECS",
        (
            Part(
                new("'Fargate-vCPU-Hours:perCPU'"),
                "'FargateTask'",
                "hours",
                "coalesce((b.p ->> 'hours')::numeric, 0)",
                eligible="fargate",
            ),
        ),
        type="'Fargate'",
    ),
    Source(
        "container_cluster",
        EKS,
        "AmazonEKS",
        (
            Part(
                new(
                    f"CASE WHEN {_OLD} THEN 'AmazonEKS-Hours:extendedSupport'"
                    " ELSE 'AmazonEKS-Hours:perCluster' END"
                ),
                f"CASE WHEN {_OLD} THEN 'ExtendedSupport' ELSE 'CreateOperation' END",
                "Hours",
                HOURS,
            ),
        ),
        join="LEFT JOIN container_clusters z ON z.arn = b.id AND z.account_id = :account\n  "
        + rates.of("b.region", "control_plane"),
    ),
)
