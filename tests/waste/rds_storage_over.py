"""A database whose disk is nearly empty."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """More than four fifths of what is allocated are free."""
    (database,) = client("rds").describe_db_instances(DBInstanceIdentifier=resource_id)[
        "DBInstances"
    ]
    free = datapoints(client, "AWS/RDS", "FreeStorageSpace", DBInstanceIdentifier=resource_id)
    return bool(min(free) > 0.8 * database["AllocatedStorage"] * 2**30)


def remedy(client: Client, resource_id: str) -> None:
    """A smaller one takes its place: storage cannot shrink."""
    rds = client("rds")
    (database,) = rds.describe_db_instances(DBInstanceIdentifier=resource_id)["DBInstances"]
    rds.create_db_instance(
        DBInstanceIdentifier=f"{resource_id}-small",
        Engine=database["Engine"],
        DBInstanceClass=database["DBInstanceClass"],
        AllocatedStorage=database["AllocatedStorage"] // 2,
        StorageType=database["StorageType"],
        MasterUsername="app",
        MasterUserPassword="long-enough-1",
    )
    rds.delete_db_instance(DBInstanceIdentifier=resource_id, SkipFinalSnapshot=True)
