"""Tags as OpenSearch takes and shows them."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from models import managed_domains

# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-awsresourcetagging.html
RULES = TagRules(code="ValidationException", too_many="LimitExceededException")


def given(params: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a request that makes a domain."""
    return RULES.checked(params.get("TagList"))


async def resource(ctx: Context, arn: str) -> str:
    """The id that resource_tags knows a domain by; AwsError for anything but a domain's ARN."""
    head = f"arn:aws:es:{ctx.region}:{ctx.principal.account_number}:domain/"
    if not arn.startswith(head):
        raise AwsError("ValidationException", "Invalid ARN provided.")
    row = await managed_domains.find_one(ctx.db, ctx.region, arn.removeprefix(head))
    if row is None:
        raise AwsError("ResourceNotFoundException", f"Domain not found: {arn.removeprefix(head)}")
    return str(row["arn"])
