"""Cases of AWS Support: opened, written to, resolved."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal


@pytest.fixture
def support(cloud: Cloud) -> Any:
    """A boto3 client of AWS Support."""
    return cloud.client("support")


def test_a_case_lives_from_opening_to_resolution(support: Any, other_cloud: Cloud) -> None:
    codes = [one["code"] for one in support.describe_severity_levels()["severityLevels"]]
    [service] = support.describe_services(serviceCodeList=["aws-lambda"])["services"]
    case_id = support.create_case(
        subject="Slow", communicationBody="It is slow.", serviceCode=service["code"],
        categoryCode=service["categories"][0]["code"], severityCode=codes[1],
        ccEmailAddresses=["a@example.com"],
    )["caseId"]  # fmt: skip
    assert case_id.startswith("case-")
    [case] = support.describe_cases()["cases"]
    assert (case["caseId"], case["status"], case["subject"]) == (case_id, "opened", "Slow")
    assert case["ccEmailAddresses"] == ["a@example.com"]
    assert [one["body"] for one in case["recentCommunications"]["communications"]] == [
        "It is slow."
    ]
    support.add_communication_to_case(caseId=case_id, communicationBody="Still.")
    first = support.describe_communications(caseId=case_id, maxResults=10)
    assert {one["body"] for one in first["communications"]} == {"It is slow.", "Still."}
    done = support.resolve_case(caseId=case_id)
    assert (done["initialCaseStatus"], done["finalCaseStatus"]) == ("opened", "resolved")
    assert support.describe_cases()["cases"] == []
    [case] = support.describe_cases(includeResolvedCases=True)["cases"]
    assert case["status"] == "resolved"
    support.add_communication_to_case(caseId=case_id, communicationBody="Again.")
    assert support.describe_cases()["cases"][0]["status"] == "reopened"
    assert support.describe_cases(afterTime="2100-01-01T00:00:00Z")["cases"] == []
    other = other_cloud.client("support")
    assert other.describe_cases(includeResolvedCases=True)["cases"] == []
    for call in (other.resolve_case, other.describe_communications):
        assert refusal(call, caseId=case_id)[0] == "CaseIdNotFound"


def test_cases_are_paged_and_checked(support: Any) -> None:
    made = {support.create_case(subject=f"n{n}", communicationBody="x")["caseId"]
            for n in range(12)}  # fmt: skip
    first = support.describe_cases(maxResults=10)
    rest = support.describe_cases(maxResults=10, nextToken=first["nextToken"])
    assert {one["caseId"] for one in first["cases"] + rest["cases"]} == made
    assert len({one["displayId"] for one in first["cases"] + rest["cases"]}) == 12
    for wrong, code in (
        ({"serviceCode": "nope"}, "InvalidParameterValueException"),
        ({"severityCode": "nope"}, "InvalidParameterValueException"),
        ({"attachmentSetId": "nope"}, "AttachmentSetIdNotFound"),
        ({"dryRun": True}, "DryRunOperationException"),
    ):
        assert refusal(support.create_case, subject="s", communicationBody="b", **wrong)[0] == code
    assert refusal(support.describe_cases, caseIdList=["case-1"])[0] == "CaseIdNotFound"
    assert refusal(support.describe_cases, afterTime="soon")[0] == "InvalidParameterValueException"
