"""What tests of SageMaker share: a client, and a model to deploy."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud

ROLE = "arn:aws:iam::123456789012:role/sagemaker-execution"


@pytest.fixture
def sagemaker(cloud: Cloud) -> Any:
    """A boto3 client of SageMaker in us-east-1."""
    return cloud.client("sagemaker")


@pytest.fixture
def model(sagemaker: Any) -> str:
    """The name of a model."""
    sagemaker.create_model(
        ModelName="ranker",
        PrimaryContainer={"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/ranker:1"},
        ExecutionRoleArn=ROLE,
    )
    return "ranker"
