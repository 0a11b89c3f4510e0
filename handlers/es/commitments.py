"""Reserved nodes through the Elasticsearch API.

Source: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ri.html.
"""

from typing import Any

from emulator.context import Context
from handlers.opensearch import commitments

_NAMES = {
    "ReservedInstanceId": "ReservedElasticsearchInstanceId",
    "ReservedInstanceOfferingId": "ReservedElasticsearchInstanceOfferingId",
    "InstanceType": "ElasticsearchInstanceType",
    "InstanceCount": "ElasticsearchInstanceCount",
}


async def describe_reserved_elasticsearch_instances(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The reservations of the region, retired ones included."""
    asked = params.get("ReservedElasticsearchInstanceId")
    rows, token = await commitments.reserved(ctx, params, asked)
    found = []
    for row in rows:
        one = {_NAMES.get(name, name): value for name, value in commitments.shown(row).items()}
        kind = one["ElasticsearchInstanceType"]
        found.append(one | {"ElasticsearchInstanceType": kind.replace(".search", ".elasticsearch")})
    return {"ReservedElasticsearchInstances": found, "NextToken": token}
