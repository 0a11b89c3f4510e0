"""Last accesses: which services an identity may call, and when it last did.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html.
Calls are in real time: the world's shift is taken off because the answer's writer puts it on.
"""

import uuid
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.permissions import policy_of
from emulator.policies import documents
from emulator.policies.actions import PREFIXES
from emulator.policies.documents import Policy
from emulator.policies.patterns import glob
from handlers.iam.identities import list_page, no_such
from models import grants, identities, identity_accounts, managed_policies, policies

SERVICES = {
    "account": "AWS Account Management",
    "application-autoscaling": "AWS Application Auto Scaling",
    "autoscaling": "Amazon EC2 Auto Scaling",
    "backup": "AWS Backup",
    "bcm-data-exports": "AWS Billing And Cost Management Data Exports",
    "budgets": "AWS Budget Service",
    "ce": "AWS Cost Explorer Service",
    "cloudtrail": "AWS CloudTrail",
    "cloudwatch": "Amazon CloudWatch",
    "compute-optimizer": "AWS Compute Optimizer",
    "config": "AWS Config",
    "cost-optimization-hub": "AWS Cost Optimization Hub",
    "cur": "AWS Cost and Usage Report",
    "dlm": "Amazon Data Lifecycle Manager",
    "ec2": "Amazon EC2",
    "ecs": "Amazon Elastic Container Service",
    "eks": "Amazon Elastic Kubernetes Service",
    "elasticache": "Amazon ElastiCache",
    "elasticloadbalancing": "AWS Elastic Load Balancing",
    "es": "Amazon OpenSearch Service",
    "events": "Amazon EventBridge",
    "freetier": "AWS Free Tier",
    "iam": "AWS Identity and Access Management",
    "kafka": "Amazon Managed Streaming for Apache Kafka",
    "kinesis": "Amazon Kinesis Data Streams",
    "lambda": "AWS Lambda",
    "logs": "Amazon CloudWatch Logs",
    "organizations": "AWS Organizations",
    "pi": "AWS Performance Insights",
    "pricing": "AWS Price List",
    "rds": "Amazon RDS",
    "s3": "Amazon S3",
    "sagemaker": "Amazon SageMaker",
    "savingsplans": "AWS Savings Plans",
    "sns": "Amazon SNS",
    "sqs": "Amazon SQS",
    "ssm": "AWS Systems Manager",
    "sts": "AWS Security Token Service",
    "support": "AWS Support",
    "tag": "Amazon Resource Group Tagging API",
}
# How last accesses were signed for, where policies spell it otherwise.
_SIGNED = {prefix: name for name, prefix in PREFIXES.items()}


async def generate_service_last_accessed_details(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Have the last accesses of a user, group, role or policy looked up."""
    if params.get("Granularity") == "ACTION_LEVEL":
        raise AwsError("InvalidInput", "ACTION_LEVEL granularity is not tracked in this account.")
    arn = params["Arn"]
    if managed_policies.document(arn) is None:
        known = await identities.find_by_arn(ctx.db, arn) or await policies.find(ctx.db, arn)
        if known is None:
            raise no_such(f"ARN {arn} cannot be found.")
    job_id = await identity_accounts.start_job(ctx.db, arn, "SERVICE_LEVEL", ctx.wall)
    return {"JobId": job_id}


async def get_service_last_accessed_details(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What the look-up found, as of now: jobs are done as soon as they are asked for."""
    row = await _job(ctx, params["JobId"])
    allowed, holders = await _reach(ctx, row["arn"])
    last: dict[str, list[Any]] = {}
    for use in await identity_accounts.uses(ctx.db, holders):
        last.setdefault(PREFIXES.get(use["service"], use["service"]), []).append(use)
    shown = []
    for prefix in allowed:
        one: dict[str, Any] = {
            "ServiceName": SERVICES[prefix],
            "ServiceNamespace": prefix,
            "TotalAuthenticatedEntities": len(last.get(prefix, ())),
        }
        if prefix in last:
            newest = max(last[prefix], key=lambda use: use["last_used_at"])
            one["LastAuthenticated"] = newest["last_used_at"] - ctx.shift
            one["LastAuthenticatedEntity"] = newest["entity_arn"]
            one["LastAuthenticatedRegion"] = newest["region"]
        shown.append(one)
    asked = list_page(ctx, params)
    listed, token = asked.cut_items(shown, lambda one: str(one["ServiceNamespace"]))
    return {
        "JobStatus": "COMPLETED",
        "JobType": "SERVICE_LEVEL",
        "JobCreationDate": row["created_at"] - ctx.shift,
        "JobCompletionDate": row["created_at"] - ctx.shift,
        "ServicesLastAccessed": listed,
        "IsTruncated": token is not None,
        **({"Marker": token} if token else {}),
    }


async def get_service_last_accessed_details_with_entities(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Who of those that a policy or group reaches last called a service."""
    row = await _job(ctx, params["JobId"])
    _, holders = await _reach(ctx, row["arn"])
    namespace = params["ServiceNamespace"]
    signed = _SIGNED.get(namespace, namespace)
    used = {
        use["entity_arn"]: use
        for use in await identity_accounts.uses(ctx.db, holders)
        if use["service"] in (namespace, signed)
    }
    shown = []
    for arn in sorted(holders):
        found = await identities.find_by_arn(ctx.db, arn)
        if found is None:
            continue
        kind, entity = found
        info = {
            "Arn": arn,
            "Name": entity["name"],
            "Type": kind.upper(),
            "Id": entity["user_id" if kind == "user" else "role_id"],
            "Path": entity["path"],
        }
        when = used[arn]["last_used_at"] - ctx.shift if arn in used else None
        shown.append({"EntityInfo": info} | ({"LastAuthenticated": when} if when else {}))
    asked = list_page(ctx, params)
    listed, token = asked.cut_items(shown, lambda one: str(one["EntityInfo"]["Arn"]))
    return {
        "JobStatus": "COMPLETED",
        "JobCreationDate": row["created_at"] - ctx.shift,
        "JobCompletionDate": row["created_at"] - ctx.shift,
        "EntityDetailsList": listed,
        "IsTruncated": token is not None,
        **({"Marker": token} if token else {}),
    }


async def _job(ctx: Context, job_id: str) -> Any:
    try:
        row = await identity_accounts.job(ctx.db, uuid.UUID(job_id))
    except ValueError:
        row = None
    if row is None:
        raise no_such(f"Job {job_id} cannot be found.")
    return row


async def _reach(ctx: Context, arn: str) -> tuple[list[str], list[str]]:
    """The services that an entity's or policy's documents allow, and whose uses count."""
    holders = await identity_accounts.holders(ctx.db, arn)
    row = (await grants.documents(ctx.db, [arn])).get(arn)
    text = managed_policies.document(arn) if row is None else row["document"]
    if text is not None:
        found = [documents.read(text)]
    else:
        rows = [
            one for one in await grants.load(ctx.db, arn) if one["how"] in ("attached", "inline")
        ]
        found = [policy for one in rows if (policy := policy_of(one)) is not None]
        known = await identities.find_by_arn(ctx.db, arn)
        if known is not None and known[0] == "group":
            found = await group_policies(ctx, known[1]["id"])
        elif known is not None:
            holders = [arn]
    return [prefix for prefix in sorted(SERVICES) if _mentions(found, prefix)], holders


async def group_policies(ctx: Context, group_id: Any) -> list[Policy]:
    """The policies of a group."""
    texts = [one["document"] for one in await policies.inline(ctx.db, group_id)]
    arns = await policies.attached(ctx.db, group_id)
    own = await grants.documents(ctx.db, arns)
    for arn in arns:
        text = own[arn]["document"] if arn in own else managed_policies.document(arn)
        texts += [text] if text is not None else []
    return [documents.read(text) for text in texts]


def _mentions(found: list[Policy], prefix: str) -> bool:
    """Whether some statement allows an action of a service."""
    for policy in found:
        for statement in policy.statements:
            if not statement.allows:
                continue
            vendors = [text.partition(":")[0] for text in statement.actions.texts]
            if statement.actions.negated or any(glob(one).matches(prefix) for one in vendors):
                return True
    return False
