"""Lambda and Application Auto Scaling through the AWS CLI: what is kept warm for nobody goes."""

import json
from decimal import Decimal
from pathlib import Path

from tests.fixtures.server import Cloud
from tests.handlers.lambda_.functions import ROLE, package
from tests.journeys.aws_cli import aws


def test_what_is_kept_warm_for_nobody_goes(cloud: Cloud, tmp_path: Path) -> None:
    code = tmp_path / "code.zip"
    code.write_bytes(package())
    name = ("--function-name", "pay")
    aws(
        cloud, "lambda", "create-function", *name, "--runtime", "python3.12", "--handler",
        "index.handler", "--role", ROLE.format(cloud.account.number), "--memory-size", "1024",
        "--zip-file", f"fileb://{code}", "--publish", "--tags", "env=dev",
    )  # fmt: skip
    aws(cloud, "lambda", "wait", "function-active-v2", *name)
    aws(cloud, "lambda", "create-alias", *name, "--name", "live", "--function-version", "1")
    put = ("lambda", "put-provisioned-concurrency-config", *name, "--qualifier", "live")
    aws(cloud, *put, "--provisioned-concurrent-executions", "10")
    sql = "select * from lambda_functions where name = 'pay' and account_id = $1"
    [before] = cloud.running.rows(sql, cloud.account.id)
    # 10 x 1 GB x 730 h x 3600 s x 0.0000041667
    assert before["estimated_monthly_cost"] == Decimal("109.5009")
    [config] = aws(cloud, "lambda", "list-provisioned-concurrency-configs", *name)[
        "ProvisionedConcurrencyConfigs"
    ]
    assert config["Status"] == "READY"
    where = (
        "--service-namespace", "lambda", "--resource-id", "function:pay:live",
        "--scalable-dimension", "lambda:function:ProvisionedConcurrency",
    )  # fmt: skip
    scaling = "application-autoscaling"
    aws(cloud, scaling, "register-scalable-target", *where, "--min-capacity", "1",
        "--max-capacity", "20")  # fmt: skip
    [target] = aws(cloud, scaling, "describe-scalable-targets", *where[:2])["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 20)
    aws(cloud, scaling, "deregister-scalable-target", *where)
    delete = ("lambda", "delete-provisioned-concurrency-config", *name, "--qualifier", "live")
    aws(cloud, *delete)
    [after] = cloud.running.rows(sql, cloud.account.id)
    assert (after["provisioned_concurrency"], after["estimated_monthly_cost"]) == (0, Decimal(0))
    out = tmp_path / "out.json"
    answer = aws(cloud, "lambda", "invoke", *name, "--payload", "{}", str(out))
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(out.read_text())["errorType"] == "Driftcloud.NotExecuted"
    aws(cloud, "lambda", "delete-function", *name)
    assert aws(cloud, "lambda", "list-functions")["Functions"] == []
