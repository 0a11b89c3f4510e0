"""What Account tells of an account."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal

KATE = {
    "Name": "Kate",
    "Title": "CFO",
    "EmailAddress": "kate@example.com",
    "PhoneNumber": "+1 206 555 0100",
}


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return cloud.client("account")


def test_regions_are_those_that_ec2_knows(cloud: Cloud, client: Any, ec2: Any) -> None:
    listed = {
        one["RegionName"]: one["RegionOptStatus"]
        for page in client.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 7})
        for one in page["Regions"]
    }
    known = ec2.describe_regions(AllRegions=True)["Regions"]
    assert set(listed) == {one["RegionName"] for one in known}
    usable = client.list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])
    enabled = {one["RegionName"] for one in ec2.describe_regions()["Regions"]}
    assert {one["RegionName"] for one in usable["Regions"]} == enabled
    assert listed["us-east-1"] == "ENABLED_BY_DEFAULT"
    assert listed["af-south-1"] == "DISABLED"
    told = client.get_region_opt_status(RegionName="af-south-1")
    assert told["RegionOptStatus"] == "DISABLED"
    assert refusal(client.get_region_opt_status, RegionName="mars-1")[0] == "ValidationException"
    assert refusal(client.list_regions, NextToken="x")[0] == "ValidationException"


def test_contacts_are_named_and_forgotten(cloud: Cloud, client: Any) -> None:
    code, _ = refusal(client.get_alternate_contact, AlternateContactType="BILLING")
    assert code == "ResourceNotFoundException"
    client.put_alternate_contact(AlternateContactType="BILLING", **KATE)
    client.put_alternate_contact(AlternateContactType="BILLING", **{**KATE, "Title": "CEO"})
    told = client.get_alternate_contact(AlternateContactType="BILLING")["AlternateContact"]
    assert told == {**KATE, "Title": "CEO", "AlternateContactType": "BILLING"}
    client.delete_alternate_contact(AlternateContactType="BILLING")
    code, _ = refusal(client.delete_alternate_contact, AlternateContactType="BILLING")
    assert code == "ResourceNotFoundException"
    assert refusal(client.get_contact_information)[0] == "ResourceNotFoundException"
    own = {
        "FullName": "Kate", "AddressLine1": "1 Main St", "City": "Seattle", "PostalCode": "98101",
        "CountryCode": "US", "PhoneNumber": "+12065550100", "StateOrRegion": "WA",
    }  # fmt: skip
    client.put_contact_information(ContactInformation=own)
    assert client.get_contact_information()["ContactInformation"] == own


def test_an_account_has_a_name(cloud: Cloud, client: Any, sql: Sql) -> None:
    client.put_account_name(AccountName="shop-prod")
    told = client.get_account_information()
    assert (told["AccountId"], told["AccountName"]) == (cloud.account.number, "shop-prod")
    [row] = sql("select name from cloud_accounts where id = $1", cloud.account.id)
    assert row["name"] == "shop-prod"
    assert client.list_regions(AccountId=cloud.account.number)["Regions"]
    code, _ = refusal(client.get_account_information, AccountId="210987654321")
    assert code == "AccessDeniedException"
