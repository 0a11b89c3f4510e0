"""Tags of domains, by ARN, through the Elasticsearch API.

Source: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-awsresourcetagging.html.
"""

from typing import Any

from emulator.context import Context
from handlers.opensearch import resource_tags as domains


async def list_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a domain."""
    return await domains.list_tags(ctx, params)


async def add_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to a domain, or overwrite the values of those it has."""
    return await domains.add_tags(ctx, params)


async def remove_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a domain; what it does not have is not missed."""
    return await domains.remove_tags(ctx, params)
