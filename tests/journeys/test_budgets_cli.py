"""Budgets and anomalies through the AWS CLI: a spike is noticed, explained and planned for."""

import json
from datetime import timedelta
from typing import Any

from drift import engine
from tests.fixtures.ledger import NEWEST, set_clock, shift, spend
from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws


def test_a_spike_is_noticed_explained_and_planned_for(cloud: Cloud) -> None:
    logs: dict[str, Any] = {
        "service": "AmazonCloudWatch",
        "usage_type": "USE1-DataProcessing-Bytes",
    }
    spend(cloud, "20", **logs)
    set_clock(cloud)
    account = ("--account-id", cloud.account.number)
    name = ("--budget-name", "logs")
    today = (NEWEST + shift()).day
    budget = {
        "BudgetName": "logs",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": str(20 * today + 100), "Unit": "USD"},
        "CostFilters": {"Service": ["AmazonCloudWatch"]},
    }
    said = "NotificationType=ACTUAL,ComparisonOperator=GREATER_THAN,Threshold=100"
    notification = ("--notification", said)
    aws(cloud, "budgets", "create-budget", *account, "--budget", json.dumps(budget))
    aws(cloud, "budgets", "create-notification", *account, *name, *notification,
        "--subscribers", "SubscriptionType=EMAIL,Address=cfo@example.com")  # fmt: skip

    def state() -> str:
        found = aws(cloud, "budgets", "describe-notifications-for-budget", *account, *name)
        return str(found["Notifications"][0]["NotificationState"])

    assert state() == "OK"
    spend(cloud, "500", days=1, until=NEWEST + timedelta(days=1), **logs)

    async def tick() -> None:
        async with cloud.running.server.database.owner() as connection:
            await engine.tick(connection, cloud.account.id)

    cloud.running.run(tick())
    cloud.running.server.clocks.forget(str(cloud.account.id))
    assert state() == "ALARM"
    shown = aws(cloud, "budgets", "describe-budget", *account, *name)["Budget"]
    spent = float(shown["CalculatedSpend"]["ActualSpend"]["Amount"])
    assert spent == 20 * (today - 1) + 500
    since = (NEWEST + shift() - timedelta(days=7)).isoformat()
    [anomaly] = aws(cloud, "ce", "get-anomalies", "--date-interval", f"StartDate={since}")[
        "Anomalies"
    ]
    assert anomaly["Impact"]["TotalImpact"] == 480
    assert anomaly["RootCauses"][0]["UsageType"] == logs["usage_type"]
    given = ("--anomaly-id", anomaly["AnomalyId"], "--feedback", "PLANNED_ACTIVITY")
    aws(cloud, "ce", "provide-anomaly-feedback", *given)
    planned = aws(cloud, "ce", "get-anomalies", "--date-interval", f"StartDate={since}",
                  "--feedback", "PLANNED_ACTIVITY")  # fmt: skip
    assert len(planned["Anomalies"]) == 1
    addresses = cloud.running.rows(
        "select source, address from cost_alerts where account_id = $1 order by source, address",
        cloud.account.id,
    )
    assert [row["source"] for row in addresses] == ["anomaly", "budget"]
    aws(cloud, "budgets", "delete-budget", *account, *name)
    assert aws(cloud, "budgets", "describe-budgets", *account) in (None, {"Budgets": []})
