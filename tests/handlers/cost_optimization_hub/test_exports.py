"""Recommendations as an export: what the hub lists, in a bucket."""

import json
from typing import Any

from models.cost_exports import recommendations
from tests.handlers.bcm_data_exports import bills
from tests.handlers.compute_optimizer.advised import Advised
from tests.handlers.ec2.answers import refusal

TABLE = recommendations.TABLE
QUERY = f"SELECT {', '.join(one.name for one in TABLE.columns)} FROM {TABLE.name}"


def told(advised: Advised, name: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of an export, once it is made; all of them in the folder of one day."""
    exports, bucket = advised.cloud.client("bcm-data-exports"), bills.bucket_of(advised.cloud)
    exports.create_export(Export=wanted)
    [key] = bills.keys(advised.cloud, bucket, f"exports/{name}/data/date=")
    [manifest] = bills.keys(advised.cloud, bucket, f"exports/{name}/metadata/date=")
    said = json.loads(bills.content(advised.cloud, bucket, manifest))
    assert said["dataFiles"] == [f"s3://{bucket}/{key}"]
    return bills.rows(advised.cloud, bucket, key)


def test_an_export_tells_what_the_hub_lists(advised: Advised) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "web"}]}]
    idle = advised.instance("m5.2xlarge", "idle", TagSpecifications=tags)
    advised.instance("m5.2xlarge", "oversized")
    advised.days(3)
    cloud, hub = advised.cloud, advised.cloud.client("cost-optimization-hub")
    bucket = bills.bucket(cloud)
    items = {one["recommendationId"]: one for one in hub.list_recommendations()["items"]}
    rows = told(advised, "once", bills.export("once", bucket, QUERY, form="PARQUET"))
    assert {row["recommendation_id"] for row in rows} == set(items)
    for row in rows:
        item = items[row["recommendation_id"]]
        whole = hub.get_recommendation(recommendationId=row["recommendation_id"])
        assert row["estimated_monthly_savings_after_discount"] == item["estimatedMonthlySavings"]
        assert row["estimated_monthly_cost_before_discount"] == item["estimatedMonthlyCost"]
        assert (row["action_type"], row["resource_arn"], row["restart_needed"]) == (
            item["actionType"], item["resourceArn"], item["restartNeeded"],
        )  # fmt: skip
        assert json.loads(row["current_resource_details"]) == whole["currentResourceDetails"]
        assert (
            json.loads(row["recommended_resource_details"]) == (whole["recommendedResourceDetails"])
        )
        assert dict(row["tags"] or ()) == {tag["key"]: tag["value"] for tag in item["tags"]}
        assert all(row[one.name] is not None for one in TABLE.columns if not one.nullable)
    everything = hub.list_recommendations(
        includeAllRecommendations=True, filter={"resourceTypes": ["Ec2Instance"]}
    )["items"]
    where = f"{QUERY} WHERE rollback_possible = TRUE"
    wanted = bills.export("all", bucket, where, INCLUDE_ALL_RECOMMENDATIONS="TRUE",
                          FILTER='{"resourceTypes": ["Ec2Instance"]}')  # fmt: skip
    rows = told(advised, "all", wanted)
    assert {row["recommendation_id"] for row in rows} == {
        one["recommendationId"] for one in everything
    }
    # what is done is told no more, in the same folder, as the newest day is always today
    advised.ec2.terminate_instances(InstanceIds=[idle])
    advised.days()
    [key] = bills.keys(cloud, bucket, "exports/once/data/")
    left = {row["recommendation_id"] for row in bills.rows(cloud, bucket, key)}
    assert left == {one["recommendationId"] for one in hub.list_recommendations()["items"]}
    assert left < set(items)
    exports = cloud.client("bcm-data-exports")
    odd = bills.export("odd", bucket, QUERY, FILTER='{"colour": ["blue"]}')
    assert "colour" in refusal(exports.create_export, Export=odd)[1]
    hub.update_enrollment_status(status="Inactive")
    code, words = refusal(exports.create_export, Export=bills.export("out", bucket, QUERY))
    assert (code, "not enrolled" in words) == ("ValidationException", True)
