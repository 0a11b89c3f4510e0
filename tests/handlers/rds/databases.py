"""Databases that tests of RDS begin with."""

from typing import Any


def create(rds: Any, identifier: str = "orders", **more: Any) -> dict[str, Any]:
    """A new database: PostgreSQL on a db.m5.large with 100 GiB of gp3, unless told otherwise."""
    asked = {
        "DBInstanceIdentifier": identifier,
        "DBInstanceClass": "db.m5.large",
        "Engine": "postgres",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "MasterUsername": "app",
        "MasterUserPassword": "correct horse",
    }
    made: dict[str, Any] = rds.create_db_instance(**asked | more)["DBInstance"]
    return made


def describe(rds: Any, identifier: str = "orders") -> dict[str, Any]:
    """The one database of that identifier."""
    [found] = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    return dict(found)
