"""Billing views: the primary one, by which Cost Explorer can be asked."""

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal


def test_the_primary_view_is_the_whole_bill(cloud: Cloud, other_cloud: Cloud) -> None:
    billing = cloud.client("billing")
    [view] = billing.list_billing_views()["billingViews"]
    assert view["arn"] == f"arn:aws:billing::{cloud.account.number}:billingview/primary"
    assert (view["billingViewType"], view["ownerAccountId"]) == ("PRIMARY", cloud.account.number)
    whole = billing.get_billing_view(arn=view["arn"])["billingView"]
    assert view.items() <= whole.items()
    for filters, found in (
        ({"billingViewTypes": ["CUSTOM"]}, []),
        ({"billingViewTypes": ["CUSTOM", "PRIMARY"]}, [view]),
        ({"names": [{"searchOption": "STARTS_WITH", "searchValue": "Prim"}]}, [view]),
        ({"names": [{"searchOption": "STARTS_WITH", "searchValue": "View"}]}, []),
        ({"arns": [view["arn"]], "ownerAccountId": cloud.account.number}, [view]),
        ({"ownerAccountId": other_cloud.account.number}, []),
    ):
        assert billing.list_billing_views(**filters)["billingViews"] == found, filters
    asked = {
        "TimePeriod": {"Start": "2026-01-01", "End": "2026-01-02"},
        "Dimension": "SERVICE",
        "BillingViewArn": view["arn"],
    }
    other = other_cloud.client("billing")
    assert refusal(other.get_billing_view, arn=view["arn"])[0] == "ResourceNotFoundException"
    theirs = other_cloud.client("ce")
    assert refusal(theirs.get_dimension_values, **asked)[0] == "ResourceNotFoundException"
