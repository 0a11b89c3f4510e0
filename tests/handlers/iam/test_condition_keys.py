"""Condition keys: each decides a call as it decides the simulation of one."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import pytest

from tests.fixtures.server import RunningServer, new_cloud
from tests.handlers.iam.acting import as_user, document, refusal

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
EC2 = "arn:aws:ec2:*:*:"
VOLUME = "vol-0123456789abcdef0"
INSTANCE = "i-0123456789abcdef0"
ZONE = {"AvailabilityZone": "us-east-1a"}
LAUNCH = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
DATABASE = {"DBInstanceIdentifier": "db", "DBInstanceClass": "db.t3.micro", "Engine": "mysql",
            "AllocatedStorage": 1, "MasterUsername": "u"}  # fmt: skip
TAGS = [{"Key": "env", "Value": "dev"}]
LOWER_TAGS = [{"key": "env", "value": "dev"}]
TAGGED = [{"ResourceType": "volume", "Tags": TAGS}]
ROLE = "arn:aws:iam::{account}:role/none"


class Row(NamedTuple):
    """A key that a call (service, method, parameters) has with a value, and another value.

    The condition stands on `resource` alone; what else the call does is allowed. `given`: whether
    a simulation is told the value, or knows it by itself.
    """

    key: str
    value: str
    other: str
    action: str
    call: tuple[str, str, dict[str, Any]]
    operator: str = "StringEquals"
    resource: str = "*"
    given: bool = True


def delete_volume(key: str, value: str, other: str, operator: str = "StringEquals") -> Row:
    call = ("ec2", "delete_volume", {"VolumeId": "{volume}", "DryRun": True})
    return Row(key, value, other, "ec2:DeleteVolume", call, operator)


def create_volume(key: str, value: str, other: str, operator: str = "StringEquals") -> Row:
    given = {**ZONE, "Size": 8, "VolumeType": "gp3", "TagSpecifications": TAGGED, "DryRun": True}
    return Row(key, value, other, "ec2:CreateVolume", ("ec2", "create_volume", given), operator)


def run(key: str, value: str, other: str, kind: str = "instance", **more: Any) -> Row:
    operator = more.pop("operator", "StringEquals")
    given = {**LAUNCH, "ImageId": "{image}", "SubnetId": "{subnet}", "DryRun": True, **more}
    where = f"arn:aws:ec2:*::{kind}/*" if kind == "image" else f"{EC2}{kind}/*"
    call = ("ec2", "run_instances", given)
    return Row(key, value, other, "ec2:RunInstances", call, operator, where)


def database(key: str, value: str, other: str, operator: str = "StringEquals") -> Row:
    given = {**DATABASE, "MultiAZ": True, "Tags": TAGS}
    call = ("rds", "create_db_instance", given)
    return Row(key, value, other, "rds:CreateDBInstance", call, operator)


def caller(key: str, value: str, other: str, operator: str = "StringEquals") -> Row:
    call: tuple[str, str, dict[str, Any]] = ("ec2", "describe_regions", {})
    return Row(key, value, other, "ec2:DescribeRegions", call, operator, given=False)


def asked(key: str, value: str, other: str, operator: str = "StringEquals") -> Row:
    return caller(key, value, other, operator)._replace(given=True)


def tagged(action: str, service: str, method: str, **given: Any) -> Row:
    return Row("aws:RequestTag/env", "dev", "prod", action, (service, method, given))


def objects(key: str, value: str, other: str, method: str, **given: Any) -> Row:
    action = "s3:ListBucket" if method == "list_objects_v2" else "s3:PutObject"
    operator = "NumericEquals" if key == "s3:max-keys" else "StringEquals"
    return Row(key, value, other, action, ("s3", method, {"Bucket": "{bucket}", **given}), operator)


PUT = {"Key": "k", "Body": b""}
ROWS = [
    delete_volume("aws:ResourceTag/env", "dev", "prod"),
    delete_volume("ec2:ResourceTag/env", "dev", "prod"),
    delete_volume("ec2:VolumeSize", "8", "9", "NumericEquals"),
    delete_volume("ec2:VolumeType", "gp3", "gp2"),
    delete_volume("ec2:Encrypted", "false", "true", "Bool"),
    delete_volume("aws:ResourceAccount", "{account}", "999999999999")._replace(given=False),
    create_volume("aws:RequestTag/env", "dev", "prod"),
    create_volume("aws:TagKeys", "env", "owner", "ForAllValues:StringEquals"),
    create_volume("ec2:VolumeSize", "8", "4", "NumericLessThanEquals"),
    create_volume("ec2:CreateAction", "CreateVolume", "RunInstances")._replace(
        action="ec2:CreateTags", resource=f"{EC2}volume/*"),
    run("ec2:InstanceType", "t3.micro", "m5.large"),
    run("ec2:InstanceMarketType", "on-demand", "spot"),
    run("ec2:Tenancy", "default", "dedicated", Placement={"Tenancy": "default"}),
    run("ec2:MetadataHttpTokens", "required", "optional", MetadataOptions={"HttpTokens": "required"}),  # noqa: E501
    run("ec2:Owner", "amazon", "{account}", "image"),
    run("ec2:Public", "true", "false", "image", operator="Bool"),
    run("ec2:SubnetID", "{subnet}", "subnet-0", "subnet"),
    run("ec2:Vpc", "arn:aws:ec2:us-east-1:{account}:vpc/{vpc}", "arn:aws:ec2:*:*:vpc/vpc-0",
        "subnet", operator="ArnEquals"),
    run("ec2:VolumeSize", "30", "20", "volume", operator="NumericLessThanEquals",
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30}}]),
    Row("ec2:Attribute", "DisableApiTermination", "InstanceType", "ec2:ModifyInstanceAttribute",
        ("ec2", "modify_instance_attribute",
         {"InstanceId": INSTANCE, "DisableApiTermination": {"Value": True}, "DryRun": True})),
    database("rds:DatabaseClass", "db.t3.micro", "db.r5.large"),
    database("rds:DatabaseEngine", "mysql", "postgres"),
    database("rds:StorageSize", "1", "0", "NumericLessThanEquals"),
    database("rds:MultiAz", "true", "false", "Bool"),
    database("rds:req-tag/env", "dev", "prod"),
    objects("s3:prefix", "home/", "etc/", "list_objects_v2", Prefix="home/"),
    objects("s3:delimiter", "/", "-", "list_objects_v2", Delimiter="/"),
    objects("s3:max-keys", "7", "8", "list_objects_v2", MaxKeys=7),
    objects("s3:x-amz-acl", "private", "public-read", "put_object", ACL="private", **PUT),
    objects("s3:x-amz-storage-class", "GLACIER", "STANDARD", "put_object",
            StorageClass="GLACIER", **PUT),
    objects("s3:RequestObjectTag/env", "dev", "prod", "put_object", Tagging="env=dev", **PUT),
    objects("s3:authType", "REST-HEADER", "REST-QUERY-STRING", "list_objects_v2"),
    Row("lambda:FunctionUrlAuthType", "NONE", "AWS_IAM", "lambda:AddPermission",
        ("lambda", "add_permission",
         {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunctionUrl",
          "Principal": "*", "FunctionUrlAuthType": "NONE"})),
    Row("ecs:cluster", "arn:aws:ecs:us-east-1:{account}:cluster/c", "arn:aws:ecs:*:*:cluster/d",
        "ecs:DescribeServices", ("ecs", "describe_services", {"cluster": "c", "services": ["s"]}),
        "ArnEquals"),
    Row("elasticache:CacheNodeType", "cache.t3.micro", "cache.r5.large",
        "elasticache:ModifyCacheCluster",
        ("elasticache", "modify_cache_cluster",
         {"CacheClusterId": "c", "CacheNodeType": "cache.t3.micro"})),
    Row("autoscaling:MaxSize", "3", "2", "autoscaling:UpdateAutoScalingGroup",
        ("autoscaling", "update_auto_scaling_group", {"AutoScalingGroupName": "g", "MaxSize": 3}),
        "NumericLessThanEquals"),
    Row("cloudwatch:namespace", "App", "Other", "cloudwatch:PutMetricData",
        ("cloudwatch", "put_metric_data",
         {"Namespace": "App", "MetricData": [{"MetricName": "m", "Value": 1.0}]})),
    Row("iam:PolicyARN", "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::aws:policy/AdministratorAccess", "iam:AttachUserPolicy",
        ("iam", "attach_user_policy",
         {"UserName": "none", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}), "ArnEquals"),
    Row("iam:PassedToService", "lambda.amazonaws.com", "ec2.amazonaws.com", "iam:PassRole",
        ("lambda", "update_function_configuration", {"FunctionName": "f", "Role": ROLE}),
        resource=ROLE),
    tagged("eks:TagResource", "eks", "tag_resource", tags={"env": "dev"},
           resourceArn="arn:aws:eks:us-east-1:{account}:cluster/c"),
    tagged("ecs:CreateCluster", "ecs", "create_cluster", clusterName="b@d", tags=LOWER_TAGS),
    tagged("kinesis:AddTagsToStream", "kinesis", "add_tags_to_stream", StreamName="s",
           Tags={"env": "dev"}),
    tagged("backup:CreateBackupVault", "backup", "create_backup_vault", BackupVaultName="Default",
           BackupVaultTags={"env": "dev"}),
    tagged("es:AddTags", "opensearch", "add_tags", TagList=TAGS,
           ARN="arn:aws:es:us-east-1:{account}:domain/d"),
    tagged("cloudtrail:AddTags", "cloudtrail", "add_tags", TagsList=TAGS,
           ResourceId="arn:aws:cloudtrail:us-east-1:{account}:trail/t"),
    tagged("s3:PutBucketTagging", "s3", "put_bucket_tagging", Bucket="{bucket}",
           Tagging={"TagSet": TAGS}),
    caller("aws:PrincipalArn", "arn:aws:iam::{account}:user/ada", "arn:aws:iam::*:user/eve",
           "ArnLike"),
    caller("aws:PrincipalAccount", "{account}", "999999999999"),
    caller("aws:PrincipalTag/team", "shop", "bank"),
    caller("aws:PrincipalType", "User", "AssumedRole"),
    caller("aws:PrincipalOrgID", "{organization}", "o-0000000000"),
    caller("aws:username", "ada", "eve"),
    caller("aws:CurrentTime", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "DateGreaterThan"),
    asked("aws:SourceIp", "127.0.0.1", "10.0.0.0/8", "IpAddress"),
    asked("aws:UserAgent", "Boto3/*", "curl/*", "StringLike"),
    asked("aws:SecureTransport", "true", "false", "Bool"),
    asked("aws:RequestedRegion", "us-east-1", "eu-west-1"),
    asked("ec2:Region", "us-east-1", "eu-west-1"),
]  # fmt: skip


def filled(value: Any, facts: dict[str, str]) -> Any:
    """A value with the facts of the world put into its texts."""
    if isinstance(value, str):
        for name, fact in facts.items():
            value = value.replace("{" + name + "}", fact)
    elif isinstance(value, dict):
        return {key: filled(one, facts) for key, one in value.items()}
    elif isinstance(value, list):
        return [filled(one, facts) for one in value]
    return value


def policy(row: Row, value: str) -> str:
    """Everything is allowed, but the row's action on its resource only under its condition."""
    others = {"Effect": "Allow", "NotAction": row.action, "Resource": "*"}
    condition = {row.operator: {row.key: value}}
    mine = {"Effect": "Allow", "Action": row.action, "Resource": row.resource,
            "Condition": condition}  # fmt: skip
    elsewhere = {"Effect": "Allow", "Action": row.action, "NotResource": row.resource}
    return document(others, mine, *([elsewhere] if row.resource != "*" else []))


@pytest.fixture(scope="module")
def world(running: RunningServer) -> tuple[Any, Callable[[str], Any], dict[str, str]]:
    """IAM of an account, clients of a user of it, and what the table speaks of."""
    cloud = new_cloud(running)
    ec2 = cloud.client("ec2")
    volume = ec2.create_volume(**ZONE, Size=8, VolumeType="gp3", TagSpecifications=TAGGED)
    subnet = ec2.describe_subnets()["Subnets"][0]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]
    facts = {
        "account": cloud.account.number,
        "volume": volume["VolumeId"],
        "subnet": subnet["SubnetId"],
        "vpc": subnet["VpcId"],
        "image": image["ImageId"],
        "bucket": f"nobody-has-{cloud.account.number}",
        "organization": cloud.client("organizations").create_organization()["Organization"]["Id"],
    }
    ada = as_user(cloud, "ada")
    iam = cloud.client("iam")
    iam.tag_user(UserName="ada", Tags=[{"Key": "team", "Value": "shop"}])
    return iam, cache(ada.client), facts


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.key}-{row.action}")
def test_a_key_decides_calls_and_simulations_alike(
    world: tuple[Any, Callable[[str], Any], dict[str, str]], row: Row
) -> None:
    iam, clients, facts = world
    row = Row(*(filled(one, facts) for one in row))
    service, method, params = row.call
    call = getattr(clients(service), method)
    params = filled(params, facts)
    entry = {
        "ContextKeyName": row.key,
        "ContextKeyValues": [row.value.replace("*", "1.0")],
        "ContextKeyType": "string",
    }
    arn = f"arn:aws:iam::{facts['account']}:user/ada"
    for value, expected in ((row.value, "allowed"), (row.other, "implicitDeny")):
        iam.put_user_policy(UserName="ada", PolicyName="p", PolicyDocument=policy(row, value))
        code, message = refusal(call, **params)
        assert (code not in DENIED) == (expected == "allowed"), (value, code, message)
        [told] = iam.simulate_principal_policy(
            PolicySourceArn=arn,
            ActionNames=[row.action],
            ResourceArns=[row.resource.replace(EC2, f"arn:aws:ec2:us-east-1:{facts['account']}:")],
            ContextEntries=[entry] if row.given else [],
        )["EvaluationResults"]
        assert told["EvalDecision"] == expected, (value, told)
