"""The subnet group of a new database: as asked, else the default one of the region."""

from emulator.context import Context
from handlers.rds import identifiers
from handlers.rds.identifiers import SUBNET_GROUP
from models import rds_subnet_groups

DEFAULT = "default"


async def choose_group(ctx: Context, asked: str | None) -> str:
    """The name of the group; AwsError when there is none of that name.

    The default group is made with the first database that needs it.
    """
    if not asked or asked.lower() == DEFAULT:
        return DEFAULT
    name = identifiers.plain(ctx, SUBNET_GROUP, asked)
    if await rds_subnet_groups.find_one(ctx.db, ctx.region, name) is None:
        raise identifiers.not_found(SUBNET_GROUP, name)
    return name
