"""Trusted Advisor's recommendations: the checks of AWS Support, by another API."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal

ADDRESSES = "Z4AUBRNSmz"


def paged(advisor: Any, operation: str, **asked: Any) -> list[dict[str, Any]]:
    pages = advisor.get_paginator(operation).paginate(**asked, PaginationConfig={"PageSize": 3})
    return [
        one for page in pages for part in page.values() if isinstance(part, list) for one in part
    ]


def test_recommendations_say_what_checks_say(cloud: Cloud, other_cloud: Cloud) -> None:
    advisor, support = cloud.client("trustedadvisor"), cloud.client("support")
    made = [cloud.client("ec2", region).allocate_address()
            for region in ("us-east-1", "eu-west-1", "eu-west-1")]  # fmt: skip
    checks = paged(advisor, "list_checks")
    told = {one["id"]: one for one in
            support.describe_trusted_advisor_checks(language="en")["checks"]}  # fmt: skip
    assert {one["id"]: (one["name"], list(one["metadata"].values())) for one in checks} == {
        key: (one["name"], one["metadata"]) for key, one in told.items()
    }
    found = {one["checkArn"].rpartition("/")[2]: one
             for one in paged(advisor, "list_recommendations")}  # fmt: skip
    assert set(found) == set(told)
    for key, one in found.items():
        result = support.describe_trusted_advisor_check_result(checkId=key)["result"]
        counts = one["resourcesAggregates"]
        assert one["status"] == result["status"]
        assert (
            counts["warningCount"] + counts["errorCount"]
            == (result["resourcesSummary"]["resourcesFlagged"])
        )
        assert (
            one["pillarSpecificAggregates"]["costOptimizing"]
            == (result["categorySpecificSummary"]["costOptimizing"])
        )
    [warned] = advisor.list_recommendations(status="warning")["recommendationSummaries"]
    assert (warned["arn"], warned["name"]) == (
        found[ADDRESSES]["arn"], "Unassociated Elastic IP Addresses",
    )  # fmt: skip
    one = advisor.get_recommendation(recommendationIdentifier=warned["arn"])["recommendation"]
    assert one["description"] == told[ADDRESSES]["description"]
    asked = {"recommendationIdentifier": warned["arn"]}
    flagged = paged(advisor, "list_recommendation_resources", **asked)
    assert {one["awsResourceId"] for one in flagged} == {one["PublicIp"] for one in made}
    abroad = advisor.list_recommendation_resources(**asked, regionCode="eu-west-1")
    assert {one["metadata"]["IP Address"] for one in abroad["recommendationResourceSummaries"]} == {
        one["PublicIp"] for one in made[1:]
    }
    assert not paged(advisor, "list_recommendations", type="priority")
    soon = datetime.now(UTC) + timedelta(days=1)
    assert not paged(advisor, "list_recommendations", afterLastUpdatedAt=soon)
    assert {one["source"] for one in paged(advisor, "list_checks", awsService="ebs")} == {
        "ta_check", "compute_optimizer",
    }  # fmt: skip
    theirs = other_cloud.client("trustedadvisor")
    assert refusal(theirs.get_recommendation, **asked)[0] == "ResourceNotFoundException"
