"""A load balancer that nobody asks anything."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """It stands since a week, has no targets, and RequestCount is nothing."""
    elb = client("elbv2")
    elb.describe_load_balancers(LoadBalancerArns=[resource_id])
    groups = elb.describe_target_groups(LoadBalancerArn=resource_id)["TargetGroups"]
    targets = [
        target
        for group in groups
        for target in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])[
            "TargetHealthDescriptions"
        ]
    ]
    name = resource_id.partition(":loadbalancer/")[2]
    asked = datapoints(client, "AWS/ApplicationELB", "RequestCount", "Sum", LoadBalancer=name)
    return not targets and sum(asked) == 0


def remedy(client: Client, resource_id: str) -> None:
    """Delete it; its target groups cost nothing."""
    client("elbv2").delete_load_balancer(LoadBalancerArn=resource_id)
