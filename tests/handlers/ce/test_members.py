"""A payer's reports: its members' costs are part of them, and theirs stay their own."""

from decimal import Decimal

from tests.fixtures.server import Cloud
from tests.handlers.ce.bills import Bill, write
from tests.handlers.ce.test_cost_and_usage import amounts, ask
from tests.handlers.ec2.answers import refusal

ACCOUNTS = [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]


def join(payer: Cloud, member: Cloud) -> None:
    """Make the one account pay for the other."""
    payer.client("organizations").create_organization(FeatureSet="ALL")
    payer.running.rows(
        "insert into org_members (account_id, management_id, parent_id, joined_method, joined_at)"
        " select $2, management_id, parent_id, 'INVITED', joined_at from org_members"
        " where account_id = $1",
        payer.account.id,
        member.account.id,
    )


def test_a_payer_reads_what_its_members_cost(cloud: Cloud, other_cloud: Cloud) -> None:
    payer, member = write(cloud), write(other_cloud)
    bought = [{"Type": "DIMENSION", "Key": "PURCHASE_TYPE"}]
    teams = [{"Type": "TAG", "Key": "team"}]
    alone = {
        str(grouped): amounts(ask(member, GroupBy=grouped)) for grouped in (bought, teams, ACCOUNTS)
    }
    assert amounts(ask(payer)) == {(): payer.total("unblended_cost")}
    join(cloud, other_cloud)
    both = {(one.cloud.account.number,): one.total("unblended_cost") for one in (payer, member)}
    assert amounts(ask(payer, GroupBy=ACCOUNTS)) == both
    assert amounts(ask(payer)) == {(): sum(both.values(), Decimal(0))}
    values = payer.ce.get_dimension_values(TimePeriod=payer.period(9), Dimension="LINKED_ACCOUNT")
    assert {one["Value"] for one in values["DimensionValues"]} == {key for (key,) in both}
    only = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [other_cloud.account.number]}}
    for grouped in (bought, teams, ACCOUNTS):
        assert amounts(ask(payer, Filter=only, GroupBy=grouped)) == alone[str(grouped)]


def test_billing_views_are_the_accounts_own(bill: Bill) -> None:
    number = bill.cloud.account.number
    view = f"arn:aws:billing::{number}:billingview/primary"
    assert ask(bill, BillingViewArn=view) == ask(bill)
    asked = {
        "TimePeriod": bill.period(9), "Granularity": "DAILY", "Metrics": ["UnblendedCost"],
        "BillingViewArn": "arn:aws:billing::111122223333:billingview/primary",
    }  # fmt: skip
    assert refusal(bill.ce.get_cost_and_usage, **asked)[0] == "ResourceNotFoundException"
