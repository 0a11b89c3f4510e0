"""Load balancing through the AWS CLI: a service behind a load balancer, made and removed."""

from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws


def test_a_service_behind_a_load_balancer(cloud: Cloud) -> None:
    ec2, elbv2 = cloud.client("ec2"), "elbv2"
    [vpc] = ec2.describe_vpcs()["Vpcs"]
    places = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])
    subnets = [one["SubnetId"] for one in places][:2]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]
    kind = "t4g.micro" if image["Architecture"] == "arm64" else "t3.micro"
    machine = ec2.run_instances(
        ImageId=image["ImageId"], InstanceType=kind, MinCount=1, MaxCount=1, SubnetId=subnets[0]
    )["Instances"][0]["InstanceId"]
    made = aws(cloud, elbv2, "create-load-balancer", "--name", "web", "--subnets", *subnets)
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    aws(cloud, elbv2, "wait", "load-balancer-available", "--load-balancer-arns", balancer)
    made = aws(cloud, elbv2, "create-target-group", "--name", "app", "--protocol", "HTTP",
               "--port", "80", "--vpc-id", vpc["VpcId"])  # fmt: skip
    group = made["TargetGroups"][0]["TargetGroupArn"]
    aws(cloud, elbv2, "create-listener", "--load-balancer-arn", balancer, "--protocol", "HTTP",
        "--port", "80", "--default-actions", f"Type=forward,TargetGroupArn={group}")  # fmt: skip
    aws(cloud, elbv2, "register-targets", "--target-group-arn", group, "--targets", f"Id={machine}")
    aws(cloud, elbv2, "wait", "target-in-service", "--target-group-arn", group)
    ec2.terminate_instances(InstanceIds=[machine])
    health = aws(cloud, elbv2, "describe-target-health", "--target-group-arn", group)
    assert health["TargetHealthDescriptions"] == []
    aws(cloud, elbv2, "delete-load-balancer", "--load-balancer-arn", balancer)
    aws(cloud, elbv2, "wait", "load-balancers-deleted", "--load-balancer-arns", balancer)
    aws(cloud, elbv2, "delete-target-group", "--target-group-arn", group)


def test_a_classic_one(cloud: Cloud) -> None:
    listener = "Protocol=HTTP,LoadBalancerPort=80,InstanceProtocol=HTTP,InstancePort=80"
    made = aws(cloud, "elb", "create-load-balancer", "--load-balancer-name", "old",
               "--listeners", listener, "--availability-zones", "us-east-1a")  # fmt: skip
    [found] = aws(cloud, "elb", "describe-load-balancers")["LoadBalancerDescriptions"]
    assert found["DNSName"] == made["DNSName"]
    aws(cloud, "elb", "delete-load-balancer", "--load-balancer-name", "old")
    assert aws(cloud, "elb", "describe-load-balancers")["LoadBalancerDescriptions"] == []
