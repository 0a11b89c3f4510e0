"""Maintenance that waits for databases."""

from typing import Any

from tests.handlers.ec2.answers import refusal
from tests.handlers.rds.databases import create, describe


def test_an_old_minor_version_can_be_brought_up(rds: Any) -> None:
    create(rds, EngineVersion="16.6")
    create(rds, "current")
    [pending] = rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"]
    arn = describe(rds)["DBInstanceArn"]
    assert pending["ResourceIdentifier"] == arn
    assert pending["PendingMaintenanceActionDetails"] == [
        {"Action": "db-upgrade", "Description": "Upgrade to postgres 16.8"}
    ]
    rds.apply_pending_maintenance_action(
        ResourceIdentifier=arn, ApplyAction="db-upgrade", OptInType="next-maintenance"
    )
    assert describe(rds)["PendingModifiedValues"] == {"EngineVersion": "16.8"}
    rds.apply_pending_maintenance_action(
        ResourceIdentifier=arn, ApplyAction="db-upgrade", OptInType="immediate"
    )
    assert describe(rds)["EngineVersion"] == "16.8"
    assert rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []
    assert refusal(rds.describe_pending_maintenance_actions, ResourceIdentifier="none")[0] == (
        "ResourceNotFoundFault"
    )
