"""A database that nobody connects to."""

from tests.waste.calling import Client, datapoints

EXACT = True


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
    """Stop it: AWS keeps its storage, and starts it again after a week."""
    client("rds").stop_db_instance(DBInstanceIdentifier=resource_id)
