"""OpenSearch and SageMaker through the AWS CLI: what stands idle is made smaller and stopped."""

from decimal import Decimal

from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import aws


def test_an_idle_domain_and_an_idle_notebook(cloud: Cloud) -> None:
    rows = cloud.running.rows
    sql = "select hourly_cost from managed_services where account_id = $1 and name = $2"
    aws(
        cloud, "opensearch", "create-domain", "--domain-name", "logs", "--cluster-config",
        "InstanceType=r6g.xlarge.search,InstanceCount=3", "--ebs-options",
        "EBSEnabled=true,VolumeType=gp3,VolumeSize=100",
    )  # fmt: skip
    aws(
        cloud, "opensearch", "update-domain-config", "--domain-name", "logs", "--cluster-config",
        "InstanceType=r6g.large.search,InstanceCount=1",
    )  # fmt: skip
    assert rows(sql, cloud.account.id, "logs") == [{"hourly_cost": Decimal("0.1837")}]
    role = "arn:aws:iam::123456789012:role/lab"
    name = ("--notebook-instance-name", "lab")
    aws(
        cloud, "sagemaker", "create-notebook-instance", *name, "--instance-type", "ml.m5.xlarge",
        "--role-arn", role,
    )  # fmt: skip
    aws(cloud, "sagemaker", "wait", "notebook-instance-in-service", *name)
    aws(cloud, "sagemaker", "stop-notebook-instance", *name)
    aws(cloud, "sagemaker", "wait", "notebook-instance-stopped", *name)
    assert rows(sql, cloud.account.id, "lab") == [{"hourly_cost": Decimal("0.0010")}]
    aws(cloud, "sagemaker", "delete-notebook-instance", *name)
    assert aws(cloud, "sagemaker", "list-notebook-instances")["NotebookInstances"] == []
    assert aws(cloud, "es", "list-domain-names")["DomainNames"] == [
        {"DomainName": "logs", "EngineType": "OpenSearch"}
    ]
