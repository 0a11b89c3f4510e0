"""Functions through boto3, and behind them through SQL."""

import hashlib
from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.lambda_.functions import ROLE, create, package

ROW = "select * from lambda_functions where name = $1 and account_id = $2"


def test_a_function_lives_from_creation_to_deletion(cloud: Cloud, lambdas: Any, sql: Sql) -> None:
    made = create(
        lambdas, cloud, Description="takes in", Timeout=20, Tags={"env": "prod"},
        Environment={"Variables": {"AB": "1"}}, Architectures=["arm64"],
        EphemeralStorage={"Size": 1024}, TracingConfig={"Mode": "Active"},
        DeadLetterConfig={"TargetArn": f"arn:aws:sqs:us-east-1:{cloud.account.number}:lost"},
    )  # fmt: skip
    arn = f"arn:aws:lambda:us-east-1:{cloud.account.number}:function:ingest"
    assert (made["State"], made["StateReasonCode"], made["FunctionArn"]) == (
        "Pending",
        "Creating",
        arn,
    )
    content = package()
    assert made["CodeSize"] == len(content)
    assert made["CodeSha256"] == b64encode(hashlib.sha256(content).digest()).decode()
    found = lambdas.get_function(FunctionName="ingest")
    shown = found["Configuration"]
    assert (shown["State"], shown["LastUpdateStatus"], shown["Version"]) == (
        "Active",
        "Successful",
        "$LATEST",
    )
    assert (shown["MemorySize"], shown["Timeout"], shown["Runtime"]) == (512, 20, "python3.12")
    assert shown["Environment"] == {"Variables": {"AB": "1"}}
    assert shown["EphemeralStorage"] == {"Size": 1024}
    assert shown["Architectures"] == ["arm64"]
    assert shown["TracingConfig"] == {"Mode": "Active"}
    assert shown["DeadLetterConfig"]["TargetArn"].endswith(":lost")
    assert shown["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/ingest"}
    assert "VpcConfig" not in shown
    assert found["Tags"] == {"env": "prod"}
    assert found["Code"]["RepositoryType"] == "S3"
    [row] = sql(ROW, "ingest", cloud.account.id)
    assert (row["env"], row["estimated_monthly_cost"]) == ("prod", Decimal(0))
    [listed] = lambdas.list_functions()["Functions"]
    assert "State" not in listed
    assert listed["RevisionId"] == shown["RevisionId"]
    assert listed["LastModified"] == shown["LastModified"] == made["LastModified"]
    assert shown["LastModified"].endswith("+0000")
    lambdas.delete_function(FunctionName=arn)
    assert sql(ROW, "ingest", cloud.account.id) == []
    assert refusal(lambdas.get_function, FunctionName="ingest") == (
        "ResourceNotFoundException",
        f"Function not found: {arn}",
    )
    assert refusal(lambdas.delete_function, FunctionName="ingest")[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"MemorySize": 10241}, "InvalidParameterValueException", "'MemorySize' value failed"),
        ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
        ({"Runtime": "python2.7"}, "InvalidParameterValueException", "python2.7"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip"),
        ({"Code": {}}, "InvalidParameterValueException", "provide a source"),
        ({"Code": {"S3Bucket": "none-such", "S3Key": "a"}}, "InvalidParameterValueException",
         "NoSuchBucket"),
        ({"Role": ROLE.format("999999999999")}, "AccessDeniedException", "Cross-account"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException",
         "reserved keys"),
        ({"Environment": {"Variables": {"AB": "x" * 4100}}}, "InvalidParameterValueException",
         "4KB"),
        ({"VpcConfig": {"SubnetIds": ["subnet-0123456789abcdef0"],
                        "SecurityGroupIds": ["sg-0123456789abcdef0"]}},
         "InvalidParameterValueException", "does not exist"),
        ({"Layers": ["arn:aws:lambda:us-east-1:999999999999:layer:x:1"]}, "AccessDeniedException",
         "lambda:GetLayerVersion"),
        ({"EphemeralStorage": {"Size": 20000}}, "ValidationException", "10240"),
        ({"FunctionName": "a:b"}, "InvalidParameterValueException", "Functions only"),
        ({"CodeSigningConfigArn": "arn:aws:lambda:us-east-1:123456789012:code-signing-config:"
          "csc-0123456789abcdef0"}, "CodeSigningConfigNotFoundException", "cannot be found"),
        ({"DurableConfig": {"ExecutionTimeout": 5}}, "InvalidParameterValueException",
         "not supported"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    cloud: Cloud, lambdas: Any, asked: dict[str, Any], code: str, words: str
) -> None:
    told = refusal(lambda **more: create(lambdas, cloud, **more), **asked)
    assert told[0] == code
    assert words.lower() in told[1].lower()


def test_a_change_costs_and_waits_for_nothing_else(cloud: Cloud, lambdas: Any, sql: Sql) -> None:
    made = create(lambdas, cloud)
    sql(
        "update lambda_functions set invocations_7d = 70000, avg_duration_ms_7d = 200"
        " where account_id = $1", cloud.account.id,
    )  # fmt: skip
    changed = lambdas.update_function_configuration(
        FunctionName="ingest", MemorySize=1024, Timeout=60, Environment={"Variables": {}}
    )
    assert (changed["LastUpdateStatus"], changed["MemorySize"]) == ("InProgress", 1024)
    assert changed["RevisionId"] != made["RevisionId"]
    [row] = sql(ROW, "ingest", cloud.account.id)
    # 300,000 calls of 0.2 s with 1 GB: 60,000 GB-s x 0.0000166667 + 0.06
    assert row["estimated_monthly_cost"] == Decimal("1.0600")
    stale = refusal(
        lambdas.update_function_configuration, FunctionName="ingest", MemorySize=128,
        RevisionId=made["RevisionId"],
    )  # fmt: skip
    assert stale[0] == "PreconditionFailedException"
    events = sql(
        "select field_name, old_value, new_value, change_source from resource_change_events"
        " where account_id = $1 and field_name = 'memory_mb'", cloud.account.id,
    )  # fmt: skip
    assert [tuple(one.values()) for one in events] == [("memory_mb", "512", "1024", "agent")]


def test_code_changes_its_hash(cloud: Cloud, lambdas: Any) -> None:
    made = create(lambdas, cloud)
    tried = lambdas.update_function_code(
        FunctionName="ingest", ZipFile=package("other"), DryRun=True
    )
    assert tried["CodeSha256"] != made["CodeSha256"]
    assert (
        lambdas.get_function_configuration(FunctionName="ingest")["CodeSha256"]
        == (made["CodeSha256"])
    )
    lambdas.update_function_code(FunctionName="ingest", ZipFile=package("other"), Publish=True)
    after = lambdas.get_function_configuration(FunctionName="ingest:1")
    assert (after["Version"], after["CodeSha256"]) == ("1", tried["CodeSha256"])


def test_a_function_stands_in_a_network_of_its_own_account(
    cloud: Cloud, other_cloud: Cloud, lambdas: Any
) -> None:
    ec2 = cloud.client("ec2")
    [vpc] = ec2.describe_vpcs()["Vpcs"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    network = {"SubnetIds": [subnet], "SecurityGroupIds": [group]}
    create(lambdas, cloud, VpcConfig=network)
    shown = lambdas.get_function_configuration(FunctionName="ingest")["VpcConfig"]
    assert shown == {**network, "VpcId": vpc["VpcId"], "Ipv6AllowedForDualStack": False}
    theirs = other_cloud.client("lambda")
    assert "does not exist" in refusal(lambda: create(theirs, other_cloud, VpcConfig=network))[1]
    lambdas.update_function_configuration(
        FunctionName="ingest", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )
    assert "VpcConfig" not in lambdas.get_function_configuration(FunctionName="ingest")


def test_lists_go_on_page_by_page(cloud: Cloud, lambdas: Any) -> None:
    for at in range(5):
        create(lambdas, cloud, f"fn-{at}")
    lambdas.publish_version(FunctionName="fn-1")
    pages = lambdas.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    names = [[one["FunctionName"] for one in page["Functions"]] for page in pages]
    assert names == [["fn-0", "fn-1"], ["fn-2", "fn-3"], ["fn-4"]]
    every = lambdas.get_paginator("list_functions").paginate(
        FunctionVersion="ALL", PaginationConfig={"PageSize": 4}
    )
    found = [one["FunctionArn"].split(":", 6)[6] for page in every for one in page["Functions"]]
    assert found == ["fn-0:$LATEST", "fn-1:$LATEST", "fn-1:1", "fn-2:$LATEST", "fn-3:$LATEST",
                     "fn-4:$LATEST"]  # fmt: skip
    assert refusal(lambdas.list_functions, Marker="wrong") == (
        "InvalidParameterValueException",
        "Invalid Marker",
    )
    assert lambdas.list_functions(MasterRegion="us-east-1")["Functions"] == []


def test_other_accounts_and_regions_are_out_of_reach(
    cloud: Cloud, other_cloud: Cloud, lambdas: Any
) -> None:
    arn = create(lambdas, cloud)["FunctionArn"]
    theirs = other_cloud.client("lambda")
    assert theirs.list_functions()["Functions"] == []
    assert refusal(theirs.get_function, FunctionName=arn)[0] == "AccessDeniedException"
    west = cloud.client("lambda", "us-west-2")
    assert refusal(west.get_function, FunctionName=arn) == (
        "ResourceNotFoundException",
        "Functions from 'us-east-1' are not reachable in this region ('us-west-2')",
    )
    create(west, cloud)
    assert refusal(lambda: create(lambdas, cloud)) == (
        "ResourceConflictException",
        "Function already exist: ingest",
    )


def test_images_have_neither_runtime_nor_handler(cloud: Cloud, lambdas: Any) -> None:
    uri = f"{cloud.account.number}.dkr.ecr.us-east-1.amazonaws.com/app:1"
    lambdas.create_function(
        FunctionName="packed", Role=ROLE.format(cloud.account.number), PackageType="Image",
        Code={"ImageUri": uri}, ImageConfig={"Command": ["app.run"]},
    )  # fmt: skip
    found = lambdas.get_function(FunctionName="packed")
    assert found["Code"]["ImageUri"] == uri
    assert found["Configuration"]["ImageConfigResponse"] == {
        "ImageConfig": {"Command": ["app.run"]}
    }
    assert "Runtime" not in found["Configuration"]
    assert refusal(
        lambdas.update_function_configuration, FunctionName="packed", Runtime="python3.12"
    )[0] == "InvalidParameterValueException"  # fmt: skip


def test_tags_are_the_functions_own(cloud: Cloud, lambdas: Any) -> None:
    arn = create(lambdas, cloud, Tags={"a": "1"})["FunctionArn"]
    lambdas.tag_resource(Resource=arn, Tags={"b": "2", "a": "3"})
    assert lambdas.list_tags(Resource=arn)["Tags"] == {"a": "3", "b": "2"}
    lambdas.untag_resource(Resource=arn, TagKeys=["a", "z"])
    assert lambdas.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    assert refusal(lambdas.tag_resource, Resource=f"{arn}:1", Tags={"c": "4"}) == (
        "InvalidParameterValueException",
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    )
    too_many = {f"k{at}": "v" for at in range(50)}
    assert refusal(lambdas.tag_resource, Resource=arn, Tags=too_many) == (
        "InvalidParameterValueException",
        "Number of tags exceeds resource tag limit.",
    )
    assert refusal(lambdas.list_tags, Resource=arn + "x")[0] == "ResourceNotFoundException"


def test_code_comes_from_a_bucket(cloud: Cloud, lambdas: Any) -> None:
    s3, content = cloud.client("s3"), package("stored = True")
    bucket = f"code-{cloud.account.number}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="app.zip", Body=content)
    s3.put_object(Bucket=bucket, Key="app.txt", Body=b"no zip")
    made = create(lambdas, cloud, Code={"S3Bucket": bucket, "S3Key": "app.zip"})
    assert made["CodeSize"] == len(content)
    assert made["CodeSha256"] == b64encode(hashlib.sha256(content).digest()).decode()
    for key, words in (("none.zip", "NoSuchKey"), ("app.txt", "Could not unzip")):
        told = refusal(
            lambdas.update_function_code, FunctionName="ingest", S3Bucket=bucket, S3Key=key
        )
        assert told[0] == "InvalidParameterValueException"
        assert words in told[1]
