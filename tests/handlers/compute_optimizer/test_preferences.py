"""Taking part in Compute Optimizer, and how it is to judge."""

from tests.handlers.compute_optimizer.advised import Advised
from tests.handlers.ec2.answers import refusal


def test_who_opts_out_is_told_nothing(advised: Advised) -> None:
    optimizer = advised.optimizer
    assert optimizer.get_enrollment_status()["status"] == "Active"
    assert optimizer.update_enrollment_status(status="Inactive")["status"] == "Inactive"
    assert optimizer.get_enrollment_status()["status"] == "Inactive"
    [one] = optimizer.get_enrollment_statuses_for_organization()["accountEnrollmentStatuses"]
    assert (one["accountId"], one["status"]) == (advised.cloud.account.number, "Inactive")
    assert optimizer.get_enrollment_statuses_for_organization(
        filters=[{"name": "Status", "values": ["Active"]}]
    )["accountEnrollmentStatuses"] == []  # fmt: skip
    for asked in (
        optimizer.get_ec2_instance_recommendations, optimizer.get_idle_recommendations,
        optimizer.get_recommendation_summaries, optimizer.get_ebs_volume_recommendations,
    ):  # fmt: skip
        assert refusal(asked)[0] == "OptInRequiredException"
    assert refusal(optimizer.update_enrollment_status, status="Pending")[0] == (
        "InvalidParameterValueException"
    )
    optimizer.update_enrollment_status(status="Active")
    assert optimizer.get_idle_recommendations()["idleRecommendations"] == []


def test_preferences_change_what_is_recommended(advised: Advised) -> None:
    optimizer = advised.optimizer
    large = advised.arn("instance", advised.instance("m5.2xlarge", "oversized"))
    other = advised.arn("instance", advised.instance("m5.2xlarge", "oversized"))
    advised.days(2)
    optimizer.put_recommendation_preferences(
        resourceType="Ec2Instance", lookBackPeriod="DAYS_32",
        preferredResources=[{"name": "Ec2InstanceTypes", "includeList": ["m5", "m6i.large"]}],
        utilizationPreferences=[{"metricName": "CpuUtilization", "metricParameters": {
            "threshold": "P90", "headroom": "PERCENT_0"}}],
    )  # fmt: skip
    optimizer.put_recommendation_preferences(
        resourceType="Ec2Instance", scope={"name": "ResourceArn", "value": other},
        enhancedInfrastructureMetrics="Active",
    )  # fmt: skip
    found = {one["instanceArn"]: one for one in
             optimizer.get_ec2_instance_recommendations()["instanceRecommendations"]}  # fmt: skip
    types = {option["instanceType"] for option in found[large]["recommendationOptions"]}
    assert types <= {"m5.large", "m5.xlarge", "m6i.large"}
    assert types
    assert found[large]["lookBackPeriodInDays"] == 32
    assert found[other]["lookBackPeriodInDays"] == 93
    effective = optimizer.get_effective_recommendation_preferences(resourceArn=other)
    assert effective["enhancedInfrastructureMetrics"] == "Active"
    assert effective["lookBackPeriod"] == "DAYS_32"
    assert "m5.24xlarge" in effective["preferredResources"][0]["effectiveIncludeList"]
    optimizer.put_recommendation_preferences(
        resourceType="Ec2Instance", savingsEstimationMode="BeforeDiscounts"
    )
    one = optimizer.get_ec2_instance_recommendations(instanceArns=[large])[
        "instanceRecommendations"][0]  # fmt: skip
    assert "savingsOpportunityAfterDiscounts" not in one["recommendationOptions"][0]
    assert one["effectiveRecommendationPreferences"]["savingsEstimationMode"] == {
        "source": "PublicPricing"
    }
    details = optimizer.get_recommendation_preferences(resourceType="Ec2Instance")[
        "recommendationPreferencesDetails"]  # fmt: skip
    assert [one["scope"]["name"] for one in details] == ["AccountId", "ResourceArn"]
    assert details[0]["lookBackPeriod"] == "DAYS_32"
    optimizer.delete_recommendation_preferences(
        resourceType="Ec2Instance", scope={"name": "ResourceArn", "value": other},
        recommendationPreferenceNames=["EnhancedInfrastructureMetrics"],
    )  # fmt: skip
    again = {"resourceType": "Ec2Instance", "scope": {"name": "ResourceArn", "value": other},
             "recommendationPreferenceNames": ["EnhancedInfrastructureMetrics"]}  # fmt: skip
    assert refusal(optimizer.delete_recommendation_preferences, **again)[0] == (
        "ResourceNotFoundException"
    )


def test_preferences_that_make_no_sense_are_refused(advised: Advised) -> None:
    put = advised.optimizer.put_recommendation_preferences
    for given in (
        {"resourceType": "Ec2Instance"},
        {"resourceType": "License", "lookBackPeriod": "DAYS_14"},
        {"resourceType": "LambdaFunction", "lookBackPeriod": "DAYS_14"},
        {"resourceType": "Ec2Instance", "lookBackPeriod": "DAYS_14",
         "scope": {"name": "ResourceArn", "value": "i-1"}},
    ):  # fmt: skip
        assert refusal(put, **given)[0] == "InvalidParameterValueException"
    for scope in ({"name": "Organization", "value": "ALL_ACCOUNTS"},
                  {"name": "AccountId", "value": "111122223333"}):  # fmt: skip
        assert refusal(put, resourceType="Ec2Instance", scope=scope, lookBackPeriod="DAYS_14")[
            0
        ] == "AccessDeniedException"  # fmt: skip
