"""A staging database that runs by night and on Sundays."""

from tests.waste.calling import Client, datapoints

DAYS = 12  # AWS starts it again after seven days: by then the act is over


def reveal(client: Client, resource_id: str) -> bool:
    """It is asked something on each of the last days, weekend or not, and no tag says why."""
    (database,) = client("rds").describe_db_instances(DBInstanceIdentifier=resource_id)[
        "DBInstances"
    ]
    tags = {one["Key"]: one["Value"] for one in database["TagList"]}
    asked = datapoints(client, "AWS/RDS", "DatabaseConnections", DBInstanceIdentifier=resource_id)
    always = len(asked) >= 7 and min(asked) >= 1 and "tz" not in tags
    return always and tags.get("env") != "prod" and database["DBInstanceStatus"] == "available"


def remedy(client: Client, resource_id: str) -> None:
    """Stop it for the night."""
    client("rds").stop_db_instance(DBInstanceIdentifier=resource_id)
