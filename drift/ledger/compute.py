"""Machines and containers on the bill."""

from drift.ledger.source import HOURS, Part, Source, new, old

EC2 = "Amazon Elastic Compute Cloud - Compute"
ECS = "Amazon Elastic Container Service"
EKS = "Amazon Elastic Container Service for Kubernetes"

# A day that was cheaper than 24 hours at the row's price had so many hours less.
_HOURS = "least(24, b.cost / nullif(z.hourly_cost * coalesce((b.p ->> 'w')::numeric, 1), 0))"

_SPOT = "z.instance_lifecycle = 'spot'"

SOURCES = (
    Source(
        "instance",
        EC2,
        "AmazonEC2",
        (
            Part(
                old("'SpotUsage:' || (b.p ->> 'type')"),
                "coalesce(z.usage_operation, 'RunInstances')",
                "Hrs",
                f"coalesce({_HOURS}, {HOURS})",
                f"CASE WHEN {_SPOT} THEN b.cost ELSE 0 END",  # nothing covers spot
            ),
            Part(
                old("'BoxUsage:' || (b.p ->> 'type')"),
                "coalesce(z.usage_operation, 'RunInstances')",
                "Hrs",
                f"coalesce({_HOURS}, {HOURS})",
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
                f"coalesce({_HOURS}, {HOURS})",
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
                new("'Fargate-vCPU-Hours:perCPU'"),
                "'FargateTask'",
                "hours",
                f"{HOURS} * coalesce(z.requested_cpu, 0.25)",
                "b.cost * z.cpu_share",
                "fargate",
            ),
            Part(
                new("'Fargate-GB-Hours'"),
                "'FargateTask'",
                "hours",
                f"{HOURS} * coalesce(z.requested_memory_mb, 512) / 1024",
                eligible="fargate",
            ),
        ),
        type="'Fargate'",
        join="""LEFT JOIN LATERAL (SELECT v.requested_cpu, v.requested_memory_mb,
              q.vcpu * v.requested_cpu / nullif(q.vcpu * v.requested_cpu
                  + q.memory * v.requested_memory_mb / 1024, 0) AS cpu_share
         FROM container_services v
         JOIN unnest(:regions, :rate_vcpu::numeric[], :rate_memory::numeric[])
              AS q (region, vcpu, memory) ON q.region = v.region
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
        (Part(new("'AmazonEKS-Hours:perCluster'"), "'CreateOperation'", "Hours", HOURS),),
    ),
)
