"""A database outside production that stands by for itself."""

from tests.waste.calling import Client
from tests.waste.oversized_database import database

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeDBInstances: MultiAZ, and env is not prod."""
    found = database(client, resource_id)
    tags = {tag["Key"]: tag["Value"] for tag in found["TagList"]}
    return bool(found["MultiAZ"] and tags.get("env") != "prod")


def remedy(client: Client, resource_id: str) -> None:
    """One machine does."""
    client("rds").modify_db_instance(
        DBInstanceIdentifier=resource_id, MultiAZ=False, ApplyImmediately=True
    )
