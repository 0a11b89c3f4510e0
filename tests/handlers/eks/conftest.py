"""What tests of EKS share: a client, subnets, a cluster with a node group."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud


@pytest.fixture
def eks(cloud: Cloud) -> Any:
    """A boto3 client of EKS in us-east-1."""
    return cloud.client("eks")


@pytest.fixture
def subnets(cloud: Cloud) -> list[str]:
    """Two default subnets in two zones."""
    return [row["SubnetId"] for row in cloud.client("ec2").describe_subnets()["Subnets"][:2]]


@pytest.fixture
def kube(cloud: Cloud, eks: Any, subnets: list[str]) -> dict[str, Any]:
    """A cluster of the default version that is called kube."""
    made = eks.create_cluster(
        name="kube", resourcesVpcConfig={"subnetIds": subnets},
        roleArn=f"arn:aws:iam::{cloud.account.number}:role/eks", tags={"env": "prod"},
        accessConfig={"authenticationMode": "API"},
    )  # fmt: skip
    return dict(made["cluster"])


@pytest.fixture
def nodes(cloud: Cloud, eks: Any, kube: dict[str, Any], subnets: list[str]) -> dict[str, Any]:
    """A node group of two m5.large in kube, between one and four."""
    made = eks.create_nodegroup(
        clusterName="kube", nodegroupName="workers", subnets=subnets,
        nodeRole=f"arn:aws:iam::{cloud.account.number}:role/node", instanceTypes=["m5.large"],
        scalingConfig={"minSize": 1, "maxSize": 4, "desiredSize": 2},
    )  # fmt: skip
    return dict(made["nodegroup"])


@pytest.fixture
def plane(eks: Any) -> Decimal:
    """What an hour of a control plane of the default version costs, as its support tells."""
    [version] = eks.describe_cluster_versions(defaultOnly=True)["clusterVersions"]
    standard = version["versionStatus"] == "STANDARD_SUPPORT"
    return Decimal("0.1000") if standard else Decimal("0.6000")
