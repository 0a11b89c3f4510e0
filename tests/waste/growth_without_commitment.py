"""An account whose steady use is paid on demand."""

from typing import Any

from tests.waste.calling import Client

# Every estate of that size has a gap of its own: this one is to be today's.
_FORGET = "DELETE FROM truth.labels WHERE account_id = $1 AND pattern = 'commit_gap'"
COST_FALLS = False


async def prepare(connection: Any, account_id: Any) -> None:
    """Let the gap be found on the day on which the machines are launched."""
    await connection.execute(_FORGET, account_id)


def _advice(client: Client) -> Any:
    answer = client("ce").get_savings_plans_purchase_recommendation(
        SavingsPlansType="COMPUTE_SP",
        TermInYears="ONE_YEAR",
        PaymentOption="NO_UPFRONT",
        LookbackPeriodInDays="SEVEN_DAYS",
    )
    return answer["SavingsPlansPurchaseRecommendation"]


def reveal(client: Client, resource_id: str) -> bool:
    """Cost Explorer would have the account commit to more than a USD an hour."""
    details = _advice(client)["SavingsPlansPurchaseRecommendationDetails"]
    return any(
        one["AccountId"] == resource_id and float(one["HourlyCommitmentToPurchase"]) > 1
        for one in details
    )


def remedy(client: Client, resource_id: str) -> None:
    """Buy what is recommended."""
    (detail,) = _advice(client)["SavingsPlansPurchaseRecommendationDetails"]
    plans = client("savingsplans")
    (offering,) = plans.describe_savings_plans_offerings(
        planTypes=["Compute"], durations=[31536000], paymentOptions=["No Upfront"]
    )["searchResults"]
    plans.create_savings_plan(
        savingsPlanOfferingId=offering["offeringId"],
        commitment=detail["HourlyCommitmentToPurchase"],
    )
