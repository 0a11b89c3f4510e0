"""One of several load balancers in a network that each do little."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """Three or more of its network each answer 5,000 requests a day at most."""
    elb = client("elbv2")
    every = elb.describe_load_balancers()["LoadBalancers"]
    own = next(one for one in every if one["LoadBalancerArn"] == resource_id)
    tiny = []
    for one in every:
        if (one["Type"], one["VpcId"]) == ("application", own["VpcId"]):
            name = one["LoadBalancerArn"].partition(":loadbalancer/")[2]
            asked = datapoints(
                client, "AWS/ApplicationELB", "RequestCount", "Sum", LoadBalancer=name
            )
            if asked and 1 <= sum(asked) / len(asked) <= 5000:
                tiny.append(one["LoadBalancerArn"])
    return resource_id in tiny and len(tiny) >= 3


def remedy(client: Client, resource_id: str) -> None:
    """Delete it, and let a rule of its neighbour forward to its target group."""
    elb = client("elbv2")
    own = elb.describe_load_balancers(LoadBalancerArns=[resource_id])["LoadBalancers"][0]
    (group,) = elb.describe_target_groups(LoadBalancerArn=resource_id)["TargetGroups"]
    elb.delete_load_balancer(LoadBalancerArn=resource_id)
    others = [
        one
        for one in elb.describe_load_balancers()["LoadBalancers"]
        if (one["Type"], one["VpcId"]) == ("application", own["VpcId"])
    ]
    oldest = min(others, key=lambda one: one["CreatedTime"])
    listeners = elb.describe_listeners(LoadBalancerArn=oldest["LoadBalancerArn"])["Listeners"]
    elb.create_rule(
        ListenerArn=listeners[0]["ListenerArn"],
        Priority=977,
        Conditions=[{"Field": "host-header", "Values": ["moved.example.com"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
