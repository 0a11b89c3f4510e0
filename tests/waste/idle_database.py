"""A database that nobody connects to."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """It is available, and DatabaseConnections has no day with one."""
    (database,) = client("rds").describe_db_instances(DBInstanceIdentifier=resource_id)[
        "DBInstances"
    ]
    connections = datapoints(
        client, "AWS/RDS", "DatabaseConnections", "Maximum", DBInstanceIdentifier=resource_id
    )
    return database["DBInstanceStatus"] == "available" and max(connections) < 1


def remedy(client: Client, resource_id: str) -> None:
    """Delete it, and keep a snapshot: AWS starts again after a week what is only stopped."""
    client("rds").delete_db_instance(
        DBInstanceIdentifier=resource_id,
        SkipFinalSnapshot=False,
        FinalDBSnapshotIdentifier=f"{resource_id}-final",
    )
