"""What tests of load balancers share: clients, and the network that they stand in."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.fixtures.server import Cloud


@dataclass(slots=True)
class Site:
    """A default network with its subnets in order of zones, and clients."""

    elbv2: Any
    ec2: Any
    vpc_id: str
    subnets: list[str]
    zones: list[str]

    def balancer(self, name: str = "web", **more: Any) -> str:
        """A new load balancer in two subnets; its ARN."""
        made = self.elbv2.create_load_balancer(Name=name, Subnets=self.subnets[:2], **more)
        arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
        return arn

    def group(self, name: str = "app", **more: Any) -> str:
        """A new target group of the network; its ARN."""
        given = {"Protocol": "HTTP", "Port": 80, "VpcId": self.vpc_id} | more
        made = self.elbv2.create_target_group(Name=name, **given)
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        return arn

    def listener(self, balancer: str, group: str, port: int = 80) -> str:
        """A new listener that forwards to a target group; its ARN."""
        made = self.elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        arn: str = made["Listeners"][0]["ListenerArn"]
        return arn

    def machines(self, count: int = 1, at: int = 0) -> list[str]:
        """New instances in one of the subnets."""
        image = self.ec2.describe_images(
            Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}]
        )["Images"][0]["ImageId"]
        made = self.ec2.run_instances(
            ImageId=image, InstanceType="t3.micro", MinCount=count, MaxCount=count,
            SubnetId=self.subnets[at],
        )  # fmt: skip
        return [one["InstanceId"] for one in made["Instances"]]

    def health(self, group: str, **more: Any) -> dict[str, tuple[str, str | None]]:
        """State and reason of each target."""
        found = self.elbv2.describe_target_health(TargetGroupArn=group, **more)
        return {
            one["Target"]["Id"]: (one["TargetHealth"]["State"], one["TargetHealth"].get("Reason"))
            for one in found["TargetHealthDescriptions"]
        }


@pytest.fixture
def site(cloud: Cloud) -> Site:
    """The default network of us-east-1, with clients."""
    ec2 = cloud.client("ec2")
    found = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])
    return Site(
        cloud.client("elbv2"),
        ec2,
        found[0]["VpcId"],
        [one["SubnetId"] for one in found],
        [one["AvailabilityZone"] for one in found],
    )
