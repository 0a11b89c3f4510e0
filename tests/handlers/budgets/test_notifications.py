"""Notifications: their life, their subscribers, and who was told when they turned."""

from datetime import timedelta
from typing import Any

import pytest

from drift import engine
from tests.fixtures.ledger import set_clock, spend
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.budgets.test_budgets import Budgets, today
from tests.handlers.ec2.answers import make_instance, refusal

TOPIC = {"SubscriptionType": "SNS", "Address": "arn:aws:sns:us-east-1:123456789012:alarm"}
MAIL = {"SubscriptionType": "EMAIL", "Address": "cfo@example.com"}


def said(threshold: float, kind: str = "ACTUAL", **more: Any) -> dict[str, Any]:
    return {
        "NotificationType": kind,
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": threshold,
        "ThresholdType": "PERCENTAGE",
    } | more


@pytest.fixture
def budgets(cloud: Cloud) -> Budgets:
    """10 USD a day, against a budget of 5 times what today's month came to."""
    spend(cloud, "10", days=90)
    set_clock(cloud)
    made = Budgets(cloud)
    made.create("b", BudgetLimit={"Amount": str(50 * today().day), "Unit": "USD"})
    return made


def states(budgets: Budgets) -> dict[tuple[str, float], str]:
    found = budgets("describe_notifications_for_budget", BudgetName="b")["Notifications"]
    return {(one["NotificationType"], one["Threshold"]): one["NotificationState"] for one in found}


def test_a_notification_lives_with_its_subscribers(budgets: Budgets) -> None:
    name = {"BudgetName": "b"}
    budgets("create_notification", **name, Notification=said(80), Subscribers=[MAIL])
    again = lambda: budgets("create_notification", **name, Notification=said(80), Subscribers=[MAIL])  # noqa: E731, E501 # fmt: skip
    assert refusal(again)[0] == "DuplicateRecordException"
    budgets("create_subscriber", **name, Notification=said(80), Subscriber=TOPIC)
    more = lambda: budgets("create_subscriber", **name, Notification=said(80), Subscriber={**TOPIC, "Address": TOPIC["Address"] + "2"})  # noqa: E731, E501 # fmt: skip
    assert refusal(more)[0] == "CreationLimitExceededException"

    def told(threshold: float) -> list[str]:
        answer = budgets(
            "describe_subscribers_for_notification", **name, Notification=said(threshold)
        )
        return [one["Address"] for one in answer["Subscribers"]]

    assert told(80) == [TOPIC["Address"], MAIL["Address"]]
    budgets("update_notification", **name, OldNotification=said(80), NewNotification=said(90))
    assert refusal(lambda: told(80))[0] == "NotFoundException"
    budgets(
        "update_subscriber", **name, Notification=said(90), OldSubscriber=MAIL,
        NewSubscriber={**MAIL, "Address": "cto@example.com"},
    )  # fmt: skip
    assert told(90) == [TOPIC["Address"], "cto@example.com"]
    budgets("delete_subscriber", **name, Notification=said(90), Subscriber=TOPIC)
    assert told(90) == ["cto@example.com"]
    [one] = budgets("describe_budget_notifications_for_account")["BudgetNotificationsForAccount"]
    assert (one["BudgetName"], len(one["Notifications"])) == ("b", 1)
    budgets("delete_notification", **name, Notification=said(90))
    assert states(budgets) == {}
    gone = refusal(lambda: budgets("delete_notification", **name, Notification=said(90)))
    assert gone[0] == "NotFoundException"


def test_states_follow_what_was_spent(cloud: Cloud, budgets: Budgets) -> None:
    forecast = (
        10 * ((today().replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(1)).day
    )
    share = 100 * forecast / (50 * today().day)
    for one in (
        said(19.9), said(20), said(share - 0.1, "FORECASTED"), said(share + 0.1, "FORECASTED"),
        said(10 * today().day - 1, ThresholdType="ABSOLUTE_VALUE"),
    ):  # fmt: skip
        budgets("create_notification", BudgetName="b", Notification=one, Subscribers=[MAIL])
    found = states(budgets)
    assert found["ACTUAL", 19.9] == found["ACTUAL", 10 * today().day - 1] == "ALARM"
    assert found["ACTUAL", 20] == "OK"
    assert [found[key] for key in sorted(found) if key[0] == "FORECASTED"] == ["ALARM", "OK"]
    states(budgets)
    alerts = cloud.running.rows(
        "select address, message from cost_alerts where account_id = $1", cloud.account.id
    )
    # once a period, however often it is looked at
    assert [one["address"] for one in alerts] == [MAIL["Address"]] * 3


@pytest.mark.parametrize(
    "more",
    [
        {"Notification": said(80, "FORECASTED"), "BudgetName": "daily"},
        {"Subscribers": [{**TOPIC, "Address": "arn:aws:sqs:us-east-1:123456789012:q"}]},
        {"Subscribers": [{**MAIL, "Address": "nobody"}]},
    ],
)
def test_what_cannot_be_told_is_refused(budgets: Budgets, more: dict[str, Any]) -> None:
    budgets.create("daily", TimeUnit="DAILY")
    given = {"BudgetName": "b", "Notification": said(80), "Subscribers": [MAIL]} | more
    code, _ = refusal(lambda: budgets("create_notification", **given))
    assert code == "InvalidParameterException"


def tick(running: RunningServer, cloud: Cloud) -> None:
    async def advance() -> None:
        async with running.server.database.owner() as connection:
            await engine.tick(connection, cloud.account.id)

    running.run(advance())


def action(budgets: Budgets, instance: str, model: str) -> str:
    made = budgets(
        "create_budget_action",
        BudgetName="b",
        NotificationType="ACTUAL",
        ActionType="RUN_SSM_DOCUMENTS",
        ActionThreshold={"ActionThresholdValue": 10, "ActionThresholdType": "PERCENTAGE"},
        Definition={
            "SsmActionDefinition": {
                "ActionSubType": "STOP_EC2_INSTANCES",
                "Region": "us-east-1",
                "InstanceIds": [instance],
            }
        },
        ExecutionRoleArn="arn:aws:iam::123456789012:role/budgets",
        ApprovalModel=model,
        Subscribers=[MAIL],
    )
    return str(made["ActionId"])


def test_actions_stop_instances_when_a_tick_passes_their_threshold(
    running: RunningServer, cloud: Cloud, budgets: Budgets
) -> None:
    sql = running.rows
    one, two = (make_instance(sql, cloud) for _ in range(2))
    automatic, manual = action(budgets, one, "AUTOMATIC"), action(budgets, two, "MANUAL")
    budgets("create_notification", BudgetName="b", Notification=said(10), Subscribers=[MAIL])

    def status(action_id: str) -> str:
        shown = budgets("describe_budget_action", BudgetName="b", ActionId=action_id)
        return str(shown["Action"]["Status"])

    def state(instance: str) -> str:
        [row] = sql("select state from instances where instance_id = $1", instance)
        return str(row["state"])

    assert status(automatic) == status(manual) == "STANDBY"
    tick(running, cloud)
    assert (status(automatic), status(manual)) == ("EXECUTION_SUCCESS", "PENDING")
    assert (state(one), state(two)) == ("stopped", "running")
    [event] = sql(
        "select change_source, new_value from resource_change_events"
        " where resource_id = $1 and field_name = 'state' and new_value = 'stopped'", one,
    )  # fmt: skip
    assert event["change_source"] == "drift_engine"
    [alert] = sql("select source from cost_alerts where account_id = $1", cloud.account.id)
    assert alert["source"] == "budget"
    name = {"BudgetName": "b"}
    budgets("execute_budget_action", **name, ActionId=manual, ExecutionType="APPROVE_BUDGET_ACTION")
    assert status(manual) == "EXECUTION_SUCCESS"
    assert state(two) in ("stopping", "stopped")
    budgets(
        "execute_budget_action", **name, ActionId=automatic, ExecutionType="REVERSE_BUDGET_ACTION"
    )
    assert state(one) in ("pending", "running")
    again = refusal(lambda: budgets(
        "execute_budget_action", **name, ActionId=automatic, ExecutionType="APPROVE_BUDGET_ACTION"
    ))  # fmt: skip
    assert again[0] == "ResourceLockedException"
    history = budgets("describe_budget_action_histories", **name, ActionId=automatic)
    events = [(one["EventType"], one["Status"]) for one in history["ActionHistories"]]
    assert events == [("CREATE_ACTION", "STANDBY"), ("SYSTEM", "EXECUTION_SUCCESS"),
                      ("EXECUTE_ACTION", "REVERSE_SUCCESS")]  # fmt: skip
    listed = budgets("describe_budget_actions_for_account", MaxResults=1)
    assert len(listed["Actions"]) == 1
    assert listed["NextToken"]
    listed = budgets("describe_budget_actions_for_budget", **name)
    assert {one["ActionId"] for one in listed["Actions"]} == {automatic, manual}
    budgets("delete_budget_action", **name, ActionId=manual)
    assert refusal(lambda: status(manual))[0] == "NotFoundException"
