"""Cost allocation tags: listed, switched on and off, and filled in backwards."""

from datetime import timedelta
from typing import Any

import pytest

from emulator import control
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ce.bills import SHIFT, Bill, write
from tests.handlers.ec2.answers import refusal


@pytest.fixture
def own(cloud: Cloud) -> Bill:
    """A bill of the test's own."""
    return write(cloud)


def keys(answer: dict[str, Any]) -> list[str]:
    return [one["TagKey"] for one in answer["CostAllocationTags"]]


def test_tags_are_listed_and_switched(own: Bill) -> None:
    ce = own.ce
    listed = ce.list_cost_allocation_tags()
    assert keys(listed) == ["Name", "env", "team"]
    assert listed["CostAllocationTags"][0] == {
        "TagKey": "Name", "Type": "UserDefined", "Status": "Inactive",
        "LastUpdatedDate": f"{own.day(99)}T00:00:00Z", "LastUsedDate": f"{own.today}T00:00:00Z",
    }  # fmt: skip
    assert keys(ce.list_cost_allocation_tags(Status="Active")) == ["env", "team"]
    assert keys(ce.list_cost_allocation_tags(TagKeys=["team", "x"])) == ["team"]
    assert keys(ce.list_cost_allocation_tags(Type="AWSGenerated")) == []
    pages = ce.get_paginator("list_cost_allocation_tags").paginate(PaginationConfig={"PageSize": 2})
    assert [keys(page) for page in pages] == [["Name", "env"], ["team"]]
    errors = ce.update_cost_allocation_tags_status(
        CostAllocationTagsStatus=[
            {"TagKey": "Name", "Status": "Active"},
            {"TagKey": "env", "Status": "Inactive"},
            {"TagKey": "nobody", "Status": "Active"},
        ]
    )["Errors"]
    assert errors == [
        {
            "TagKey": "nobody",
            "Code": "TagKeysNotFoundException",
            "Message": "Tag keys not found: nobody",
        }
    ]
    [name, *_] = ce.list_cost_allocation_tags(Status="Active")["CostAllocationTags"]
    assert (name["TagKey"], name["LastUpdatedDate"]) == ("Name", f"{own.today}T00:00:00Z")
    assert keys(ce.list_cost_allocation_tags(Status="Inactive")) == ["env"]


def test_the_past_is_told_apart_by_what_is_active_now(own: Bill, running: RunningServer) -> None:
    ce, rows, account = own.ce, own.cloud.running.rows, own.cloud.account.id
    tag = (
        "insert into resource_tags (account_id, resource_type, resource_id, key, value)"
        " values ($1, 'thing', $2, $3, $4)"
    )
    rows(
        "insert into cost_allocation_tags (account_id, key, status)"
        " values ($1, 'owner', 'Inactive')",
        account,
    )
    for resource, key, value in (
        ("i-1", "owner", "ann"), ("i-1", "team", "shop"), ("i-2", "owner", "bob"),
    ):  # fmt: skip
        running.run(_tag(running, tag, account, resource, key, value))
    ce.update_cost_allocation_tags_status(
        CostAllocationTagsStatus=[
            {"TagKey": "owner", "Status": "Active"},
            {"TagKey": "env", "Status": "Inactive"},
        ]
    )
    month = own.today.replace(day=1)
    since = (month - timedelta(days=1)).replace(day=1)
    begun = ce.start_cost_allocation_tag_backfill(BackfillFrom=f"{since}T00:00:00Z")
    assert begun["BackfillRequest"]["BackfillStatus"] == "PROCESSING"
    assert begun["BackfillRequest"]["BackfillFrom"] == f"{since}T00:00:00Z"
    code, _ = refusal(ce.start_cost_allocation_tag_backfill, BackfillFrom=f"{since}T00:00:00Z")
    assert code == "BackfillLimitExceededException"
    written = f"date <= '{own.today - SHIFT}'"
    before = own.total("unblended_cost", written)
    running.run(control.tick(running.server.world, days=1, account=own.cloud.account.number))
    running.server.clocks.forget()
    [done] = ce.list_cost_allocation_tag_backfill_history()["BackfillRequests"]
    assert done["BackfillStatus"] == "SUCCEEDED"
    assert done["CompletedAt"] >= done["RequestedAt"]
    old = f"date < '{since - SHIFT}'"
    new = f"date >= '{since - SHIFT}'"
    told = {
        (row["resource_id"], row["tags"])
        for row in own.rows("distinct resource_id, tags::text as tags", f"where {new}")
    }
    assert ("i-1", '{"team": "shop", "owner": "ann"}') in told
    # what is gone keeps the tags it had, as far as they are still active
    assert ("i-2", '{"owner": "bob"}') in told
    assert ("vol-1", '{"team": "shop"}') in told
    assert ("nat-1", "{}") in told
    assert own.rows("count(*)", f"where {old} and tags ? 'env'")[0]["count"] > 0
    assert own.rows("count(*)", f"where {new} and tags ? 'env'")[0]["count"] == 0
    for table in ("cost_daily", "cost_daily_by_tags"):
        sums = "tags::text as tags, sum(unblended_cost) as cost"
        assert own.rows(sums, "group by 1 order by 1", table=table) == own.rows(
            sums, "group by 1 order by 1"
        )
    assert own.total("unblended_cost", written) == before


async def _tag(running: RunningServer, tag: str, *given: Any) -> None:
    """Put a tag on a thing that has no table."""
    async with running.server.database.owner() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = 'replica'")
        await connection.execute(tag, *given)


def test_what_cannot_be_filled_in(own: Bill) -> None:
    start = own.ce.start_cost_allocation_tag_backfill
    month = own.today.replace(day=1)
    for wrong in (month + timedelta(days=1), (month - timedelta(days=500)).replace(day=1)):
        code, _ = refusal(start, BackfillFrom=f"{wrong}T00:00:00Z")
        assert code == "ValidationException"
