"""How many shards an account may have in a region.

Source: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html.
"""

from emulator.context import Context
from emulator.errors import AwsError
from models import streaming_clusters

LARGE_REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
MOST_ON_DEMAND = 50


def most_shards(region: str) -> int:
    """The shards that an account may have open."""
    return 20_000 if region in LARGE_REGIONS else 1_000


async def check(ctx: Context, shards: int, on_demand: int = 0) -> None:
    """Refuse what would bring the account over its limits by so many more."""
    used = await streaming_clusters.counts(ctx.db, ctx.region)
    number, limit = ctx.principal.account_number, most_shards(ctx.region)
    if shards > 0 and used["shards"] + shards > limit:
        raise AwsError(
            "LimitExceededException",
            f"This request would exceed the shard limit for the account {number} in {ctx.region}."
            f" Current shard count for the account: {used['shards']}. Limit: {limit}. Number of"
            f" additional shards that would have resulted from this request: {shards}.",
        )
    if used["on_demand"] + on_demand > MOST_ON_DEMAND:
        raise AwsError(
            "LimitExceededException",
            f"This request would exceed the on-demand stream limit for the account {number} in"
            f" {ctx.region}. Limit: {MOST_ON_DEMAND}.",
        )
