"""Where the tags of SageMaker's resources are, found by ARN."""

from typing import Any

_KIND = """
select 'managed_service' as kind from managed_services
 where account_id = driftcloud_account() and arn = $1 and service_type like 'sagemaker%'
union all
select 'sagemaker_resource' from sagemaker_resources
 where account_id = driftcloud_account() and arn = $1
"""


async def kind_of(db: Any, arn: str) -> str | None:
    """The type that resource_tags knows the resource of an ARN by, or None: there is none."""
    rows = await db.fetch(_KIND, arn)
    return str(rows[0]["kind"]) if rows else None
