"""Resource policies through boto3, and what no account has."""

import json
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.logs.test_log_groups import refused

POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def logs(cloud: Cloud) -> Any:
    return cloud.client("logs")


def test_policies_live(logs: Any, other_cloud: Cloud) -> None:
    for n in range(10):
        logs.put_resource_policy(policyName=f"p{n}", policyDocument=POLICY)
    logs.put_resource_policy(policyName="p0", policyDocument=POLICY.replace("[]", "[1]"))
    assert refused(logs.put_resource_policy, policyName="p10", policyDocument=POLICY) == (
        "LimitExceededException", "Resource limit exceeded.",
    )  # fmt: skip
    first = logs.describe_resource_policies(limit=4)
    rest = logs.describe_resource_policies(limit=50, nextToken=first["nextToken"])
    assert [len(page["resourcePolicies"]) for page in (first, rest)] == [4, 6]
    assert json.loads(first["resourcePolicies"][0]["policyDocument"])["Statement"] == [1]
    assert other_cloud.client("logs").describe_resource_policies()["resourcePolicies"] == []
    logs.delete_resource_policy(policyName="p0")
    assert refused(logs.delete_resource_policy, policyName="p0") == (
        "ResourceNotFoundException", "Policy with name [p0] does not exist.",
    )  # fmt: skip
    assert refused(logs.put_resource_policy, policyName="p", policyDocument="{")[0] == (
        "InvalidParameterException"
    )


def test_what_is_nowhere(logs: Any) -> None:
    logs.create_log_group(logGroupName="g")
    assert logs.describe_index_policies(logGroupIdentifiers=["g"])["indexPolicies"] == []
    assert refused(logs.describe_index_policies, logGroupIdentifiers=["h"])[0] == (
        "ResourceNotFoundException"
    )
    assert refused(logs.get_delivery_destination_policy, deliveryDestinationName="d") == (
        "ResourceNotFoundException",
        "Requested Delivery Destination does not exist in this account.",
    )
    assert refused(logs.delete_destination, destinationName="d")[0] == "ResourceNotFoundException"
