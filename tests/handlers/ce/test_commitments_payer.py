"""A management account's view of what its members have committed to."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.savingsplans.days import Days, machine
from tests.handlers.savingsplans.purchases import compute

Sql = Callable[..., list[dict[str, Any]]]


def test_a_payer_sees_its_members(cloud: Cloud, other_cloud: Cloud, sql: Sql) -> None:
    member, payer = cloud, other_cloud
    for account in (member, payer):
        sql(
            "insert into org_members (account_id, management_id, parent_id) "
            " values ($1, $2, 'r-root')",
            account.account.id,
            payer.account.id,
        )
    for number in range(2):
        machine(member, number)
    days = Days(member)
    days.tick()
    plans = member.client("savingsplans")
    plan_id = plans.create_savings_plan(savingsPlanOfferingId=compute(plans), commitment="0.05")[
        "savingsPlanId"
    ]
    days.tick(2)
    Days(payer).tick(3)
    end = date.today() + timedelta(days=1)
    period = {"Start": str(end - timedelta(days=2)), "End": str(end)}
    ce = payer.client("ce")
    [one] = ce.get_savings_plans_utilization_details(TimePeriod=period)[
        "SavingsPlansUtilizationDetails"
    ]
    assert one["Attributes"]["AccountId"] == member.account.number
    assert one["SavingsPlanArn"].endswith(plan_id)
    assert Decimal(one["Utilization"]["TotalCommitment"]) == Decimal("2.4")
    grouped = ce.get_reservation_coverage(
        TimePeriod=period, GroupBy=[{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]
    )["CoveragesByTime"][0]["Groups"]
    assert [one["Attributes"] for one in grouped] == [{"linkedAccount": member.account.number}]
    asked = {
        "SavingsPlansType": "COMPUTE_SP",
        "TermInYears": "ONE_YEAR",
        "PaymentOption": "NO_UPFRONT",
        "LookbackPeriodInDays": "SEVEN_DAYS",
    }

    def advised(client: Any, scope: str) -> list[dict[str, Any]]:
        answer = client.get_savings_plans_purchase_recommendation(**asked, AccountScope=scope)
        found = answer["SavingsPlansPurchaseRecommendation"]
        return list(found["SavingsPlansPurchaseRecommendationDetails"])

    assert advised(ce, "PAYER") == []
    assert [one["AccountId"] for one in advised(ce, "LINKED")] == [member.account.number]
    # what another account owns shows in cost reports, and nowhere else
    assert payer.client("savingsplans").describe_savings_plans()["savingsPlans"] == []
    # a member sees nothing of its payer's
    assert [one["AccountId"] for one in advised(member.client("ce"), "LINKED")] == [
        member.account.number
    ]
