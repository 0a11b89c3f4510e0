"""A database with several times the machine that its load needs."""

from typing import Any

from tests.waste.calling import Client, datapoints


def database(client: Client, identifier: str) -> Any:
    """The database as DescribeDBInstances shows it."""
    (found,) = client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    return found


EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """Somebody connects, and CPUUtilization stays below 20 %."""
    cpu = datapoints(client, "AWS/RDS", "CPUUtilization", DBInstanceIdentifier=resource_id)
    connections = datapoints(
        client, "AWS/RDS", "DatabaseConnections", DBInstanceIdentifier=resource_id
    )
    large = database(client, resource_id)["DBInstanceClass"].endswith("xlarge")
    return large and sum(cpu) / len(cpu) < 20 and sum(connections) / len(connections) >= 1


def remedy(client: Client, resource_id: str) -> None:
    """Take half of it, now."""
    prefix, family, size = database(client, resource_id)["DBInstanceClass"].split(".")
    smaller = {"xlarge": "large", "2xlarge": "xlarge", "4xlarge": "2xlarge"}[size]
    client("rds").modify_db_instance(
        DBInstanceIdentifier=resource_id,
        DBInstanceClass=f"{prefix}.{family}.{smaller}",
        ApplyImmediately=True,
    )
