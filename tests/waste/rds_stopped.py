"""A database that is kept stopped, whatever AWS does about it."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """Hardly a day of the week has any CPU, while the storage is there on all of them."""
    (database,) = client("rds").describe_db_instances(DBInstanceIdentifier=resource_id)[
        "DBInstances"
    ]
    busy = datapoints(client, "AWS/RDS", "CPUUtilization", DBInstanceIdentifier=resource_id)
    return database["DBInstanceStatus"] in ("stopped", "available") and len(busy) <= 2


def remedy(client: Client, resource_id: str) -> None:
    """Keep its data in a last snapshot, and delete it."""
    client("rds").delete_db_instance(
        DBInstanceIdentifier=resource_id, FinalDBSnapshotIdentifier=f"{resource_id}-final"
    )
