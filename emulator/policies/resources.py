"""Resources of a call: the ARNs that its parameters name.

Data: which members name which type of resource. What no line speaks of is `*`, as for operations
that AWS does not judge by resource.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# EC2's ids say what they are of.
EC2_TYPES = {
    "i": "instance",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    "vpce": "vpc-endpoint",
    "lt": "launch-template",
    "eni": "network-interface",
    "rtb": "route-table",
    "igw": "internet-gateway",
    "acl": "network-acl",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "cr": "capacity-reservation",
    "key": "key-pair",
    "sir": "spot-instances-request",
    "sgr": "security-group-rule",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "fl": "vpc-flow-log",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
}
# What EC2's operations make, beside the resources that they name.
_EC2_MADE = {
    "RunInstances": ("instance", "volume", "network-interface"),
    "CreateVolume": ("volume",),
    "CreateSnapshot": ("snapshot",),
    "CreateSnapshots": ("snapshot",),
    "CopySnapshot": ("snapshot",),
    "CreateImage": ("image", "snapshot"),
    "CreateVpc": ("vpc",),
    "CreateSubnet": ("subnet",),
    "CreateSecurityGroup": ("security-group",),
    "CreateNatGateway": ("natgateway",),
    "CreateVpcEndpoint": ("vpc-endpoint",),
    "CreateLaunchTemplate": ("launch-template",),
    "AllocateAddress": ("elastic-ip",),
    "CreateCapacityReservation": ("capacity-reservation",),
    "CreateNetworkInterface": ("network-interface",),
    "CreateRouteTable": ("route-table",),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateEgressOnlyInternetGateway": ("egress-only-internet-gateway",),
    "CreateNetworkAcl": ("network-acl",),
    "CreateDhcpOptions": ("dhcp-options",),
    "CreateFlowLogs": ("vpc-flow-log",),
    "CreateManagedPrefixList": ("prefix-list",),
    "CreateVpcPeeringConnection": ("vpc-peering-connection",),
    "CopyImage": ("image", "snapshot"),
    "RegisterImage": ("image",),
}
# Of what these name, only this is judged: a route's target is not.
_EC2_ALONE = {"CreateRoute": "route-table", "ReplaceRoute": "route-table"}
# Nobody's account stands in the ARNs of these.
_EC2_SHARED = {"image", "snapshot"}
_EC2_ID = re.compile(r"([a-z]+(?:-attach)?)-(?:[0-9a-f]{8}|[0-9a-f]{17})")
# Beginnings of keys, in lower case, whose values are facts about a resource, to be looked up.
_FACTS = (
    "ec2:availabilityzone", "ec2:ebsoptimized", "ec2:encrypted", "ec2:imagetype",
    "ec2:instanceid", "ec2:instancemarkettype", "ec2:instanceprofile", "ec2:instancetype",
    "ec2:owner", "ec2:parentvolume", "ec2:public", "ec2:rootdevicetype", "ec2:subnetid",
    "ec2:tenancy", "ec2:volume", "ec2:vpc", "rds:database", "rds:multiaz", "rds:storage",
)  # fmt: skip
# The tags of RDS's resources, by the beginning of their ARN's last part.
RDS_TAGS = {
    "db": "rds:db-tag/",
    "cluster": "rds:cluster-tag/",
    "snapshot": "rds:snapshot-tag/",
    "cluster-snapshot": "rds:cluster-snapshot-tag/",
    "pg": "rds:pg-tag/",
    "cluster-pg": "rds:cluster-pg-tag/",
    "subgrp": "rds:subgrp-tag/",
    "ri": "rds:ri-tag/",
}
# A function as requests name it.
FUNCTION = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>[$\w-]+))?",
    re.ASCII,
)
_LISTS = ("Describe", "List", "Get", "Search")


def is_fact(key: str) -> bool:
    """Whether a key, in lower case, is answered by the resource and not by the request."""
    return ":resourcetag/" in key or key.startswith((*_FACTS, *RDS_TAGS.values()))


# By prefix of actions: member → resource, the first that a request has.
_MEMBERS: dict[str, tuple[tuple[str, str], ...]] = {
    "rds": (
        ("ResourceName", "{}"),
        ("DBInstanceIdentifier", "db:{}"),
        ("DBClusterIdentifier", "cluster:{}"),
        ("DBSnapshotIdentifier", "snapshot:{}"),
        ("DBClusterSnapshotIdentifier", "cluster-snapshot:{}"),
        ("DBParameterGroupName", "pg:{}"),
        ("DBClusterParameterGroupName", "cluster-pg:{}"),
        ("DBSubnetGroupName", "subgrp:{}"),
        ("ReservedDBInstanceId", "ri:{}"),
    ),
    "lambda": (
        ("Resource", "{}"),
        ("Arn", "{}"),
        ("FunctionName", "function:{}"),
        ("LayerName", "layer:{}"),
        ("UUID", "event-source-mapping:{}"),
    ),
    "logs": (("logGroupName", "log-group:{}:*"), ("resourceArn", "{}")),
    "ecs": (("resourceArn", "{}"), ("service", "service/{cluster}/{}"), ("cluster", "cluster/{}")),
    "eks": (
        ("resourceArn", "{}"),
        ("nodegroupName", "nodegroup/{clusterName}/{}/*"),
        ("clusterName", "cluster/{}"),
        ("name", "cluster/{}"),
    ),
    "elasticache": (
        ("ResourceName", "{}"),
        ("ReplicationGroupId", "replicationgroup:{}"),
        ("CacheClusterId", "cluster:{}"),
        ("SnapshotName", "snapshot:{}"),
        ("CacheSubnetGroupName", "subnetgroup:{}"),
        ("CacheParameterGroupName", "parametergroup:{}"),
    ),
    "autoscaling": (
        ("AutoScalingGroupName", "autoScalingGroup:*:autoScalingGroupName/{}"),
        ("LaunchConfigurationName", "launchConfiguration:*:launchConfigurationName/{}"),
    ),
    "elasticloadbalancing": (
        ("LoadBalancerArn", "{}"),
        ("TargetGroupArn", "{}"),
        ("ListenerArn", "{}"),
        ("RuleArn", "{}"),
        ("ResourceArns", "{}"),
        ("LoadBalancerName", "loadbalancer/{}"),
    ),
    "cloudwatch": (
        ("AlarmName", "alarm:{}"),
        ("AlarmNames", "alarm:{}"),
        ("DashboardName", "::dashboard/{}"),
        ("ResourceARN", "{}"),
    ),
    "events": (("Rule", "rule/{}"), ("Name", "rule/{}"), ("EventBusName", "event-bus/{}")),
    "kinesis": (("StreamARN", "{}"), ("StreamName", "stream/{}")),
    "kafka": (("ClusterArn", "{}"), ("ResourceArn", "{}"), ("ClusterName", "cluster/{}/*")),
    "es": (("ARN", "{}"), ("DomainName", "domain/{}")),
    "sagemaker": (
        ("ResourceArn", "{}"),
        ("NotebookInstanceName", "notebook-instance/{}"),
        ("EndpointName", "endpoint/{}"),
        ("EndpointConfigName", "endpoint-config/{}"),
        ("ModelName", "model/{}"),
        ("TrainingJobName", "training-job/{}"),
    ),
    "ssm": (("Name", "parameter/{}"),),
    "backup": (
        ("RecoveryPointArn", "{}"),
        ("BackupVaultName", "backup-vault:{}"),
        ("BackupPlanId", "backup-plan:{}"),
        ("ResourceArn", "{}"),
    ),
    "dlm": (("PolicyId", "policy/{}"), ("ResourceArn", "{}")),
    "budgets": (("BudgetName", "::budget/{}"),),
    "iam": (
        ("InstanceProfileName", "::instance-profile/{}"),
        ("GroupName", "::group/{}"),
        ("RoleName", "::role/{}"),
        ("UserName", "::user/{}"),
        ("PolicyArn", "{}"),
        ("PolicyName", "::policy/{}"),
        ("PolicySourceArn", "{}"),
    ),
    "sts": (("RoleArn", "{}"),),
}  # fmt: skip
# Operations of IAM that concern the caller's own user where they name none.
_OWN = frozenset(
    ("CreateAccessKey", "DeleteAccessKey", "GetUser", "ListAccessKeys", "UpdateAccessKey",
     "ListMFADevices", "ListSigningCertificates", "ListSSHPublicKeys", "ChangePassword",
     "ListServiceSpecificCredentials")
)  # fmt: skip
# Members that name a role which the service will act as: whoever hands it over needs iam:PassRole.
PASSED = {
    "lambda": "Role",
    "ecs": "taskRoleArn executionRoleArn",
    "eks": "roleArn nodeRole",
    "sagemaker": "RoleArn ExecutionRoleArn",
    "rds": "MonitoringRoleArn",
    "events": "RoleArn",
    "dlm": "ExecutionRoleArn",
    "iam": "RoleName",
}
_PASSING = ("Create", "Update", "Run", "Register", "Put", "Modify", "Add")


def arns(
    prefix: str,
    operation: str,
    params: Mapping[str, Any],
    *,
    region: str,
    account: str,
    caller: str = "",
) -> list[str]:
    """The ARNs that a call is about, in the order in which they are judged."""
    if prefix == "ec2":
        return _ec2(operation, params, region, account) or ["*"]
    if prefix == "s3":
        return _s3(params)
    if prefix == "sqs":
        return _sqs(params, region, account)
    if prefix == "events" and operation == "PutEvents":
        return _buses(params, region, account)
    if prefix == "lambda" and params.get("LayerName") and params.get("VersionNumber"):
        layer = _arn(prefix, "layer:{}", str(params["LayerName"]), params, region, account)
        return [f"{layer}:{params['VersionNumber']}"]
    if prefix == "lambda" and params.get("FunctionName"):
        return _lambda(params, region, account)
    for member, template in _MEMBERS.get(prefix, ()):
        given = params.get(member)
        if given:
            values = given if isinstance(given, list) else [given]
            found = [
                _arn(prefix, template, str(value), params, region, account) for value in values
            ]
            return found or ["*"]
    if prefix == "iam" and operation in _OWN and caller:
        return [caller]
    return ["*"]


def passed(prefix: str, operation: str, params: Mapping[str, Any], account: str) -> list[str]:
    """The ARNs of roles that a call hands to a service."""
    if not operation.startswith(_PASSING) or prefix not in PASSED:
        return []
    if prefix == "iam":
        if operation != "AddRoleToInstanceProfile":
            return []
        return [f"arn:aws:iam::{account}:role/{params.get('RoleName')}"]
    given = (params.get(member) for member in PASSED[prefix].split())
    return [one for one in given if isinstance(one, str) and one.startswith("arn:")]


def _arn(
    prefix: str, template: str, value: str, params: Mapping[str, Any], region: str, account: str
) -> str:
    if value.startswith("arn:"):
        return value
    rest = template.replace("{}", value.lstrip("/") if prefix == "ssm" else value)
    for member in ("cluster", "clusterName"):
        named = str(params.get(member) or "default").rpartition("/")[2]
        rest = rest.replace("{" + member + "}", named)
    if rest.startswith("::"):
        path = str(params.get("Path") or "/")
        rest = rest[2:]
        if prefix == "iam" and path != "/":
            rest = rest.replace("/", path, 1)
        return f"arn:aws:{prefix}::{account}:{rest}"
    return f"arn:aws:{prefix}:{region}:{account}:{rest}"


def _s3(params: Mapping[str, Any]) -> list[str]:
    bucket = params.get("Bucket")
    if not bucket:
        return ["*"]
    if params.get("Key"):
        return [f"arn:aws:s3:::{bucket}/{params['Key']}"]
    several = (params.get("Delete") or {}).get("Objects") or ()
    keys = [f"arn:aws:s3:::{bucket}/{one.get('Key', '')}" for one in several]
    return keys or [f"arn:aws:s3:::{bucket}"]


def _sqs(params: Mapping[str, Any], region: str, account: str) -> list[str]:
    name, owner = params.get("QueueName"), params.get("QueueOwnerAWSAccountId") or account
    parts = str(params.get("QueueUrl") or "").rsplit("/", 2)
    if not name:
        name = parts[-1]
        owner = parts[-2] if len(parts) == 3 and parts[-2].isdigit() else account
    return [f"arn:aws:sqs:{region}:{owner}:{name}"] if name else ["*"]


def _buses(params: Mapping[str, Any], region: str, account: str) -> list[str]:
    """The buses that events are for, each once."""
    found: dict[str, None] = {}
    for entry in params.get("Entries") or ():
        name = str(entry.get("EventBusName") or "default")
        own = f"arn:aws:events:{region}:{account}:event-bus/{name}"
        found[name if name.startswith("arn:") else own] = None
    return list(found) or ["*"]


def cluster(given: Any, region: str, account: str) -> str:
    """The ARN of an ECS cluster that a request names by its name or ARN."""
    name = str(given)
    return name if name.startswith("arn:") else f"arn:aws:ecs:{region}:{account}:cluster/{name}"


def _lambda(params: Mapping[str, Any], region: str, account: str) -> list[str]:
    """A function by its name, a partial or a whole ARN, with the qualifier if there is one."""
    match = FUNCTION.fullmatch(str(params["FunctionName"]))
    if match is None:
        return ["*"]
    whole = "arn:aws:lambda:{}:{}:function:{}".format(
        match["region"] or region, match["account"] or account, match["name"]
    )
    qualifier = params.get("Qualifier") or match["qualifier"]
    return [f"{whole}:{qualifier}" if qualifier else whole]


def _ec2(operation: str, params: Mapping[str, Any], region: str, account: str) -> list[str]:
    if operation.startswith(_LISTS):
        return []
    found = {
        _ec2_arn(kind, value, region, account): None
        for value in _strings(params)
        if (match := _EC2_ID.fullmatch(value))
        and (kind := EC2_TYPES.get(match[1]))
        and kind == _EC2_ALONE.get(operation, kind)
    }
    if operation == "RunInstances" and params.get("KeyName"):
        found[_ec2_arn("key-pair", str(params["KeyName"]), region, account)] = None
    for kind in _EC2_MADE.get(operation, ()):
        found[_ec2_arn(kind, "*", region, account)] = None
    return list(found)


def _ec2_arn(kind: str, name: str, region: str, account: str) -> str:
    return f"arn:aws:ec2:{region}:{'' if kind in _EC2_SHARED else account}:{kind}/{name}"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
