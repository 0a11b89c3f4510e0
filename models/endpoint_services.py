"""Services of AWS that VPC endpoints lead to."""

from typing import NamedTuple

# By the last part of `com.amazonaws.<region>.<name>`.
GATEWAYS = ("dynamodb", "s3")
INTERFACES = (
    "athena", "autoscaling", "bedrock-runtime", "cloudformation", "cloudtrail",
    "codeartifact.api", "codebuild", "codecommit", "codepipeline", "config",
    "data-servicediscovery", "dynamodb", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "ecs",
    "ecs-agent", "ecs-telemetry", "eks", "eks-auth", "elasticache", "elasticfilesystem",
    "elasticloadbalancing", "email-smtp", "events", "execute-api", "glue", "guardduty-data",
    "kinesis-firehose", "kinesis-streams", "kms", "lambda", "logs", "monitoring", "rds",
    "rds-data", "redshift", "s3", "sagemaker.api", "sagemaker.runtime", "secretsmanager", "sns",
    "sqs", "ssm", "ssmmessages", "states", "sts", "synthetics", "xray",
)  # fmt: skip


_KINDS = (("Gateway", GATEWAYS, "gateway"), ("Interface", INTERFACES, "vpce"))


class Service(NamedTuple):
    """One service in one kind of endpoint: its name in a region, and its DNS names."""

    name: str
    kind: str
    endpoint_dns: str
    private_dns: str


def of(region: str) -> list[Service]:
    """The services of a region, by name and kind."""
    found = [
        Service(
            f"com.amazonaws.{region}.{name}", kind, f"{name}.{region}.{domain}.amazonaws.com",
            f"{name}.{region}.amazonaws.com",
        )
        for kind, names, domain in _KINDS
        for name in names
    ]  # fmt: skip
    return sorted(found)
